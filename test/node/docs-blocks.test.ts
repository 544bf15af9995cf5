import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { unstable_readConfig as readConfig, experimental_getWranglerCommands as wranglerCommands } from "wrangler";
import { migrate } from "../../cli/migrate.ts";
import { type Block, pages as readPages, root } from "../support/node/markdown.ts";
import { commandsIn } from "../support/node/shell.ts";
import { execute, type Postgres, startPostgres } from "../support/postgres.ts";
import { rolesSql } from "../support/roles.ts";

/** Every block of code in the docs is right: it is run, compiled or parsed. */

const pages = readPages();
const blocks = pages.flatMap((page) => page.blocks);

/** Blocks that cannot be run as they stand, by their first words, and why. */
const notRun: Readonly<Record<string, string>> = {
  "create table clerk.deliveries (": "a plan for a later release, whose columns are left out",
};
const reasonFor = ({ text }: Block): string | undefined =>
  Object.entries(notRun).find(([beginning]) => text.startsWith(beginning))?.[1];

const of = (...languages: string[]): Block[] =>
  blocks.filter((block) => languages.includes(block.language) && reasonFor(block) === undefined);
const at = ({ page, line }: Block): string => `${page}:${line}`;

test("every block has a language that is checked here, or is a picture", () => {
  const known = new Set(["sh", "sql", "ts", "json", "toml", "diff", "md", ""]);
  expect(blocks.filter(({ language }) => !known.has(language)).map(at)).toEqual([]);
  // A button: an image that is a link.
  for (const { text } of of("md")) expect(text).toMatch(/^\[!\[[^\]]+\]\(https:[^)]+\)\]\(https:[^)]+\)$/);
  // A picture has arrows, or is a line of text.
  expect(
    of("")
      .filter(({ text }) => !/[─│▶└]/.test(text))
      .map(at),
  ).toEqual([]);
  for (const beginning of Object.keys(notRun))
    expect(
      blocks.some(({ text }) => text.startsWith(beginning)),
      beginning,
    ).toBe(true);
});

describe("shell", () => {
  const { registry, globalFlags } = wranglerCommands();
  type Branch = (typeof registry)["subtree"] extends Map<string, infer One> ? One : never;

  /** What is wrong with the words behind `wrangler`; undefined if nothing is. */
  const wrongIn = (words: readonly string[]): string | undefined => {
    let branch: Pick<Branch, "subtree"> & Partial<Branch> = registry;
    let depth = 0;
    while (branch.subtree.size > 0) {
      const next: Branch | undefined = branch.subtree.get(words[depth] ?? "");
      if (next === undefined) return `wrangler has no command ${words.slice(0, depth + 1).join(" ")}`;
      branch = next;
      depth += 1;
    }
    const own = branch.definition?.type === "command" ? branch.definition.args : undefined;
    const names = new Set(
      [...Object.entries(own ?? {}), ...Object.entries(globalFlags)].flatMap(([name, flag]) => [
        name,
        ...("alias" in flag ? [flag.alias].flat() : []),
      ]),
    );
    const wrong = words.find(
      (word) => /^--?[a-z]/.test(word) && !names.has(word.replace(/^--?/, "").replace(/=.*/, "")),
    );
    return wrong === undefined ? undefined : `wrangler ${words.slice(0, depth).join(" ")} takes no ${wrong}`;
  };

  const programs = new Set(["npm", "npx", "psql", "curl", "git", "echo", "openssl"]);
  const wrongCommand = ([program = "", ...words]: readonly string[]): string | undefined => {
    if (!programs.has(program)) return `${program} is not a program that the docs use`;
    if (program === "npx") return words[0] === "wrangler" ? wrongIn(words.slice(1)) : `npx ${words[0]} is not checked`;
    // Scripts and their options are checked by docs.test.ts.
    if (program === "npm" && !["ci", "test", "run", "install"].includes(words[0] ?? ""))
      return `npm ${words[0]} is not checked`;
    const missing = words.find(
      (word) => /^(src|cli|dev|drizzle|docs|test)\//.test(word) && !existsSync(join(root, word)),
    );
    return missing === undefined ? undefined : `there is no ${missing}`;
  };

  test.for(of("sh").map((block) => [at(block), block] as const))("of %s", async ([, { text }]) => {
    await promisify(execFile)("bash", ["-n", "-c", text]);
    expect(
      commandsIn(text)
        .map(wrongCommand)
        .filter((wrong) => wrong !== undefined),
    ).toEqual([]);
  });

  test("in backticks", () => {
    const wrong = pages.flatMap(({ path, codes }) =>
      codes
        .filter(({ text }) => /^(npx|npm|psql|git|openssl|curl|echo) /.test(text))
        .flatMap(({ line, text }) =>
          commandsIn(text).map((command) => ({ where: `${path}:${line}`, wrong: wrongCommand(command) })),
        ),
    );
    expect(wrong.filter((one) => one.wrong !== undefined)).toEqual([]);
  });

  test("that is wrong is found", () => {
    for (const wrong of [
      "npx wrangler secrets put A",
      "npx wrangler tail --grep a",
      "npx wrangler queues info",
      "rm -rf a",
      "psql -f drizzle/none.sql",
    ])
      expect(commandsIn(wrong).map(wrongCommand), wrong).toEqual([
        wrong.endsWith("info") ? undefined : expect.any(String),
      ]);
    expect(commandsIn("A='b | c' npm run x -- --y  # z\necho \"$(openssl rand -hex 2)\" | npx wrangler tail")).toEqual([
      ["openssl", "rand", "-hex", "2"],
      ["npm", "run", "x", "--", "--y"],
      ["echo", "$(…)"],
      ["npx", "wrangler", "tail"],
    ]);
  });
});

