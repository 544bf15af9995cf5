import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate } from "../../cli/migrate.ts";
import { execute, type Postgres, startPostgres } from "../support/postgres.ts";

let postgres: Postgres;
let url: string;
let observer: pg.Client;
/** What the function sets for its calls. */
let settings: unknown[];
beforeAll(async () => {
  postgres = await startPostgres();
  url = postgres.url("locks");
  await execute(postgres.url("postgres"), "create database locks");
  await migrate(url);
  observer = await connect();
  ({ rows: settings } = await observer.query(
    "select unnest(proconfig) as setting from pg_proc where proname = 'merge_1'",
  ));
  // Each test says how long its calls wait.
  await execute(url, "alter function clerk.merge_1 reset lock_timeout");
});
afterAll(async () => {
  await observer.end();
  await postgres.close();
});

/** As Postgres's `lock_timeout`. */
const forever = "0";

const connect = async (): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
};

/** Settles when a session waits for a lock that another one has. */
const untilItWaits = async (session: pg.Client): Promise<void> => {
  const { processID } = session as pg.Client & { processID: number };
  await expect
    .poll(async () => {
      const text = "select wait_event_type from pg_stat_activity where pid = $1";
      return (await observer.query<{ wait_event_type: string | null }>(text, [processID])).rows[0]?.wait_event_type;
    })
    .toBe("Lock");
};

/** What one delivery does, in a session that would rather fail than wait for a lock. */
const merge = async (client: pg.Client, id: string, changes: Record<string, unknown[]>, patience = "5s") => {
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

  await merge(worker, "msg_2", { users: [{ id: "user_1", version: "11", email: "new@example.com" }] });
  await merge(worker, "msg_3", {
    users: [{ id: "user_1", version: "12" }],
    sessions: [{ id: "sess_1", user_id: "user_1", version: "1" }],
  });
  await merge(worker, "msg_4", {
    organization_memberships: [{ id: "orgmem_1", user_id: "user_1", organization_id: "org_1", version: "1" }],
  });
  await merge(worker, "msg_5", { organizations: [{ id: "org_1", version: "11" }] });
  await merge(worker, "msg_6", { users: [{ id: "user_1", version: "2", deleted: true }] });
  await merge(worker, "msg_7", { organizations: [{ id: "org_1", version: "2", deleted: true }] });

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
  await untilItWaits(app);
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
  await merge(first, "msg_9", { users: [{ id: "user_3", version: "2", deleted: true }] });
  await expect(
    merge(second, "msg_10", { sessions: [{ id: "sess_3", user_id: "user_3", version: "1" }] }, "100ms"),
  ).rejects.toMatchObject({ code: "55P03" });
  await first.query("commit");
  await merge(second, "msg_10", { sessions: [{ id: "sess_3", user_id: "user_3", version: "1" }] });
  expect(
    (await second.query("select user_id, deleted_at is not null as deleted from clerk.sessions where id = 'sess_3'"))
      .rows,
  ).toEqual([{ user_id: "user_3", deleted: true }]);
  await first.end();
  await second.end();
});

/** Each kind of child with each of its owners. */
const children = [
  { child: "sessions", column: "user_id", owner: "users" },
  { child: "organization_memberships", column: "user_id", owner: "users" },
  { child: "organization_memberships", column: "organization_id", owner: "organizations" },
  { child: "organization_invitations", column: "organization_id", owner: "organizations" },
  { child: "organization_domains", column: "organization_id", owner: "organizations" },
];

