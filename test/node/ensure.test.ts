import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestHarness } from "wrangler";
import { type BackendApi, startBackendApi } from "../../dev/clerk/backend-api.ts";
import { signDelivery } from "../../dev/clerk/delivery.ts";
import type { ClerkEvent } from "../../dev/clerk/events.ts";
import { createInstance, type Instance } from "../../dev/clerk/instance.ts";
import { newClock } from "../support/clock.ts";
import type { User } from "../../dev/clerk/objects.ts";
import { newSigningSecret } from "../../cli/dev-vars.ts";
import { startOwnConfig } from "../../dev/own-config.ts";
import { type Gateway, startGateway } from "../../dev/gateway.ts";
import { migrate } from "../../cli/migrate.ts";
import type { Call, Outcome, Row } from "../support/caller/call.ts";
import { execute, type Postgres, startPostgres } from "../support/postgres.ts";
import { realityOf } from "../support/node/reality.ts";

/** The real Worker, called over service bindings by the example in docs/consumer and by a Worker that does as it is told. */

const secret = newSigningSecret();
const secretKey = "sk_test_simulated";
let postgres: Postgres;
let url: string;
let database: pg.Client;
/** Clerk's. It dates its answers in whole seconds. */
const clock = newClock();
let instance: Instance;
let api: BackendApi;
let gateway: Gateway;
let harness: ReturnType<typeof createTestHarness>;
let caller: URL;
/** What Clerk has sent, and did not arrive. */
let events: ClerkEvent[] = [];
/** A user whom the copy has. */
let bystander: string;
/** What a caller waits for before it leaves, and what it leaves by. */
let departures: Server;
let departed: Promise<void>;
let leave: () => void;

beforeAll(async () => {
  postgres = await startPostgres();
  url = postgres.url("mirror");
  await execute(postgres.url("postgres"), "create database mirror");
  await migrate(url);
  database = new pg.Client({ connectionString: url });
  await database.connect();
  instance = createInstance({ seed: 1, id: "ins_2simulatedsimulatedsimulated", now: clock });
  instance.onEvent((event) => events.push(event));
  api = await startBackendApi(instance, { secretKey });
  gateway = await startGateway({ connections: 20 });

  const compatibility_date = "2026-11-01";
  const secrets = { DATABASE_URL: url, CLERK_WEBHOOK_SIGNING_SECRET: secret };
  const vars = { NEON_FETCH_ENDPOINT: gateway.url, CLERK_API_URL: api.url };
  const all = { ...secrets, ...vars, CLERK_SECRET_KEY: secretKey };
  const services: [NonNullable<Call["mirror"]>, string][] = [
    ["MIRROR", "clerk-mirror"],
    ["WITHOUT_KEY", "without-key"],
    ["WRONG_KEY", "wrong-key"],
    ["WITHOUT_DATABASE", "without-database"],
    ["FORGETFUL", "forgetful"],
  ];
  const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const other = (name: string, bindings: Record<string, string>, main = "src/index.ts") => ({
    config: { name, main: at(main), compatibility_date, vars: bindings },
  });
  const config = await startOwnConfig(false);
  harness = createTestHarness({
    // Not the repository, whose .dev.vars would be read.
    root: dirname(config.path),
    workers: [
      {
        config: {
          name: "caller",
          main: at("test/support/caller/worker.ts"),
          compatibility_date,
          services: services.map(([binding, service]) => ({ binding, service, entrypoint: "Mirror" })),
        },
      },
      { configPath: at("docs/consumer/wrangler.toml") },
      { configPath: config.path, vars, secrets: { ...secrets, CLERK_SECRET_KEY: secretKey } },
      other("without-key", { ...secrets, ...vars }),
      other("wrong-key", { ...all, CLERK_SECRET_KEY: "sk_test_another" }),
      // Nobody listens there.
      other("without-database", { ...all, NEON_FETCH_ENDPOINT: "http://127.0.0.1:9/sql" }),
      other("forgetful", all, "test/support/caller/forgetful-mirror.ts"),
    ],
  });
  ({ url: caller } = await harness.listen());
  departures = createServer((_, response) => void departed.then(() => response.end()));
  await new Promise<void>((resolve) => departures.listen(0, "127.0.0.1", resolve));
  bystander = instance.signUp().id;
  await ensure({ id: bystander });
});
afterAll(async () => {
  await harness.close();
  departures.close();
  await gateway.close();
  await api.close();
  await database.end();
  await postgres.close();
});
beforeEach(() => {
  api.gate = async () => {};
  api.fault = () => "none";
  events = [];
  departed = new Promise((resolve) => (leave = resolve));
});

