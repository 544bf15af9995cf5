import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { faultsAfterMigration } from "../../cli/after-migration.ts";
import { openReadOnly } from "../../cli/read-only.ts";
import { migrate } from "../../cli/migrate.ts";
import { checkSchema } from "../../cli/schema-check/check.ts";
import { definitionOf } from "../../cli/schema-check/expected.ts";
import type { Findings } from "../../cli/schema-check/findings.ts";
import { copyRepository, type Ended, start } from "../support/node/commands.ts";
import { copyDatabase, execute, type Postgres, startPostgres } from "../support/postgres.ts";
import { asRole, asWorker, rolesSql } from "../support/roles.ts";

let folder: string;
let remove: () => Promise<void>;
let postgres: Postgres;
beforeAll(async () => {
  ({ folder, remove } = await copyRepository());
  postgres = await startPostgres();
  // As with Neon, the owner is no superuser.
  await execute(
    postgres.url("postgres"),
    "create role owner login createrole password 'owner'",
    "create role joe",
    "create role mary",
    `create role "Other-owner" login password 'Other-owner'`,
    "create database template_clerk owner owner",
  );
  const url = as("owner", postgres.url("template_clerk"));
  await migrate(url);
  await execute(url, rolesSql());
});
afterAll(async () => {
  await postgres.close();
  await remove();
});
// What a test has done to a role is done in all databases.
afterEach(() =>
  execute(
    postgres.url("postgres"),
    "alter role clerk_app nosuperuser nocreaterole",
    "alter role clerk_app_owner nocreaterole",
    "revoke pg_write_all_data from clerk_app",
    "revoke clerk_mirror from clerk_app, clerk_app_owner, mary cascade",
    "revoke clerk_mirror from clerk_app, clerk_app_owner granted by owner cascade",
  ),
);

/** A connection string of another role, whose password is its name. */
const as = (role: string, url: string): string => {
  const own = new URL(url);
  own.username = own.password = role;
  return own.href;
};

let databases = 0;

/** A migrated database with roles, as its owner. */
const fresh = async (): Promise<string> => {
  const name = `checked_${(databases += 1)}`;
  await execute(postgres.url("postgres"), `${copyDatabase("template_clerk", name)} owner owner`);
  return as("owner", postgres.url(name));
};

/** The same, to which its owner has done this. */
const changed = async (...statements: string[]): Promise<string> => {
  const url = await fresh();
  await execute(url, ...statements);
  return url;
};

