import { beforeEach, describe, expect, test, vi } from "vitest";
import { prune } from "../../src/database/prune.ts";
import { createScheduledController } from "cloudflare:test";
import { alertAfter, createAlert } from "../../src/health/alert.ts";
import worker from "../../src/index.ts";
import { services } from "../../src/services.ts";
import type { Bindings } from "../../src/settings.ts";
import { runDaily, tellDue } from "../../src/sync/schedule.ts";
import { createConsumer } from "../../src/webhook/consumer.ts";
import { newBroker } from "../support/worker/broker.ts";
import { event, userData } from "../support/worker/clerk.ts";
import { logged } from "../support/worker/logged.ts";
import { newWorld, signed, type World } from "../support/worker/world.ts";

/** Why the copy is not healthy, who may ask, and what is said of it. */

const token = "an-uptime-monitor-and-nobody-else";
const alertUrl = "https://alerts.example/hook?key=secret";

let world: World;
let bindings: Bindings;
beforeEach(async () => {
  world = await newWorld();
  bindings = { ...world.bindings, MIRROR_HEALTH_TOKEN: token, MIRROR_ALERT_URL: alertUrl };
});

const deep = (own = bindings, authorization = `Bearer ${token}`) =>
  world.fetch("/health?deep", { headers: { Authorization: authorization } }, own);

/** The codes, as the Worker's role sees them. */
const codes = async (own = bindings): Promise<string[]> => {
  const { status, body } = await deep(own);
  const { reasons } = body as { reasons: { code: string; text: string; next: string }[] };
  for (const reason of reasons) {
    expect(reason.text).toMatch(/^\S.+[^.]$/);
    expect(reason.next).toMatch(/^\S.+[^.]$/);
  }
  expect(status).toBe(reasons.length === 0 ? 200 : 503);
  return reasons.map(({ code }) => code);
};

const deliveries = (lines: string): Promise<unknown> =>
  world.query(
    `insert into clerk.deliveries (id, type, instance_id, occurred_at, received_at, attempts, outcome)
     select 'msg_' || n || '_' || random(), 'user.updated', instance, now() - ago - late, now() - ago, 1, 'applied'
     from (${lines}) as x (n, instance, ago, late)`,
  );
const some = (count: number, { instance = "ins_1", ago = "1 minute", late = "1 second" } = {}): Promise<unknown> =>
  deliveries(
    `select n, '${instance}', interval '${ago}' + n * interval '1 ms', interval '${late}' from generate_series(1, ${count}) as n`,
  );
const ran = (
  table: string,
  { id = "reconcile-1", ago = "1 hour", note = "null", missing = 0, instance = "ins_1" } = {},
): Promise<unknown> =>
  world.query(
    `insert into clerk.reconciliations values ('${id}', '${table}', 'reconcile', '${instance}', now() - interval '${ago}',
     now() - interval '${ago}', 10, ${missing}, 0, 0, ${missing}, 0, 0, 0, ${note})`,
  );
/** A cron of the Worker, which came so long ago, and for how long the Worker has had a key. */
const came = (
  name: "daily" | "outbox",
  { ago = "1 hour", pattern = name === "daily" ? "17 3 * * *" : "* * * * *", key = "" } = {},
): Promise<unknown> =>
  world
    .query(`select clerk.cron_1('${name}', '${pattern}', false)`)
    .then(() =>
      world.query(
        `update clerk.crons set last_at = now() - interval '${ago}', key_since = ${key === "" ? "null" : `now() - interval '${key}'`} where name = '${name}'`,
      ),
    );
const lists = ["users", "organizations", "organization_memberships"];
const ranDaily = (ago: string): Promise<unknown> =>
  Promise.all(lists.map((table) => ran(table, { id: "reconcile-2026-11-01-0317", ago })));
