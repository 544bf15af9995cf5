import { beforeEach, describe, expect, inject, test } from "vitest";
import type { Bindings } from "../../src/settings.ts";
import type { Fault } from "../support/fault.ts";
import { epoch, event, userData } from "../support/worker/clerk.ts";
import { logged } from "../support/worker/logged.ts";
import { atDeadline } from "../support/worker/timers.ts";
import { newWorld, type World } from "../support/worker/world.ts";

let world: World;
beforeEach(async () => {
  world = await newWorld();
});

const created = event("user.created", userData());

/** The Worker's bindings, with a fault between it and Postgres. */
const behind = (fault: Fault): Bindings => ({
  ...world.bindings,
  DATABASE_URL: `${world.bindings.DATABASE_URL}?application_name=${fault}`,
  NEON_FETCH_ENDPOINT: inject("faultyEndpoint"),
});

/** Delivers once, expects the status and the logged SQLSTATE, and that nothing of a payload or setting shows. */
const deliverTo = async (bindings: Bindings, status: number, error: string, sqlstate?: string, cause?: string) => {
  let shown = "";
  const lines = await logged(async () => {
    const answer = await world.deliver("msg_1", created, bindings);
    expect(answer).toMatchObject({ status, body: { error } });
    expect(answer.headers.get("Retry-After")).toBe(status === 503 ? "5" : null);
    shown = JSON.stringify(answer.body);
  });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      id: "msg_1",
      type: "user.created",
      error,
      status,
      ...(sqlstate === undefined ? {} : { sqlstate }),
      ...(cause === undefined ? {} : { cause }),
    }),
  ]);
  expect(`${shown} ${lines.join(" ")}`).not.toMatch(/grace|hopper|example\.com|1202555|postgres:|whsec_|127\.0\.0\.1/i);
};

const emptyLedger: unknown[] = [];
const once = [expect.objectContaining({ id: "msg_1", outcome: "applied", attempts: 1 })];
const twice = [expect.objectContaining({ id: "msg_1", outcome: "applied", attempts: 2 })];

/** What Svix does after every failure, and what the copy then has to be: as if there had been none. */
const heals = async (ledger: unknown[]) => {
  expect(await world.deliver("msg_1", created)).toMatchObject({ status: 200 });
  expect(await world.ledger()).toEqual(ledger);
  expect(await world.users()).toMatchObject({
    user_1: { email: "grace@example.com", version: `1${epoch + 5}${epoch}msg_1` },
  });
};

describe("503, and nothing is written", () => {
  test("when the connection is refused", async () => {
    await deliverTo(
      { ...world.bindings, NEON_FETCH_ENDPOINT: "http://127.0.0.1:1/sql" },
      503,
      "unavailable",
      undefined,
      "network",
    );
    expect(await world.dump()).toEqual([]);
    await heals(once);
  });

  const faults: [Fault, string | undefined, string | undefined][] = [
    ["server-error", undefined, "http_500"],
    ["html", undefined, "answer"],
    ["shutdown-before", "57P01", undefined],
  ];
  test("when the database does not exist: Neon's proxy answers that with 500", async () => {
    await deliverTo(
      at((url) => (url.pathname = "/nowhere")),
      503,
      "unavailable",
      undefined,
      "http_500",
    );
  });

  test.for(faults)("at the fault %s", async ([fault, sqlstate, cause]) => {
    await deliverTo(behind(fault), 503, "unavailable", sqlstate, cause);
    expect(await world.dump()).toEqual(emptyLedger);
    await heals(once);
  });

  test("after 10 s, when the database hangs", async () => {
    await atDeadline(10_000, () => deliverTo(behind("hang"), 503, "unavailable", undefined, "timeout"));
    expect(await world.dump()).toEqual([]);
    await heals(once);
  });
});

describe("503 though it is committed, all of it, and the next attempt changes nothing", () => {
  test.for(["answer-lost", "answer-replaced", "answer-cut-off"] satisfies Fault[])("at the fault %s", async (fault) => {
    await deliverTo(behind(fault), 503, "unavailable");
    expect(await world.ledger()).toEqual(once);
    const users = await world.users();
    await heals(twice);
    expect(await world.users()).toEqual(users);
  });

  test("after 10 s, when the database hangs inside its answer", async () => {
    await atDeadline(
      10_000,
      () => deliverTo(behind("hang-in-answer"), 503, "unavailable"),
      async () => {
        while ((await world.ledger()).length === 0) await scheduler.wait(5);
      },
    );
    expect(await world.ledger()).toEqual(once);
    await heals(twice);
  });
});

describe("500 refused, and nothing is written", () => {
  const constraints: [string, string, string][] = [
    [
      "23514",
      "alter table clerk.users add constraint no check (email is null)",
      "alter table clerk.users drop constraint no",
    ],
    [
      "23502",
      "alter table clerk.users alter column phone set not null",
      "alter table clerk.users alter column phone drop not null",
    ],
    // The user's row is merged before the ledger's is refused: it has to go again.
    [
      "23514",
      "alter table clerk.deliveries add constraint no check (attempts > 1)",
      "alter table clerk.deliveries drop constraint no",
    ],
    [
      "22001",
      "do $$ begin drop view clerk.living_users; alter table clerk.users alter column first_name type varchar(2); end $$",
      "alter table clerk.users alter column first_name type text",
    ],
    [
      "P0001",
      `do $$ begin
        create function public.no() returns trigger language plpgsql as 'begin raise exception ''Grace''; end';
        create trigger no before insert on clerk.users for each row execute function public.no();
      end $$`,
      "drop trigger no on clerk.users",
    ],
  ];
  test.for(constraints)("with %s: %s", async ([sqlstate, break_, mend]) => {
    await world.query(break_);
    // A user without a phone, for the constraint that wants one.
    const lacking = event(
      "user.created",
      userData({ primary_phone_number_id: sqlstate === "23502" ? null : "idn_phone" }),
    );
    const lines = await logged(async () => {
      expect(await world.deliver("msg_1", lacking)).toMatchObject({ status: 500, body: { error: "refused" } });
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ error: "refused", sqlstate, status: 500 }),
    ]);
    expect(lines.join()).not.toMatch(/grace|hopper|example/i);
    expect(await world.dump()).toEqual([]);
    await world.query(mend);
    await heals(once);
  });
});