test.for(children)(
  "a child that waited for its owner's delete sees it: what it reads is read after the lock ($child of $owner)",
  async ({ child, column, owner }) => {
    const [first, second] = [await connect(), await connect()];
    const key = `${child}_${owner}`;
    await merge(first, `msg_${key}_1`, { [owner]: [{ id: `owner_${key}`, version: "1" }] });
    await first.query("begin");
    await merge(first, `msg_${key}_2`, { [owner]: [{ id: `owner_${key}`, version: "2", deleted: true }] });
    const row = { id: `child_${key}`, [column]: `owner_${key}`, created_at: 1, version: "1" };
    const waiting = merge(second, `msg_${key}_3`, { [child]: [row] }, forever);
    await untilItWaits(second);
    await first.query("commit");
    await waiting;
    const { rows } = await second.query(
      `select ${column} as owner, created_at, deleted_at is not null as deleted from clerk.${child} where id = $1`,
      [`child_${key}`],
    );
    expect(rows).toEqual([{ owner: `owner_${key}`, created_at: null, deleted: true }]);
    await first.end();
    await second.end();
  },
);

const gone = (id: string) => ({ id, version: "2", deleted: true });
const memberId = (key: string, number: number) => `orgmem_${key}_${String(number).padStart(4, "0")}`;

/** Many memberships of a user in an organization. Later ids come first, so that they do not lie in their order. */
const memberships = async (client: pg.Client, key: string) => {
  for (const from of [300, 200, 100, 0]) {
    const rows = Array.from({ length: 100 }, (_, n) => ({
      id: memberId(key, from + n),
      user_id: `user_${key}`,
      organization_id: `org_${key}`,
      version: "1",
    }));
    await merge(client, `msg_${key}_${from}`, { organization_memberships: rows }, forever);
  }
};
const membershipsGone = (key: string) => Array.from({ length: 400 }, (_, n) => gone(memberId(key, n)));

describe("calls with many changes have no deadlock", () => {
  type Changes = Record<string, unknown[]>;
  const pairs: [string, (key: string) => [Changes, Changes]][] = [
    [
      "a user and an organization with many memberships in common are deleted",
      (key) => [{ users: [gone(`user_${key}a`)] }, { organizations: [gone(`org_${key}a`)] }],
    ],
    [
      "a user is deleted, and so are its memberships, one by one",
      (key) => [{ users: [gone(`user_${key}a`)] }, { organization_memberships: membershipsGone(`${key}a`) }],
    ],
    [
      "two users are deleted, each beside the memberships of the other",
      (key) => [
        { users: [gone(`user_${key}a`)], organization_memberships: membershipsGone(`${key}b`) },
        { users: [gone(`user_${key}b`)], organization_memberships: membershipsGone(`${key}a`) },
      ],
    ],
  ];
  test.for(pairs)("where %s at once", async ([what, changes]) => {
    const [a, b] = [await connect(), await connect()];
    for (let round = 0; round < 10; round += 1) {
      const key = `${what.length}x${round}`;
      await memberships(a, `${key}a`);
      await memberships(a, `${key}b`);
      const [first, second] = changes(key);
      await Promise.all([merge(a, `msg_${key}_1`, first, forever), merge(b, `msg_${key}_2`, second, forever)]);
      const { rows } = await a.query(
        "select count(*)::int as n from clerk.organization_memberships where deleted_at is null and user_id = $1",
        [`user_${key}a`],
      );
      expect(rows).toEqual([{ n: 0 }]);
    }
    await a.end();
    await b.end();
  });
});

test("a call that waits for a lock ends by itself, before the Worker's deadline, and has written nothing", async () => {
  expect(settings).toContainEqual({ setting: "lock_timeout=5s" });
  const [holder, waiting] = [await connect(), await connect()];
  await merge(holder, "msg_wait_1", { users: [{ id: "user_wait", version: "1" }] });
  await holder.query("begin");
  await merge(holder, "msg_wait_2", { users: [{ id: "user_wait", version: "11" }] });
  await execute(url, "alter function clerk.merge_1 set lock_timeout = '50ms'");
  try {
    // A row before it, so that there is something to take back.
    const changes = {
      users: [
        { id: "user_before", version: "1" },
        { id: "user_wait", version: "12" },
      ],
    };
    await expect(merge(waiting, "msg_wait_3", changes, forever)).rejects.toMatchObject({ code: "55P03" });
  } finally {
    await execute(url, "alter function clerk.merge_1 reset lock_timeout");
  }
  await holder.query("commit");
  expect((await waiting.query("select id from clerk.users where id = 'user_before'")).rows).toEqual([]);
  expect((await waiting.query("select id from clerk.deliveries where id = 'msg_wait_3'")).rows).toEqual([]);
  await holder.end();
  await waiting.end();
});

