import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { placementOf } from "../../cli/setup/region.ts";
import { entities } from "../../src/entities/index.ts";
import { bindingNames } from "../../src/settings.ts";
import { faultIn } from "../support/log-line.ts";
import { logSchemaOf } from "../support/node/log-schema.ts";
import { pageOf, type Page, pages as readPages, root } from "../support/node/markdown.ts";
import { commandsIn } from "../support/node/shell.ts";

/** What the docs name is there: pages, headings, files, commands, options, events, settings and numbers. */

const pages = readPages();
const page = (path: string): Page =>
  pages.find((one) => one.path === path) ?? expect.unreachable(`there is no page ${path}`);
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Made by a command, and big: a fresh copy of the repository may be without them. */
const isMade = (path: string): boolean => path.startsWith("docs/screenshots/");

const brokenLinksOf = ({ path, links }: Page): string[] =>
  links.flatMap(({ line, target }) => {
    if (/^[a-z]+:/i.test(target)) return URL.canParse(target) ? [] : [`${path}:${line}: ${target} is not a URL`];
    const [file = "", fragment] = target.split("#");
    const found = file === "" ? path : normalize(join(dirname(path), file));
    if (!isMade(found) && !existsSync(join(root, found))) return [`${path}:${line}: there is no ${found}`];
    if (fragment === undefined) return [];
    const fragments = pages.find((one) => one.path === found)?.fragments ?? new Set();
    return fragments.has(fragment) ? [] : [`${path}:${line}: ${found} has no heading #${fragment}`];
  });

test("links lead to files that are there, and to headings that they have", () => {
  expect(pages.flatMap(brokenLinksOf)).toEqual([]);
});

test("a broken link is found", () => {
  const broken =
    "[a](docs/none.md) [b](docs/law.md#none) <img src='x'> <img src=\"docs/none.png\"> [c](docs/law.md#rules)";
  expect(brokenLinksOf(pageOf("README.md", broken))).toEqual([
    "README.md:1: there is no docs/none.md",
    "README.md:1: docs/law.md has no heading #none",
    "README.md:1: there is no docs/none.png",
  ]);
});

test("files that are named with their path are there", () => {
  const named =
    /^\.?[\w-]+(\/[\w.@-]+)+\.(ts|mjs|md|sql|toml|json|svg|png|yml)$|^(src|cli|dev|drizzle|docs|test|bench|\.github|\.ci)\/[\w./-]*$/;
  const missing = pages.flatMap(({ path, codes }) =>
    codes
      .filter(({ text }) => named.test(text) && !isMade(text))
      .filter(({ text }) => ![text, join(dirname(path), text)].some((one) => existsSync(join(root, one))))
      .map(({ line, text }) => `${path}:${line}: ${text}`),
  );
  expect(missing).toEqual([]);
});