const calls = async (call: Call, signal?: AbortSignal): Promise<Outcome[]> => {
  const response = await fetch(caller, { method: "POST", body: JSON.stringify(call), ...(signal ? { signal } : {}) });
  expect(response.status).toBe(200);
  return (await response.json()) as Outcome[];
};
const untilDeparture = (): string => `http://127.0.0.1:${(departures.address() as AddressInfo).port}/`;
const rowOf = (outcome: Outcome | undefined): Row | null => {
  if (outcome === undefined || !("row" in outcome)) throw new Error(JSON.stringify(outcome));
  return outcome.row;
};
const ensure = async (call: Call): Promise<Row | null> => rowOf((await calls(call))[0]);
const failureOf = async (call: Call): Promise<string> => {
  const [outcome] = await calls(call);
  if (outcome === undefined || !("error" in outcome)) throw new Error(JSON.stringify(outcome));
  expect(outcome.error.name).toBe("EnsureError");
  // Neither of whom it was about, nor what opens anything.
  expect(outcome.error.message).not.toMatch(/user_|sk_|whsec_|:\/\/|127\.0\.0\.1/);
  return outcome.error.message;
};

/** How many requests came to Clerk meanwhile. */
const requestsOf = async (act: () => Promise<unknown>): Promise<number> => {
  const before = api.requests;
  await act();
  return api.requests - before;
};

type Gate = { open(): void };

/** Keeps Clerk's answers back from now on. */
const closedGate = (): Gate => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  api.gate = () => opened;
  return { open };
};

/** Settles when Clerk has been asked for something by one of the calls that are under way. */
const untilAsked = async (requests: number): Promise<void> => {
  await expect.poll(() => api.requests).toBeGreaterThan(requests);
};

/**
 * Settles when the Workers have read so many answers of the database since there were so many. The last of them is to a
 * call of its own: what the Workers' process was given before that one, it has read by then.
 */
const untilRead = async (answers: number, more: number): Promise<void> => {
  await expect.poll(() => gateway.answers).toBeGreaterThanOrEqual(answers + more);
  await ensure({ id: bystander });
};

/** A row as the database has it, without what only the database knows. */
const stored = async (table: string, id: string): Promise<Record<string, unknown> | undefined> => {
  const { rows } = await database.query<{ row: Record<string, unknown> }>(
    `select to_jsonb(t) - 'version' as row from clerk.${table} as t where id = $1`,
    [id],
  );
  return rows[0]?.row;
};

/** What a row has to be, by the simulated Clerk and the tests' own fold. */
const real = (table: string, id: string): unknown => {
  const { deleted: _, ...row } = realityOf(instance)[table]?.[id] ?? {};
  return { ...row, deleted_at: null, synced_at: expect.any(String) as unknown };
};

/** Lets the last event arrive, or a changed one. */
const deliver = async (event = events.at(-1)): Promise<unknown> => {
  const { headers, body } = signDelivery(secret, `msg_${crypto.randomUUID().replaceAll("-", "")}`, event);
  const answer = await harness.getWorker("clerk-mirror").fetch("http://mirror/api/webhook", {
    method: "POST",
    headers,
    body,
  });
  expect(answer.status).toBe(200);
  return answer.json();
};

const newcomer = (): User => instance.signUp();

