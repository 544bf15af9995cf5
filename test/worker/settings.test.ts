import { createExecutionContext, createScheduledController, waitOnExecutionContext } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import worker from "../../src/index.ts";
import { startReconciliation } from "../../src/sync/schedule.ts";
import { services } from "../../src/services.ts";
import type { Bindings } from "../../src/settings.ts";
import { deletion, epoch, event, sessionData, userData } from "../support/worker/clerk.ts";
import { logged } from "../support/worker/logged.ts";
import { newWorld } from "../support/worker/world.ts";

describe("MIRROR_OMIT", () => {
  test("names columns that are never stored, and others are", async () => {
    const world = await newWorld();
    const own = { ...world.bindings, MIRROR_OMIT: "users.private_metadata,users.phone\n sessions.latest_activity" };
    const session = sessionData(userData({ updated_at: epoch + 9 }), { latest_activity: { ip_address: "192.0.2.1" } });
    expect(await world.deliver("msg_1", event("user.created", userData()), own)).toMatchObject({ status: 200 });
    expect(await world.deliver("msg_2", event("session.created", session), own)).toMatchObject({ status: 200 });
    const copy = await world.copy();
    expect(copy.users?.user_1).toMatchObject({
      private_metadata: null,
      phone: null,
      phone_verified: false,
      email: "grace@example.com",
    });
    expect(copy.sessions?.sess_1).toMatchObject({ latest_activity: null, status: "active" });
    expect(JSON.stringify(await world.dump())).not.toMatch(/192\.0\.2\.1|secret/);
    expect(await world.deliver("msg_3", event("user.deleted", deletion("user_1")), own)).toMatchObject({
      body: { outcome: "applied" },
    });
  });

  test.for([
    "users.nothing",
    "nothing.email",
    "users",
    "users.email.x",
    "users.id",
    "users.version",
    "users.created_at",
    "users.updated_at",
    "users.deleted_at",
    "users.synced_at",
    "sessions.user_id",
    "sessions.updated_at",
    "organization_memberships.organization_id",
    "subscriptions.user_id",
    "subscription_items.created_at",
    "payment_attempts.organization_id",
  ])("is a misconfiguration where it names %s", async (name) => {
    const world = await newWorld();
    const lines = await logged(async () => {
      const own = { ...world.bindings, MIRROR_OMIT: `users.phone, ${name}` };
      expect(await world.deliver("msg_1", event("user.created", userData()), own)).toMatchObject({
        status: 500,
        body: { error: "misconfigured" },
      });
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ setting: "MIRROR_OMIT", reason: expect.stringContaining(`"${name}"`) }),
    ]);
    expect(await world.dump()).toEqual([]);
  });
});

describe("CLERK_INSTANCE_ID", () => {
  test("is wrong where a delivery that is signed is another instance's: none is lost, and the log says which", async () => {
    const world = await newWorld();
    const own = { ...world.bindings, CLERK_INSTANCE_ID: "ins_1" };
    const theirs = event("user.created", userData({ id: "user_2" }), epoch, { instance_id: "ins_2" });
    const lines = await logged(async () => {
      expect(await world.deliver("msg_1", theirs, own)).toMatchObject({
        status: 500,
        body: { error: "misconfigured", setting: "CLERK_INSTANCE_ID" },
      });
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ id: "msg_1", setting: "CLERK_INSTANCE_ID", reason: expect.stringContaining("ins_2") }),
    ]);
    expect(await world.deliver("msg_2", event("user.created", userData()), own)).toMatchObject({
      body: { outcome: "applied" },
    });
    // Older events name none. This one was signed with the instance's own secret.
    const old = event("user.created", userData({ id: "user_3" }), epoch, { instance_id: undefined });
    expect(await world.deliver("msg_3", old, own)).toMatchObject({ body: { outcome: "applied" } });
    expect(Object.keys(await world.users())).toEqual(["user_1", "user_3"]);
    expect(await world.ledger()).toMatchObject([
      { id: "msg_2", outcome: "applied" },
      { id: "msg_3", instance_id: null },
    ]);
  });
});

test.for(["prod", "app_1", "ins_", '"ins_1"'])("CLERK_INSTANCE_ID is a misconfiguration where it is %s", async (id) => {
  const world = await newWorld();
  const own = { ...world.bindings, CLERK_INSTANCE_ID: id };
  expect(await world.deliver("msg_1", event("user.created", userData()), own)).toMatchObject({ status: 500 });
  expect(await world.dump()).toEqual([]);
});

const runCron = async (bindings: Bindings): Promise<Record<string, unknown>[]> => {
  const lines = await logged(async () => {
    const context = createExecutionContext();
    await worker.scheduled(createScheduledController({ cron: "17 3 * * *" }), bindings);
    await waitOnExecutionContext(context);
  });
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
};