/** A change that waits for the app, due so long ago. */
const waits = async ({ due = "1 hour", attempts = 0, failure = "null" } = {}): Promise<void> => {
  await world.query("insert into clerk.apps values ('app', '[]', false)");
  await world.query(
    `insert into clerk.outbox values ('users', 'user_1', 'created', false, 'event', now() - interval '1 day', now(), 1, ${attempts}, now() - interval '${due}', ${failure})`,
  );
};
const user = (id: string, ago: string): Promise<unknown> =>
  world.query(
    `insert into clerk.users (id, created_at, synced_at, version) values ('${id}', now() - interval '${ago}', now(), '1')`,
  );

describe("a copy is healthy", () => {
  const cases: [string, () => Promise<unknown>][] = [
    ["when it is new", async () => {}],
    ["with deliveries that come in time", () => some(100)],
    ["long after the last delivery, if Clerk has not changed", () => some(3, { ago: "20 days" })],
    [
      "if Clerk's user is older than the last delivery",
      async () => [await some(1, { ago: "2 days" }), await user("user_1", "3 days")],
    ],
    [
      "with a user that is new to Clerk, whose delivery may be on its way",
      async () => [await some(1, { ago: "5 hours" }), await user("user_1", "2 seconds")],
    ],
    [
      "with an organization that is newer than the last delivery, whose events are not selected",
      async () => {
        await some(1, { ago: "10 hours" });
        await world.query(
          "insert into clerk.organizations (id, created_at, synced_at, version) values ('org_1', now() - interval '5 h', now(), '1')",
        );
      },
    ],
    [
      "long after the last delivery, if users were only active",
      async () => [await some(1, { ago: "8 days" }), await ran("users", { missing: 2 })],
    ],
    [
      "while a delivery waits for a lock",
      async () => {
        await world.query(
          "insert into clerk.refusals values ('msg_1', 'user.updated', 'unavailable', '{\"sqlstate\":\"55P03\"}', now() - interval '5 min', now(), 2)",
        );
      },
    ],
    ["without the key that it once had", async () => [await ranDaily("40 days"), await came("daily")]],
    ["with a key since yesterday", async () => [await ranDaily("40 days"), await came("daily", { key: "1 day" })]],
    ["with a daily run each day", async () => [await ranDaily("20 hours"), await came("daily", { key: "90 days" })]],
    ["that no cron has come to yet, as after an upgrade", () => ranDaily("4 days")],
    [
      "with a weekly cron",
      async () => [
        await ranDaily("8 days"),
        await came("daily", { ago: "8 days", pattern: "17 3 * * SUN", key: "90 days" }),
      ],
    ],
    [
      "over a weekend, with a cron of working days",
      async () => [
        await ranDaily("70 hours"),
        await came("daily", { ago: "70 hours", pattern: "0 9-17 * * 1-5", key: "90 days" }),
      ],
    ],
    ["with a monthly cron", () => came("daily", { ago: "31 days", pattern: "17 3 1 * *" })],
    ["with a yearly cron", () => came("daily", { ago: "364 days", pattern: "17 3 1 1 ?" })],
    [
      "with an hourly cron, and a change that waits for it",
      async () => [
        await waits({ due: "59 min", attempts: 1, failure: "'http_500'" }),
        await came("outbox", { ago: "59 min", pattern: "0 * * * *" }),
      ],
    ],
    ["with a change that waits, and no cron that has come yet", () => waits({ due: "59 min" })],
    [
      "with a cron each quarter of an hour, one of which has failed",
      async () => [await waits({ due: "29 min" }), await came("outbox", { ago: "29 min", pattern: "*/15 * * * *" })],
    ],
    [
      "with a cron of working days, and a change that waits since Friday",
      async () => [await waits({ due: "2 days" }), await came("outbox", { ago: "2 days", pattern: "*/15 * * * 1-5" })],
    ],
    [
      "with the result of a list that is not read any more",
      () => ran("sessions", { ago: "4 days", note: "'left out: sess_1'" }),
    ],
    ["with a few late ones", async () => [await some(8), await some(4, { late: "1 day" })]],
    ["after late ones are over", async () => [await some(9, { late: "1 day", ago: "20 minutes" }), await some(1)]],
    [
      "with deliveries of two instances",
      async () => [await ran("users"), await some(5, { instance: "ins_2" }), await some(5)],
    ],
    [
      "with a later run that has nothing to say",
      async () => [
        await ran("users", { id: "reconcile-0", ago: "1 day", note: "'incomplete: Clerk listed 1 of 2 objects'" }),
        await ran("users"),
      ],
    ],
    [
      "if a list is not offered",
      () => ran("roles", { note: "'this instance does not have the list (HTTP status 403)'" }),
    ],
    [
      "with a run by hand long ago",
      async () => [await ran("users", { id: "reconcile-ab12", ago: "20 days" }), await some(1)],
    ],
    [
      "with an outbox that moves",
      async () => {
        await world.query("insert into clerk.apps values ('app', '[]', false)");
        await world.query(
          "insert into clerk.outbox values ('users', 'user_1', 'created', false, 'event', now(), now(), 1, 1, now() + interval '5 s', 'http_500')",
        );
      },
    ],
  ];
  test.for(cases)("%s", async ([, arrange]) => {
    await arrange();
    expect(await codes()).toEqual([]);
  });
});

