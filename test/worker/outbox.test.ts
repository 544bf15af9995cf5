import { beforeEach, describe, expect, inject, test, vi } from "vitest";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook } from "svix";
import type { Change } from "../../src/database/change.ts";
import { type Answer, callUrl } from "../../src/outbox/call.ts";
import { ok } from "../../src/result.ts";
import { services } from "../../src/services.ts";
import type { Bindings } from "../../src/settings.ts";
import { createConsumer } from "../../src/webhook/consumer.ts";
import { isDaily, runDaily, tellDue } from "../../src/sync/schedule.ts";
import { createWebhook } from "../../src/webhook/app.ts";
import { epoch, event, sessionData, userData } from "../support/worker/clerk.ts";
import { newBroker } from "../support/worker/broker.ts";
import { logged } from "../support/worker/logged.ts";
import { newWorld, signed, type World } from "../support/worker/world.ts";

/** What is told to an app, one thing at a time. */

let world: World;
let calls: Change[][];
/** What the app does with each call, in turn; then it takes all. */
let behaviours: ((changes: Change[]) => Promise<Answer>)[];
let bindings: Bindings;
const app = {
  changed: (changes: Change[]): Promise<Answer> => {
    calls.push(changes);
    return behaviours.shift()?.(changes) ?? Promise.resolve();
  },
};
const servicesOf = services();
const impatient = services({ database: 10_000, clerk: 10_000, app: 50 });
const tell = async (own = bindings, isPatient = true): Promise<void> => {
  const made = (isPatient ? servicesOf : impatient)(own);
  if (made.ok) await made.value.tell?.(10);
};

beforeEach(async () => {
  world = await newWorld();
  calls = [];
  behaviours = [];
  bindings = { ...world.bindings, APP: app };
});

/** The same Worker, killed after each commit. */
const killed = createWebhook((own) => {
  const made = servicesOf(own);
  return made.ok ? ok({ ...made.value, tellSoon: undefined }) : made;
});

/** Delivers, without a word to the app. */
const silently = async (id: string, given: unknown, own = bindings): Promise<void> => {
  const request = new Request("https://mirror.example/api/webhook", signed(id, JSON.stringify(given)));
  expect((await killed.fetch(request, own)).status).toBe(200);
};
const lines = () =>
  world.query(
    "select table_name, id, kind, is_known::text, source, attempts::text, failure from clerk.outbox order by 1, 2",
  );
const told = () => calls.flat().map(({ table, id, kind, source }) => `${table} ${id} ${kind} ${source}`);

const created = event("user.created", userData());
const renamed = event("user.updated", userData({ first_name: "Ada", updated_at: epoch + 50 }), epoch + 50);

test("a change is told right after the commit, once, with the row as the copy has it", async () => {
  expect((await world.deliver("msg_1", created, bindings)).status).toBe(200);
  await Promise.all(world.afterwards);
  const [[row] = []] = await world.query("select (to_jsonb(u) - 'version')::text from clerk.users as u");
  expect(calls).toEqual([
    [
      {
        table: "users",
        id: "user_1",
        kind: "created",
        source: "event",
        generation: expect.any(Number),
        attempt: 1,
        row: JSON.parse(row ?? ""),
      },
    ],
  ]);
  expect(calls[0]?.[0]?.row).toMatchObject({ email: "grace@example.com", created_at: "2025-10-09T08:53:20+00:00" });
  expect(await lines()).toEqual([]);

  await world.deliver("msg_1", created, bindings);
  await Promise.all(world.afterwards);
  await tell();
  expect(calls).toHaveLength(1);
});

test("an app that hangs does not hold up the answer, and a change is in flight once", async () => {
  behaviours = [() => new Promise(() => {})];
  const answer = await world.deliver("msg_1", created, bindings);
  expect(answer.status).toBe(200);
  await vi.waitFor(() => expect(calls).toHaveLength(1));
  await world.deliver("msg_2", renamed, bindings);
  await tell();
  expect(calls).toHaveLength(1);
});