describe("SQL", () => {
  let postgres: Postgres;
  let client: pg.Client;
  beforeAll(async () => {
    postgres = await startPostgres();
    await execute(postgres.url("postgres"), "create database docs");
    await migrate(postgres.url("docs"));
    await execute(postgres.url("docs"), rolesSql());
    client = new pg.Client({ connectionString: postgres.url("docs") });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await postgres.close();
  });

  /** Runs statements as a role, or as the owner, and leaves nothing of them. */
  const run = async (text: string, role: string): Promise<void> => {
    await client.query("begin");
    try {
      // The table of the app that the pages speak of.
      if (/ orders\b/.test(text) && !/create table orders/.test(text))
        await client.query("create table orders (id bigint, user_id text)");
      if (role !== "") await client.query(`set local role ${role}`);
      await client.query(text);
    } finally {
      await client.query("rollback");
    }
  };

  /** With each role that stands behind the language, or as the owner. */
  const asEach = of("sql").flatMap((block) =>
    block.meta.split(" ").map((role) => [at(block), role || "the owner", block.text, role] as const),
  );
  test.for(asEach)("of %s runs as %s", ([, , text, role]) => run(text, role));

  const inline = pages.flatMap(({ path, codes }) =>
    codes
      .filter(({ text }) => /^(select|insert into|update|delete from|alter table) .* /i.test(text))
      .map(({ line, text }) => [`${path}:${line}`, text] as const),
  );
  test.for(inline)("in backticks at %s runs", ([, text]) => run(text, ""));

  const forPsql = of("sh").filter(({ text }) => /^psql /m.test(text));
  const hasPsql = spawnSync("psql", ["--version"]).status === 0;
  test.skipIf(!hasPsql && !process.env.CI).for(forPsql.map((block) => [at(block), block] as const))(
    "of %s runs in psql, and whoever has the passwords can connect",
    async ([, { text }]) => {
      const { stdout } = await promisify(execFile)("bash", ["-ec", text], {
        cwd: root,
        env: { ...process.env, DATABASE_URL: postgres.url("docs") },
      });
      const passwords = /^[0-9a-f]{48} [0-9a-f]{48} [0-9a-f]{48}$/m.exec(stdout)?.[0].split(" ") ?? ["…", "…", "…"];
      for (const [index, role] of ["clerk_mirror", "clerk_app", "clerk_app_owner"].entries()) {
        const url = new URL(postgres.url("docs"));
        url.username = role;
        url.password = encodeURIComponent(passwords[index] ?? "");
        await execute(url.href, "select from clerk.users");
      }
    },
  );

  test("that is wrong is found", async () => {
    await expect(run("select none from clerk.users", "")).rejects.toThrow("none");
    await expect(run("delete from clerk.users", "clerk_app")).rejects.toThrow("permission denied");
  });
});