describe("what is returned", () => {
  test("a row that is there, without asking Clerk", async () => {
    const { id } = newcomer();
    await deliver();
    let row: Row | null = null;
    expect(await requestsOf(async () => (row = await ensure({ id })))).toBe(0);
    expect(row).toEqual(real("users", id));
    expect(row).toEqual(await stored("users", id));
  });

  test("a user whose event has not arrived, from Clerk and through the merge", async () => {
    const { id } = newcomer();
    let row: Row | null = null;
    expect(await requestsOf(async () => (row = await ensure({ id })))).toBe(1);
    expect(row).toEqual(real("users", id));
    expect(row).toEqual(await stored("users", id));
    expect(await requestsOf(() => ensure({ id }))).toBe(0);
  });

  test("an organization", async () => {
    const { id } = instance.createOrganization(newcomer().id);
    expect(await ensure({ method: "ensureOrganization", id })).toEqual(real("organizations", id));
    expect(await requestsOf(() => ensure({ method: "ensureOrganization", id }))).toBe(0);
  });

  test("null for a user that the copy has as deleted, without asking Clerk", async () => {
    const { id } = newcomer();
    await deliver();
    instance.deleteUser(id);
    await deliver();
    expect(await requestsOf(async () => expect(await ensure({ id, options: { updatedAfter: 1e13 } })).toBeNull())).toBe(
      0,
    );
  });

  test("a user that a run has deleted, since Clerk did not seem to have it any more, and that is there", async () => {
    const { id } = newcomer();
    await deliver();
    const version = `1${instance.users.need(id).updated_at}${clock()}api_1`;
    const changes = JSON.stringify({ users: [{ id, version, deleted: true }] });
    await database.query("select clerk.merge_1($1, '[]')", [changes]);
    expect(await stored("users", id)).toMatchObject({ deleted_at: expect.any(String), email: null });
    clock.pass(2000);
    expect(await requestsOf(async () => expect(await ensure({ id })).toEqual(real("users", id)))).toBe(1);
  });

  test("null for an id that Clerk does not know, and nothing is written", async () => {
    const id = "user_2nobody";
    expect(await requestsOf(async () => expect(await ensure({ id })).toBeNull())).toBe(1);
    expect(await stored("users", id)).toBeUndefined();
  });

  test("null for a user that Clerk has deleted, where that event has not arrived", async () => {
    const { id } = newcomer();
    await deliver();
    instance.deleteUser(id);
    expect(await ensure({ id, options: { updatedAfter: Date.now() + 1 } })).toBeNull();
  });

  test.each(["", "user", "count", "user_1/../count", "user_1?x=1", "org_1", `user_${"x".repeat(200)}`])(
    "null for %j, which is no user's id, without asking Clerk",
    async (id) => {
      expect(await requestsOf(async () => expect(await ensure({ id })).toBeNull())).toBe(0);
    },
  );

  test("null for an organization's slug", async () => {
    const { id, slug } = instance.createOrganization(newcomer().id);
    expect(await ensure({ method: "ensureOrganization", id: slug ?? "" })).toBeNull();
    instance.renameOrganization(id, { name: "Slug", slug: "org_like-an-id" });
    expect(await ensure({ method: "ensureOrganization", id: "org_like-an-id" })).toBeNull();
    expect(await stored("organizations", id)).toBeUndefined();
  });

  test("a row whose id alone an app has inserted, filled", async () => {
    const { id } = newcomer();
    await database.query("insert into clerk.users (id) values ($1)", [id]);
    expect(await ensure({ id })).toEqual(real("users", id));
    await database.query("insert into clerk.users (id) values ('user_2inserted')");
    expect(await ensure({ id: "user_2inserted" })).toBeNull();
  });

  test("the whole user where the copy has a fragment", async () => {
    const { id } = newcomer();
    instance.signIn(id);
    const event = events.find(({ type }) => type === "session.created") as ClerkEvent;
    const { private_metadata: _, primary_email_address_id: __, ...user } = event.data.user as Record<string, unknown>;
    await deliver({ ...event, data: { ...event.data, user } });
    expect(await stored("users", id)).toMatchObject({ email: null });
    expect(await requestsOf(async () => expect(await ensure({ id })).toEqual(real("users", id)))).toBe(1);
    expect(await requestsOf(() => ensure({ id }))).toBe(0);
  });
});