test("without an app nothing is written, and nobody is asked", async () => {
  expect((await world.deliver("msg_1", created)).status).toBe(200);
  expect(world.afterwards).toEqual([]);
  expect(await lines()).toEqual([]);
  expect(await world.query("select last_value::text, is_called::text from clerk.outbox_generation")).toEqual([
    ["1", "false"],
  ]);
});

describe("what waits is one change", () => {
  const gone = event("user.deleted", { object: "user", id: "user_1", deleted: true });
  const cases: [string, unknown[], string[]][] = [
    ["created and updated is created", [created, renamed], ["users user_1 created event"]],
    ["created and deleted is deleted", [created, gone], ["users user_1 deleted event"]],
    ["a delete of what was never there is deleted, once", [gone, gone], ["users user_1 deleted event"]],
    ["an older one after a newer one changes nothing", [renamed, created], ["users user_1 created event"]],
  ];
  test.for(cases)("%s", async ([, events, expected]) => {
    for (const [index, one] of events.entries()) await silently(`msg_${index}`, one);
    await tell();
    expect(told()).toEqual(expected);
    const last = calls.flat().at(-1);
    expect(last?.row === null).toBe(last?.kind === "deleted");
  });

  test("after it was taken: updated, deleted, and nothing for the same delete again", async () => {
    await silently("msg_1", created);
    await tell();
    await silently("msg_2", renamed);
    await tell();
    await silently("msg_3", gone);
    await tell();
    await silently("msg_4", event("user.deleted", { object: "user", id: "user_1", deleted: true }, epoch + 99));
    await tell();
    expect(told()).toEqual(["users user_1 created event", "users user_1 updated event", "users user_1 deleted event"]);
    const generations = calls.flat().map(({ generation }) => generation);
    expect(generations).toEqual(generations.toSorted((a, b) => a - b));
  });

  test("an id that the app expects, a fragment and the whole user are one creation", async () => {
    await world.queryAs("clerk_app", "select clerk.expect_user('user_1')");
    const { private_metadata: _, ...fragment } = userData();
    await silently("msg_1", event("session.created", sessionData(fragment)));
    await tell();
    expect(told()).toEqual([]);
    await silently("msg_2", created);
    await tell();
    await silently("msg_3", renamed);
    await tell();
    expect(told()).toEqual(["users user_1 created event", "users user_1 updated event"]);
  });

  test("a delete that was inferred and is undone is none, if nobody was told of it, else another creation", async () => {
    const notify = { source: "reconcile", tables: ["users"] };
    const missed = { table: "users", id: "user_1", updated_at: epoch + 5, at: epoch + 60, observation: "api_1" };
    await silently("msg_1", created);
    await tell();
    await world.infer(missed, notify);
    const back = event("user.updated", userData({ updated_at: epoch + 70 }), epoch + 70);
    await silently("msg_2", back);
    await tell();
    expect(told().slice(1)).toEqual(["users user_1 updated event"]);

    await world.infer({ ...missed, updated_at: epoch + 70, at: epoch + 80 }, notify);
    behaviours = [() => Promise.reject(new Error("away"))];
    await tell();
    await silently("msg_3", event("user.updated", userData({ updated_at: epoch + 90 }), epoch + 90));
    await world.query("update clerk.outbox set due_at = now()");
    await tell();
    expect(told().slice(2)).toEqual(["users user_1 deleted reconcile", "users user_1 created event"]);
  });

  test("what changes while it is told is told again, after that, as an update", async () => {
    behaviours = [() => silently("msg_2", renamed)];
    await silently("msg_1", created);
    await tell();
    expect(told()).toEqual(["users user_1 created event", "users user_1 updated event"]);
    expect(calls.flat().map(({ row }) => row)).toMatchObject([{ first_name: "Grace" }, { first_name: "Ada" }]);
    expect(await lines()).toEqual([]);
  });
});

