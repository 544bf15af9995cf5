import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openReadOnly } from "../../cli/read-only.ts";
import { migrate } from "../../cli/migrate.ts";
import { checkSchema } from "../../cli/schema-check/check.ts";
import type { Findings } from "../../cli/schema-check/compare.ts";
import { copyRepository, type Ended, start } from "../support/node/commands.ts";
import { copyDatabase, execute, type Postgres, startPostgres } from "../support/postgres.ts";
import { asRole, asWorker, rolesSql } from "../support/roles.ts";

let folder: string;
let remove: () => Promise<void>;
let postgres: Postgres;
beforeAll(async () => {
  ({ folder, remove } = await copyRepository());
  postgres = await startPostgres();
  await execute(postgres.url("postgres"), "create database template_clerk");
  await migrate(postgres.url("template_clerk"));
  await execute(postgres.url("template_clerk"), rolesSql());
});
afterAll(async () => {
  await postgres.close();
  await remove();
});

let databases = 0;

/** A migrated database with roles, to which this is done. */
const changed = async (...statements: string[]): Promise<string> => {
  const name = `checked_${(databases += 1)}`;
  await execute(postgres.url("postgres"), copyDatabase("template_clerk", name));
  const url = postgres.url(name);
  await execute(url, ...statements);
  return url;
};

const check = async (url: string): Promise<Findings> => {
  const database = openReadOnly(url);
  try {
    return await checkSchema(database);
  } finally {
    await database.close();
  }
};

const command = (name: string, databaseUrl: string, ...options: string[]): Promise<Ended> =>
  start(process.execPath, [`cli/${name}.ts`, ...options], { cwd: folder, env: { DATABASE_URL: databaseUrl } }).ended;