describe("updatedAfter", () => {
  test("asks Clerk where the row is older, and returns the newer one", async () => {
    const { id } = newcomer();
    await deliver();
    const { updated_at } = instance.rename(id, { first_name: "Grace", last_name: "Hopper" });
    expect(await ensure({ id })).not.toMatchObject({ name: "Grace Hopper" });
    let row: Row | null = null;
    expect(await requestsOf(async () => (row = await ensure({ id, options: { updatedAfter: updated_at } })))).toBe(1);
    expect(row).toEqual(real("users", id));
    expect(row).toMatchObject({ name: "Grace Hopper" });
    expect(await requestsOf(() => ensure({ id, options: { updatedAfter: updated_at } }))).toBe(0);
  });

  test("does not ask where the row is as new", async () => {
    const { id, updated_at } = newcomer();
    await deliver();
    expect(await requestsOf(() => ensure({ id, options: { updatedAfter: updated_at } }))).toBe(0);
    expect(await requestsOf(() => ensure({ id, options: { updatedAfter: updated_at - 1 } }))).toBe(0);
  });

  test("returns what Clerk has where that is older as well", async () => {
    const { id } = newcomer();
    const options = { updatedAfter: Date.now() + 3_600_000 };
    expect(await ensure({ id, options })).toEqual(real("users", id));
    expect(await requestsOf(() => ensure({ id, options }))).toBe(1);
  });

  test("is refused where it is no time", async () => {
    const options = JSON.parse('{ "updatedAfter": "yesterday" }') as { updatedAfter: number };
    expect(await failureOf({ id: newcomer().id, options })).toBe(
      "updatedAfter is neither a Date nor a number of milliseconds",
    );
  });
});

describe("calls at once", () => {
  /** Lets twenty calls, or as many, look into the copy before Clerk answers the first of them. */
  const together = async <Result>(act: () => Promise<Result>, number = 20): Promise<Result> => {
    const { answers } = gateway;
    const gate = closedGate();
    const acted = act();
    await untilRead(answers, number);
    gate.open();
    return acted;
  };

  test("twenty within a request ask Clerk once, and have the same answer", async () => {
    const { id } = newcomer();
    let outcomes: Outcome[] = [];
    expect(await requestsOf(async () => (outcomes = await together(() => calls({ id, times: 20 }))))).toBe(1);
    expect(outcomes.map(rowOf)).toEqual(Array(20).fill(real("users", id)));
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
  });

  test("twenty in requests of their own ask Clerk once, and have the same answer", async () => {
    const { id } = newcomer();
    let rows: (Row | null)[] = [];
    const twenty = () => Promise.all(Array.from({ length: 20 }, () => ensure({ id })));
    expect(await requestsOf(async () => (rows = await together(twenty)))).toBe(1);
    expect(rows).toEqual(Array(20).fill(real("users", id)));
    expect(new Set(rows.map((row) => JSON.stringify(row))).size).toBe(1);
  });

  test("twenty that ask for more than Clerk has ask it twice at most", async () => {
    const { id } = newcomer();
    const options = { updatedAfter: Date.now() + 3_600_000 };
    const before = gateway.answers;
    let gates = 0;
    // Clerk's first answer is kept back until all have looked into the copy, and the bystander as well. It is merged, all
    // look again, and nineteen want to know more: the second answer is kept back until then.
    api.gate = async () => untilRead(before, (gates += 1) === 1 ? 20 : 42);
    let outcomes: Outcome[] = [];
    expect(await requestsOf(async () => (outcomes = await calls({ id, options, times: 20 })))).toBe(2);
    expect(outcomes.map(rowOf)).toEqual(Array(20).fill(real("users", id)));
  });

  test("for different users do not wait for each other", async () => {
    const ids = Array.from({ length: 10 }, () => newcomer().id);
    const before = api.requests;
    const gate = closedGate();
    const ensured = Promise.all(ids.map((id) => ensure({ id })));
    // All are asked for before any is answered.
    await expect.poll(() => api.requests).toBe(before + 10);
    gate.open();
    expect(await ensured).toEqual(ids.map((id) => real("users", id)));
    expect(api.requests).toBe(before + 10);
  });

  test("one that needs a newer row than the request under way will bring asks again", async () => {
    const { id } = newcomer();
    const before = api.requests;
    const { answers } = gateway;
    const gate = closedGate();
    const first = ensure({ id });
    await untilAsked(before);
    const { updated_at } = instance.rename(id, { first_name: "Grace", last_name: "Hopper" });
    const second = ensure({ id, options: { updatedAfter: updated_at } });
    await untilRead(answers, 2);
    gate.open();
    expect(await second).toMatchObject({ name: "Grace Hopper" });
    expect(api.requests).toBe(before + 2);
    expect(await first).toMatchObject({ id });
  });

  test("one for a user who signs up while a request for them is under way has the user", async () => {
    const user = newcomer();
    instance.users.delete(user.id);
    const before = api.requests;
    const { answers } = gateway;
    const gate = closedGate();
    const first = ensure({ id: user.id });
    await untilAsked(before);
    instance.users.add(user);
    const second = ensure({ id: user.id });
    await untilRead(answers, 2);
    gate.open();
    expect(await second).toEqual(real("users", user.id));
    expect(await first).toBeNull();
  });

  test("fail together where Clerk does, and the next one succeeds", async () => {
    const { id } = newcomer();
    api.fault = () => "server-error";
    let outcomes: Outcome[][] = [];
    const five = () => Promise.all(Array.from({ length: 5 }, () => calls({ id })));
    expect(await requestsOf(async () => (outcomes = await together(five, 5)))).toBe(1);
    for (const [outcome] of outcomes) expect(outcome).toHaveProperty("error");
    api.fault = () => "none";
    expect(await ensure({ id })).toEqual(real("users", id));
  });
});