describe("a copy is not healthy", () => {
  const cases: [string, string, () => Promise<unknown>][] = [
    [
      "silent",
      "if Clerk has a user since the last delivery",
      async () => [await some(1, { ago: "2 days" }), await user("user_1", "1 day")],
    ],
    [
      "silent",
      "whatever the owner sends to test it",
      async () => {
        await some(1, { ago: "2 days" });
        await user("user_1", "1 day");
        await some(1);
        await world.query(
          "update clerk.deliveries set type = 'mirror.smoke' where received_at > now() - interval '1 h'",
        );
      },
    ],
    [
      "refused",
      "if a delivery waits for a lock for long",
      () =>
        world.query(
          "insert into clerk.refusals values ('msg_1', 'user.updated', 'unavailable', '{\"sqlstate\":\"55P03\"}', now() - interval '20 min', now(), 4)",
        ),
    ],
    [
      "outbox",
      "while the change that was refused is handed over once more",
      async () => {
        await world.query("insert into clerk.apps values ('app', '[]', false)");
        await world.query(
          "insert into clerk.outbox values ('users', 'user_1', 'created', false, 'event', now(), now(), 1, 5, now() + interval '1 min', null)",
        );
      },
    ],
    [
      "unreconciled",
      "if one of the lists has not been read to its end for days",
      async () => [
        await ran("users", { id: "reconcile-2026-11-29-0317" }),
        await ran("organization_memberships", { id: "reconcile-2026-11-29-0317" }),
        await ran("organizations", { id: "reconcile-2026-11-25-0317", ago: "4 days" }),
        await came("daily", { key: "90 days" }),
      ],
    ],
    [
      "unreconciled",
      "for months, as long as there is a key",
      async () => [await ranDaily("90 days"), await came("daily", { key: "100 days" })],
    ],
    ["unreconciled", "if no daily run has ever finished", () => came("daily", { key: "3 days" })],
    [
      "unreconciled",
      "if each daily run ends with the first list",
      async () => [await ran("users", { id: "reconcile-2026-11-29-0317" }), await came("daily", { key: "3 days" })],
    ],
    [
      "stopped",
      "if the daily cron does not come any more, which is why nothing is reconciled",
      async () => [await ranDaily("3 days"), await came("daily", { ago: "3 days", key: "90 days" })],
    ],
    ["stopped", "for months, also without a key", () => came("daily", { ago: "90 days" })],
    [
      "stopped",
      "if a weekly cron has not come twice",
      () => came("daily", { ago: "16 days", pattern: "17 3 * * SUN" }),
    ],
    ["stopped", "if the cron is none that is known", () => came("daily", { ago: "16 days", pattern: "" })],
    [
      "silent",
      "if no delivery has ever arrived",
      async () => [await ran("users", { ago: "2 days" }), await user("user_1", "1 day")],
    ],
    [
      "foreign",
      "if all deliveries are another instance's",
      async () => [await ran("users"), await some(5, { instance: "ins_2" })],
    ],
    ["lag", "if deliveries are late", () => some(9, { late: "10 minutes" })],
    [
      "incomplete",
      "if a list was not read to its end",
      () => ran("users", { note: "'incomplete: Clerk listed 1 of 2 objects'" }),
    ],
    [
      "left_out",
      "if objects were left out",
      () => ran("users", { note: "'left out: user_1 (name is not as Clerk writes it)'" }),
    ],
    [
      "held",
      "if too many rows are missing",
      () => ran("users", { note: "'too many rows are missing (900 of 1,000): nothing was deleted'" }),
    ],
    [
      "unreconciled",
      "if the daily run has not come",
      async () => [await ranDaily("3 days"), await came("daily", { key: "90 days" })],
    ],
    [
      "outbox",
      "if the app does not take a change",
      async () => {
        await world.query("insert into clerk.apps values ('app', '[]', false)");
        await world.query(
          "insert into clerk.outbox values ('users', 'user_1', 'created', false, 'event', now(), now(), 1, 4, now() + interval '10 min', 'http_500')",
        );
      },
    ],
    ["outbox", "if nobody hands the changes over, and no cron has ever come", () => waits({ due: "121 min" })],
    [
      "outbox",
      "if the cron that hands them over has stopped",
      async () => [await waits({ due: "11 min" }), await came("outbox", { ago: "11 min" })],
    ],
    [
      "outbox",
      "if an hourly one has",
      async () => [
        await waits({ due: "121 min", attempts: 1 }),
        await came("outbox", { ago: "3 hours", pattern: "0 * * * *" }),
      ],
    ],
  ];
  test.for(cases)("%s: %s", async ([code, , arrange]) => {
    await arrange();
    expect(await codes()).toEqual([code]);
  });

  test("if the database is away, not migrated, or may not be written by the Worker's role", async () => {
    const at = (change: (url: URL) => unknown) => {
      const url = new URL(world.bindings.DATABASE_URL);
      change(url);
      return { ...bindings, DATABASE_URL: url.href };
    };
    expect(await codes({ ...bindings, NEON_FETCH_ENDPOINT: "http://127.0.0.1:1/sql" })).toEqual(["database"]);
    expect(await codes(at((url) => (url.password = "hunter2")))).toEqual(["misconfigured"]);
    expect(await codes(at((url) => (url.pathname = "/postgres")))).toEqual(["misconfigured"]);
    expect(await codes(at((url) => (url.username = url.password = "clerk_app")))).toEqual(["misconfigured"]);
    expect(await codes({ ...bindings, CLERK_SECRET_KEY: "pk_test_1" })).toEqual(["misconfigured"]);
  });

  test("and the next step is a command, also if a setting or the database is wrong", async () => {
    const next = async (own: Bindings): Promise<unknown> => {
      const { body } = await deep({ ...bindings, ...own });
      return (body as { reasons: { next: string }[] }).reasons.map((reason) => reason.next);
    };
    expect(await next({ CLERK_SECRET_KEY: "pk_test_1" })).toEqual([
      "npx wrangler secret put CLERK_SECRET_KEY, or npm run deploy if it is in wrangler.toml: docs/settings.md",
    ]);
    await world.query("revoke execute on function clerk.merge_1 (jsonb, jsonb, jsonb) from clerk_mirror");
    expect(await next({})).toEqual(["psql -f drizzle/roles.sql: docs/maintenance.md"]);
    await world.query("drop function clerk.merge_1 (jsonb, jsonb, jsonb)");
    expect(await next({})).toEqual(["npm run db:migrate: docs/maintenance.md"]);
  });
});