const runPrune = async (bindings: Bindings) => (await runCron(bindings)).filter(({ job }) => job === "prune");

describe("MIRROR_LEDGER_DAYS", () => {
  test("is how long a line of the ledger is kept, 30 days without it", async () => {
    const world = await newWorld();
    await world.query(`
      insert into clerk.deliveries (id, type, received_at, attempts, outcome)
      select 'msg_' || n, 'user.created', now() - make_interval(hours => n), 1, 'applied' from generate_series(1, 24 * 40) as n
    `);
    expect(await runPrune({ ...world.bindings, MIRROR_LEDGER_DAYS: "35" })).toEqual([{ job: "prune", pruned: 121 }]);
    expect(await runPrune(world.bindings)).toEqual([{ job: "prune", pruned: 120 }]);
    expect(
      await world.query("select count(*), max(now() - received_at) < interval '30 days' from clerk.deliveries"),
    ).toEqual([["719", "t"]]);
  });

  test("takes more than one statement where there is much", async () => {
    const world = await newWorld();
    await world.query(`
      insert into clerk.deliveries (id, type, received_at, attempts, outcome)
      select 'msg_' || n, 'user.created', now() - interval '1 year' + n * interval '1 ms', 1, 'applied'
      from generate_series(1, 25000) as n
    `);
    expect(await runPrune(world.bindings)).toEqual([{ job: "prune", pruned: 24_999 }]);
  });

  test("says what is wrong, and changes nothing", async () => {
    const world = await newWorld();
    for (const days of ["0", "-1", "soon", "1.5"]) {
      expect(await runPrune({ ...world.bindings, MIRROR_LEDGER_DAYS: days })).toEqual([
        { job: "prune", pruned: 0, error: "misconfigured", setting: "MIRROR_LEDGER_DAYS", reason: expect.any(String) },
      ]);
    }
    expect(await runPrune({ ...world.bindings, NEON_FETCH_ENDPOINT: "http://127.0.0.1:1/sql" })).toEqual([
      { job: "prune", pruned: 0, error: "unavailable", cause: "network" },
    ]);
  });
});

describe("the daily reconciliation", () => {
  const key = { CLERK_SECRET_KEY: "sk_test_x" };
  const runReconcile = async (bindings: Bindings) => (await runCron(bindings)).filter(({ job }) => job === "reconcile");

  test("says that it has no key for Clerk's Backend API, and does nothing", async () => {
    const world = await newWorld();
    expect(await runReconcile(world.bindings)).toEqual([{ job: "reconcile", skipped: "CLERK_SECRET_KEY is not set" }]);
  });

  test("says that it has no workflow", async () => {
    const world = await newWorld();
    expect(await runReconcile({ ...world.bindings, ...key })).toEqual([
      { job: "reconcile", skipped: "wrangler.toml has no workflow with the binding RECONCILE" },
    ]);
  });

  test("is started once for a time, however often its cron is fired", async () => {
    const world = await newWorld();
    const started: unknown[] = [];
    const create = async (options: { id: string }) => {
      if (started.length > 0) throw new Error(`instance.already_exists: ${options.id} already exists`);
      started.push(options);
    };
    const at = Date.UTC(2026, 10, 24, 3, 17);
    const using = services()({ ...world.bindings, ...key });
    await startReconciliation(using, { create }, at);
    await startReconciliation(using, { create }, at);
    expect(started).toEqual([{ id: "reconcile-2026-11-24-03-17", params: { kind: "reconcile" } }]);
  });

  test("is not stopped by a fault in silence", async () => {
    const world = await newWorld();
    const create = () => Promise.reject(new Error("away"));
    const using = services()({ ...world.bindings, ...key });
    await expect(startReconciliation(using, { create }, 0)).rejects.toThrow("away");
  });

  test.for([
    ["CLERK_SECRET_KEY", "whsec_x"],
    ["CLERK_SECRET_KEY", "pk_test_x"],
    ["MIRROR_PAGE_SIZE", "501"],
    ["MIRROR_PAGE_SIZE", "0"],
    ["MIRROR_SUBREQUESTS", "29"],
    ["MIRROR_SUBREQUESTS", "many"],
    ["MIRROR_SESSIONS", "yes"],
    ["CLERK_API_URL", "api.clerk.com"],
  ])("is not begun where %s is %s, and the log names it without its value", async ([setting = "", value = ""]) => {
    const world = await newWorld();
    const lines = await runReconcile({ ...world.bindings, ...key, [setting]: value });
    expect(lines).toEqual([
      { job: "reconcile", error: "misconfigured", setting, reason: expect.not.stringContaining(` ${value} `) },
    ]);
  });
});