describe("TypeScript", () => {
  /** What a block of a page stands in: it is a part of a function of the reader's. */
  const around: Readonly<Record<string, string>> = {
    "docs/ensure.md": `import type { Mirror } from "ROOT/src/index.ts";
      declare const env: { MIRROR: Service<typeof Mirror> };
      declare const userId: string;`,
    "docs/outbox.md": `import type { Change } from "ROOT/src/database/change.ts";
      declare const env: { JOBS: Queue<{ table: string; id: string; generation: number }> };
      declare const changes: Change[];`,
    "docs/scale.md": `declare const env: Record<"EVENTS_0" | "EVENTS_1" | "EVENTS_2" | "EVENTS_3", Queue>;
      declare const event: { id: string };
      declare const text: string;
      declare const ownerOf: (of: { id: string }) => string | undefined;
      declare const fnv1a: (of: string) => number;`,
  };

  /** Lines of a file, as CONTRIBUTING shows them. */
  const isQuoted = ({ page }: Block): boolean => page === "CONTRIBUTING.md";

  /** @returns what the compiler says */
  const compile = async (sources: Readonly<Record<string, string>>): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-docs-"));
    try {
      await symlink(join(root, "node_modules"), join(folder, "node_modules"));
      const options = {
        noUnusedLocals: false,
        noImplicitReturns: false,
        noUncheckedIndexedAccess: false,
        types: ["@cloudflare/workers-types"],
      };
      await writeFile(
        join(folder, "tsconfig.json"),
        JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions: options, include: ["*.ts"] }),
      );
      for (const [name, source] of Object.entries(sources)) await writeFile(join(folder, name), source);
      const { stdout } = await promisify(execFile)("node_modules/.bin/tsc", ["-p", folder], { cwd: root }).catch(
        (error: unknown) => error as { stdout: string },
      );
      return stdout;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  const sourceOf = ({ page, text }: Pick<Block, "page" | "text">): string =>
    `${(around[page] ?? "").replaceAll("ROOT", root.replace(/\/$/, ""))}\nexport const shown = async () => {\n${text}\n};\n`;

  test("compiles, and what is wrong does not", async () => {
    const shown = of("ts").filter((block) => !isQuoted(block));
    expect(shown.length).toBeGreaterThan(2);
    const sources = Object.fromEntries(shown.map((block, index) => [`block-${index}.ts`, sourceOf(block)]));
    const text = "const user = await env.MIRROR.ensureUser(userId); return user.email;";
    const said = await compile({ ...sources, "wrong.ts": sourceOf({ page: "docs/ensure.md", text }) });
    expect(said.trim().split("\n")).toEqual([expect.stringMatching(/wrong\.ts.*'user' is possibly 'null'/)]);
  });

  test("that is quoted from a file is in one", async () => {
    const { stdout } = await promisify(execFile)("git", ["grep", "-hF", "-e", ",", "--", "src"], {
      cwd: root,
      maxBuffer: 2 ** 26,
    });
    const lines = new Set(stdout.split("\n"));
    for (const { text } of of("ts").filter(isQuoted))
      for (const line of text.split("\n")) expect(lines).toContain(line);
  });
});

test.for(of("diff").map((block) => [at(block), block] as const))(
  "the diff of %s adds what the files have",
  async ([, { text }]) => {
    let file = "";
    for (const line of text.split("\n")) {
      if (line.startsWith(" ")) file = await readFile(join(root, line.trim()), "utf8");
      else if (line.startsWith("+")) expect(file.split("\n")).toContain(line.slice(1));
    }
  },
);

test.for(of("json").map((block) => [at(block), block] as const))(
  "the JSON of %s is JSON, a value per block or per line",
  ([, { text }]) => {
    const values = /^\{.*\}$/m.test(text) ? text.split("\n") : [text];
    for (const value of values) JSON.parse(value);
  },
);

describe("TOML", () => {
  /** What Wrangler says of a configuration with these lines; nothing if it takes them. */
  const saidBy = async (text: string): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-docs-"));
    const said = ["warn", "error"] as const;
    const spies = said.map((level) => vi.spyOn(console, level).mockImplementation(() => {}));
    try {
      const path = join(folder, "wrangler.toml");
      await writeFile(path, `name = "a"\ncompatibility_date = "2026-11-01"\n${text}\n`);
      try {
        readConfig({ config: path });
      } catch (error) {
        return String(error);
      }
      return spies.flatMap(({ mock }) => mock.calls.flat().map(String)).join("\n");
    } finally {
      for (const spy of spies) spy.mockRestore();
      await rm(folder, { recursive: true, force: true });
    }
  };

  test.for(of("toml").map((block) => [at(block), block] as const))(
    "of %s is a setting of Wrangler's",
    async ([, { text }]) => {
      expect(await saidBy(text)).toBe("");
    },
  );

  test("that is wrong is found", async () => {
    expect(await saidBy('[placing]\nregion = "aws:eu-central-1"')).toMatch(/placing/);
    expect(await saidBy("[placement]\nregion = 1")).toMatch(/region/);
    expect(await saidBy("[placement")).not.toBe("");
  });
});