describe("what the app does not take", () => {
  const two = async () => {
    await silently("msg_1", created);
    await silently("msg_2", event("user.created", userData({ id: "user_2" })));
  };

  test("is told again by itself, where the app names it", async () => {
    await two();
    behaviours = [async () => ({ failed: [{ table: "users", id: "user_2" }] })];
    await tell();
    expect(await lines()).toEqual([["users", "user_2", "created", "false", "event", "1", "failed"]]);
    await world.query("update clerk.outbox set due_at = now()");
    await tell();
    expect(calls.map((changes) => changes.map(({ id, attempt }) => `${id} ${attempt}`))).toEqual([
      ["user_1 1", "user_2 1"],
      ["user_2 2"],
    ]);
    expect(await lines()).toEqual([]);
  });

  const refusals: [string, (changes: Change[]) => Promise<Answer>][] = [
    ["threw", () => Promise.reject(new Error("grace@example.com"))],
    ["missing", () => Promise.reject(new TypeError('The RPC receiver does not implement the method "changed".'))],
    ["timeout", () => new Promise(() => {})],
    ["answer", async () => ({ failed: ["user_1"] }) as unknown as Answer],
    // What names nobody who was told of would be lost.
    ["answer", async () => ({ failed: [{ table: "user", id: "user_1" }] })],
  ];
  test.for(refusals)("is told again, with its cause in the outbox and in the log: %s", async ([cause, behaviour]) => {
    await two();
    behaviours = [behaviour];
    const log = await logged(() => tell(bindings, cause !== "timeout"));
    expect(log.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ job: "outbox", calls: 1, taken: 0, failed: 2, error: "app", cause }),
    ]);
    expect((await lines()).map((line) => line.at(-1))).toEqual([cause, cause]);
  });

  test("comes again in smaller calls, until what the app stumbles over is alone", async () => {
    for (let user = 0; user < 9; user += 1) {
      await silently(`msg_${user}`, event("user.created", userData({ id: `user_${user}` })));
    }
    const stumble = async (changes: Change[]): Promise<Answer> => {
      if (changes.some(({ id }) => id === "user_5")) throw new Error("over user_5");
    };
    for (let round = 0; round < 8; round += 1) {
      behaviours = Array.from({ length: 10 }, () => stumble);
      await world.query("update clerk.outbox set due_at = now()");
      await tell();
      behaviours = [];
    }
    expect(await lines()).toEqual([["users", "user_5", "created", "false", "event", expect.any(String), "threw"]]);
    expect(calls.at(-1)).toHaveLength(1);
  });

  test("is due at once when the object changes again", async () => {
    behaviours = [() => Promise.reject(new Error("away"))];
    await silently("msg_1", created);
    await tell();
    await silently("msg_2", renamed);
    await tell();
    expect(told()).toEqual(["users user_1 created event", "users user_1 created event"]);
    expect(await lines()).toEqual([]);
  });

  test("is due after 5 s, 30 s, 2 min, 10 min, 1 h, 6 h, and then each day", async () => {
    await silently("msg_1", created);
    const now = async () => (await world.query("select clock_timestamp()::timestamptz(3)"))[0]?.[0] ?? null;
    for (const wait of ["5 s", "30 s", "2 min", "10 min", "1 h", "6 h", "1 day", "1 day", "1 day"]) {
      behaviours = [() => Promise.reject(new Error("away"))];
      const before = await now();
      await tell();
      const found = await world.query(
        `select (due_at - interval '${wait}' between $1::timestamptz and $2::timestamptz)::text from clerk.outbox`,
        [before, await now()],
      );
      expect(found, wait).toEqual([["true"]]);
      await world.query("update clerk.outbox set due_at = now()");
    }
    await tell();
    expect(await lines()).toEqual([]);
  });

  test("is not due again within a minute if the app may be at it yet", async () => {
    behaviours = [() => new Promise(() => {})];
    await silently("msg_1", created);
    await tell(bindings, false);
    expect(
      await world.query("select failure, (due_at > last_at + interval '55 seconds')::text from clerk.outbox"),
    ).toEqual([["timeout", "true"]]);
  });

  test("a call that nobody settled is made again after a minute, and what was taken late does no harm", async () => {
    await silently("msg_1", created);
    const made = servicesOf(bindings);
    if (!made.ok) throw new Error("no services");
    const { outbox } = made.value;
    const only = { tables: ["users" as const], isBackfillTold: false };
    const first = await outbox.exchange([], 100, only);
    expect(first).toMatchObject({ value: [{ id: "user_1", attempt: 1 }] });
    expect(await outbox.exchange([], 100, only)).toEqual({ ok: true, value: [] });
    await world.query("update clerk.outbox set due_at = due_at - interval '1 minute'");
    expect(await outbox.exchange([], 100, only)).toMatchObject({ value: [{ id: "user_1", attempt: 2 }] });
    // The first call fails now, and must not make the second one due.
    const change = first.ok ? first.value[0] : undefined;
    if (change === undefined) throw new Error("no change");
    const { row: _row, source: _source, ...settled } = change;
    expect(await outbox.exchange([{ ...settled, failure: "timeout" }], 100, only)).toEqual({ ok: true, value: [] });
    expect(await lines()).toMatchObject([["users", "user_1", "created", "false", "event", "2", null]]);
    await outbox.exchange([{ ...settled, failure: null }], 100, only);
    expect(await lines()).toEqual([]);
  });
});

