import { afterEach, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { services } from "../../src/services.ts";
import { createConsumer, delayOf, type QueueMessage } from "../../src/webhook/consumer.ts";
import type { Bindings } from "../../src/settings.ts";
import type { Fault } from "../support/fault.ts";
import { type Broker, newBroker } from "../support/worker/broker.ts";
import { deletion, epoch, event, sessionData, userData } from "../support/worker/clerk.ts";
import { membershipData } from "../support/worker/fixtures.ts";
import { type Delivered, fold } from "../support/worker/fold.ts";
import { logged } from "../support/worker/logged.ts";
import { orders } from "../support/worker/six-deliveries.ts";
import { atDeadline } from "../support/worker/timers.ts";
import { type Answer, newWorld, signed, type World } from "../support/worker/world.ts";

let world: World;
let broker: Broker;
let dead: Broker;
let bindings: Bindings;
beforeEach(async () => {
  world = await newWorld();
  broker = newBroker();
  dead = newBroker();
  bindings = { ...world.bindings, EVENTS: broker, DEAD_EVENTS: dead };
});
afterEach(() => void vi.restoreAllMocks());

const consume = createConsumer(services());
const dispatch = (own: Bindings = bindings, size = 100) =>
  broker.dispatch((messages: QueueMessage[]) => consume(messages, own), size);

const created = event("user.created", userData());
const update = (n: number, fields: Record<string, unknown> = {}) =>
  event("user.updated", userData({ updated_at: epoch + n, ...fields }), epoch + n);
const asDelivered = (id: string, body: unknown): Delivered => ({ id, event: body as Delivered["event"] });

/** Requests to the database while `run` does. */
const roundTrips = async (run: () => Promise<void>): Promise<number> => {
  const spy = vi.spyOn(globalThis, "fetch");
  await run();
  const count = spy.mock.calls.length;
  spy.mockRestore();
  return count;
};

describe("the door", () => {
  test("answers 202 when the queue has the delivery, and asks the database nothing", async () => {
    const lines = await logged(async () => {
      const asked = await roundTrips(async () => {
        const answer = await world.deliver("msg_1", created, bindings);
        expect(answer).toMatchObject({ status: 202, body: { outcome: "queued" } });
      });
      expect(asked).toBe(0);
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { id: "msg_1", type: "user.created", outcome: "queued", status: 202, ms: expect.any(Number) as number },
    ]);
    expect(await world.dump()).toEqual([]);
    await dispatch();
    expect(await world.users()).toEqual(fold([asDelivered("msg_1", created)]).users);
    expect(await world.ledger()).toMatchObject([{ id: "msg_1", outcome: "applied", attempts: 1 }]);
    expect(broker.waiting).toEqual([]);
  });

  test("queues rows, and neither the payload nor a column that is omitted", async () => {
    const own = { ...bindings, MIRROR_OMIT: "users.private_metadata, users.phone, users.phone_numbers" };
    const saml = userData({ saml_accounts: [{ id: "saml_account" }], private_metadata: { note: "secret" } });
    await world.deliver("msg_1", event("user.created", saml), own);
    const [message] = broker.waiting;
    expect(message?.body).toContain("grace@example.com");
    expect(message?.body).not.toMatch(/saml_account|secret|12025550100|primary_email_address_id/);
  });

  test("leaves out in the consumer what was omitted after a delivery was queued", async () => {
    await world.deliver("msg_1", created, bindings);
    await dispatch({ ...bindings, MIRROR_OMIT: "users.private_metadata" });
    expect(await world.users()).toMatchObject({ user_1: { private_metadata: null, email: "grace@example.com" } });
  });

  test.for([
    ["text of one byte a character", "x".repeat(125_000), 202],
    ["a little more than a message holds", "x".repeat(127_000), 200],
    ["text of three bytes a character", "€".repeat(41_000), 202],
    ["the same, a little more", "€".repeat(43_000), 200],
    ["as large as Svix sends", "x".repeat(350_000), 200],
  ] as const)("%s", async ([, text, status]) => {
    // Only metadata: what is small is a few hundred bytes.
    const large = event("user.created", { id: "user_1", updated_at: epoch, public_metadata: { text } });
    expect(await world.deliver("msg_1", large, bindings)).toMatchObject({ status });
    expect(broker.waiting).toHaveLength(status === 202 ? 1 : 0);
    await dispatch();
    expect(await world.users()).toMatchObject({ user_1: { public_metadata: { text } } });
  });

  const expectUnavailable = (answer: Answer, lines: string[]): void => {
    expect(answer).toMatchObject({ status: 503, body: { error: "unavailable" } });
    expect(answer.headers.get("Retry-After")).toBe("5");
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ id: "msg_1", error: "unavailable", cause: "queue", status: 503 }),
    ]);
  };

  const failing: [string, () => Promise<unknown>][] = [
    ["rejects", () => Promise.reject(new Error("Too Many Requests"))],
    [
      "throws",
      () => {
        throw new Error("Too Many Requests");
      },
    ],
  ];
  test.for(failing)("answers 503 when the queue %s", async ([, send]) => {
    let answer: Answer | undefined;
    const lines = await logged(async () => {
      answer = await world.deliver("msg_1", created, { ...bindings, EVENTS: { send } });
    });
    expectUnavailable(answer as Answer, lines);
    expect(await world.dump()).toEqual([]);
  });

  test("answers 503 after 10 s when the queue never answers", async () => {
    const send = () => new Promise<void>(() => {});
    let answer: Answer | undefined;
    const lines = await logged(async () => {
      answer = await atDeadline(10_000, () => world.deliver("msg_1", created, { ...bindings, EVENTS: { send } }));
    });
    expectUnavailable(answer as Answer, lines);
    expect(await world.dump()).toEqual([]);
  });

  test("answers metadata that is nested too deep to be written as refused, as without a queue", async () => {
    const nested = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const body = JSON.stringify(event("user.created", userData({ public_metadata: { deep: 0 } })));
    const deep = signed("msg_1", body.replace('"deep":0', `"deep":${nested}`));
    const lines = await logged(async () => {
      expect(await world.fetch("/api/webhook", deep, bindings)).toMatchObject({
        status: 500,
        body: { error: "refused" },
      });
    });
    expect(lines.join()).toContain('"sqlstate":"54001"');
    expect(broker.waiting).toEqual([]);
  });

  test("queues nothing that is forged, and nothing that is no event", async () => {
    const forged = signed("msg_1", JSON.stringify(created), { secret: `whsec_${btoa("x".repeat(32))}` });
    expect(await world.fetch("/api/webhook", forged, bindings)).toMatchObject({ status: 401 });
    expect(await world.deliver("msg_1", event("user.created", { id: 7 }), bindings)).toMatchObject({ status: 422 });
    expect(broker.waiting).toEqual([]);
  });
});

