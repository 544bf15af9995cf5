import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { external } from "../../docs/apps/external.ts";
import { type App, type AppsPostgres, expectLife, rowsOf, startAppsPostgres } from "../support/node/apps-postgres.ts";
import { root } from "../support/node/markdown.ts";
import { type Engine, type MigrationList, noMigrations, startEngine } from "../support/node/prisma-engine.ts";

/** docs/apps/prisma, by Prisma's engine of migrations; and by Prisma Client, if `npm install --ignore-scripts --no-package-lock --prefix docs/apps/prisma` has run. */

const app = join(root, "docs/apps/prisma");
const read = (path: string): Promise<string> => readFile(join(app, path), "utf8");

/** As the head of prisma/schema.prisma says. */
const clerkPrisma = async (): Promise<string> =>
  (await read("../schema.prisma")).replace("model ClerkUser {\n", "model ClerkUser {\n  orders Order[]\n");

const name = "20261201000000_orders";
const migrationsOf = async (): Promise<MigrationList> => ({
  baseDir: "migrations",
  lockfile: { path: "migration_lock.toml", content: await read("prisma/migrations/migration_lock.toml") },
  shadowDbInitScript: await read("prisma/shadow.sql"),
  migrationDirectories: [
    {
      path: name,
      migrationFile: {
        path: "migration.sql",
        content: { tag: "ok", value: await read(`prisma/migrations/${name}/migration.sql`) },
      },
    },
  ],
});

let postgres: AppsPostgres;
const engines: Engine[] = [];
beforeAll(async () => {
  postgres = await startAppsPostgres();
});
afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.close()));
  await postgres.close();
});

let shadows = 0;
const start = async (url: string, of = external): Promise<Engine> => {
  const files = [
    { path: "prisma/schema.prisma", content: await read("prisma/schema.prisma") },
    { path: "prisma/clerk.prisma", content: await clerkPrisma() },
  ];
  const started = await startEngine(files, of, url, () => postgres.empty(`shadow_${(shadows += 1)}`));
  engines.push(started);
  return started;
};

test("external.ts has every table of the schema", async () => {
  const url = await postgres.database("tables");
  const rows = await rowsOf(
    url(),
    "select 'clerk.' || relname as name from pg_class where relnamespace = 'clerk'::regnamespace and relkind = 'r' order by relname collate \"C\"",
  );
  expect(rows.map((row) => (row as { name: string }).name)).toEqual(external);
});

test("Prisma makes the migration, but for the foreign key, and wants no reset", async () => {
  const url = await postgres.database("made");
  const { engine, schema, filters } = await start(url("clerk_app_owner"));
  const migrationsList = { ...noMigrations, shadowDbInitScript: await read("prisma/shadow.sql") };
  expect(await engine.devDiagnostic({ migrationsList, filters })).toEqual({ action: { tag: "createMigration" } });
  const made = await engine.createMigration({ draft: true, migrationName: "orders", migrationsList, schema, filters });
  const reference =
    /(-- AddForeignKey\nALTER TABLE "orders" ADD CONSTRAINT "orders_user_id_fkey"|-- In place of .*\nSELECT clerk\.reference).*\n/;
  const script = made.migrationScript ?? "";
  expect(script).toMatch(reference);
  expect((await read(`prisma/migrations/${name}/migration.sql`)).replace(reference, "")).toBe(
    script.replace(reference, ""),
  );
});

test("the migration is applied by the app's role, and then nothing is left to do", async () => {
  const url = await postgres.database("applied");
  const { engine, schema, filters } = await start(url("clerk_app_owner"));
  const migrationsList = await migrationsOf();
  expect(await engine.applyMigrations({ migrationsList, filters })).toEqual({ appliedMigrationNames: [name] });
  expect(await engine.devDiagnostic({ migrationsList, filters })).toEqual({ action: { tag: "createMigration" } });
  expect(await engine.evaluateDataLoss({ migrationsList, schema, filters })).toEqual({
    migrationSteps: 0,
    unexecutableSteps: [],
    warnings: [],
  });
  // As `prisma db push --accept-data-loss`.
  expect(await engine.schemaPush({ force: true, schema, filters })).toMatchObject({ executedSteps: 0, warnings: [] });
  expect(await rowsOf(url("clerk_app"), "select user_id from orders")).toEqual([]);
});

