import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listOrders, placeOrder } from "../../docs/apps/drizzle/orders.ts";
import { type AppsPostgres, expectLife, poolOf, rowsOf, startAppsPostgres } from "../support/node/apps-postgres.ts";
import { root } from "../support/node/markdown.ts";

/** docs/apps/drizzle, by Drizzle and drizzle-kit themselves. */

const app = join(root, "docs/apps/drizzle");

let postgres: AppsPostgres;
let folder: string;
beforeAll(async () => {
  postgres = await startAppsPostgres();
  folder = await mkdtemp(join(tmpdir(), "clerk-mirror-drizzle-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
});
afterAll(async () => {
  await postgres.close();
  await rm(folder, { recursive: true });
});

/** @returns what drizzle-kit prints */
const kit = async (options: string[], url = ""): Promise<string> => {
  const { stdout, stderr } = await promisify(execFile)(join(root, "node_modules/.bin/drizzle-kit"), options, {
    cwd: folder,
    env: { ...process.env, MIGRATIONS_DATABASE_URL: url },
  });
  return stdout + stderr;
};
const config = async (name: string, out: string, more = ""): Promise<void> => {
  const text = await readFile(join(app, "drizzle.config.ts"), "utf8");
  const own = text
    .replace(`"./schema.ts"`, JSON.stringify(join(app, "schema.ts")))
    .replace(`"./migrations"`, JSON.stringify(out))
    .replace(`schemaFilter: ["public"],`, more === "" ? `schemaFilter: ["public"],` : more);
  await writeFile(join(folder, name), own);
};

const migrated = async (url: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await migrate(drizzle(client), { migrationsFolder: join(app, "migrations") });
  await client.end();
};

test("drizzle-kit makes the migration, but for the foreign key", async () => {
  await config("generate.config.ts", "made");
  await kit(["generate", "--config", "generate.config.ts", "--name", "orders"]);
  const [made = "", kept = ""] = await Promise.all(
    [join(folder, "made"), join(app, "migrations")].map((at) => readFile(join(at, "0000_orders.sql"), "utf8")),
  );
  const reference = /(-- In place of .*\n)?(ALTER TABLE "orders" ADD CONSTRAINT|SELECT clerk\.reference).*\n/;
  expect(made).toMatch(/ADD CONSTRAINT "orders_user_id_users_id_fk" .* REFERENCES "clerk"\."users"\("id"\)/);
  expect(kept.replace(reference, "").trim()).toBe(made.replace(reference, "").trim());
  expect(made.match(/CREATE TABLE/g)).toHaveLength(1);
});

test("orders before the event, after it, and after the user's end", async () => {
  const url = await postgres.database("life");
  await migrated(url("clerk_app_owner"));
  const pool = poolOf({ connectionString: url("clerk_app") });
  const db = drizzle(pool);
  await expectLife(url, {
    placeOrder: (id, cents) => placeOrder(db, id, cents),
    listOrders: () => listOrders(db),
  });
  await pool.end();
  // Once more: it has run.
  await migrated(url("clerk_app_owner"));
});

const tablesOf = (url: string): Promise<unknown[]> =>
  rowsOf(url, "select count(*)::integer from pg_class where relnamespace = 'clerk'::regnamespace and relkind = 'r'");
const keysOf = (url: string): Promise<unknown[]> =>
  rowsOf(url, "select conname from pg_constraint where conrelid = 'orders'::regclass and contype = 'f'");

test("drizzle-kit push changes nothing of the copy, and keeps the foreign key", async () => {
  const url = await postgres.database("pushed");
  await migrated(url("clerk_app_owner"));
  const before = await tablesOf(url());
  await config("push.config.ts", "made");
  expect(await kit(["push", "--force", "--config", "push.config.ts"], url("clerk_app_owner"))).toContain("No changes");
  expect(await tablesOf(url())).toEqual(before);
  expect(await keysOf(url())).toEqual([{ conname: "orders_user_id_users_id_fk" }]);
});

test("drizzle-kit push of a new table stops at the key, and goes on after clerk.reference with its name", async () => {
  const url = await postgres.database("anew");
  await config("push.config.ts", "made");
  const push = () =>
    kit(["push", "--force", "--config", "push.config.ts"], url("clerk_app_owner")).catch(
      (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
    );
  expect(await push()).toContain("permission denied for table users");
  await rowsOf(
    url("clerk_app_owner"),
    "select clerk.reference('orders', 'user_id', constraint_name => 'orders_user_id_users_id_fk')",
  );
  expect(await push()).toContain("Changes applied");
  expect(await keysOf(url())).toEqual([{ conname: "orders_user_id_users_id_fk" }]);
  expect(await rowsOf(url(), "select indexname from pg_indexes where tablename = 'orders' order by 1")).toEqual([
    { indexname: "orders_pkey" },
    { indexname: "orders_user_id_index" },
  ]);
  expect(await push()).toContain("No changes");
});

test("drizzle-kit push that is given the schema clerk is stopped by the role", async () => {
  const url = await postgres.database("stopped");
  await migrated(url("clerk_app_owner"));
  const before = await tablesOf(url());
  await config("wrong.config.ts", "made", `schemaFilter: ["public", "clerk"],`);
  const said = await kit(["push", "--force", "--config", "wrong.config.ts"], url("clerk_app_owner")).catch(
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  );
  expect(said).toMatch(/must be owner of/);
  expect(await tablesOf(url())).toEqual(before);

  // Nothing stops the owner.
  await kit(["push", "--force", "--config", "wrong.config.ts"], url()).catch(() => {});
  expect(await tablesOf(url())).not.toEqual(before);
});

test("drizzle-kit pull of a copy gives a file that compiles", async () => {
  const url = await postgres.database("pulled");
  await config("pull.config.ts", "pulled", `schemaFilter: ["public", "clerk"],`);
  await kit(["pull", "--config", "pull.config.ts"], url("clerk_app_owner"));
  expect(await readdir(join(folder, "pulled"))).toContain("schema.ts");
  const compilerOptions = {
    target: "esnext",
    module: "esnext",
    moduleResolution: "bundler",
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["pulled/schema.ts"] }));
  const { stdout } = await promisify(execFile)(join(root, "node_modules/.bin/tsc"), ["-p", folder], {
    cwd: root,
  }).catch((error: unknown) => error as { stdout: string });
  expect(stdout).toBe("");
});