describe("the consumer", () => {
  const enqueue = async (deliveries: Delivered[]): Promise<void> => {
    for (const { id, event: body } of deliveries) {
      expect((await world.deliver(id, body, bindings)).status).toBe(202);
    }
  };

  test("merges a batch of 100 in one round trip, with a line in the ledger each", async () => {
    const deliveries = Array.from({ length: 100 }, (_, n) =>
      asDelivered(`msg_${n}`, update(n, { id: `user_${n % 30}`, first_name: `Grace ${n}` })),
    );
    await enqueue(deliveries);
    const lines = await logged(async () => {
      expect(await roundTrips(() => dispatch())).toBe(1);
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        job: "queue",
        messages: 100,
        applied: 30,
        stale: 70,
        ignored: 0,
        retried: 0,
        dead: 0,
        calls: 1,
        ms: expect.any(Number) as number,
      },
    ]);
    expect(await world.copy()).toEqual(fold(deliveries));
    const ledger = await world.query(
      "select outcome, attempts, count(*) from clerk.deliveries group by 1, 2 order by 1",
    );
    expect(ledger).toEqual([
      ["applied", "1", "30"],
      ["stale", "1", "70"],
    ]);
  });

  test("knows one delivery that is in a batch twice, and once more in the next", async () => {
    await enqueue([asDelivered("msg_1", created), asDelivered("msg_1", created)]);
    await dispatch();
    expect(await world.ledger()).toMatchObject([{ id: "msg_1", outcome: "applied", attempts: 1 }]);
    await enqueue([asDelivered("msg_1", created)]);
    await dispatch();
    expect(await world.ledger()).toMatchObject([{ id: "msg_1", outcome: "applied", attempts: 2 }]);
    expect(broker.waiting).toEqual([]);
  });

  test("counts what is not mirrored, and changes nothing by it", async () => {
    await enqueue([asDelivered("msg_1", event("sms.created", { id: "sms_1" }))]);
    await dispatch();
    expect(await world.ledger()).toMatchObject([{ id: "msg_1", outcome: "ignored", attempts: 1 }]);
    expect(await world.copy()).toEqual(fold([]));
  });

  test("a delete in the batch is final, and takes the children that are in it", async () => {
    const deliveries = [
      asDelivered("msg_1", event("session.created", sessionData(userData(), { user_id: "user_1" }), epoch + 1)),
      asDelivered("msg_2", event("user.deleted", deletion("user_1"), epoch)),
      asDelivered("msg_3", update(9)),
      asDelivered("msg_4", event("organizationMembership.created", membershipData, epoch + 2)),
    ];
    await enqueue(deliveries);
    await dispatch();
    expect(await world.copy()).toEqual(fold(deliveries));
  });

  test("folds a batch to the newest observation of each object, in one call, whatever owners they name", async () => {
    const child = (id: string, user_id: unknown, at: number) =>
      asDelivered(id, event("session.created", sessionData(null, { user_id, updated_at: at }), at));
    const deliveries = [
      child("msg_1", "user_b", epoch),
      // Without an owner it is a fragment, however new.
      child("msg_2", undefined, epoch + 9),
      child("msg_3", "user_a", epoch + 1),
      asDelivered("msg_4", event("user.deleted", deletion("user_b"), epoch)),
      asDelivered("msg_5", update(1)),
      asDelivered("msg_6", event("user.deleted", deletion("user_1"), epoch)),
      asDelivered("msg_7", update(2)),
    ];
    await enqueue(deliveries);
    expect(await roundTrips(() => dispatch())).toBe(1);
    expect(await world.copy()).toEqual(fold(deliveries));
    expect(await world.copy()).toMatchObject({
      sessions: { sess_1: { user_id: "user_a", deleted: false } },
      users: { user_1: { version: "2", deleted: true } },
    });
    expect(await world.query("select id from clerk.deliveries where outcome = 'applied' order by 1")).toEqual([
      ["msg_3"],
      ["msg_4"],
      ["msg_6"],
    ]);
  });

  test.for([
    ["smaller", "user_a", "user_b"],
    ["greater", "user_b", "user_a"],
  ] as const)(
    "a membership that moves to a user with the %s id ends the same in one batch and in any two",
    async ([, stays, goes]) => {
      const member = (id: string, user_id: string, at: number) =>
        asDelivered(
          id,
          event(
            "organizationMembership.updated",
            { ...membershipData, public_user_data: { user_id }, updated_at: at },
            at,
          ),
        );
      const deliveries = [
        member("msg_1", goes, epoch),
        member("msg_2", stays, epoch + 1),
        asDelivered("msg_3", event("user.deleted", deletion(goes), epoch + 2)),
      ];
      const expected = fold(deliveries);
      expect(expected.organization_memberships).toMatchObject({ orgmem_1: { user_id: stays, deleted: false } });
      for (const order of orders(deliveries)) {
        for (const first of [3, 1, 2]) {
          await world.empty();
          await enqueue(order);
          await dispatch(bindings, first);
          await dispatch();
          expect(broker.waiting).toEqual([]);
          expect(await world.copy()).toEqual(expected);
        }
      }
    },
  );

  test("calls hold at most 250 rows and two million characters", async () => {
    const memberships = Array.from({ length: 100 }, (_, n) =>
      asDelivered(
        `msg_${n}`,
        event("organizationMembership.created", {
          ...membershipData,
          id: `orgmem_${n}`,
          organization: { id: `org_${n}`, name: "x", updated_at: epoch },
          public_user_data: { user_id: `user_${n}` },
        }),
      ),
    );
    await enqueue(memberships);
    const sessions = Array.from({ length: 100 }, (_, n) =>
      asDelivered(
        `msg_s${n}`,
        event(
          "session.created",
          sessionData(userData({ id: `user_s${n}` }), { id: `sess_${n}`, user_id: `user_s${n}` }),
        ),
      ),
    );
    await enqueue(sessions);
    expect(await roundTrips(() => dispatch(bindings, 200))).toBe(2);
    expect(await world.copy()).toEqual(fold([...memberships, ...sessions]));

    const text = "x".repeat(100_000);
    const large = Array.from({ length: 30 }, (_, n) =>
      asDelivered(`msg_l${n}`, event("user.created", userData({ id: `user_l${n}`, public_metadata: { text } }))),
    );
    await enqueue(large);
    expect(await roundTrips(() => dispatch())).toBe(2);
    expect(Object.keys((await world.users()) ?? {})).toHaveLength(130);
  });

  const refusals: [sqlstate: string, break_: string, mend: string][] = [
    [
      "23514",
      "alter table clerk.users add constraint no check (email <> 'poison@example.com')",
      "alter table clerk.users drop constraint no",
    ],
    [
      "P0001",
      `do $$ begin
        create function public.no() returns trigger language plpgsql as 'begin raise exception ''Grace''; end';
        create trigger no before insert on clerk.users
          for each row when (new.email = 'poison@example.com') execute function public.no();
      end $$`,
      "drop trigger no on clerk.users",
    ],
  ];
  test.for(refusals)("takes what Postgres refuses with %s out of the batch, alone, and names it", async (refusal) => {
    const [sqlstate, break_, mend] = refusal;
    await world.query(break_);
    const poison = userData({ id: "user_poison" });
    const [first, second] = poison.email_addresses as Record<string, unknown>[];
    poison.email_addresses = [first, { ...second, email_address: "poison@example.com" }];
    const good = Array.from({ length: 99 }, (_, n) => asDelivered(`msg_${n}`, update(n, { id: `user_${n}` })));
    await enqueue([...good.slice(0, 60), asDelivered("msg_poison", event("user.created", poison)), ...good.slice(60)]);
    const lines = await logged(() => dispatch());
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { job: "queue", error: "refused", id: "msg_poison", type: "user.created", sqlstate },
      expect.objectContaining({ job: "queue", messages: 100, applied: 99, stale: 0, dead: 1, retried: 0 }),
    ]);
    expect(lines.join()).not.toMatch(/grace|hopper|example\.com/i);
    expect(broker.waiting).toEqual([]);
    expect(dead.waiting.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      expect.objectContaining({ id: "msg_poison", type: "user.created" }),
    ]);
    expect(await world.copy()).toEqual(fold(good));

    // What an operator does: mends the cause, and puts the message back.
    await world.query(mend);
    broker.waiting = dead.waiting;
    await dispatch();
    expect(await world.copy()).toEqual(fold([...good, asDelivered("msg_poison", event("user.created", poison))]));
  });

  test("without a binding for the dead-letter queue, what is refused goes there by its retries", async () => {
    await world.query("alter table clerk.users add constraint no check (email is null)");
    await enqueue([asDelivered("msg_1", created)]);
    const { DEAD_EVENTS: _, ...own } = bindings;
    const lines = await logged(() => dispatch(own));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ error: "refused", id: "msg_1", sqlstate: "23514" }),
      expect.objectContaining({ messages: 1, retried: 1, dead: 0 }),
    ]);
    expect(broker.waiting).toHaveLength(1);
  });

  test("keeps what the dead-letter queue does not take", async () => {
    await world.query("alter table clerk.users add constraint no check (email is null)");
    await enqueue([asDelivered("msg_1", created)]);
    await logged(() => dispatch({ ...bindings, DEAD_EVENTS: { send: () => Promise.reject(new Error("no")) } }));
    expect(broker.waiting).toHaveLength(1);
  });

  test.for([
    "",
    "{",
    "null",
    "[]",
    '{"type":"user.created"}',
    '{"id":"msg_1","changes":[{"table":"x","row":{"id":"user_1"}}]}',
    '{"id":"msg_1","changes":[{"table":"toString","row":{"id":"user_1"}}]}',
  ])("a message that is none of the Worker's is dead: %j", async (body) => {
    await broker.send(body, { contentType: "text" });
    await enqueue([asDelivered("msg_1", created)]);
    const lines = await logged(() => dispatch());
    expect(JSON.parse(lines[0] ?? "")).toEqual({ job: "queue", error: "malformed" });
    expect(dead.waiting.map((held) => held.body)).toEqual([body]);
    expect(broker.waiting).toEqual([]);
    expect(await world.users()).toEqual(fold([asDelivered("msg_1", created)]).users);
  });

  const faults: [Fault | "refused", Record<string, unknown>][] = [
    ["refused", { error: "unavailable", cause: "network" }],
    ["server-error", { error: "unavailable", cause: "http_500" }],
    ["shutdown-before", { error: "unavailable", sqlstate: "57P01" }],
    ["answer-lost", { error: "unavailable" }],
    ["hang", { error: "unavailable", cause: "timeout" }],
  ];
  test.for(faults)("at the fault %s, all come again, and are asked for once", async ([fault, failure]) => {
    // Two calls' worth of rows: the second is not tried.
    const deliveries = Array.from({ length: 300 }, (_, n) => asDelivered(`msg_${n}`, update(n, { id: `user_${n}` })));
    await enqueue(deliveries);
    const behind: Bindings =
      fault === "refused"
        ? { ...bindings, NEON_FETCH_ENDPOINT: "http://127.0.0.1:1/sql" }
        : {
            ...bindings,
            DATABASE_URL: `${world.bindings.DATABASE_URL}?application_name=${fault}`,
            NEON_FETCH_ENDPOINT: inject("faultyEndpoint"),
          };
    const lines = await logged(async () => {
      const given = () => roundTrips(() => dispatch(behind, 300));
      expect(await (fault === "hang" ? atDeadline(10_000, given) : given())).toBe(1);
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ job: "queue", messages: 300, retried: 300, calls: 1, ...failure }),
    ]);
    expect(lines.join()).not.toMatch(/grace|hopper|example\.com|postgres:|127\.0\.0\.1/i);
    expect(broker.waiting).toHaveLength(300);
    await dispatch(bindings, 300);
    expect(broker.waiting).toEqual([]);
    expect(await world.copy()).toEqual(fold(deliveries));
  });

  test("with a setting that is wrong, all come again, and the setting is named", async () => {
    await enqueue([asDelivered("msg_1", created)]);
    const lines = await logged(() => dispatch({ ...bindings, DATABASE_URL: "" }));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ error: "misconfigured", setting: "DATABASE_URL", messages: 1, retried: 1 }),
    ]);
    expect(broker.waiting).toHaveLength(1);
  });

  test("waits twice as long each time, up to an hour, and not all at once", () => {
    expect([1, 2, 3, 9, 10, 100].map((attempts) => delayOf(attempts, () => 0))).toEqual([5, 10, 20, 1280, 1800, 1800]);
    expect([1, 2, 9, 10, 100].map((attempts) => delayOf(attempts, () => 0.999))).toEqual([10, 20, 2559, 3599, 3599]);
    expect(new Set(Array.from({ length: 50 }, () => delayOf(8))).size).toBeGreaterThan(25);
  });
});
