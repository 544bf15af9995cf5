import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { migrate } from "../../cli/migrate.ts";
import { copyDatabase, execute, type Postgres, startPostgres } from "../support/postgres.ts";
import { asRole, rolesSql } from "../support/roles.ts";

/** What the role of an app's migrations, clerk_app_owner, may do beside the copy, and that it cannot do more through it. */

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
  await execute(
    postgres.url("postgres"),
    // As Neon's: not a superuser.
    "create role plain_owner login createrole createdb password 'plain_owner'",
    "create database template_clerk owner plain_owner",
  );
  const own = ownerOf(postgres.url("template_clerk"));
  await migrate(own);
  await execute(own, rolesSql());
});
afterAll(() => postgres.close());

const ownerOf = (url: string): string => {
  const own = new URL(url);
  own.username = own.password = "plain_owner";
  return own.href;
};

let databases = 0;
let url: string;
let owner: string;
let appOwner: string;
let app: string;
beforeEach(async () => {
  const name = `roles_${(databases += 1)}`;
  await execute(postgres.url("postgres"), `${copyDatabase("template_clerk", name)} owner plain_owner`);
  url = postgres.url(name);
  owner = ownerOf(url);
  appOwner = asRole(url, "clerk_app_owner");
  app = asRole(url, "clerk_app");
  // Rights on a database are not copied with it. This also shows that the file may be run again by such an owner.
  await execute(owner, rolesSql());
});

const rows = async (as: string, ...statements: string[]): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: as });
  await client.connect();
  try {
    let found: Record<string, unknown>[] = [];
    for (const statement of statements) found = (await client.query<Record<string, unknown>>(statement)).rows;
    return found;
  } finally {
    await client.end();
  }
};

const refused = (as: string, statement: string, code = "42501") =>
  expect(rows(as, statement), statement).rejects.toMatchObject({ code });

describe("the role of the app's migrations", () => {
  test("makes tables in public and in schemas of its own, which the app may use", async () => {
    await execute(
      appOwner,
      "create schema drizzle",
      "create table drizzle.__drizzle_migrations (id serial primary key, hash text)",
      "create type public.state as enum ('open', 'paid')",
      "create table public.orders (id serial primary key, user_id text, state public.state default 'open')",
    );
    await execute(
      app,
      "insert into drizzle.__drizzle_migrations (hash) values ('x')",
      "insert into orders (user_id) values ('user_1'), ('user_2')",
      "update orders set state = 'paid'",
      "delete from orders where id = 2",
    );
    expect(await rows(app, "select * from orders")).toEqual([{ id: 1, user_id: "user_1", state: "paid" }]);
    await refused(app, "drop table orders");
    await refused(app, "create table mine ()");
    await refused(app, "truncate orders");
  });

  test("reads the copy, also joined and in the catalogue", async () => {
    await execute(owner, `select clerk.merge_1('{"users":[{"id":"user_1","version":"1","email":"a@b.c"}]}', '[]')`);
    await execute(appOwner, "create table orders (user_id text)", "insert into orders values ('user_1')");
    expect(
      await rows(appOwner, "select u.email from orders join clerk.living_users as u on u.id = orders.user_id"),
    ).toEqual([{ email: "a@b.c" }]);
    expect(
      await rows(
        appOwner,
        "select count(*)::int > 30 as has_columns from information_schema.columns where table_schema = 'clerk' and table_name = 'users'",
      ),
    ).toEqual([{ has_columns: true }]);
  });

  test("takes over tables that the owner has, and the owner takes them back", async () => {
    await execute(
      owner,
      "create table public.mine (id int)",
      "alter table public.mine owner to clerk_app_owner",
      "alter table public.mine owner to plain_owner",
    );
  });

  test("cannot hide a function of Postgres's from the Worker, or from who migrates", async () => {
    await execute(owner, `select clerk.merge_1('{"users":[{"id":"user_1","version":"1"}]}', '[]')`);
    await execute(
      appOwner,
      "create table public.callers (name text)",
      "grant insert on public.callers to public",
      "create function public.to_jsonb(clerk.users) returns jsonb language plpgsql as $$ begin insert into public.callers values (current_user); return '{}'; end $$",
      "create function public.format(text, name) returns text language plpgsql as $$ begin insert into public.callers values (current_user); return 'select 1'; end $$",
    );
    const worker = asRole(url, "clerk_mirror");
    expect(await rows(worker, "select to_jsonb(u) ->> 'id' as id from clerk.users as u")).toEqual([{ id: "user_1" }]);
    await execute(owner, rolesSql());
    await migrate(owner);
    expect(await rows(appOwner, "select * from public.callers")).toEqual([]);
    // So would it be otherwise.
    await rows(appOwner, "select to_jsonb(u) from clerk.users as u");
    expect(await rows(appOwner, "select * from public.callers")).toEqual([{ name: "clerk_app_owner" }]);
  });
});