test("a push without external tables drops the copy as its owner, and is stopped by the app's role", async () => {
  const url = await postgres.database("pushed");
  const users = "select to_regclass('clerk.deliveries') is not null as kept";
  const stopped = await start(url("clerk_app_owner"), []);
  await expect(
    stopped.engine.schemaPush({ force: true, schema: stopped.schema, filters: stopped.filters }),
  ).rejects.toThrow("must be owner of");
  const migrationsList = { ...noMigrations, shadowDbInitScript: await read("prisma/shadow.sql") };
  const { filters } = stopped;
  // As `prisma migrate dev`, which then asks whether to.
  expect(await stopped.engine.devDiagnostic({ migrationsList, filters })).toMatchObject({ action: { tag: "reset" } });
  await expect(stopped.engine.reset({ filter: filters })).rejects.toThrow("must be owner of");
  expect(await rowsOf(url(), users)).toEqual([{ kept: true }]);

  const dropping = await start(url(), []);
  await dropping.engine.schemaPush({ force: true, schema: dropping.schema, filters: dropping.filters });
  expect(await rowsOf(url(), users)).toEqual([{ kept: false }]);
});

// Prisma Client and its generator take 300 MB, so they are not among the packages of this repository. CI installs them.
const isInstalled = existsSync(join(app, "node_modules/prisma"));

test.skipIf(!isInstalled && !process.env.CI)(
  "orders before the event, after it, and after the user's end",
  async () => {
    expect(isInstalled, "CI needs npm install --ignore-scripts --no-package-lock --prefix docs/apps/prisma").toBe(true);
    const url = await postgres.database("life");
    const { engine, filters } = await start(url("clerk_app_owner"));
    await engine.applyMigrations({ migrationsList: await migrationsOf(), filters });

    const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-prisma-"));
    try {
      await cp(app, join(folder, "app"), { recursive: true, filter: (path) => !path.includes("node_modules") });
      await cp(join(app, "../external.ts"), join(folder, "external.ts"));
      await symlink(join(app, "node_modules"), join(folder, "app/node_modules"));
      await writeFile(join(folder, "app/prisma/clerk.prisma"), await clerkPrisma());
      const run = (file: string, ...options: string[]) =>
        promisify(execFile)(process.execPath, [file, ...options], {
          cwd: join(folder, "app"),
          // It looks for the binary of the engine, which the generator does not call.
          env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: "1" },
        });
      await run(join(app, "node_modules/prisma/build/index.js"), "generate");

      const compilerOptions = {
        target: "esnext",
        module: "esnext",
        moduleResolution: "bundler",
        strict: true,
        verbatimModuleSyntax: true,
        allowImportingTsExtensions: true,
        noEmit: true,
        typeRoots: [join(root, "node_modules/@types")],
        types: ["node"],
      };
      const include = ["orders.ts", "prisma.config.ts"];
      await writeFile(join(folder, "app/tsconfig.json"), JSON.stringify({ compilerOptions, include }));
      const { stdout } = await promisify(execFile)(join(root, "node_modules/.bin/tsc"), ["-p", join(folder, "app")], {
        cwd: root,
      }).catch((error: unknown) => error as { stdout: string });
      expect(stdout).toBe("");

      await writeFile(
        join(folder, "app/open.ts"),
        `import { PrismaPg } from "@prisma/adapter-pg";
       import { PrismaClient } from "./generated/client.ts";
       import { listOrders, placeOrder } from "./orders.ts";
       const db = new PrismaClient({ adapter: new PrismaPg({ connectionString: ${JSON.stringify(url("clerk_app"))} }) });
       export const placed = (id: string, cents: number) => placeOrder(db, id, cents);
       export const listed = () => listOrders(db);
       export const joined = (id: string) => db.clerkUser.findUnique({
         where: { id }, include: { sessions: true, organization_memberships: { include: { organization: true } } } });
       export const close = () => db.$disconnect();`,
      );
      const opened = (await import(/* @vite-ignore */ pathToFileURL(join(folder, "app/open.ts")).href)) as {
        placed: App["placeOrder"];
        listed: App["listOrders"];
        joined(id: string): Promise<unknown>;
        close(): Promise<void>;
      };
      await expectLife(url, { placeOrder: opened.placed, listOrders: opened.listed });
      expect(await opened.joined("user_29w83sxmDNGwOuEthce5gg56FcC")).toMatchObject({ sessions: [], name: null });
      await opened.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