describe("our own commands", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const files = new Map(
    Object.entries(scripts).flatMap(([name, script]) => {
      const [, file, verb] = /node ((?:cli|dev|bench|test)\/[\w/-]+\.ts)(?: (\w+))?$/.exec(script) ?? [];
      return file === undefined ? [] : [[name, verb === undefined ? [file] : [file, verb]] as const];
    }),
  );
  /** Every use of one on a page, in a block or in backticks, as its script and what stands behind it. */
  const uses = pages.flatMap(({ path, codes, blocks }) =>
    [...codes, ...blocks.filter(({ language }) => language === "sh")].flatMap(({ line, text }) =>
      (/npm run/.test(text) ? commandsIn(text) : [])
        .filter(([command, verb]) => command === "npm" && verb === "run")
        .map(([, , script = "", ...rest]) => ({ at: `${path}:${line}`, script, rest })),
    ),
  );

  test("are scripts of package.json", () => {
    const named = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script = ""]) => ({ path, script })),
    );
    expect(named.filter(({ script }) => !(script in scripts))).toEqual([]);
    expect(named.length).toBeGreaterThan(50);
  });

  const options = new Map<string, ReadonlySet<string>>();
  beforeAll(async () => {
    const wanted = new Set([...uses.filter(({ rest }) => rest.length > 0).map(({ script }) => script), "dev", "setup"]);
    await Promise.all(
      [...wanted].map(async (script) => {
        const file = files.get(script);
        if (file === undefined) return;
        const { stdout } = await promisify(execFile)(process.execPath, [...file, "--help"], { cwd: root });
        options.set(script, new Set(stdout.match(/--[a-z][a-z-]*/g)));
      }),
    );
  });

  test("take the options that they are shown with", () => {
    const unknown = uses.flatMap(({ at, script, rest }) =>
      rest
        .filter((word) => /^--[a-z]/.test(word))
        .map((word) => word.replace(/=.*/, ""))
        .filter((word) => !options.get(script)?.has(word))
        .map((word) => `${at}: npm run ${script} takes no ${word}`),
    );
    expect(unknown).toEqual([]);
  });

  test("take each option that is named by itself, one of them", () => {
    const known = new Set([...options.values()].flatMap((one) => [...one]));
    const unknown = pages.flatMap(({ path, codes }) =>
      codes
        .filter(({ text }) => /^--[a-z-]+$/.test(text) && !known.has(text))
        .map(({ line, text }) => `${path}:${line}: ${text}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe("docs/deploy.md", () => {
  test("says to select the events that are mirrored", () => {
    const selected = new Set(page("docs/deploy.md").codes.map(({ text }) => text));
    const types = Object.values(entities).flatMap(({ events }) => events);
    const isSelected = (type: string): boolean => selected.has(type) || selected.has(type.replace(/\..*/, ".*"));
    expect(types.filter((type) => !isSelected(type))).toEqual([]);
    const [mirrored, groups] = [new Set(types), new Set(types.map((type) => type.replace(/\..*/, ".*")))];
    const others = [...selected].filter(
      (text) => /^[a-z]+[A-Za-z]*\.([a-zA-Z]+|\*)$/.test(text) && !/\.(md|ts|sql|toml)$/.test(text),
    );
    expect(others.filter((type) => !mirrored.has(type) && !groups.has(type))).toEqual(["email.created", "sms.created"]);
  });

  test("names the regions as setup does", () => {
    const rows = [...page("docs/deploy.md").text.matchAll(/^\| `aws-([\w-]+)`, [^|]*\| `([\w:-]+)`/gm)];
    expect(rows.length).toBeGreaterThan(5);
    for (const [, region, placement] of rows) {
      expect(placementOf(`ep-a-1-pooler.c-2.${region}.aws.neon.tech`)).toBe(placement);
    }
  });

  test("encodes the characters of a password as an address has them", () => {
    const { text } = page("docs/deploy.md");
    const section = text.slice(text.indexOf("### A password"), text.indexOf("## 2."));
    const pairs = [...section.matchAll(/(?:`([^`\w])`|(space)) +\| `(%[0-9A-F]{2})`/g)];
    expect(pairs.length).toBe(8);
    for (const [, character, space, code = ""] of pairs) {
      expect(decodeURIComponent(code)).toBe(space === undefined ? character : " ");
    }
  });
});

test("docs/settings.md has every setting", () => {
  const codes = new Set(page("docs/settings.md").codes.map(({ text }) => text));
  const bindings = /export type Bindings = \{(.*?)\n\};/s.exec(read("src/settings.ts"))?.[1] ?? "";
  const names = [...bindings.matchAll(/^ {2}([A-Z_]+)\?:/gm)].map(([, name = ""]) => name);
  expect(names).toEqual(expect.arrayContaining([...bindingNames]));
  expect(names.filter((name) => !codes.has(name))).toEqual([]);
});