describe("npm run db:check", () => {
  test("finds nothing wrong with a schema that was just migrated, with roles and without, as the owner and the Worker", async () => {
    const url = await changed();
    expect(await check(url)).toEqual({ faults: [], notes: [] });
    expect(await check(asWorker(url))).toEqual({ faults: [], notes: [] });
    const { code, stdout, stderr } = await command("db-check", url);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("The schema clerk is as this release expects.");

    await execute(postgres.url("postgres"), "create database without_roles");
    await migrate(postgres.url("without_roles"));
    const { faults } = await check(postgres.url("without_roles"));
    // The roles are the server's, and this database's rights are not there.
    expect(new Set(faults.map(({ next }) => next))).toEqual(new Set(["Run drizzle/roles.sql again, as the owner"]));
  });

  const damages: [string, string, RegExp, RegExp][] = [
    [
      "a table",
      "drop table clerk.seen",
      /table clerk\.seen is missing/,
      /drop schema clerk cascade; npm run db:migrate/,
    ],
    ["a column", "alter table clerk.sessions drop column actor", /clerk\.sessions\.actor is missing/, /backfill/],
    [
      "a column's type",
      "alter table clerk.roles alter column name type varchar(40)",
      /roles\.name has the type character varying\(40\), not text/,
      /backfill/,
    ],
    [
      "a column's collation",
      `drop view clerk.living_users, clerk.living_organizations, clerk.living_memberships; alter table clerk.users alter column version type text collate "default"`,
      /users\.version has the type text, not text collate "C"/,
      /backfill/,
    ],
    [
      "a column that must not be null",
      "alter table clerk.roles alter column name set not null",
      /roles\.name must not be null/,
      /^alter table clerk\.roles alter column name drop not null$/,
    ],
    [
      "a default",
      "alter table clerk.users alter column version drop default",
      /users\.version does not have the default '0'/,
      /set default '0'$/,
    ],
    [
      "a column of the owner's in a table of the copy",
      "alter table clerk.users add column mine text",
      /users\.mine is not the copy's/,
      /drop column mine/,
    ],
    ["a primary key", "alter table clerk.roles drop constraint roles_pkey", /primary key of clerk\.roles/, /backfill/],
    [
      "an index",
      "drop index clerk.sessions_user_id_index",
      /sessions_user_id_index is missing/,
      /^create index concurrently sessions_user_id_index on clerk\.sessions using btree \(user_id\)$/,
    ],
    [
      "an index of another kind",
      "drop index clerk.users_email_index; create index users_email_index on clerk.users (email)",
      /users_email_index is another one/,
      /using hash \(email\)$/,
    ],
    ["a sequence", "drop sequence clerk.outbox_generation", /outbox_generation is missing/, /backfill/],
    ["a view", "drop view clerk.living_users", /living_users is missing/, /-f drizzle\/functions\/views\.sql/],
    [
      "a function",
      "drop function clerk.alert_1(text, jsonb)",
      /alert_1\(text, jsonb\) is missing/,
      /-f drizzle\/functions\/alert\.sql/,
    ],
    [
      "a function's text",
      "create or replace function clerk.take_locks(changes jsonb, told text[]) returns void language plpgsql volatile set search_path = pg_catalog, pg_temp as 'begin end'",
      /take_locks\(jsonb, text\[\]\) differs/,
      /-f drizzle\/functions\/locks\.sql/,
    ],
    [
      "a function's settings",
      "alter function clerk.health_1(text) reset search_path",
      /health_1\(text\) differs/,
      /health\.sql/,
    ],
    [
      "a function's rights",
      "alter function clerk.merge_1 security invoker",
      /merge_1\(jsonb, jsonb, jsonb\) differs/,
      /merge\.sql/,
    ],
    [
      "who may call a function",
      "grant execute on function clerk.merge_1 to public",
      /may be called by everybody/,
      /^revoke execute on function clerk\.merge_1\(jsonb, jsonb, jsonb\) from public$/,
    ],
    [
      "who may call no function",
      "revoke execute on function clerk.expect_user from clerk_app",
      /clerk_app may not call clerk\.expect_user\(text\)/,
      /roles\.sql/,
    ],
    [
      "what the Worker may do",
      "revoke delete on clerk.deliveries from clerk_mirror",
      /clerk_mirror may not delete clerk\.deliveries/,
      /roles\.sql/,
    ],
    [
      "what the app may do",
      "grant references (id) on clerk.users to clerk_app",
      /clerk_app has the right references\(id\) on clerk\.users/,
      /^revoke references \(id\) on clerk\.users from clerk_app$/,
    ],
    [
      "row-level security without a policy for the Worker",
      "alter table clerk.users enable row level security; drop policy clerk_mirror on clerk.users",
      /hides rows of clerk\.users from the Worker/,
      /roles\.sql/,
    ],
    [
      "an owner that could drop a table",
      "alter table clerk.users owner to clerk_app_owner",
      /table clerk\.users belongs to clerk_app_owner/,
      /drop schema clerk cascade/,
    ],
    [
      "an older release",
      "update clerk.migrations set created_at = created_at - 1",
      /of an earlier release/,
      /^npm run db:migrate/,
    ],
    ["a later release", "update clerk.migrations set created_at = created_at + 1", /of a later release/, /git pull/],
  ];
  test.for(damages)("names what is wrong, and the remedy: %s", async ([, statements, what, next]) => {
    const url = await changed(...statements.split("; "));
    const { faults } = await check(url);
    const fault = faults.find((one) => what.test(one.what));
    expect(fault, JSON.stringify(faults)).toBeDefined();
    expect(fault?.next).toMatch(next);
  });

  const mended: [string, string][] = [
    ["drop function clerk.alert_1(text, jsonb)", "drizzle/functions/alert.sql"],
    ["drop function clerk.upsert_users(jsonb, text[])", "drizzle/functions/tables.sql"],
    ["drop view clerk.living_users", "drizzle/functions/views.sql"],
    ["drop function clerk.reference", "drizzle/functions/reference.sql"],
  ];
  test.for(mended)("its remedy for a function mends it, and leaves it to nobody else: %s", async ([damage, file]) => {
    const url = await changed(damage);
    expect((await check(url)).faults).not.toEqual([]);
    await execute(url, readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"), rolesSql());
    expect(await check(url)).toEqual({ faults: [], notes: [] });
  });

  test("after drop schema clerk cascade the one command makes everything anew", async () => {
    const url = await changed("drop schema clerk cascade");
    const { code, stdout } = await command("db-check", url, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      isRight: false,
      faults: [{ what: "there is no schema clerk", next: expect.stringContaining("npm run db:migrate") }],
    });
    expect(await command("db-migrate", url)).toMatchObject({ code: 0, stderr: "" });
    await execute(url, rolesSql());
    expect(await check(url)).toEqual({ faults: [], notes: [] });
  });

  test("what the owner has added is noted, and no fault", async () => {
    const url = await changed(
      "create index my_index on clerk.users (first_name)",
      "create unique index my_unique on clerk.users (external_id)",
      "create table clerk.mine (id int)",
      "create view clerk.my_view as select 1 as one",
      "alter table clerk.deliveries add column mine text",
      "alter table clerk.roles add constraint my_check check (id <> '')",
      "create function public.mine() returns trigger language plpgsql as 'begin return new; end'",
      "create function clerk.mine() returns int language sql as 'select 1'",
      "revoke all on function clerk.mine from public",
      "create trigger mine after insert on clerk.users for each row execute function public.mine()",
      "create table public.orders (user_id text references clerk.users (id))",
    );
    const { faults, notes } = await check(url);
    expect(faults).toEqual([]);
    expect(notes).toEqual([
      "the column clerk.deliveries.mine is your own",
      "the constraint my_check CHECK ((id <> ''::text)) on clerk.roles is your own; a row that breaks it is refused",
      "the index clerk.my_index is your own",
      "the index clerk.my_unique is your own; it is unique, so a delivery with a value that is taken is refused",
      "the trigger mine on clerk.users is your own",
      "the function clerk.mine() is your own",
      "the table clerk.mine is your own",
      "the view clerk.my_view is your own",
    ]);
  });
});

describe("npm run status", () => {
  test("names a schema that differs, with the code schema", async () => {
    const url = await changed("drop index clerk.sessions_user_id_index");
    const { code, stdout } = await command("status", url, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      isHealthy: false,
      reasons: [{ code: "schema", text: "the index clerk.sessions_user_id_index is missing" }],
    });
  });

  test("names it also if nothing else can be read", async () => {
    const url = await changed("drop table clerk.deliveries cascade");
    const { code, stdout } = await command("status", url);
    expect(code).toBe(1);
    expect(stdout).toContain("schema: the table clerk.deliveries is missing");
    expect(stdout).toContain("npm run db:check");
  });
});

test("a role of the app's cannot become the owner of the copy", async () => {
  // A copy of a database has its rights, but not those on the database itself.
  const url = await changed(rolesSql(), "drop schema clerk cascade");
  await expect(migrate(asRole(url, "clerk_app_owner"))).rejects.toThrow("has the role clerk_app_owner; use the owner");
  await execute(asRole(url, "clerk_app_owner"), "create schema clerk");
  await expect(migrate(url)).rejects.toThrow("belongs to clerk_app_owner");
  await expect(execute(url, rolesSql())).rejects.toThrow("the schema clerk belongs to one of the roles");
});
