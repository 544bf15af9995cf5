import { beforeAll, describe, expect, test } from "vitest";
import { tableNames } from "../support/worker/fold.ts";
import { event, userData } from "../support/worker/clerk.ts";
import { newWorld, type World } from "../support/worker/world.ts";

let world: World;
beforeAll(async () => {
  world = await newWorld();
  await world.deliver("msg_1", event("user.created", userData()));
});

const refused = (role: "clerk_mirror" | "clerk_app", text: string) =>
  expect(world.queryAs(role, text), text).rejects.toThrow(/^(Error: )?42501/);

describe("the Worker's role", () => {
  test("reads every table and prunes the ledger, and writes no other", async () => {
    for (const table of tableNames) {
      await world.queryAs("clerk_mirror", `select * from clerk.${table}`);
      await refused("clerk_mirror", `insert into clerk.${table} (id) values ('x')`);
      await refused("clerk_mirror", `update clerk.${table} set version = 'x'`);
      await refused("clerk_mirror", `delete from clerk.${table}`);
      await refused("clerk_mirror", `truncate clerk.${table}`);
    }
    await refused(
      "clerk_mirror",
      "insert into clerk.deliveries (id, type, received_at, attempts, outcome) values ('x', 'x', now(), 1, 'x')",
    );
    await refused("clerk_mirror", "update clerk.deliveries set attempts = 9");
    await refused("clerk_mirror", "create table clerk.mine ()");
    await refused("clerk_mirror", "delete from clerk.deliveries");
    await refused("clerk_mirror", "delete from clerk.refusals");
    await world.queryAs("clerk_mirror", "select clerk.prune_1(30, 1, null)");
  });

  test("writes down what became of a run, and changes no result", async () => {
    await world.queryAs(
      "clerk_mirror",
      "insert into clerk.absences (table_name, id, run_id, since, first_asked_at, asked_at) values ('users', 'x', 'run', now(), now(), now()) on conflict do nothing",
    );
    await world.queryAs("clerk_mirror", "update clerk.absences set deleted_at = now()");
    await world.queryAs("clerk_mirror", "delete from clerk.absences");
    await refused("clerk_mirror", "update clerk.reconciliations set note = 'x'");
    await refused("clerk_mirror", "delete from clerk.reconciliations");
  });
});

describe("the app's role", () => {
  test("reads and expects an id, and nothing else, and the owner makes foreign keys for it", async () => {
    await world.query("create schema app");
    await world.query(
      "create table app.orders (id int, user_id text references clerk.users (id), organization_id text references clerk.organizations (id))",
    );
    await world.query("grant usage on schema app to clerk_app");
    await world.query("grant select, insert on app.orders to clerk_app");
    await world.queryAs("clerk_app", "select clerk.expect_user('user_new'), clerk.expect_organization('org_new')");
    await world.queryAs("clerk_app", "insert into app.orders values (1, 'user_new', 'org_new'), (2, 'user_1', null)");
    expect(
      await world.queryAs(
        "clerk_app",
        "select o.id, u.email from app.orders o join clerk.users u on u.id = o.user_id order by 1",
      ),
    ).toEqual([
      ["1", null],
      ["2", "grace@example.com"],
    ]);
    await refused("clerk_app", "insert into clerk.users (id) values ('user_x')");
    await refused("clerk_app", "insert into clerk.organizations (id) values ('org_x') on conflict do nothing");
    await refused("clerk_app", "insert into clerk.users (id, email) values ('user_x', 'x@example.com')");
    await refused("clerk_app", "insert into clerk.sessions (id) values ('sess_x')");
    await refused("clerk_app", "update clerk.users set email = 'x@example.com'");
    await refused("clerk_app", "delete from clerk.users");
    await refused("clerk_app", "delete from clerk.deliveries");
    await refused("clerk_app", "select * from clerk.merge_1('{}', '[]')");
    await refused("clerk_app", "select clerk.compare_1('users', '[]', null, true)");
    await refused("clerk_app", "select clerk.outbox_1('[]', 1, '{}')");
    await refused("clerk_app", "select clerk.take_locks('{}', '{}')");
    await refused("clerk_app", "select clerk.reference('app.orders', 'user_id')");
    await refused("clerk_app", "select clerk.reference_unchecked('app.orders', 'user_id', 'clerk.users', null)");
    await refused("clerk_app", "delete from clerk.outbox");
    await refused("clerk_app", "update clerk.apps set tables = '[]'");
    await refused(
      "clerk_app",
      "insert into clerk.absences (table_name, id, run_id, since, first_asked_at, asked_at) values ('u', 'x', 'r', now(), now(), now())",
    );
  });
});

/** A type that its owner's function casts to text: what the foreign key of such a column calls, it calls as the owner. */
const disguise = (schema: string): string[] => [
  `create type ${schema}.disguise as enum ('user_1')`,
  `create table ${schema}.callers (name text)`,
  `grant insert on ${schema}.callers to public`,
  `create function ${schema}.call(given ${schema}.disguise) returns text language plpgsql as $$ begin
    insert into ${schema}.callers values (current_user);
    return given::varchar;
  end $$`,
  `create cast (${schema}.disguise as text) with function ${schema}.call(${schema}.disguise) as implicit`,
];

test("the app's role cannot make a foreign key run its own function as the owner", async () => {
  await world.query("create schema attack authorization clerk_app");
  for (const statement of disguise("attack")) await world.queryAs("clerk_app", statement);
  await refused("clerk_app", "create table attack.orders (user_id attack.disguise references clerk.users (id))");
  await refused("clerk_app", "create table attack.orders (user_id text references clerk.organizations (id))");
  // Nor by a foreign key that the owner made, on a table of the app's whose column then becomes another.
  await world.queryAs("clerk_app", "create table attack.orders (user_id text)");
  await world.query("alter table attack.orders add foreign key (user_id) references clerk.users (id)");
  await world.queryAs("clerk_app", "insert into attack.orders values ('user_1')");
  await refused(
    "clerk_app",
    "alter table attack.orders alter column user_id type attack.disguise using user_id::attack.disguise",
  );
  expect(await world.query("select * from attack.callers")).toEqual([]);
});

test("the database says what its tables and columns are", async () => {
  const tables = await world.query(
    "select relname, obj_description(oid) from pg_class where relnamespace = 'clerk'::regnamespace and relkind = 'r'",
  );
  // The Worker's own, and the migrations' journal.
  expect(tables).toHaveLength(tableNames.length + 10 + 1);
  for (const [name, comment] of tables) expect(comment, String(name)).toMatch(/^[A-Z].+\.$/);
  expect(
    await world.query(
      "select col_description('clerk.users'::regclass, attnum) from pg_attribute where attrelid = 'clerk.users'::regclass and attname = 'deleted_at'",
    ),
  ).toEqual([
    [
      "When the copy learned that the object is deleted. Then only its id is left, and its owners' if it went with one.",
    ],
  ]);
});