describe("a delivery that is refused", () => {
  const constraint = "alter table clerk.users add constraint not_ada check (first_name <> 'Ada')";
  const ada = event("user.created", userData({ first_name: "Ada" }));
  const refusals = () =>
    world.query(
      "select id, type, error, coalesce(details ->> 'sqlstate', details ->> 'field', details ->> 'setting'), attempts::text from clerk.refusals order by id",
    );

  test("is a reason until it is committed", async () => {
    await world.query(constraint);
    for (const status of [500, 500]) {
      expect((await world.deliver("msg_1", ada, bindings)).status).toBe(status);
      await Promise.all(world.afterwards);
    }
    expect(await refusals()).toEqual([["msg_1", "user.created", "refused", "23514", "2"]]);
    expect(await codes()).toEqual(["refused"]);
    await world.query("alter table clerk.users drop constraint not_ada");
    expect((await world.deliver("msg_1", ada, bindings)).status).toBe(200);
    expect(await codes()).toEqual([]);
  });

  test("is noted if it is not as Clerk writes it, of another instance, or dead in the queue", async () => {
    await world.deliver("msg_1", event("user.created", { ...userData(), first_name: 7 }), bindings);
    await world.deliver(
      "msg_2",
      { ...event("user.created", userData()), instance_id: "ins_2" },
      { ...bindings, CLERK_INSTANCE_ID: "ins_1" },
    );
    await Promise.all(world.afterwards);
    await world.query(constraint);
    const broker = newBroker();
    await world.deliver("msg_3", ada, { ...bindings, EVENTS: broker });
    await broker.dispatch((messages) => createConsumer(services())(messages, bindings), 10);
    expect(await refusals()).toEqual([
      ["msg_1", "user.created", "unprocessable", "data.first_name", "1"],
      ["msg_2", "user.created", "misconfigured", "CLERK_INSTANCE_ID", "1"],
      ["msg_3", "user.created", "refused", "23514", "1"],
    ]);
  });

  test("is not noted if anybody can send it, or the database is away", async () => {
    const body = JSON.stringify({ ...event("user.created", userData()), data: 7 });
    const forged = signed("msg_1", body, { secret: `whsec_${btoa("x".repeat(24))}` });
    expect((await world.fetch("/api/webhook", forged, bindings)).status).toBe(401);
    expect((await world.fetch("/api/webhook", { method: "POST", body }, bindings)).status).toBe(400);
    const before = world.afterwards.length;
    await world.deliver("msg_2", ada, { ...bindings, NEON_FETCH_ENDPOINT: "http://127.0.0.1:1/sql" });
    expect(world.afterwards).toHaveLength(before);
    expect(await refusals()).toEqual([]);
  });
});