describe("clerk.reference", () => {
  beforeEach(async () => {
    await execute(owner, `select clerk.merge_1('{"users":[{"id":"user_1","version":"1"}]}', '[]')`);
    await execute(
      appOwner,
      "create schema app",
      "create table app.orders (id serial, user_id text, org varchar(64), number int, texts text[])",
      "insert into app.orders (user_id) values ('user_1'), (null)",
    );
  });

  const keys = () =>
    rows(
      url,
      "select conname as name, convalidated as holds, pg_get_constraintdef(oid) as text from pg_constraint where contype = 'f' order by 1",
    );

  test("makes the foreign key, once, by the caller's name for it or Postgres's", async () => {
    for (let again = 0; again < 2; again += 1) {
      expect(await rows(appOwner, "select clerk.reference('app.orders', 'user_id') as name")).toEqual([
        { name: "orders_user_id_fkey" },
      ]);
      expect(
        await rows(appOwner, "select clerk.reference('app.orders', 'org', 'clerk.organizations', 'Our key') as name"),
      ).toEqual([{ name: "Our key" }]);
    }
    expect(await keys()).toEqual([
      { name: "Our key", holds: true, text: "FOREIGN KEY (org) REFERENCES clerk.organizations(id)" },
      { name: "orders_user_id_fkey", holds: true, text: "FOREIGN KEY (user_id) REFERENCES clerk.users(id)" },
    ]);
    await refused(app, "insert into app.orders (user_id) values ('user_2')", "23503");
    await execute(app, "select clerk.expect_user('user_2')", "insert into app.orders (user_id) values ('user_2')");
    await execute(appOwner, 'alter table app.orders drop constraint "Our key"');
  });

  test("says why not, and leaves nothing behind", async () => {
    const wrongs: [string, string][] = [
      ["'app.orders', 'number'", "42804"],
      ["'app.orders', 'texts'", "42804"],
      ["'app.orders', 'nothing'", "42703"],
      ["'app.orders', 'user_id', 'clerk.sessions'", "22023"],
      ["'app.orders', 'user_id', 'app.orders'", "22023"],
      ["'app.orders', 'user_id', null", "22023"],
      ["'clerk.sessions', 'user_id'", "42809"],
      ["null, 'user_id'", "42809"],
    ];
    for (const [given, code] of wrongs) await refused(appOwner, `select clerk.reference(${given})`, code);
    await execute(appOwner, "insert into app.orders (user_id) values ('user_unknown')");
    await refused(appOwner, "select clerk.reference('app.orders', 'user_id')", "23503");
    await refused(app, "select clerk.reference('app.orders', 'user_id')");
    await refused(asRole(url, "clerk_mirror"), "select clerk.reference('app.orders', 'user_id')");
    expect(await keys()).toEqual([]);
  });

  test("does not take what is not the caller's, or is no ordinary table", async () => {
    await execute(owner, "create table public.others (user_id text)", "grant all on public.others to clerk_app_owner");
    await refused(appOwner, "select clerk.reference('public.others', 'user_id')");
    await refused(appOwner, "select clerk.reference_unchecked('public.others', 'user_id', 'clerk.users', null)");
    await execute(
      appOwner,
      "create view app.a_view as select * from app.orders",
      "create table app.parts (user_id text) partition by list (user_id)",
      "create table app.made (id text, user_id text generated always as (id) stored)",
    );
    await refused(appOwner, "select clerk.reference('app.a_view', 'user_id')", "42809");
    await refused(appOwner, "select clerk.reference('app.parts', 'user_id')", "42809");
    await refused(appOwner, "select clerk.reference('app.made', 'user_id')", "42804");
    await expect(
      rows(appOwner, "create temp table t (user_id text)", "select clerk.reference('t', 'user_id')"),
    ).rejects.toMatchObject({ code: "42809" });
    await expect(
      rows(appOwner, "begin isolation level repeatable read", "select clerk.reference('app.orders', 'user_id')"),
    ).rejects.toMatchObject({ code: "25001" });
    // The owner has put itself into the role, and calls for that.
    await execute(owner, "set role clerk_app_owner", "select clerk.reference('app.orders', 'user_id')");
    await expect(
      rows(owner, "set role clerk_app_owner", "select clerk.reference('public.others', 'user_id')"),
    ).rejects.toMatchObject({ code: "42501" });
  });

  test("in two steps holds up no delivery while a large table is checked", async () => {
    const worker = asRole(url, "clerk_mirror");
    const merged = (version: number): Promise<unknown> =>
      rows(
        worker,
        "set lock_timeout = '200ms'",
        `select * from clerk.merge_1('{"users":[{"id":"user_1","version":"${version}"}]}', '[]')`,
      );
    const client = new pg.Client({ connectionString: appOwner });
    await client.connect();
    try {
      await client.query("begin");
      await client.query("select clerk.reference('app.orders', 'org', 'clerk.organizations', 'checked_at_once')");
      await client.query("select clerk.reference('app.orders', 'user_id')");
      await expect(merged(2)).rejects.toMatchObject({ code: "55P03" });
      await client.query("rollback");

      const { rows: made } = await client.query(
        "select clerk.reference_unchecked('app.orders', 'user_id', 'clerk.users', null) as name",
      );
      expect(made).toEqual([{ name: "orders_user_id_fkey" }]);
      await refused(app, "insert into app.orders (user_id) values ('user_2')", "23503");
      await client.query("begin");
      await client.query("alter table app.orders validate constraint orders_user_id_fkey");
      await merged(3);
      await client.query("commit");
    } finally {
      await client.end();
    }
    expect(await keys()).toMatchObject([{ name: "orders_user_id_fkey", holds: true }]);
  });

  test("makes the keys of a partitioned table for each partition", async () => {
    await execute(
      appOwner,
      "create table app.parts (user_id text) partition by list (user_id)",
      "create table app.parts_1 partition of app.parts for values in ('user_1', 'user_2')",
    );
    await refused(appOwner, "select clerk.reference('app.parts', 'user_id')", "42809");
    await execute(appOwner, "select clerk.reference('app.parts_1', 'user_id')");
    await execute(app, "insert into app.parts values ('user_1')");
    await refused(app, "insert into app.parts values ('user_2')", "23503");
  });

  test("makes the key again after its column has become another", async () => {
    await execute(
      appOwner,
      "select clerk.reference('app.orders', 'user_id')",
      "alter table app.orders drop constraint orders_user_id_fkey",
      "alter table app.orders alter column user_id type varchar(64)",
      "select clerk.reference('app.orders', 'user_id')",
    );
    expect(await keys()).toMatchObject([{ name: "orders_user_id_fkey", holds: true }]);
  });

  /** Types of the app's own, whose casts call its function, and what says who called it. */
  const disguises = [
    "create table app.callers (name text)",
    "grant usage on schema app to public",
    "grant insert on app.callers to public",
    "create function app.note() returns text language plpgsql as $$ begin insert into app.callers values (current_user); return 'x'; end $$",
    // Immutable by its word alone: the planner calls it for its value.
    "create function app.constant(text) returns text immutable language plpgsql as $$ begin perform app.note(); return $1; end $$",
    "create type app.disguise as enum ('user_1')",
    "create domain app.short as text",
    "create function app.call(given app.disguise) returns text language plpgsql as $$ begin perform app.note(); return given::varchar; end $$",
    "create cast (app.disguise as text) with function app.call(app.disguise) as implicit",
  ];
  const callers = async () =>
    (await rows(url, "select distinct name from app.callers order by 1")).map(({ name }) => name);

  test("does not run the app's own code as the owner, whatever the table has", async () => {
    await execute(
      appOwner,
      ...disguises,
      "create function app.noting() returns trigger language plpgsql as $$ begin perform app.note(); return new; end $$",
      "create trigger noting before insert or update on app.orders for each row execute function app.noting()",
      "create trigger noting_all after insert or update or delete on app.orders for each statement execute function app.noting()",
      "create index on app.orders (app.constant('a'))",
      "create index on app.orders (user_id) where app.constant('b') = 'b'",
      "alter table app.orders add check (app.constant('c') = 'c')",
      "alter table app.orders enable row level security",
      "create policy everybody on app.orders using (app.constant('d') = 'd')",
      "create rule noting as on update to app.orders do also insert into app.callers values (current_user)",
      "create function public.pg_has_role(name, oid, text) returns boolean language sql as $$ select app.note() is not null $$",
      "create function public.texteq(text, text) returns boolean language sql as $$ select app.note() is not null $$",
      "create operator public.= (function = public.texteq, leftarg = text, rightarg = text)",
      "truncate app.callers",
      "select clerk.reference('app.orders', 'user_id')",
      "insert into app.orders (user_id) values ('user_1')",
      "update app.orders set user_id = 'user_1'",
    );
    expect(await keys()).toMatchObject([{ name: "orders_user_id_fkey", holds: true }]);
    await execute(owner, `select clerk.merge_1('{"users":[{"id":"user_1","version":"2","deleted":true}]}', '[]')`);
    expect(await callers()).toEqual(["clerk_app_owner"]);
    // So would it be if the owner made the key as owners do.
    await execute(appOwner, "create table app.others (like app.orders including indexes)", "select app.constant('e')");
    await execute(owner, "alter table app.others add foreign key (user_id) references clerk.users (id)");
    expect(await callers()).toEqual(["clerk_app_owner", "plain_owner"]);
  });

  test("does not take a type of the app's own, and the column cannot become one", async () => {
    await execute(
      appOwner,
      ...disguises,
      "create table app.disguised (a app.disguise, b app.short, c app.disguise[], d text[])",
    );
    for (const column of ["a", "b", "c", "d"]) {
      await refused(appOwner, `select clerk.reference('app.disguised', '${column}')`, "42804");
    }
    await execute(appOwner, "select clerk.reference('app.orders', 'user_id')");
    for (const type of ["app.disguise", "app.short", "varchar", "varchar(64)"]) {
      await refused(appOwner, `alter table app.orders alter column user_id type ${type} using user_id::${type}`);
    }
    await refused(appOwner, "alter table app.orders add foreign key (user_id) references clerk.users (id)");
    await refused(appOwner, "create table app.more (like app.orders, foreign key (org) references clerk.users (id))");
    await refused(appOwner, "create event trigger mine on ddl_command_end execute function app.noting()");
    expect(await callers()).toEqual([]);
  });
});

