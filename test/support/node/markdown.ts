import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import GithubSlugger from "github-slugger";
import { fromMarkdown } from "mdast-util-from-markdown";

type Tree = ReturnType<typeof fromMarkdown>;
type Node = Tree | Tree["children"][number];

/** A block of code in fences: its language, what stands behind it, and its text. */
export type Block = { page: string; line: number; language: string; meta: string; text: string };

/** A page of Markdown, by its path from the repository's root, with what a test of the docs asks of it. */
export type Page = {
  path: string;
  text: string;
  /** The fragments that GitHub gives to its headings. */
  fragments: ReadonlySet<string>;
  links: { line: number; target: string }[];
  /** What is in backticks. */
  codes: { line: number; text: string }[];
  blocks: Block[];
};

export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** All pages of the repository: those that Git tracks, and those that it will. */
export const pages = (): Page[] =>
  execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md"], {
    cwd: root,
    encoding: "utf8",
  })
    .trim()
    .split("\n")
    .filter((path) => existsSync(join(root, path)))
    .map((path) => pageOf(path, readFileSync(join(root, path), "utf8")));

export const pageOf = (path: string, text: string): Page => {
  const slugger = new GithubSlugger();
  const page = { path, text, fragments: new Set<string>(), links: [], codes: [], blocks: [] } as Page & {
    fragments: Set<string>;
  };
  const visit = (node: Node): void => {
    const line = node.position?.start.line ?? 0;
    if (node.type === "heading") page.fragments.add(slugger.slug(textOf(node)));
    else if (node.type === "inlineCode") page.codes.push({ line, text: node.value });
    else if (node.type === "link" || node.type === "image" || node.type === "definition") {
      page.links.push({ line, target: node.url });
    } else if (node.type === "html") {
      for (const [, target = ""] of node.value.matchAll(/\b(?:href|src|srcset)="([^"\s]*)/g))
        page.links.push({ line, target });
    } else if (node.type === "code") {
      page.blocks.push({ page: path, line, language: node.lang ?? "", meta: node.meta ?? "", text: node.value });
    }
    if ("children" in node) for (const child of node.children) visit(child);
  };
  visit(fromMarkdown(text));
  return page;
};

const textOf = (node: Node): string =>
  "value" in node ? node.value : "children" in node ? node.children.map(textOf).join("") : "";
