import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { migrate } from "../../cli/migrate.ts";
import { execute, type Postgres, startPostgres } from "../support/postgres.ts";

/** Whose the schema `clerk` may be that a migration finds. */

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
  await execute(
    postgres.url("postgres"),
    "create role owner login createrole password 'owner'",
    "create role another login password 'another'",
    "create role our_group nologin",
    "create role colleague login password 'colleague' in role our_group",
    "create role clerk_app_owner login password 'clerk_app_owner'",
    "create role shop_app login password 'shop_app'",
    // As drizzle/roles.sql does with that of the app's migrations.
    "grant clerk_app_owner, shop_app, our_group to owner",
  );
});
afterAll(() => postgres.close());

let databases = 0;
let name: string;
beforeEach(async () => {
  name = `migrated_${(databases += 1)}`;
  await execute(postgres.url("postgres"), `create database ${name} owner owner`);
  await execute(as("owner"), `grant create on database ${name} to clerk_app_owner, shop_app, our_group, another`);
});
afterEach(() => void vi.restoreAllMocks());

const as = (role: string): string => {
  const url = new URL(postgres.url(name));
  url.username = url.password = role;
  return url.href;
};

const isMigrated = async (): Promise<boolean> => {
  const client = new pg.Client({ connectionString: postgres.url(name) });
  await client.connect();
  const { rows } = await client.query("select to_regclass('clerk.users') is not null as is_there");
  await client.end();
  return rows[0]?.is_there === true;
};

const refuses = async (url: string, expected: RegExp): Promise<void> => {
  await expect(migrate(url)).rejects.toThrow(expected);
  expect(await isMigrated()).toBe(false);
};

test.for(["clerk_app_owner", "shop_app", "another"])("refuses a schema of %s, who could drop it", async (role) => {
  await execute(as(role), "create schema clerk");
  await refuses(
    as("owner"),
    new RegExp(`^The schema clerk belongs to ${role}, which could drop it.*drop schema clerk cascade`),
  );
});

test.for(["clerk_app_owner", "shop_app"])("refuses one that %s makes while it is being migrated", async (role) => {
  const query = pg.Client.prototype.query;
  let isMade = false;
  // At the last moment: just before the statement that makes it.
  vi.spyOn(pg.Client.prototype, "query").mockImplementation(async function (this: pg.Client, ...given: unknown[]) {
    const [statement] = given as [string | { text: string }];
    const text = typeof statement === "string" ? statement : statement.text;
    if (/create schema/i.test(text) && !isMade) {
      isMade = true;
      await execute(as(role), "create schema clerk");
    }
    return Reflect.apply(query, this, given) as unknown;
  });
  await refuses(as("owner"), new RegExp(`^The schema clerk belongs to ${role}`));
  expect(isMade).toBe(true);
});

test("takes one of the database's owner, of who migrates, or of a group of theirs", async () => {
  for (const [schema, role] of [
    ["create schema clerk authorization our_group", "colleague"],
    ["create schema clerk", "postgres"],
    ["drop schema if exists clerk", "another"],
  ] as const) {
    await execute(as("owner"), schema);
    for (let again = 0; again < 2; again += 1) await migrate(as(role));
    expect(await isMigrated(), role).toBe(true);
    await execute(postgres.url(name), "drop schema clerk cascade");
  }
});

test("refuses to make the copy as the role of the app's migrations", async () => {
  await refuses(as("clerk_app_owner"), /^DATABASE_URL has the role clerk_app_owner; use the owner of the database/);
});