/** The same of a superuser. */
const changedBySuperuser = async (...statements: string[]): Promise<string> => {
  const url = await fresh();
  await execute(as("postgres", url), ...statements);
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

/** Does what a remedy says, as who it says, which is the owner if it says nothing. */
const follow = async (url: string, remedy: string): Promise<void> => {
  const parts = remedy.replace(/(, and make it for|; if ).*$/, "").split("; ");
  // Who is said of one is of those before it too.
  let who = "owner";
  const said = parts.toReversed().map((part): [string, string] => {
    const [given, by] = /, as (a superuser|the owner|"[\w-]+")/.exec(part) ?? [];
    if (by !== undefined) who = { "a superuser": "postgres", "the owner": "owner" }[by] ?? by.replaceAll('"', "");
    return [who, part.replace(given ?? "", "").replace(/^Keep .*?: /, "")];
  });
  for (const [role, part] of said.toReversed()) {
    const [, file] = /^psql .* -f (\S+), then drizzle\/roles\.sql$/.exec(part) ?? [];
    if (file !== undefined) {
      await execute(as(role, url), readFileSync(new URL(`../../${file}`, import.meta.url), "utf8"));
      await execute(url, rolesSql());
    } else if (/^(alter|create|drop|grant|revoke) /.test(part)) await execute(as(role, url), part);
    else if (part === "npm run db:migrate") await migrate(url);
    else if (/^(Run )?drizzle\/roles\.sql/.test(part)) await execute(url, rolesSql());
    else
      expect(part).toMatch(/^npm run (db:migrate does not mend this|backfill)|^add the foreign keys|^repeat erasures/);
  }
};

/** Does what all faults say, in their order. */
const followAll = async (url: string): Promise<void> => {
  for (const next of new Set((await check(url)).faults.map((fault) => fault.next))) await follow(url, next);
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
  });

  test("roles that have no rights in a database are those of another one of the server, and no fault", async () => {
    await execute(postgres.url("postgres"), "create database without_roles owner owner");
    const url = as("owner", postgres.url("without_roles"));
    // The migration lets roles that are there call functions.
    await migrate(url);
    const note = expect.stringMatching(/have no rights in this database: if its Worker connects as clerk_mirror, run/);
    expect(await check(url)).toEqual({ faults: [], notes: [note] });
    // The Worker connects as the owner.
    await execute(
      url,
      "alter table clerk.users enable row level security",
      "drop policy if exists clerk_mirror on clerk.users",
      "create policy mine on clerk.users as restrictive using (false)",
    );
    expect(await check(url)).toEqual({ faults: [], notes: [note] });
    const { code, stdout } = await command("status", url, "--json");
    expect({ code, reasons: JSON.parse(stdout).reasons }).toEqual({ code: 0, reasons: [] });
    await execute(url, "alter table clerk.users force row level security");
    expect((await check(url)).faults).toMatchObject([{ what: expect.stringContaining("the policy mine hides rows") }]);
    // One that has a right here is to have all of them.
    await execute(url, "grant usage on schema clerk to clerk_mirror");
    expect((await check(url)).faults.length).toBeGreaterThan(10);
  });

  test("roles that have lost their rights in a database are a fault, also if it was made anew", async () => {
    const url = await changed("drop schema clerk cascade");
    await migrate(url);
    const { faults } = await check(url);
    expect(new Set(faults.map(({ next }) => next))).toEqual(new Set(["Run drizzle/roles.sql again, as the owner"]));
    await followAll(url);
    expect(await check(url)).toEqual({ faults: [], notes: [] });
  });

  /** Done by the owner, or by a superuser if only one can. */
  const damages: [name: string, statements: string, what: RegExp, next: RegExp, by?: "postgres"][] = [
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
      "revoke delete on clerk.absences from clerk_mirror",
      /clerk_mirror may not delete clerk\.absences/,
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
      "a restrictive policy, which no other one makes up for",
      "alter table clerk.users enable row level security; create policy mine on clerk.users as restrictive to clerk_app, public using (false)",
      /policy mine hides rows of clerk\.users from the Worker/,
      /^drop policy mine on clerk\.users, and make it for your own roles/,
    ],
    [
      "a right of everybody's",
      "grant all on clerk.users to public",
      /^everybody has the right delete, insert, .*truncate, update on clerk\.users$/,
      /^revoke delete, insert, .*truncate, update on clerk\.users from public$/,
    ],
    [
      "a right of everybody's, on a column",
      "grant select (email) on clerk.living_users to public",
      /^everybody has the right select\(email\) on clerk\.living_users$/,
      /^revoke select \(email\) on clerk\.living_users from public$/,
    ],
    [
      "a right of everybody's, on the schema",
      "grant create on schema clerk to public",
      /^everybody has the right create on schema clerk$/,
      /^revoke create on schema clerk from public$/,
    ],
    [
      "a right on the schema",
      "grant create on schema clerk to clerk_app_owner",
      /^clerk_app_owner has the right create on schema clerk, which/,
      /^revoke create on schema clerk from clerk_app_owner$/,
    ],
    [
      "a right on the sequence",
      "grant all on sequence clerk.outbox_generation to clerk_app",
      /^clerk_app has the right .*update, usage on sequence clerk\.outbox_generation, which/,
      /^revoke .*update, usage on sequence clerk\.outbox_generation from clerk_app$/,
    ],
    [
      "an inserted id",
      "grant insert (id) on clerk.users to clerk_app",
      /^clerk_app has the right insert\(id\) on clerk\.users, which/,
      /^revoke insert \(id\) on clerk\.users from clerk_app$/,
    ],
    [
      "a right that may be passed on",
      "grant select on clerk.users to clerk_app with grant option",
      /^clerk_app may give its right select on clerk\.users to others$/,
      /^revoke grant option for select on clerk\.users from clerk_app cascade$/,
    ],
    [
      "a right on what is made later",
      "alter default privileges in schema clerk grant insert on tables to clerk_app",
      /^clerk_app gets the right insert on tables that owner makes/,
      /^alter default privileges for role owner in schema clerk revoke insert on tables from clerk_app$/,
    ],
    [
      "a rule",
      "create rule mine as on insert to clerk.users do instead nothing",
      /^the rule mine on clerk\.users changes/,
      /^drop rule mine on clerk\.users$/,
    ],
    [
      "an unlogged table",
      "alter table clerk.users set unlogged",
      /clerk\.users is unlogged/,
      /^alter table clerk\.users set logged$/,
    ],
    [
      "an heir",
      "create table public.heir () inherits (clerk.users)",
      /^the rows of public\.heir, which inherits from clerk\.users/,
      /^alter table public\.heir no inherit clerk\.users$/,
    ],
    [
      "a view's columns",
      "drop view clerk.living_users; create view clerk.living_users with (security_invoker = true) as select id, private_metadata from clerk.users where deleted_at is null",
      /view clerk\.living_users differs/,
      /^drop view clerk\.living_users; psql .* -f drizzle\/functions\/views\.sql/,
    ],
    [
      "the columns of two views, of which another one has more",
      "drop view clerk.living_users; create view clerk.living_users with (security_invoker = true) as select email from clerk.users; drop view clerk.living_memberships; create view clerk.living_memberships with (security_invoker = true) as select id, user_id from clerk.organization_memberships; drop view clerk.living_organizations; create view clerk.living_organizations with (security_invoker = true) as select id, name from clerk.organizations",
      /view clerk\.living_organizations differs/,
      /^drop view clerk\.living_users; drop view clerk\.living_memberships; psql /,
    ],
    [
      "a view's columns, on which something of the owner's depends",
      `drop view clerk.living_users; create view clerk.living_users with (security_invoker = true) as select email from clerk.users; create view public."My view" as select * from clerk.living_users; create materialized view public.m as select * from public."My view"; create table public.t (u clerk.living_users, id int); create function public.f(clerk.living_users) returns int language sql as 'select 1'`,
      /view clerk\.living_users differs/,
      /^Keep a copy of the function public\.f\(clerk\.living_users\), the materialized view public\.m, the table column public\.t\.u, the view public\."My view", which this drops too: drop view clerk\.living_users cascade; psql /,
    ],
    [
      "a view's filter, where a view of the owner's depends on it",
      "create view public.v as select id from clerk.living_memberships; create or replace view clerk.living_memberships with (security_invoker = true) as select id, organization_id, user_id, role, role_name, permissions, public_metadata, private_metadata, created_at, updated_at, synced_at from clerk.organization_memberships",
      /view clerk\.living_memberships differs/,
      /^psql .* -f drizzle\/functions\/views\.sql/,
    ],
    [
      "a view that is a materialized one",
      "drop view clerk.living_users; create materialized view clerk.living_users as select id from clerk.users",
      /view clerk\.living_users shows every row/,
      /^drop materialized view clerk\.living_users; psql /,
    ],
    [
      "a view whose name a table has",
      "drop view clerk.living_users; create table clerk.living_users (id text) partition by hash (id)",
      /view clerk\.living_users is missing: something else has its name/,
      /^alter table clerk\.living_users set schema public; psql /,
    ],
    [
      "what a function returns, on which something of the owner's depends",
      "drop function clerk.expect_user(text); create function clerk.expect_user(id text) returns int language sql as 'select 1'; create view public.v as select clerk.expect_user('x')",
      /expect_user\(text\) differs/,
      /^Keep a copy of the view public\.v, which this drops too: drop function clerk\.expect_user\(text\) cascade; psql .* -f drizzle\/functions\/expect\.sql/,
    ],
    [
      "a function's parameter's name",
      "drop function clerk.health_1(text); create function clerk.health_1(other text) returns jsonb language sql as 'select null::jsonb'",
      /health_1\(text\) differs/,
      /^drop function clerk\.health_1\(text\); psql /,
    ],
    [
      "a function that is a procedure",
      "drop function clerk.alert_1(text, jsonb); create procedure clerk.alert_1(a text, b jsonb) language sql as 'select 1'",
      /alert_1\(text, jsonb\) differs/,
      /^drop routine clerk\.alert_1\(text, jsonb\); psql /,
    ],
    [
      "an index that is a constraint's",
      "drop index clerk.users_email_index; alter table clerk.users add constraint users_email_index unique (email)",
      /users_email_index is another one/,
      /^alter table clerk\.users drop constraint users_email_index; create index concurrently /,
    ],
    [
      "a column of the owner's whose name needs quotes, on which a view depends",
      `alter table clerk.users add column "X y" text; create view public.v as select "X y" from clerk.users`,
      /users\."X y" is not the copy's/,
      /^Keep it in a table of your own, and a copy of the view public\.v, which this drops too: alter table clerk\.users drop column "X y" cascade$/,
    ],
    [
      "a column of the owner's whose name needs quotes and that must not be null",
      `alter table clerk.deliveries add column "X y" text not null`,
      /deliveries\."X y" is your own, and must not be null/,
      /^alter table clerk\.deliveries alter column "X y" drop not null$/,
    ],
    [
      "a right on a table whose name needs quotes",
      `create table clerk."Orders" ("X y" int); grant select ("X y"), insert on clerk."Orders" to public`,
      /^everybody has the right select\("X y"\), insert on clerk\."Orders"$/,
      /^revoke select \("X y"\), insert on clerk\."Orders" from public$/,
    ],
    [
      "a function whose name needs quotes",
      `create function clerk."Mine"("A b" int) returns int language sql security definer as 'select 1'`,
      /function clerk\."Mine"\(integer\) is your own, and runs as its owner/,
      /^revoke execute on function clerk\."Mine"\(integer\) from public$/,
    ],
    [
      "a procedure of the owner's that everybody may call as the owner",
      "create procedure clerk.mine(a int, inout b text) language sql security definer as 'select 1::text'",
      /procedure clerk\.mine\(integer, text\) is your own, and runs as its owner for everybody/,
      /^revoke execute on procedure clerk\.mine\(integer, text\) from public$/,
    ],
    [
      "a rule and a heir whose names need quotes",
      `create rule "My rule" as on insert to clerk.users do instead nothing; create table public."Heir" () inherits (clerk.users)`,
      /^the rule "My rule" on clerk\.users changes/,
      /^drop rule "My rule" on clerk\.users$/,
    ],
    [
      "a restrictive policy whose name needs quotes",
      `alter table clerk.users enable row level security; create policy "My policy" on clerk.users as restrictive using (false)`,
      /policy "My policy" hides rows of clerk\.users/,
      /^drop policy "My policy" on clerk\.users, and make it/,
    ],
    [
      "a view's column's name",
      "alter view clerk.living_users rename column first_name to given_name",
      /view clerk\.living_users differs/,
      /views\.sql/,
    ],
    [
      "a view's filter",
      "create or replace view clerk.living_memberships with (security_invoker = true) as select id, organization_id, user_id, role, role_name, permissions, public_metadata, private_metadata, created_at, updated_at, synced_at from clerk.organization_memberships",
      /view clerk\.living_memberships differs/,
      /views\.sql/,
    ],
    [
      "a view's rights",
      "alter view clerk.living_users reset (security_invoker)",
      /living_users shows every row/,
      /^alter view clerk\.living_users set \(security_invoker = true\)$/,
    ],
    [
      "a view's owner",
      "alter view clerk.living_users owner to clerk_app_owner",
      /view clerk\.living_users belongs to clerk_app_owner/,
      /^alter view clerk\.living_users owner to owner$/,
      "postgres",
    ],
    [
      "a function's owner",
      "alter function clerk.health_1(text) owner to clerk_app_owner",
      /function clerk\.health_1\(text\) belongs to clerk_app_owner/,
      /^alter function clerk\.health_1\(text\) owner to owner$/,
      "postgres",
    ],
    [
      "a sequence's owner",
      "alter sequence clerk.outbox_generation owner to clerk_app",
      /sequence clerk\.outbox_generation belongs to clerk_app/,
      /^alter sequence clerk\.outbox_generation owner to owner, as a superuser$/,
      "postgres",
    ],
    [
      "a function of the owner's that everybody may call as the owner",
      "create function clerk.mine() returns int language sql security definer as 'select 1'",
      /function clerk\.mine\(\) is your own, and runs as its owner for everybody/,
      /^revoke execute on function clerk\.mine\(\) from public$/,
    ],
    [
      "an extension",
      "create extension citext schema clerk",
      /^the extension citext has \d+ parts in the schema clerk$/,
      /^drop extension citext; create extension citext schema public; .* set schema public, as a superuser$/,
    ],
    [
      "an extension of a superuser's",
      "create extension citext schema clerk",
      /^the extension citext has \d+ parts in the schema clerk$/,
      /^alter extension citext set schema public, as a superuser; if it cannot be moved: /,
      "postgres",
    ],
    [
      "a right that somebody else has given",
      "grant usage on schema clerk to joe; grant select on clerk.users to joe with grant option; grant all on clerk.users to public; set role joe; grant select on clerk.users to public",
      /^everybody has the right .* on clerk\.users$/,
      /^revoke .* on clerk\.users from public; revoke grant option for select on clerk\.users from joe cascade$/,
      "postgres",
    ],
    [
      "a right that somebody else has given, who had it from a third",
      "grant usage on schema clerk to mary with grant option; set role mary; grant usage on schema clerk to joe with grant option; set role joe; grant usage on schema clerk to public",
      /^everybody has the right usage on schema clerk$/,
      /^revoke grant option for usage on schema clerk from mary cascade$/,
      "postgres",
    ],
    [
      "a right on a column, given by who has it on the table",
      "grant usage on schema clerk to joe; grant update on clerk.users to joe with grant option; set role joe; grant update (email) on clerk.users to clerk_app",
      /^clerk_app has the right update\(email\) on clerk\.users, which/,
      /^grant update \(email\) on clerk\.users to joe with grant option; revoke update \(email\) on clerk\.users from joe cascade$/,
      "postgres",
    ],
    [
      "a right that was passed on",
      "grant insert on clerk.users to clerk_app with grant option; set role clerk_app; grant insert on clerk.users to joe",
      /^clerk_app has the right insert on clerk\.users, which/,
      /^revoke insert on clerk\.users from clerk_app cascade$/,
      "postgres",
    ],
    [
      "a function's execute that somebody else has given",
      "grant usage on schema clerk to joe; grant execute on function clerk.merge_1 to joe with grant option; set role joe; grant execute on function clerk.merge_1 to public",
      /merge_1\(jsonb, jsonb, jsonb\) may be called by everybody$/,
      /^revoke grant option for execute on function clerk\.merge_1\(jsonb, jsonb, jsonb\) from joe cascade$/,
      "postgres",
    ],
    [
      "a function's execute that may be passed on",
      "grant execute on function clerk.expect_user to clerk_app with grant option",
      /^clerk_app may give its right to call clerk\.expect_user\(text\) to others$/,
      /^revoke grant option for execute on function clerk\.expect_user\(text\) from clerk_app cascade$/,
    ],
    [
      "a role that is in one which writes everything",
      "grant pg_write_all_data to clerk_app",
      /^the role clerk_app is a member of pg_write_all_data/,
      /^revoke pg_write_all_data from clerk_app, as a superuser$/,
      "postgres",
    ],
    [
      "a role that is in the Worker's, by the owner",
      "grant clerk_mirror to clerk_app",
      /^the role clerk_app is a member of clerk_mirror/,
      /^revoke clerk_mirror from clerk_app granted by owner$/,
    ],
    [
      "a role that is in the Worker's, and has let others in",
      "grant clerk_mirror to clerk_app with admin option; set role clerk_app; grant clerk_mirror to joe",
      /^the role clerk_app is a member of clerk_mirror/,
      /^revoke clerk_mirror from clerk_app cascade, as a superuser$/,
      "postgres",
    ],
    [
      "a role that is in the Worker's, by who may let others in",
      "grant clerk_mirror to mary with admin option; grant clerk_mirror to clerk_app; set role mary; grant clerk_mirror to clerk_app",
      /^the role clerk_app is a member of clerk_mirror/,
      /^revoke clerk_mirror from clerk_app.*; revoke clerk_mirror from clerk_app.*, as a superuser$/,
      "postgres",
    ],
    [
      "a superuser",
      "alter role clerk_app superuser",
      /^the role clerk_app has the attribute superuser$/,
      /^alter role clerk_app nosuperuser, as a superuser$/,
      "postgres",
    ],
    [
      "who may make roles",
      "alter role clerk_app createrole",
      /^the role clerk_app has the attribute createrole$/,
      /^alter role clerk_app nocreaterole$/,
    ],
    [
      "a right on what another role makes later",
      `grant create on schema clerk to "Other-owner"; alter default privileges for role "Other-owner" in schema clerk grant insert on tables to clerk_app`,
      /^clerk_app gets the right insert on tables that "Other-owner" makes/,
      /^alter default privileges for role "Other-owner" in schema clerk revoke insert on tables from clerk_app, as "Other-owner"$/,
      "postgres",
    ],
    [
      "a right on another role's table",
      `grant usage on schema clerk to "Other-owner"; alter table clerk.users owner to "Other-owner"; grant insert on clerk.users to public`,
      /^everybody has the right insert on clerk\.users$/,
      /^revoke insert on clerk\.users from public, as "Other-owner"$/,
      "postgres",
    ],
    [
      "what the Worker may do with another role's table",
      `grant all on schema clerk to "Other-owner"; alter table clerk.absences owner to "Other-owner"; revoke delete on clerk.absences from clerk_mirror`,
      /^clerk_mirror may not delete clerk\.absences$/,
      /^alter table clerk\.absences owner to owner, as a superuser; Run drizzle\/roles\.sql again, as the owner$/,
      "postgres",
    ],
    [
      "a superuser's function",
      "alter function clerk.alert_1(text, jsonb) security invoker; alter function clerk.alert_1(text, jsonb) owner to postgres",
      /alert_1\(text, jsonb\) differs/,
      /^alter function clerk\.alert_1\(text, jsonb\) owner to owner, as a superuser; psql .* -f drizzle\/functions\/alert\.sql, as/,
      "postgres",
    ],
    [
      "an owner that could drop a table",
      "alter table clerk.users owner to clerk_app_owner",
      /table clerk\.users belongs to clerk_app_owner/,
      /drop schema clerk cascade/,
      "postgres",
    ],
    [
      "an older release",
      "update clerk.migrations set created_at = created_at - 1",
      /of an earlier release/,
      /^npm run db:migrate/,
    ],
    ["a later release", "update clerk.migrations set created_at = created_at + 1", /of a later release/, /git pull/],
  ];
  test.for(damages)(
    "names what is wrong, and the remedy, which mends it: %s",
    async ([, statements, what, next, by]) => {
      const url = await fresh();
      await execute(by === undefined ? url : as(by, url), ...statements.split("; "));
      const { faults } = await check(url);
      const fault = faults.find((one) => what.test(one.what));
      expect(fault, JSON.stringify(faults)).toBeDefined();
      expect(fault?.next).toMatch(next);
      // Of rights is what drizzle/roles.sql mends, and what a migration does not touch.
      const ofRights = /(^|; )Run drizzle\/roles|^(revoke|grant|drop policy|alter (default privileges|role)) /;
      for (const one of faults) expect(one, one.what).toMatchObject({ isOfRights: ofRights.test(one.next) });
      // There is no other release here to migrate to.
      if (/of an? (later|earlier) release/.test(fault?.what ?? "")) return;
      await followAll(url);
      const left = await check(url);
      expect(left.faults).toEqual([]);
      for (const note of left.notes) expect(note).toMatch(/ your own$|your role|belongs to|the view public\.v names/);
    },
  );

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

  test("its remedy for a view that differs mends it", async () => {
    const url = await changed(
      "drop view clerk.living_users",
      "create materialized view clerk.living_users as select id from clerk.users",
    );
    expect((await check(url)).faults).toMatchObject([
      { what: "the view clerk.living_users differs from this release's" },
      { what: expect.stringContaining("shows every row") },
    ]);
    const views = readFileSync(new URL("../../drizzle/functions/views.sql", import.meta.url), "utf8");
    await execute(url, "drop materialized view clerk.living_users", views, rolesSql());
    expect(await check(url)).toEqual({ faults: [], notes: [] });
  });

  test("a view is the same as Postgres 15 and 16 give it back", () => {
    const ours = definitionOf("select\n  id,\n  email\nfrom clerk.users\nwhere deleted_at is null");
    for (const column of ["", "users."]) {
      const given = ` SELECT ${column}id,\n    ${column}email\n   FROM clerk.users\n  WHERE (${column}deleted_at IS NULL);`;
      expect(definitionOf(given)).toBe(ours);
    }
    expect(definitionOf(" SELECT id,\n    email\n   FROM clerk.users;")).not.toBe(ours);
  });

  test("a role that is in one which owns or writes the copy is a fault, also by way of others", async () => {
    const url = await changedBySuperuser(
      "create role dev",
      "create role team",
      "create role writers",
      "grant writers to team",
      "grant pg_write_all_data to writers",
      "grant clerk_mirror to clerk_app",
      "grant clerk_mirror to dev",
      "grant team to clerk_app_owner",
      "alter role clerk_app createrole",
    );
    try {
      const { faults, notes } = await check(url);
      expect(faults).toMatchObject([
        { what: "the role clerk_app has the attribute createrole", next: "alter role clerk_app nocreaterole" },
        {
          what: "the role clerk_app is a member of clerk_mirror, and may do what that may",
          next: "revoke clerk_mirror from clerk_app, as a superuser",
        },
        {
          what: "the role clerk_app_owner is a member of team, and may do what that may",
          next: "revoke team from clerk_app_owner, as a superuser",
        },
      ]);
      expect(notes).toEqual(["your role dev is a member of clerk_mirror, and may do what that may"]);
      await followAll(url);
      expect((await check(url)).faults).toEqual([]);
    } finally {
      await execute(as("postgres", url), "revoke team from clerk_app_owner", "drop role dev, team, writers");
    }
  });

  test("what the owner has given to a role of their own is no fault: that it may write is noted", async () => {
    const url = await changedBySuperuser(
      "create role reader",
      "create role writer",
      "grant usage on schema clerk to reader, writer",
      "grant select on all tables in schema clerk to reader",
      "grant update (name), insert on clerk.users to writer",
      "grant create on schema clerk to writer",
      "grant usage on sequence clerk.outbox_generation to writer",
      "grant execute on function clerk.health_1(text) to writer",
    );
    try {
      expect(await check(url)).toEqual({
        faults: [],
        notes: [
          "the function clerk.health_1(text) may be called by your role writer",
          "your role writer has the right create on schema clerk",
          "your role writer has the right usage on sequence clerk.outbox_generation",
          "your role writer has the right update(name), insert on clerk.users",
        ],
      });
    } finally {
      await execute(as("postgres", url), "drop owned by reader, writer", "drop role reader, writer");
    }
  });

  test("a policy that keeps nothing from the Worker is no fault", async () => {
    const url = await changed(
      "alter table clerk.users enable row level security",
      "create policy app on clerk.users as restrictive to clerk_app using (false)",
      "create policy all_rows on clerk.users as restrictive using (true)",
      // Has no effect until the table's row-level security is enabled.
      "create policy later on clerk.sessions as restrictive using (false)",
      "create table clerk.mine (id int)",
      "alter table clerk.mine enable row level security",
    );
    expect(await check(url)).toEqual({ faults: [], notes: ["the table clerk.mine is your own"] });
  });

  test("the owner of a table, whom its policies bind if they are forced, has to see every row of it too", async () => {
    await execute(postgres.url("postgres"), "create role other_owner");
    const url = await changedBySuperuser(
      "alter table clerk.users owner to other_owner",
      "alter table clerk.users enable row level security",
      "create policy mine on clerk.users as restrictive to other_owner using (false)",
    );
    const belongs = "the table clerk.users belongs to other_owner, the schema to owner";
    const hidden = { what: "row-level security hides rows of clerk.users from the Worker" };
    expect(await check(url)).toMatchObject({ faults: [hidden], notes: [belongs] });
    await execute(as("postgres", url), rolesSql());
    expect(await check(url)).toEqual({ faults: [], notes: [belongs] });
    await execute(as("postgres", url), "alter table clerk.users force row level security");
    expect((await check(url)).faults).toMatchObject([{ what: expect.stringContaining("the policy mine hides rows") }]);
  });

  test("what of the app's would stop an upgrade is noted, and no fault", async () => {
    const url = await changed(
      "create table public.snap (u clerk.users, all_of clerk.roles[])",
      "create view public.v as select id, actor from clerk.sessions",
      "create materialized view public.m as select id from clerk.users",
      "create table public.orders (user_id text)",
      "create policy p on public.orders using (exists (select from clerk.users as u where u.id = user_id))",
      // These do not.
      "create view public.living as select id from clerk.living_users",
      "create view public.counted as select count(*) from clerk.users",
      "create function public.f(clerk.users) returns int language sql as 'select 1'",
    );
    const names = (table: string): string =>
      `names columns of clerk.${table}: an upgrade that changes one is refused until you drop it`;
    const has = (table: string): string =>
      `has the row type of clerk.${table}: an upgrade that adds a column to it is refused`;
    const { faults, notes } = await check(url);
    expect(faults).toEqual([]);
    expect(notes.toSorted()).toEqual([
      `the column public.snap.all_of ${has("roles")}`,
      `the column public.snap.u ${has("users")}`,
      `the materialized view public.m ${names("users")}`,
      `the policy p on public.orders ${names("users")}`,
      `the view public.v ${names("sessions")}`,
    ]);
    // As it says.
    const change = "alter table clerk.sessions alter column actor type text using actor::text";
    await expect(execute(url, change)).rejects.toMatchObject({ code: "0A000" });
    const more = "alter table clerk.users add column more text default 'x'";
    await expect(execute(url, more)).rejects.toMatchObject({ code: "0A000" });
    await execute(url, "drop view public.v", change, "drop table public.snap", more);
  });

  test("an extension of the app's in the schema is one fault, which its remedy mends", async () => {
    const url = await changed(rolesSql());
    await execute(asRole(url, "clerk_app_owner"), "create extension citext schema clerk");
    const { faults, notes } = await check(url);
    expect({ faults, notes }).toMatchObject({
      faults: [{ what: expect.stringMatching(/^the extension citext has \d\d+ parts in the schema clerk$/) }],
      notes: [],
    });
    await followAll(url);
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

  test("what the owner has added may be of any kind", async () => {
    const url = await changed(
      "create procedure clerk.mine() language sql as 'select 1'",
      `create procedure clerk."Mine"(a int, out b text) language plpgsql as 'begin end'`,
      "create aggregate clerk.total(int) (sfunc = int4pl, stype = int)",
      "create function clerk.all_of(variadic int[]) returns setof record language sql begin atomic select 1, 2; end",
      "create domain clerk.short as text check (length(value) < 9)",
      "create type clerk.plan as enum ('free', 'paid')",
      "create type clerk.pair as (a int, b text)",
      "create type clerk.span as range (subtype = int)",
      "create table clerk.parted (id int, at int) partition by range (at)",
      "create table clerk.part partition of clerk.parted for values from (0) to (9)",
      "create materialized view clerk.counted as select count(*) from clerk.users",
      "create sequence clerk.numbers",
      "create text search configuration clerk.words (copy = simple)",
      "create operator clerk.+ (function = int4pl, leftarg = int, rightarg = int)",
      `create collation clerk."My order" from "C"`,
      "create statistics clerk.stats on id, email from clerk.users",
    );
    await execute(
      as("postgres", url),
      "create function clerk.place() returns bigint language internal window as 'window_row_number'",
      "create foreign data wrapper nothing",
      "create server nowhere foreign data wrapper nothing",
      "create foreign table clerk.far (id int) server nowhere",
    );
    expect(await check(url)).toEqual({
      faults: [],
      notes: [
        `the procedure clerk."Mine"(integer) is your own`,
        "the function clerk.all_of(integer[]) is your own",
        "the procedure clerk.mine() is your own",
        "the window function clerk.place() is your own",
        "the aggregate clerk.total(integer) is your own",
        "the table clerk.part is your own",
        "the view clerk.counted is your own",
        `the collation clerk."My order" is your own`,
        "the foreign table clerk.far is your own",
        "the operator clerk.+(integer,integer) is your own",
        "the statistics object clerk.stats is your own",
        "the table clerk.parted is your own",
        "the text search configuration clerk.words is your own",
        "the type clerk.pair is your own",
        "the type clerk.plan is your own",
        "the type clerk.short is your own",
        "the type clerk.span is your own",
      ],
    });
  });

  test("what the owner has added is noted, and no fault", async () => {
    const url = await changed(
      `create index "My index" on clerk.users (first_name)`,
      "create unique index my_unique on clerk.users (external_id)",
      "create table clerk.mine (id int)",
      "create view clerk.my_view as select 1 as one",
      "alter table clerk.deliveries add column mine text",
      `alter table clerk.roles add constraint "my check" check (id <> '')`,
      "create function public.mine() returns trigger language plpgsql as 'begin return new; end'",
      "create function clerk.mine() returns int language sql as 'select 1'",
      "revoke all on function clerk.mine from public",
      `create trigger "Mine" after insert on clerk.users for each row execute function public.mine()`,
      "create table public.orders (user_id text references clerk.users (id))",
    );
    const { faults, notes } = await check(url);
    expect(faults).toEqual([]);
    expect(notes).toEqual([
      "the column clerk.deliveries.mine is your own",
      `the constraint "my check" CHECK ((id <> ''::text)) on clerk.roles is your own; a row that breaks it is refused`,
      `the index clerk."My index" is your own`,
      "the index clerk.my_unique is your own; it is unique, so a delivery with a value that is taken is refused",
      `the trigger "Mine" on clerk.users is your own`,
      "the function clerk.mine() is your own",
      "the table clerk.mine is your own",
      "the view clerk.my_view is your own",
    ]);
  });
});