test("a call that deletes a parent and names it as well has it alone", async () => {
  const [a, b] = [await connect(), await connect()];
  await a.query("begin");
  await merge(a, "msg_alone_1", {
    users: [gone("user_alone")],
    sessions: [{ id: "sess_alone", user_id: "user_alone", version: "1" }],
  });
  const sessions = [{ id: "sess_late", user_id: "user_alone", version: "1" }];
  const late = merge(b, "msg_alone_2", { sessions }, "100ms");
  await expect(late).rejects.toMatchObject({ code: "55P03" });
  await a.query("commit");
  await a.end();
  await b.end();
});

test.for(children)(
  "a cascade and a call with the same children, of which one is not there yet, do not wait for each other ($child of $owner)",
  async ({ child, column, owner }) => {
    const [a, b, c] = [await connect(), await connect(), await connect()];
    const key = `c_${child}_${owner}`;
    const of = (other: string, number: number) => ({
      id: `${key}_${number}`,
      [column]: `${key}_${other}`,
      version: "1",
    });
    await merge(a, `msg_${key}_1`, { [child]: [of("left", 1), of("right", 9)] });
    // Somebody holds the last row, so that the first call stops between its cascade and what it was given.
    await c.query("begin");
    await c.query(`select from clerk.${child} where id = '${key}_9' for update`);
    const changes = { [owner]: [gone(`${key}_left`)], [child]: [of("right", 0), gone(`${key}_9`)] };
    const first = merge(a, `msg_${key}_2`, changes, forever);
    await untilItWaits(a);
    const second = merge(b, `msg_${key}_3`, { [child]: [of("right", 0), gone(`${key}_1`)] }, forever);
    await untilItWaits(b);
    await c.query("commit");
    await Promise.all([first, second]);
    for (const client of [a, b, c]) await client.end();
  },
);

test.for(children)(
  "two calls that each delete an owner, and a child of the other's, do not wait for each other ($child of $owner)",
  async ({ child, column, owner }) => {
    const [a, b, c] = [await connect(), await connect(), await connect()];
    const key = `x_${child}_${owner}`;
    const of = (other: string, number: number) => ({
      id: `${key}_${number}`,
      [column]: `${key}_${other}`,
      version: "1",
    });
    await merge(a, `msg_${key}_1`, { [child]: [of("left", 0), of("left", 1), of("right", 2)] });
    // Somebody holds the first row, so that the first call stops in its cascade.
    await c.query("begin");
    await c.query(`select from clerk.${child} where id = '${key}_0' for update`);
    const left = { [owner]: [gone(`${key}_left`)], [child]: [gone(`${key}_2`)] };
    const first = merge(a, `msg_${key}_2`, left, forever);
    await untilItWaits(a);
    const right = { [owner]: [gone(`${key}_right`)], [child]: [gone(`${key}_1`)] };
    await merge(b, `msg_${key}_3`, right, "2s");
    await c.query("commit");
    await first;
    for (const client of [a, b, c]) await client.end();
  },
);