describe("clerk.expect_user and clerk.expect_organization", () => {
  test("run in the transaction of the app's own insert, and go with it", async () => {
    await execute(
      appOwner,
      "create table carts (user_id text, organization_id text)",
      "select clerk.reference('carts', 'user_id'), clerk.reference('carts', 'organization_id', 'clerk.organizations')",
    );
    await execute(
      app,
      "begin",
      "select clerk.expect_user('user_1'), clerk.expect_organization('org_1')",
      "insert into carts values ('user_1', 'org_1')",
      "rollback",
    );
    expect(await rows(url, "select id from clerk.users")).toEqual([]);
    await execute(
      app,
      "select clerk.expect_user('user_1'), clerk.expect_organization('org_1')",
      "insert into carts values ('user_1', 'org_1')",
    );
    await refused(asRole(url, "clerk_mirror"), "select clerk.expect_user('user_2')");
  });

  test("two at once make one row, and both have their answer", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => rows(app, "select clerk.expect_user('user_1') as state")),
    );
    expect(answers.flat()).toEqual(Array.from({ length: 20 }, () => ({ state: "expected" })));
    expect(await rows(url, "select id, version, synced_at from clerk.users")).toEqual([
      { id: "user_1", version: "0", synced_at: null },
    ]);
  });
});