describe("MIRROR_NOTIFY_TABLES and MIRROR_NOTIFY_BACKFILL", () => {
  test("say what is told", async () => {
    const own = { ...bindings, MIRROR_NOTIFY_TABLES: "sessions" };
    await silently("msg_1", event("session.created", sessionData(userData())), own);
    await tell(own);
    expect(told()).toEqual(["sessions sess_1 created event"]);
  });

  const user = (id: string, created_at: number) => ({
    id,
    created_at,
    updated_at: created_at,
    version: `1${created_at}`,
  });
  const run = async (isBackfillTold: boolean) => {
    const since = "2026-01-01T00:00:00Z";
    const at = Date.parse(since);
    const own: Bindings = { ...bindings, MIRROR_NOTIFY_BACKFILL: String(isBackfillTold) };
    const made = servicesOf(own);
    if (!made.ok) throw new Error(JSON.stringify(made.failure));
    const rows = [user("user_old", at - 3_600_000), user("user_new", at + 1000)];
    const compared = await made.value.compare("users", rows, null, false, { source: "backfill", since });
    expect(compared).toMatchObject({ value: { missing: 2, repaired: 2 } });
    await tell(own);
  };
  test("a backfill tells of those who have signed up since it began, and of nobody else", async () => {
    await run(false);
    expect(told()).toEqual(["users user_new created backfill"]);
    const later = Date.parse("2026-02-01T00:00:00Z");
    await silently("msg_1", event("user.updated", userData({ id: "user_old", updated_at: later }), later));
    await tell();
    expect(told()[1]).toBe("users user_old updated event");
  });
  test("nor of who was there before and has changed since, but of what it mends", async () => {
    const since = "2026-01-01T00:00:00Z";
    const at = Date.parse(since);
    const made = servicesOf(bindings);
    if (!made.ok) throw new Error("no services");
    const cause = { source: "backfill", since } as const;
    const old = (id: string, updated_at: number) => ({
      id,
      created_at: at - 1e9,
      updated_at,
      version: `1${updated_at}`,
    });
    await silently("msg_1", event("user.created", userData({ id: "user_known" })));
    await silently("msg_2", event("user.deleted", { object: "user", id: "user_gone", deleted: true }));
    await world.infer({ table: "users", id: "user_missed", updated_at: 1, at: at - 1e9, observation: "api_1" });
    await tell();
    calls = [];
    const rows = ["user_known", "user_gone", "user_missed", "user_new"].map((id) => old(id, at + 1000));
    await made.value.compare("users", rows, null, false, cause);
    await tell();
    expect(told().toSorted()).toEqual(["users user_known updated backfill", "users user_missed created backfill"]);
  });
  test("or of all, if it is told to", async () => {
    await run(true);
    expect(told().toSorted()).toEqual(["users user_new created backfill", "users user_old created backfill"]);
  });
});