describe("/health?deep", () => {
  const unauthorized: [string, string, Bindings][] = [
    ["without a token", "", {}],
    ["with another token", `Bearer ${token}x`, {}],
    ["with another scheme", `Basic ${token}`, {}],
    ["if no token is set", `Bearer ${token}`, { MIRROR_HEALTH_TOKEN: undefined }],
    ["if a weak one is set", "Bearer abc", { MIRROR_HEALTH_TOKEN: "abc" }],
    ["if an empty one is set", "Bearer ", { MIRROR_HEALTH_TOKEN: "" }],
  ];
  test.for(unauthorized)("is refused %s, and asks nobody", async ([, authorization, own]) => {
    const away = { ...bindings, NEON_FETCH_ENDPOINT: "http://127.0.0.1:1/sql", ...own };
    const lines = await logged(async () => {
      const answer = await deep(away, authorization);
      expect([answer.status, answer.body]).toEqual([401, { error: "unauthorized" }]);
      expect(answer.headers.get("WWW-Authenticate")).toBe("Bearer");
    });
    expect(lines.join()).not.toContain(token);
  });
});

describe("an alert", () => {
  let posts: string[];
  let answer: () => Promise<Response>;
  let alert: (own: Bindings) => Promise<void>;
  beforeEach(() => {
    posts = [];
    answer = async () => new Response("ok");
    alert = createAlert(services(), 50);
    const real = globalThis.fetch;
    const spy = vi.spyOn(globalThis, "fetch").mockImplementation((url, init) => {
      if (url !== alertUrl) return real(url, init);
      posts.push((JSON.parse(String(init?.body)) as { text: string }).text);
      const aborted = new Promise<never>((_, reject) =>
        init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))),
      );
      return Promise.race([answer(), aborted]);
    });
    return () => spy.mockRestore();
  });

  /** What the cron says, at the address and in the log. */
  const check = async (own = bindings): Promise<string[]> => {
    const before = posts.length;
    const lines = await logged(() => alert(own));
    expect(lines.join()).not.toContain("alerts.example");
    return posts.slice(before);
  };
  const late = () => some(9, { late: "10 minutes" });
  const inTime = () => world.query("update clerk.deliveries set occurred_at = received_at");

  test("is three messages when it is bad, still bad, good, and bad again", async () => {
    expect(await check()).toEqual([]);
    await late();
    expect(await check()).toEqual([
      expect.stringMatching(
        /^clerk-mirror: deliveries arrive late: half of the latest 9 took more than 600 s\. Next: npx wrangler tail/,
      ),
    ]);
    expect(await check()).toEqual([]);
    await inTime();
    expect(await check()).toEqual(["clerk-mirror: healthy again."]);
    expect(await check()).toEqual([]);
    await late();
    expect(await check()).toHaveLength(1);
    expect(posts).toHaveLength(3);
  });

  test("says each reason that joins, and one that comes back only after an hour", async () => {
    const incomplete = { note: "'incomplete: Clerk listed 1 of 2 objects'" };
    await late();
    expect(await check()).toHaveLength(1);
    await ran("users", incomplete);
    expect(await check()).toEqual([expect.stringMatching(/^clerk-mirror: the last run over users: incomplete/)]);
    await ran("roles", incomplete);
    expect(await check()).toEqual([expect.stringMatching(/^clerk-mirror: the last run over roles: incomplete/)]);
    await inTime();
    expect(await check()).toEqual([]);
    await late();
    expect(await check()).toEqual([]);
    await inTime();
    expect(await check()).toEqual([]);
    await world.query("update clerk.alerts set codes = codes || jsonb_build_object('lag', now() - interval '2 hours')");
    expect(await check()).toEqual([]);
    await world.query("update clerk.deliveries set occurred_at = received_at - interval '10 minutes'");
    expect(await check()).toEqual([expect.stringMatching(/^clerk-mirror: deliveries arrive late/)]);
    await inTime();
    await world.query("delete from clerk.reconciliations");
    expect(await check()).toEqual(["clerk-mirror: healthy again."]);
  });

  const refusals: [string, () => Promise<Response>][] = [
    ["answers 500", async () => new Response("no", { status: 500 })],
    ["redirects", async () => new Response(null, { status: 302, headers: { Location: "https://a.example" } })],
    ["cannot be reached", () => Promise.reject(new TypeError("https://alerts.example"))],
  ];
  test.for(refusals)("is tried again if its address %s", async ([, refusal]) => {
    await late();
    answer = refusal;
    expect(await check()).toHaveLength(1);
    expect(await check()).toHaveLength(1);
    answer = async () => new Response("ok");
    expect(await check()).toHaveLength(1);
    expect(await check()).toEqual([]);
  });

  test("is given up if its address hangs, and tried again", async () => {
    await late();
    answer = () => new Promise(() => {});
    expect(await check()).toHaveLength(1);
    answer = async () => new Response("ok");
    expect(await check()).toHaveLength(1);
  });

  test("is sent by one of two crons that come at once", async () => {
    await late();
    const sending = Promise.withResolvers<Response>();
    answer = () => sending.promise;
    const first = createAlert(services(), 20_000)(bindings);
    await vi.waitFor(() => expect(posts).toHaveLength(1));
    expect(await check()).toEqual([]);
    sending.resolve(new Response("ok"));
    await first;
    expect(await check()).toEqual([]);
  });

  test("of a database that is away, or a setting that is wrong, is said once and taken back", async () => {
    const away = { ...bindings, NEON_FETCH_ENDPOINT: "http://127.0.0.1:1/sql" };
    expect(await check(away)).toEqual([
      expect.stringMatching(/^clerk-mirror: the database of DATABASE_URL does not answer/),
    ]);
    expect(await check(away)).toEqual([]);
    expect(await check()).toEqual(["clerk-mirror: the database answers again."]);
    expect(await check()).toEqual([]);
    expect(await check({ ...bindings, DATABASE_URL: "" })).toEqual([
      expect.stringMatching(/^clerk-mirror: DATABASE_URL is not set/),
    ]);
  });

  test("of what it may not ask the database is said", async () => {
    await world.query("revoke execute on function clerk.alert_1 (text, jsonb) from clerk_mirror");
    expect(await check()).toEqual([expect.stringMatching(/^clerk-mirror: DATABASE_URL has a role/)]);
    expect(await check()).toEqual([]);
  });

  test("that has a wrong address stops no delivery", async () => {
    const wrong = { ...bindings, MIRROR_ALERT_URL: "hooks.example/x", MIRROR_HEALTH_TOKEN: "short" };
    expect((await world.deliver("msg_1", event("user.created", userData()), wrong)).status).toBe(200);
    const lines = await logged(() => alert(wrong));
    expect(JSON.parse(lines.join())).toMatchObject({
      job: "alert",
      error: "misconfigured",
      setting: "MIRROR_ALERT_URL",
    });
  });

  test("of what the cron mends is not sent", async () => {
    await waits({ due: "1 second", attempts: 4, failure: "'http_500'" });
    const app = { changed: () => new Promise<void>((resolve) => setTimeout(resolve, 500)) };
    await worker.scheduled(createScheduledController({ cron: "* * * * *" }), { ...bindings, APP: app });
    expect(posts).toEqual([]);
    expect(await world.query("select id from clerk.outbox")).toEqual([]);
  });

  test("waits for the cron's job, but not for one that hangs, and is asked for after one that throws", async () => {
    const order: string[] = [];
    const ask = async (): Promise<void> => void order.push("alert");
    const job = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push("job");
    };
    await alertAfter(job(), ask, 5000);
    expect(order.splice(0)).toEqual(["job", "alert"]);
    await alertAfter(job(), ask, 1);
    expect(order.splice(0)).toEqual(["alert", "job"]);
    await expect(alertAfter(Promise.reject(new Error("job")), ask)).rejects.toThrow("job");
    expect(order).toEqual(["alert"]);
  });

  test("that throws fails no job, and is in the log", async () => {
    const lines = await logged(() =>
      alertAfter(Promise.resolve(), () => Promise.reject(new TypeError("https://alerts.example"))),
    );
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { job: "alert", error: "internal", name: "TypeError", at: expect.any(Array) },
    ]);
    expect(lines.join()).not.toContain("alerts.example");
  });

  test("whose end cannot be taken down is in the log, and is said once more", async () => {
    await late();
    const right = "execute on function clerk.alert_1 (text, jsonb)";
    answer = async () => {
      await world.query(`revoke ${right} from clerk_mirror`);
      return new Response("ok");
    };
    const lines = await logged(() => alert(bindings));
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { job: "alert", codes: ["lag"] },
      { job: "alert", error: "misconfigured", setting: "DATABASE_URL", reason: expect.any(String), sqlstate: "42501" },
    ]);
    await world.query(`grant ${right} to clerk_mirror`);
    await world.query("update clerk.alerts set claimed_until = null");
    answer = async () => new Response("ok");
    expect(await check()).toHaveLength(1);
    expect(await check()).toEqual([]);
  });

  test("is not sent without an address, nor to one that is wrong", async () => {
    await late();
    expect(await check({ ...bindings, MIRROR_ALERT_URL: undefined })).toEqual([]);
    expect(await check({ ...bindings, MIRROR_ALERT_URL: "http://alerts.example" })).toEqual([]);
  });
});