const at = (change: (url: URL) => void): Bindings => {
  // The owner's: with the Worker's role, what is missing elsewhere is the right to look.
  const url = new URL(world.url);
  change(url);
  return { ...world.bindings, DATABASE_URL: url.href };
};

test("metadata of numbers as long as JSON has them stays what it is, and small", async () => {
  // 8 KB, which is all that Clerk takes. Postgres prints each with 309 digits.
  const unsafe_metadata = { numbers: Array.from({ length: 1300 }, () => 1e308) };
  expect(await world.deliver("msg_1", event("user.created", userData({ unsafe_metadata })))).toMatchObject({
    status: 200,
  });
  const [[text, stored]] = (await world.query(
    "select unsafe_metadata::text, pg_column_size(unsafe_metadata) from clerk.users",
  )) as [[string, string]];
  expect(JSON.parse(text)).toEqual(unsafe_metadata);
  expect(text.length).toBeLessThan(0.5 * 1024 * 1024);
  expect(Number(stored)).toBeLessThan(32 * 1024);
});

test("text of any length is taken, and refused only for an index of the owner's", async () => {
  const long = Array.from({ length: 40 }, () => crypto.randomUUID() + crypto.randomUUID()).join("");
  const email = { id: "idn_email", email_address: `${long}@example.com` };
  const lengthy = event(
    "user.created",
    userData({ external_id: long, username: long, email_addresses: [email], primary_email_address_id: email.id }),
  );
  await world.query("create index own on clerk.users (username)");
  const lines = await logged(async () => {
    expect(await world.deliver("msg_1", lengthy)).toMatchObject({ status: 500, body: { error: "refused" } });
  });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ error: "refused", sqlstate: "54000" }),
  ]);
  expect(await world.dump()).toEqual([]);

  await world.query("drop index clerk.own");
  expect(await world.deliver("msg_1", lengthy)).toMatchObject({ status: 200, body: { outcome: "applied" } });
  const organization = event("organization.created", {
    id: "org_1",
    name: "Long",
    slug: long,
    created_at: 1,
    updated_at: 1,
  });
  expect(await world.deliver("msg_2", organization)).toMatchObject({ status: 200, body: { outcome: "applied" } });
  expect(await world.query("select email, external_id from clerk.users")).toEqual([[email.email_address, long]]);
});

describe("500 misconfigured, and nothing is written", () => {
  test("when the function is missing", async () => {
    await world.query("alter function clerk.merge_1 rename to merge_0");
    await deliverTo(world.bindings, 500, "misconfigured", "42883");
    expect(await world.dump()).toEqual([]);
    await world.query("alter function clerk.merge_0 rename to merge_1");
    await heals(once);
  });

  test("when a table is missing", async () => {
    await world.query("alter table clerk.deliveries rename to deliveries_old");
    await deliverTo(world.bindings, 500, "misconfigured", "42P01");
    await world.query("alter table clerk.deliveries_old rename to deliveries");
    expect(await world.dump()).toEqual([]);
    await heals(once);
  });

  test("when nothing was migrated", async () => {
    await deliverTo(
      at((url) => (url.pathname = "/postgres")),
      500,
      "misconfigured",
      "3F000",
    );
  });

  test("when the password is wrong, which Neon's proxy says without an SQLSTATE", async () => {
    await deliverTo(
      at((url) => (url.password = "hunter2")),
      500,
      "misconfigured",
    );
    expect(await world.dump()).toEqual([]);
  });

  test("when the role may not call the function", async () => {
    const role = `stranger_${crypto.randomUUID().slice(0, 8)}`;
    await world.query(`create role ${role} login password 'stranger'`);
    await world.query(`grant usage on schema clerk to ${role}`);
    const url = new URL(world.bindings.DATABASE_URL);
    url.username = role;
    url.password = "stranger";
    await deliverTo({ ...world.bindings, DATABASE_URL: url.href }, 500, "misconfigured", "42501");
    await world.query(`drop owned by ${role}`);
    await world.query(`drop role ${role}`);
    expect(await world.dump()).toEqual([]);
  });

  test("when the database defaults to an isolation level in which the law cannot be kept", async () => {
    await world.query(
      `alter database ${new URL(world.bindings.DATABASE_URL).pathname.slice(1)} set default_transaction_isolation to 'repeatable read'`,
    );
    // The Worker's own role has a default that goes before the database's. The owner has not.
    const anew = { ...world.bindings, DATABASE_URL: `${world.url}?application_name=anew` };
    await deliverTo(anew, 500, "misconfigured", "42000");
    expect(await world.dump()).toEqual([]);
  });
});