test("docs/operations.md has a section for each reason of the health", () => {
  const sources = `${read("drizzle/functions/health.sql")}${read("src/health/check.ts")}`;
  const codes = [...sources.matchAll(/(?:'code', '|code: ")(\w+)/g)].map(([, code = ""]) => code);
  expect(codes.length).toBeGreaterThan(7);
  const { fragments } = page("docs/operations.md");
  expect([...codes, "incomplete", "left_out", "held"].filter((code) => !fragments.has(code))).toEqual([]);
});

describe("docs/log.md", () => {
  const schema = logSchemaOf(read("docs/log.md"));

  test("has a type for each field that it names, and its own examples are such lines", () => {
    const types = new Set(["text", "number", "true", "list", "object"]);
    const { jobs, errors, ...others } = schema;
    for (const fields of [...Object.values(jobs), ...Object.values(others)])
      for (const [name, type] of Object.entries(fields)) expect(types, name).toContain(type);
    expect(
      Object.values(errors)
        .flat()
        .filter((name) => !(name in schema.ofErrors)),
    ).toEqual([]);
    const { blocks, codes } = page("docs/log.md");
    const examples = [...blocks, ...codes]
      .flatMap(({ text }) => text.split("\n"))
      .filter((text) => text.startsWith("{"));
    expect(examples.length).toBeGreaterThan(10);
    expect(examples.map((text) => faultIn(text, schema)).filter((fault) => fault !== undefined)).toEqual([]);
  });

  test.for([
    ['{"outcome":"applied","attempts":"1","status":200}', /^attempts is number .* not text/],
    ['{"outcome":"applied","email":"x"}', /^email is no field/],
    ['{"job":"sweep"}', /^it has no job "sweep"/],
    ['{"job":"prune","codes":[]}', /^codes is no field/],
    ['{"error":"odd","status":500}', /^it has no error "odd"/],
    ['{"error":"refused","status":500,"cause":"timeout"}', /^cause is no field/],
    ['{"health":"ok","reasons":"none"}', /^reasons is list/],
  ] as const)("does not have the line %s", ([line, fault]) => {
    expect(faultIn(line, schema)).toMatch(fault);
  });
});

test("docs/log.md has every error and every job", () => {
  const { codes } = page("docs/log.md");
  const known = new Set(codes.map(({ text }) => text));
  const kinds = [...read("src/result.ts").matchAll(/kind: "(\w+)"/g)].map(([, kind = ""]) => kind);
  const sources = ["webhook/consumer", "sync/schedule", "outbox/tell", "health/alert"].map((name) =>
    read(`src/${name}.ts`),
  );
  const jobs = [...sources.join("\n").matchAll(/job: "(\w+)"/g)].map(([, job = ""]) => job);
  expect(kinds.length).toBeGreaterThan(10);
  expect([...kinds, ...jobs].filter((name) => !known.has(name))).toEqual([]);
});

test("a test that is quoted by its name is in the file that is named", () => {
  const quotes = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?:\.\.\/)?(test\/[\w/.-]+)\)((?:(?:, | and )"[^"]+")+)/g)].flatMap(
      ([, file = "", names = ""]) => [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => ({ path, file, name })),
    ),
  );
  expect(quotes.length).toBeGreaterThan(15);
  const lost = quotes.filter(({ file, name }) => {
    const source = read(file);
    return !name.split("…").every((part) => source.includes(part.trim()));
  });
  expect(lost).toEqual([]);
});