test("a delivery that a trigger of the owner's refuses is a reason, whatever its SQLSTATE", async () => {
  await world.query(
    "create function clerk.broken() returns trigger language plpgsql as $$ begin insert into clerk.nothing values (1); return new; end $$",
  );
  await world.query("create trigger broken after insert on clerk.users for each row execute function clerk.broken()");
  expect((await world.deliver("msg_1", event("user.created", userData()), bindings)).status).toBe(500);
  await Promise.all(world.afterwards);
  expect(await codes()).toEqual(["refused"]);
});

test("the ledger's last line is never pruned: it says since when nothing has come", async () => {
  await some(3, { ago: "90 days" });
  const made = services()(bindings);
  expect(made.ok && (await prune(made.value.database, 30, { pattern: "17 3 * * *", has_key: false }))).toEqual({
    pruned: 2,
  });
});

test("what waits longer than it should is said to wait for a cron that stopped, or that does too little", async () => {
  const texts = () => world.query("select r ->> 'text' from jsonb_array_elements(clerk.health_1(null)) as r");
  await waits({ due: "121 min" });
  expect(await texts()).toEqual([[expect.stringMatching(/UTC: the cron that hands it over has not come$/)]]);
  await came("outbox", { ago: "11 min" });
  expect(await texts()).toEqual([[expect.stringMatching(/: the cron that hands it over has not come since .* UTC$/)]]);
  await world.query("update clerk.crons set last_at = now()");
  expect(await texts()).toEqual([[expect.stringMatching(/: more waits than the cron hands over$/)]]);
  await world.query("update clerk.outbox set due_at = now(), attempts = 4, failure = 'http_500'");
  expect(await texts()).toEqual([[expect.stringMatching(/ \(http_500\)$/)]]);
});

