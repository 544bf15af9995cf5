import { execFile } from "node:child_process";
import { cp, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../support/node/markdown.ts";

/** What docs/apps declares of the schema compiles by itself, against the real libraries, and says the same as the Worker. */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "clerk-mirror-types-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  // A declaration is checked like any other file if it is not one: skipLibCheck is for the libraries' own.
  for (const name of ["drizzle.ts", "external.ts", "kysely.d.ts", "mirror.d.ts"]) {
    await cp(join(root, "docs/apps", name), join(folder, name));
  }
  for (const name of ["kysely", "mirror"]) await rename(join(folder, `${name}.d.ts`), join(folder, `${name}.ts`));
});
afterAll(() => rm(folder, { recursive: true }));

/** @returns what the compiler says, a line each */
const compile = async (sources: Record<string, string>, more: object = {}): Promise<string[]> => {
  for (const [name, source] of Object.entries(sources)) await writeFile(join(folder, name), source);
  const compilerOptions = {
    target: "esnext",
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["esnext"],
    types: [],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
    ...more,
  };
  const files = ["drizzle.ts", "external.ts", "kysely.ts", "mirror.ts", ...Object.keys(sources)];
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const { stdout } = await promisify(execFile)(join(root, "node_modules/.bin/tsc"), ["-p", folder], {
    cwd: folder,
  }).catch((error: unknown) => error as { stdout: string });
  return stdout.split("\n").filter((line) => /error TS/.test(line));
};

test("in a strict project with nothing else", async () => {
  const right = `
    import { Kysely } from "kysely";
    import type { NodePgDatabase } from "drizzle-orm/node-postgres";
    import { eq } from "drizzle-orm";
    import { living_users, organization_memberships, users } from "./drizzle.ts";
    import type { ClerkTables } from "./kysely.ts";
    import type { Change, Mirror } from "./mirror.ts";

    export const names = async (db: NodePgDatabase): Promise<{ id: string; name: string | null }[]> =>
      db.select({ id: living_users.id, name: living_users.name }).from(living_users)
        .innerJoin(organization_memberships, eq(organization_memberships.user_id, living_users.id));
    export const metadata = async (db: NodePgDatabase): Promise<Record<string, unknown> | null | undefined> =>
      (await db.select().from(users))[0]?.public_metadata;
    export const addresses = async (db: Kysely<ClerkTables>): Promise<{ email: string | null; created_at: Date | null }[]> =>
      db.selectFrom("clerk.living_users").select(["email", "created_at"]).execute();
    export const email = async (env: { MIRROR: Mirror }): Promise<string | null | undefined> =>
      (await env.MIRROR.ensureUser("user_1", { updatedAfter: new Date() }))?.email;
    export const told = (change: Change): string | null | undefined =>
      change.table === "organizations" ? change.row?.slug : undefined;`;
  expect(await compile({ "right.ts": right })).toEqual([]);
});

test("what is not in the schema, or not the app's to write, does not compile", async () => {
  const wrong = `
    import type { Kysely } from "kysely";
    import { users } from "./drizzle.ts";
    import type { ClerkTables } from "./kysely.ts";
    import type { Mirror } from "./mirror.ts";
    export const internal = users.version;
    export const written = (db: Kysely<ClerkTables>) => db.updateTable("clerk.users").set({ name: "Ada" });
    export const unchecked = async (mirror: Mirror) => (await mirror.ensureUser("user_1")).email;`;
  expect(await compile({ "wrong.ts": wrong })).toEqual([
    expect.stringMatching(/wrong\.ts\(6,.*'version' does not exist/),
    expect.stringMatching(/wrong\.ts\(7,/),
    expect.stringMatching(/wrong\.ts\(8,.*possibly 'null'/),
  ]);
});

test("mirror.d.ts says what the Worker's own types say", async () => {
  const same = `
    import type { Change as OwnChange } from "${root}src/database/change.ts";
    import type { JsonRow } from "${root}src/database/json-row.ts";
    import type { Mirror as OwnMirror } from "${root}src/index.ts";
    import type { EnsureOptions as OwnOptions } from "${root}src/sync/ensure.ts";
    import type { tables } from "${root}src/schema.ts";
    import type { Change, EnsureOptions, Mirror, Rows, Taken } from "./mirror.ts";

    type Both<A, B> = [A] extends [B] ? ([B] extends [A] ? true : ["more", A, B]) : ["less", A, B];
    type OwnRows = { [Table in keyof typeof tables]: JsonRow<Table> };
    export const rows: Both<Rows, OwnRows> = true;
    export const names: Both<keyof Rows, keyof OwnRows> = true;
    export const columns: { [T in keyof Rows]: Both<keyof Rows[T], keyof OwnRows[T]> } extends Record<keyof Rows, true> ? true : false = true;
    export const changes: Both<Change, OwnChange> = true;
    export const options: Both<EnsureOptions, OwnOptions> = true;
    export const bound = (service: Service<typeof OwnMirror>): Mirror => service;
    export const taken: Taken = { failed: [{ table: "users", id: "user_1" }] };`;
  const said = await compile(
    { "same.ts": same },
    { types: ["@cloudflare/workers-types"], exactOptionalPropertyTypes: false },
  );
  expect(said.filter((line) => !line.startsWith(".."))).toEqual([]);
});

test("a binding that is declared with mirror.d.ts compiles where one that wrangler types makes brings this repository's errors", async () => {
  // As create-cloudflare has it.
  const options = {
    target: "es2024",
    module: "es2022",
    types: ["@cloudflare/workers-types"],
    lib: ["es2024"],
    allowImportingTsExtensions: false,
    noUncheckedIndexedAccess: false,
    exactOptionalPropertyTypes: false,
    verbatimModuleSyntax: false,
    isolatedModules: true,
  };
  const app = (types: string): string => `
    ${types}
    export default {
      async fetch(request: Request, env: Env): Promise<Response> {
        return Response.json((await env.MIRROR.ensureUser("user_1"))?.email ?? null);
      },
    };`;
  const declared = app(`import type { Mirror } from "./mirror"; type Env = { MIRROR: Mirror };`);
  expect(await compile({ "app.ts": declared }, options)).toEqual([]);
  const made = app(`type Env = { MIRROR: Service<typeof import("${root}src/index").Mirror> };`);
  expect((await compile({ "app.ts": made }, options)).length).toBeGreaterThan(100);
});