describe("a caller that is gone", () => {
  test("leaves the request to Clerk under way to the others", async () => {
    const { id } = newcomer();
    const before = api.requests;
    const { answers } = gateway;
    const gate = closedGate();
    const first = calls({ id, until: untilDeparture() });
    await untilAsked(before);
    const second = ensure({ id });
    await untilRead(answers, 2);
    leave();
    expect(await first).toEqual([{ abandoned: true }]);
    gate.open();
    expect(await second).toEqual(real("users", id));
    expect(api.requests).toBe(before + 1);
  });

  test("by its client's doing, as well", async () => {
    const { id } = newcomer();
    const before = api.requests;
    const { answers } = gateway;
    const gate = closedGate();
    const leaving = new AbortController();
    const first = calls({ id }, leaving.signal);
    await untilAsked(before);
    const second = ensure({ id });
    await untilRead(answers, 2);
    leaving.abort();
    await expect(first).rejects.toThrow(/abort/);
    gate.open();
    expect(await second).toEqual(real("users", id));
  });

  test("leaves a row", async () => {
    const { id } = newcomer();
    const before = api.requests;
    const gate = closedGate();
    const first = calls({ id, until: untilDeparture() });
    await untilAsked(before);
    leave();
    expect(await first).toEqual([{ abandoned: true }]);
    gate.open();
    await expect.poll(() => stored("users", id)).toEqual(real("users", id));
  });

  test("while Clerk hangs, leaves the others an error in time, and the next one a row", async () => {
    api.fault = () => "hang";
    const { id } = newcomer();
    const before = api.requests;
    const first = calls({ id, until: untilDeparture() });
    await untilAsked(before);
    const { answers } = gateway;
    const second = failureOf({ id });
    await untilRead(answers, 1);
    leave();
    await first;
    expect(await second).toBe('{"error":"clerk_unavailable","cause":"timeout"}');
    api.fault = () => "none";
    expect(await ensure({ id })).toEqual(real("users", id));
  });

  test("and whose request is dropped with it, is waited for, and then Clerk is asked anew, once for all", async () => {
    const { id } = newcomer();
    const before = api.requests;
    const { answers } = gateway;
    let isAnew = false;
    let gates = 0;
    const gate = closedGate();
    const held = api.gate;
    api.gate = async () => {
      if ((gates += 1) === 1) return held();
      isAnew = true;
    };
    const first = calls({ mirror: "FORGETFUL", id, until: untilDeparture() });
    await untilAsked(before);
    const others = Array.from({ length: 5 }, () => ensure({ mirror: "FORGETFUL", id }));
    await untilRead(answers, 6);
    leave();
    expect(await first).toEqual([{ abandoned: true }]);
    expect(isAnew).toBe(false);
    expect(await Promise.all(others)).toEqual(Array(5).fill(real("users", id)));
    expect(api.requests).toBe(before + 2);
    gate.open();
  });
});