describe("over HTTP", () => {
  const secret = `whsec_${btoa("x".repeat(32))}`;
  const change = { table: "users", id: "user_é", kind: "deleted", row: null } as unknown as Change;
  const call = async (answer: () => Promise<Response>) => {
    const requests: Request[] = [];
    const spy = vi.spyOn(globalThis, "fetch").mockImplementation((url, init) => {
      requests.push(new Request(url, init));
      return answer();
    });
    try {
      const bytes = Uint8Array.from("x".repeat(32), (character) => character.charCodeAt(0));
      return { answered: await callUrl("https://app.example/changes", bytes, 50)([change]), request: requests[0] };
    } finally {
      spy.mockRestore();
    }
  };

  test("is a Standard Webhook, as the libraries verify it", async () => {
    const { answered, request } = await call(async () => new Response("OK"));
    expect(answered).toEqual([]);
    expect(request?.method).toBe("POST");
    expect(request?.redirect).toBe("manual");
    expect(request?.headers.get("content-type")).toBe("application/json");
    const body = (await request?.text()) ?? "";
    expect(JSON.parse(body)).toEqual({ changes: [change] });
    const headers = Object.fromEntries(request?.headers ?? []);
    for (const webhook of [new Webhook(secret), new StandardWebhook(secret)]) {
      expect(() => webhook.verify(body, headers)).not.toThrow();
      expect(() => webhook.verify(`${body} `, headers)).toThrow();
    }
  });

  const answers: [string, () => Promise<Response>, unknown][] = [
    ["nothing", async () => new Response(null, { status: 204 }), []],
    ["what it has not taken", async () => Response.json({ failed: [change] }), [change]],
    ["another form", async () => Response.json({ failed: "user_1" }), "answer"],
    ["401", async () => new Response("no", { status: 401 }), "http_401"],
    ["500", async () => new Response("no", { status: 500 }), "http_500"],
    [
      "a redirect",
      async () => new Response(null, { status: 308, headers: { Location: "https://a.example" } }),
      "http_308",
    ],
    ["no connection", () => Promise.reject(new TypeError("grace@example.com")), "network"],
  ];
  test.for(answers)("an answer may be %s", async ([, answer, expected]) => {
    expect((await call(answer)).answered).toEqual(expected);
  });

  test("an app that does not answer is given up", async () => {
    const spy = vi
      .spyOn(globalThis, "fetch")
      .mockImplementation(
        (_, init) =>
          new Promise((_resolve, reject) =>
            init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))),
          ),
      );
    try {
      expect(await callUrl("https://app.example/changes", new Uint8Array(32), 20)([change])).toBe("timeout");
    } finally {
      spy.mockRestore();
    }
  });
});

test("a line whose object has changed while nobody was told is told as the object is", async () => {
  await silently("msg_1", created);
  await silently("msg_2", event("user.created", userData({ id: "user_2" })));
  const { APP: _, ...untold } = bindings;
  await world.deliver("msg_3", event("user.deleted", { object: "user", id: "user_1", deleted: true }), untold);
  await tell();
  expect(calls.flat().map(({ id, kind, row }) => [id, kind, row === null])).toEqual([
    ["user_1", "deleted", true],
    ["user_2", "created", false],
  ]);
  expect(await lines()).toEqual([]);
});

