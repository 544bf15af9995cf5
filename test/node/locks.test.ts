import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "../../dev/migrate.ts";
import { execute, type Postgres, startPostgres } from "../postgres.ts";

let postgres: Postgres;
let url: string;
beforeAll(async () => {
  postgres = await startPostgres();
  url = postgres.url("locks");
  await execute(postgres.url("postgres"), "create database locks");
  await migrate(url);
});
afterAll(() => postgres.close());

const connect = async (): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
};

/** What one delivery does, in a session that would rather fail than wait. */
const merge = async (client: pg.Client, id: string, changes: Record<string, unknown[]>, patience = "500ms") => {
  await client.query(`set lock_timeout to '${patience}'`);
  const deliveries = [{ id, type: "x", otherwise: "stale" }];
  return client.query("select * from clerk.merge_1($1, $2)", [JSON.stringify(changes), JSON.stringify(deliveries)]);
};

test("deliveries do not wait for an app's open transactions that reference the same users", async () => {
  const worker = await connect();
  await merge(worker, "msg_1", {
    users: [{ id: "user_1", version: "1" }],
    organizations: [{ id: "org_1", version: "1" }],
  });
  await execute(
    url,
    "create table orders (id int, user_id text references clerk.users (id), organization_id text references clerk.organizations (id))",
  );

  const app = await connect();
  await app.query("begin");
  await app.query("insert into orders values (1, 'user_1', 'org_1')");

  await merge(worker, "msg_2", { users: [{ id: "user_1", version: "2", email: "new@example.com" }] });
  await merge(worker, "msg_3", {
    users: [{ id: "user_1", version: "3" }],
    sessions: [{ id: "sess_1", user_id: "user_1", version: "1" }],
  });
  await merge(worker, "msg_4", {
    organization_memberships: [{ id: "orgmem_1", user_id: "user_1", organization_id: "org_1", version: "1" }],
  });
  await merge(worker, "msg_5", { organizations: [{ id: "org_1", version: "2" }] });
  await merge(worker, "msg_6", { users: [{ id: "user_1", version: "", deleted: true }] });
  await merge(worker, "msg_7", { organizations: [{ id: "org_1", version: "", deleted: true }] });

  await app.query("commit");
  expect(
    (
      await app.query(
        "select count(*)::int from orders join clerk.users u on u.id = user_id where u.deleted_at is not null",
      )
    ).rows,
  ).toEqual([{ count: 1 }]);
  await app.end();
  await worker.end();
});

test("an app's insert of an id that is being merged waits for it, and then finds it there", async () => {
  const worker = await connect();
  const app = await connect();
  await worker.query("begin");
  await merge(worker, "msg_8", { users: [{ id: "user_2", version: "1", email: "a@example.com" }] });
  const inserted = app.query("insert into clerk.users (id) values ('user_2') on conflict do nothing");
  let isDone = false;
  void inserted.then(() => (isDone = true));
  await setTimeout(200);
  expect(isDone).toBe(false);
  await worker.query("commit");
  expect((await inserted).rowCount).toBe(0);
  expect((await app.query("select email from clerk.users where id = 'user_2'")).rows).toEqual([
    { email: "a@example.com" },
  ]);
  await app.end();
  await worker.end();
});

test("the law's lock is what keeps a child from outliving its parent: one waits for the other", async () => {
  const [first, second] = [await connect(), await connect()];
  await first.query("begin");
  await merge(first, "msg_9", { users: [{ id: "user_3", version: "", deleted: true }] });
  await expect(
    merge(second, "msg_10", { sessions: [{ id: "sess_3", user_id: "user_3", version: "1" }] }),
  ).rejects.toMatchObject({ code: "55P03" });
  await first.query("commit");
  await merge(second, "msg_10", { sessions: [{ id: "sess_3", user_id: "user_3", version: "1" }] });
  expect(
    (await second.query("select user_id, deleted_at is not null as deleted from clerk.sessions where id = 'sess_3'"))
      .rows,
  ).toEqual([{ user_id: null, deleted: true }]);
  await first.end();
  await second.end();
});

test("a child that waited for its parent's delete sees it: what it reads is read after the lock", async () => {
  const [first, second] = [await connect(), await connect()];
  await merge(first, "msg_11", { organizations: [{ id: "org_4", version: "1" }] });
  await first.query("begin");
  await merge(first, "msg_12", { organizations: [{ id: "org_4", version: "", deleted: true }] });
  const waiting = merge(
    second,
    "msg_13",
    { organization_domains: [{ id: "orgdmn_4", organization_id: "org_4", name: "x.example", version: "1" }] },
    "10s",
  );
  await setTimeout(300);
  await first.query("commit");
  await waiting;
  const { rows } = await second.query("select name, deleted_at is not null as deleted from clerk.organization_domains");
  expect(rows).toEqual([{ name: null, deleted: true }]);
  await first.end();
  await second.end();
});