describe("what goes wrong", () => {
  test("a refused key is named", async () => {
    expect(await failureOf({ mirror: "WRONG_KEY", id: newcomer().id })).toBe('{"error":"clerk_unauthorized"}');
  });

  test("a missing key is named, whether the row is there or not", async () => {
    const { id } = newcomer();
    const missing =
      /^{"error":"misconfigured","setting":"CLERK_SECRET_KEY","reason":"is not set; set it with `npx wrangler /;
    expect(await failureOf({ mirror: "WITHOUT_KEY", id })).toMatch(missing);
    await deliver();
    expect(await failureOf({ mirror: "WITHOUT_KEY", id })).toMatch(missing);
  });

  test.each([
    ["server-error", /http_500/],
    ["rate-limited", /http_429/],
    ["html", /http_502/],
    // What is between a local Worker and the world makes answers of its own of broken connections.
    ["cut-off", /answer|network|timeout/],
    ["destroyed", /network|http_500/],
  ] as const)("Clerk's %s is told, and the next call succeeds", async (fault, cause) => {
    const { id } = newcomer();
    api.fault = () => fault;
    const message = await failureOf({ id });
    expect(message).toMatch(/^{"error":"clerk_unavailable","cause":"\w+"(,"seconds":\d+)?}$/);
    expect(message).toMatch(cause);
    api.fault = () => "none";
    expect(await ensure({ id })).toEqual(real("users", id));
  });

  test("Clerk that hangs is given up", async () => {
    const { id } = newcomer();
    api.fault = () => "hang";
    expect(await failureOf({ id })).toBe('{"error":"clerk_unavailable","cause":"timeout"}');
  });

  test("a row that Postgres refuses is told, and is not nobody", async () => {
    const { id } = newcomer();
    await execute(url, `alter table clerk.users add constraint not_you check (id <> '${id}')`);
    try {
      expect(await failureOf({ id })).toBe('{"error":"refused","sqlstate":"23514"}');
    } finally {
      await execute(url, "alter table clerk.users drop constraint not_you");
    }
    expect(await ensure({ id })).toMatchObject({ id });
  });

  test("a database that is away is told, and Clerk is not asked", async () => {
    const { id } = newcomer();
    let message = "";
    expect(await requestsOf(async () => (message = await failureOf({ mirror: "WITHOUT_DATABASE", id })))).toBe(0);
    expect(message).toMatch(/^{"error":"unavailable","cause":"(network|http_500)"}$/);
  });
});

describe("the events that arrive later", () => {
  test("change nothing where they are no news, and merge where they are", async () => {
    const { id } = newcomer();
    const [created] = events;
    clock.pass(2000);
    await ensure({ id });
    expect(await deliver(created)).toMatchObject({ outcome: "stale" });
    expect(await stored("users", id)).toEqual(real("users", id));

    instance.rename(id, { first_name: "Grace", last_name: "Hopper" });
    expect(await deliver()).toMatchObject({ outcome: "applied" });
    expect(await ensure({ id })).toMatchObject({ name: "Grace Hopper" });

    instance.deleteUser(id);
    expect(await deliver()).toMatchObject({ outcome: "applied" });
    expect(await requestsOf(async () => expect(await ensure({ id })).toBeNull())).toBe(0);
  });
});

describe("docs/consumer", () => {
  const order = (id: string) => harness.getWorker("shop").fetch("http://shop/", { headers: { "X-User-Id": id } });

  test("takes the order of somebody who has just signed up, whose row is there by then", async () => {
    const { id } = newcomer();
    const answer = await order(id);
    expect(answer.status).toBe(200);
    const row = await stored("users", id);
    expect(await answer.json()).toEqual({ order: { user_id: id, receipt_to: row?.email } });
    expect(row).toEqual(real("users", id));
  });

  test("answers 404 for nobody, and 503 where Clerk is away", async () => {
    expect((await order("user_2nobody")).status).toBe(404);
    expect((await order("")).status).toBe(404);
    api.fault = () => "server-error";
    const answer = await order(newcomer().id);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ error: "unavailable" });
  });
});