test("the Worker's crons take down that they came, how long each may stay away, and since when it can reconcile", async () => {
  const crons = () =>
    world.query("select name, patience::text, (key_since is not null)::text from clerk.crons order by name");
  const app = { changed: () => Promise.resolve() };
  const withKey = { ...bindings, CLERK_SECRET_KEY: "sk_test_simulated" };
  const workflow = { create: () => Promise.resolve() };
  const daily = (own: Bindings, cron: string, starter: typeof workflow | null = workflow) =>
    runDaily(services()(own), starter ?? undefined, cron, 0);
  await world.query(
    "insert into clerk.deliveries select 'msg_' || n, 'user.created', null, null, null, now() - interval '1 year' + n * interval '1 ms', 1, 'applied' from generate_series(1, 10001) as n",
  );
  await daily(bindings, "17 3 * * *");
  await tellDue(services()(bindings), "* * * * *");
  // Without an app nobody is asked each minute.
  expect(await crons()).toEqual([["daily", "50:00:00", "false"]]);

  await world.query("update clerk.crons set last_at = last_at - interval '1 day'");
  await daily(withKey, "17 4 * * *");
  const since = () => world.query("select key_since::text from clerk.crons");
  const first = await since();
  await daily(withKey, "17 4 * * *");
  expect(await crons()).toEqual([["daily", "50:00:00", "true"]]);
  expect(await since()).toEqual(first);
  expect(await world.query("select last_at > now() - interval '1 minute' from clerk.crons")).toEqual([["t"]]);
  // With the key and without the workflow it cannot reconcile.
  await daily(withKey, "17 4 * * *", null);
  expect(await crons()).toEqual([["daily", "50:00:00", "false"]]);

  const told = services()({ ...bindings, APP: app });
  // A delivery is no cron.
  if (told.ok) await told.value.tellSoon?.();
  expect(await crons()).toHaveLength(1);
  await tellDue(told, "*/15 * * * *");
  expect((await crons())[1]).toEqual(["outbox", "00:30:00", "false"]);
  await expect(world.queryAs("clerk_app", "select clerk.prune_1(1, 1, null)")).rejects.toThrow("42501");
  await expect(world.queryAs("clerk_mirror", "delete from clerk.crons")).rejects.toThrow("42501");
});