describe("npm run db:migrate", () => {
  test("leaves rights to drizzle/roles.sql, which runs after it", async () => {
    const url = await changed(
      // As an earlier release's granted them.
      "grant delete on clerk.deliveries to clerk_mirror",
      "grant insert (id), references (id) on clerk.users to clerk_app",
      // Of each kind.
      "grant execute on function clerk.merge_1 to public",
      "revoke execute on function clerk.alert_1 from clerk_mirror",
      "alter default privileges in schema clerk grant insert on tables to clerk_app",
      "alter role clerk_app_owner createrole",
      "grant clerk_mirror to clerk_app_owner",
      "alter table clerk.users enable row level security",
      "drop policy clerk_mirror on clerk.users",
      "create policy mine on clerk.users as restrictive using (false)",
    );
    expect((await check(url)).faults.length).toBeGreaterThan(8);
    expect(await faultsAfterMigration(url)).toEqual([]);
    expect(await command("db-migrate", url)).toMatchObject({ code: 0, stderr: "" });
    await execute(url, "drop index clerk.sessions_user_id_index");
    expect(await faultsAfterMigration(url)).toMatchObject([
      { what: expect.stringContaining("sessions_user_id_index") },
    ]);
    expect(await command("db-migrate", url)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^The migrations have run, and .*\n✗ the index .* is missing\n→ create index .*\n$/,
      ),
    });
    await followAll(url);
    expect((await check(url)).faults).toEqual([]);
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