test("a fragment that comes after the delete of another is nothing to tell of", async () => {
  const notify = JSON.stringify({ source: "event", tables: ["organization_memberships"] });
  const merge = (changes: object) =>
    world.queryAs("clerk_mirror", "select from clerk.merge_1($1::jsonb, '[]', $2::jsonb)", [
      JSON.stringify(changes),
      notify,
    ]);
  const fragment = (organization_id: string, version: string) => ({
    organization_memberships: [{ id: "orgmem_1", organization_id, version }],
  });
  await merge(fragment("org_a", "01"));
  await merge({ organizations: [{ id: "org_a", version: "2", deleted: true }] });
  await merge(fragment("org_b", "02"));
  await tell();
  expect(calls.flat().map(({ id, kind, row }) => [id, kind, row])).toEqual([["orgmem_1", "deleted", null]]);
});

test("a queue's batch is told after it, and the cron tells what is due", async () => {
  const broker = newBroker();
  await world.deliver("msg_1", created, { ...bindings, EVENTS: broker });
  await broker.dispatch((messages) => createConsumer(servicesOf)(messages, bindings), 100);
  expect(calls).toEqual([]);
  await tellDue(servicesOf(bindings), "* * * * *");
  expect(told()).toEqual(["users user_1 created event"]);
  expect(["17 3 * * *", "0 3,15 * * *", "0 */6 * * *", "0 0-6 * * 1"].filter((cron) => !isDaily(cron))).toEqual([]);
  expect(["* * * * *", "*/15 * * * *", "7 * * * *"].filter(isDaily)).toEqual([]);
});

test("what the app is told of is written down for commands, and forgotten with the app", async () => {
  await tell();
  const made = servicesOf(bindings);
  if (!made.ok) throw new Error("no services");
  expect(await made.value.outbox.told()).toEqual({
    ok: true,
    value: { tables: ["users", "organizations", "organization_memberships"], isBackfillTold: false },
  });
  await runDaily(servicesOf(bindings), undefined, "17 3 * * *", 0);
  expect(await made.value.outbox.told()).toMatchObject({ value: { isBackfillTold: false } });
  await runDaily(servicesOf(world.bindings), undefined, "17 3 * * *", 0);
  expect(await made.value.outbox.told()).toEqual({ ok: true, value: undefined });
});

test.for<[string, Bindings]>([
  ["MIRROR_NOTIFY_URL", { APP: app, MIRROR_NOTIFY_URL: "https://app.example/changes" }],
  ["MIRROR_NOTIFY_SECRET", { MIRROR_NOTIFY_URL: "https://app.example/changes" }],
  ["MIRROR_NOTIFY_URL", { MIRROR_NOTIFY_SECRET: inject("signingSecret") }],
  ["MIRROR_NOTIFY_SECRET", { MIRROR_NOTIFY_URL: "https://app.example/c", MIRROR_NOTIFY_SECRET: "whsec_c2hvcnQ=" }],
  ["MIRROR_NOTIFY_URL", { MIRROR_NOTIFY_URL: "http://app.example/c", MIRROR_NOTIFY_SECRET: inject("signingSecret") }],
  ["MIRROR_NOTIFY_TABLES", { APP: app, MIRROR_NOTIFY_TABLES: "users, carts" }],
  ["MIRROR_NOTIFY_TABLES", { APP: app, MIRROR_NOTIFY_TABLES: "," }],
  [
    "MIRROR_NOTIFY_URL",
    { MIRROR_NOTIFY_URL: "http://localhost.example/c", MIRROR_NOTIFY_SECRET: inject("signingSecret") },
  ],
  ["APP", { APP: "shop" as unknown as typeof app }],
  ["MIRROR_NOTIFY_BACKFILL", { APP: app, MIRROR_NOTIFY_BACKFILL: "yes" }],
])("%s is named where it is wrong: %o", async ([setting, own]) => {
  const { body, status } = await world.deliver("msg_1", created, { ...world.bindings, ...own });
  expect({ body, status }).toEqual({ status: 500, body: { error: "misconfigured", setting } });
});