describe("a page of which one row is refused, and a call with the others, do not wait for each other", () => {
  beforeAll(() => execute(url, "alter table clerk.users add constraint no check (id not like 'user_0%')"));

  const rows = (ids: readonly string[], version: string) =>
    ids.map((id) => ({ id, first_name: version, version: `1${version}` }));
  /** Somebody holds the row `held`, while the page's rows are taken one by one and a call of the others comes. */
  const meet = async (held: string, [first, second]: readonly [string, string], notify: string | null) => {
    const [page, delivery, holder] = [await connect(), await connect(), await connect()];
    const merge_1 = (client: pg.Client, version: string) =>
      client.query("select from clerk.merge_1($1, '[]', $2)", [
        JSON.stringify({ users: rows([first, second], version) }),
        notify,
      ]);
    await merge_1(delivery, "1");
    await holder.query("begin");
    await holder.query("select from clerk.users where id = $1 for update", [held]);
    const compared = page.query<{ refused: unknown[] }>(
      "select compare_1 -> 'refused' as refused from clerk.compare_1('users', $1, null, false, $2)",
      // As Clerk lists them: the newest first.
      [JSON.stringify(rows([second, first, "user_0"], "2")), notify],
    );
    await untilItWaits(page);
    const merged = merge_1(delivery, "3");
    await untilItWaits(delivery);
    await holder.query("commit");
    expect((await compared).rows).toEqual([{ refused: [{ id: "user_0", sqlstate: "23514" }] }]);
    await merged;
    for (const client of [page, delivery, holder]) await client.end();
  };

  test("for rows", () => meet("user_2r", ["user_1r", "user_2r"], null));

  test("for objects that an app is told of, whose locks have an order of their own", async () => {
    const { rows: pairs } = await observer.query<{ low: string; high: string }>(`
      with n as (
        select 'user_' || n as id, hashtextextended('clerk.told:users:user_' || n, 0) as key from generate_series(10, 99) as n
      )
      select a.id as low, b.id as high from n as a join n as b on a.id < b.id and a.key > b.key limit 1
    `);
    const { low, high } = pairs[0] ?? { low: "", high: "" };
    const notify = JSON.stringify({ source: "event", tables: ["users"] });
    await meet(low, [low, high], notify);
  });
});

describe("what an app is told of an object that another call writes, and that it is told of before this one goes on", () => {
  const tables = ["users", "organization_memberships"];
  const notify = JSON.stringify({ source: "event", tables });
  const told = (client: pg.Client, changes: object) =>
    client.query("select from clerk.merge_1($1, '[]', $2)", [JSON.stringify(changes), notify]);
  const take = (client: pg.Client, key: string) =>
    client.query("delete from clerk.outbox where id like $1", [`%${key}%`]);
  /** The line that is left when the first call was taken, and the second has waited for it. */
  const lineAfter = async (key: string, before: object, first: object, second: object) => {
    const [a, b] = [await connect(), await connect()];
    await told(a, before);
    await take(a, key);
    await a.query("begin");
    await told(a, first);
    await take(a, key);
    const waiting = told(b, second);
    await untilItWaits(b);
    await a.query("commit");
    await waiting;
    const { rows } = await observer.query<{ kind: string }>("select kind from clerk.outbox where id like $1", [
      `%${key}%`,
    ]);
    for (const client of [a, b]) await client.end();
    return rows.map(({ kind }) => kind);
  };
  const user = (id: string, version: number) => ({ id, version: `1${version}` });

  test("a user who is new, alone", async () => {
    expect(await lineAfter("t1", {}, { users: [user("user_t1", 1)] }, { users: [user("user_t1", 2)] })).toEqual([
      "updated",
    ]);
  });

  test("users who are new, in two pages", async () => {
    const page = (version: number) => ({ users: [user("user_t2a", version), user("user_t2b", version)] });
    expect(await lineAfter("t2", {}, page(1), page(2))).toEqual(["updated", "updated"]);
  });

  test("a membership that goes with its user and comes under another", async () => {
    const member = (user_id: string, version: number) => ({
      organization_memberships: [{ id: "orgmem_t3", user_id, organization_id: "org_t", version: `1${version}` }],
    });
    expect(
      await lineAfter("orgmem_t3", member("user_t3", 1), { users: [gone("user_t3")] }, member("user_other", 2)),
    ).toEqual(["created"]);
  });
});