describe("numbers that are quoted from docs/benchmarks.md are those that it has", () => {
  const benchmarks = read("docs/benchmarks.md");
  /** A cell of the first table under a heading. */
  const cell = (heading: string, row: string, column: number): number => {
    const section = benchmarks.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
    const line = section.split("\n").find((one) => one.startsWith(`| ${row} `));
    return Number(line?.split("|")[column]?.trim());
  };
  const [cpu, rate] = ["CPU per delivery", "Rate, latency and round trips"];
  const amount = (number: number): string => number.toLocaleString("en-US");
  const rounded = (number: number): string => amount(Math.round(number / 10) * 10);
  const repeated = /the consumer does (\d+) per second and the guide \d+: ([\d.]+) times/.exec(benchmarks) ?? [];
  /** By how many percent a merge is slower or faster, over its three kinds, as "3 to 7 %". */
  const percents = (row: string): string => {
    const each = [2, 3, 4].map((column) => Math.round(Math.abs(cell("Queries", row, column) - 1) * 100));
    return `${Math.min(...each)} to ${Math.max(...each)} %`;
  };
  const [gin, signIn] = ["with a GIN of `email_addresses`", "with a btree of `last_sign_in_at`"];
  const shipped = percents("without those of `lower(email)`, `username`, `phone` and `subject_id`");
  const longer = `${Math.round((cell("Queries", signIn, 2) - 1) * 100)} % longer`;
  const heapOnly = (row: string): string =>
    /(\d+ %) +\|$/m.exec(benchmarks.split("\n").find((line) => line.startsWith(`| ${row}`)) ?? "")?.[1] ?? "NaN";
  test.for([
    ["docs/apps.md", `together ${shipped} of a merge's time`],
    [
      "docs/apps.md",
      `a sign-in takes ${longer}, and the updates that write no index fall from ${heapOnly("the same again")} to ${heapOnly(signIn)}`,
    ],
    [
      "docs/schema.md",
      `each merge ${percents(gin)} slower, and have ${cell("Queries", "`users_email_addresses_idx`", 2)} MiB`,
    ],
    ["docs/schema.md", `a sign-in would take ${longer}`],
    ["docs/schema.md", `together ${shipped} of a merge's time`],
    ["README.md", `${cell(cpu, "guide", 3)} of the handler's`],
    ["README.md", `| ${amount(cell(rate, "mirror", 2))} `],
    ["README.md", `| ${amount(cell(rate, "guide", 2))} `],
    ["README.md", `it takes ${amount(cell(rate, "guide extended", 2))}.`],
    [
      "docs/why.md",
      `takes ${amount(cell(rate, "mirror", 2))} per second with Postgres on the same machine, and ${amount(cell(rate, "mirror", 7))} with`,
    ],
    ["docs/why.md", `takes ${amount(cell(rate, "guide", 2))} and ${amount(cell(rate, "guide", 7))}`],
    ["docs/why.md", `(1 against ${cell(cpu, "guide", 3)})`],
    ["docs/why.md", `the handler takes ${amount(cell(rate, "guide extended", 2))}.`],
    ["docs/why.md", `${amount(cell(rate, "mirror, the queue's consumer", 7))} per second with Postgres 20 ms away`],
    ["docs/scale.md", `the ${(cell(cpu, "mirror", 2) / 1000).toFixed(2)} ms with 2 KB`],
    ["docs/scale.md", `some ${rounded(cell(rate, "mirror", 2))}, measured`],
    ["docs/scale.md", `some ${rounded(cell(rate, "mirror", 7))}, measured`],
    ["docs/scale.md", `some ${rounded(cell(rate, "mirror, the queue's consumer", 7))}, measured`],
    ["docs/scale.md", `${amount(Number(repeated[1]))} per second: ${repeated[2]} times`],
    [
      "docs/scale.md",
      `With Postgres beside them it is ${(cell(rate, "mirror, the queue's consumer", 7) / cell(rate, "guide", 7)).toFixed(1)} times`,
    ],
    ["docs/scale.md", `${amount(cell("Backfill", "mirror", 3))} users per second (measured)`],
  ] as const)("%s: %s", ([path, quoted]) => {
    expect(quoted).not.toContain("NaN");
    expect(page(path).text.replaceAll(/\s+/g, " ")).toContain(quoted.replaceAll(/\s+/g, " "));
  });
});
