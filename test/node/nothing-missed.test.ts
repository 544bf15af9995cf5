import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFailed, test } from "vitest";
import { createTestHarness } from "wrangler";
import { type BackendApi, startBackendApi } from "../../dev/clerk/backend-api.ts";
import { send } from "../../dev/clerk/delivery.ts";
import { createInstance, type Instance } from "../../dev/clerk/instance.ts";
import { startTransport } from "../../dev/clerk/transport.ts";
import { newSigningSecret } from "../../cli/dev-vars.ts";
import { startOwnConfig } from "../../dev/own-config.ts";
import { type Gateway, startGateway } from "../../dev/gateway.ts";
import { migrate } from "../../cli/migrate.ts";
import { execute, type Postgres, startPostgres } from "../support/postgres.ts";
import { asWorker, rolesSql } from "../support/roles.ts";
import { newClock } from "../support/clock.ts";
import { dayPassesIn } from "../support/node/days.ts";
import { livingRows, realityOf, written } from "../support/node/reality.ts";

const secret = newSigningSecret();
const clock = newClock();
let postgres: Postgres;
let url: string;
let instance: Instance;
let api: BackendApi;
beforeAll(async () => {
  postgres = await startPostgres();
  url = postgres.url("mirror");
  await execute(postgres.url("postgres"), "create database mirror");
  await migrate(url);
  await execute(url, rolesSql());
  instance = createInstance({ seed: 1, id: "ins_2simulatedsimulatedsimulated", now: clock });
  api = await startBackendApi(instance, { secretKey: "sk_test_simulated" });
});
afterAll(async () => {
  await api.close();
  await postgres.close();
});

/** How many users there are at the beginning. Everything else is in proportion. */
const size = 2000;

/** The real Worker, in workerd. */
const startWorker = async (gateway: Gateway) => {
  const config = await startOwnConfig(false);
  const worker = createTestHarness({
    root: fileURLToPath(new URL("../..", import.meta.url)),
    workers: [
      {
        configPath: config.path,
        vars: {
          NEON_FETCH_ENDPOINT: gateway.url,
          CLERK_API_URL: api.url,
          MIRROR_PAGE_SIZE: "500",
          MIRROR_SUBREQUESTS: "500",
          MIRROR_SESSIONS: "true",
        },
        secrets: {
          DATABASE_URL: asWorker(url),
          CLERK_WEBHOOK_SIGNING_SECRET: secret,
          CLERK_SECRET_KEY: "sk_test_simulated",
        },
      },
    ],
  });
  const { url: address } = await worker.listen();
  return { worker, webhook: new URL("/api/webhook", address) };
};

type Line = Record<"checked" | "missing" | "stale" | "extra" | "repaired" | "held" | "erased_here", number>;

/** Fires the cron and waits for the results of the run that it starts. */
const reconcile = async (
  worker: Awaited<ReturnType<typeof startWorker>>["worker"],
  day: number,
  isNext = true,
): Promise<Record<string, Line>> => {
  clock.pass(86_400_000);
  if (isNext) await dayPassesIn(url);
  const before = await resultsOf();
  await worker.getWorker().scheduled({ cron: "17 3 * * *", scheduledTime: new Date(Date.UTC(2026, 0, day)) });
  for (;;) {
    const after = await resultsOf();
    if (after.length === before.length + 10) {
      return Object.fromEntries(after.slice(before.length).map((line) => [line.table_name, line]));
    }
    await setTimeout(500);
  }
};
const resultsOf = async (): Promise<(Line & { table_name: string })[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (
      await client.query<Line & { table_name: string }>(
        "select table_name, checked, missing, stale, extra, repaired, held, erased_here from clerk.reconciliations order by finished_at",
      )
    ).rows;
  } finally {
    await client.end();
  }
};
/** Ten users that Clerk has, and the copy as well. */
const heldUsers = async (): Promise<string[]> => {
  const { users } = await livingRows(url);
  const held = instance.users.oldestFirst.map(({ id }) => id).filter((id) => users?.[id] !== undefined);
  expect(held.length).toBeGreaterThan(10);
  return held.slice(0, 10);
};
const sum = (lines: Record<string, Line>, count: keyof Line): number =>
  Object.values(lines).reduce((total, line) => total + line[count], 0);

test("an instance whose webhooks are lost, doubled and late is equal to its copy after one reconciliation, deletes after two", async () => {
  let gateway = await startGateway({ connections: 20 });
  let { worker, webhook } = await startWorker(gateway);
  onTestFailed(() => {
    for (const { message } of worker.getLogs().slice(-20)) console.error(message);
  });

  instance.populate(size, size / 10);
  let isAway = false;
  const transport = startTransport({
    instance,
    secret,
    seed: 7,
    drop: 0.1,
    double: 0.1,
    reorder: true,
    timeScale: 0.00002,
    send: async (delivery) => {
      if (isAway) throw new Error("the Worker is being restarted");
      return send(webhook, delivery);
    },
  });

  instance.live(0.65 * size);
  await transport.drained();
  // The database is away: the Worker answers 503, and Svix gives them up.
  const { port } = new URL(gateway.url);
  await gateway.close();
  instance.live(0.075 * size);
  const users = await heldUsers();
  for (const id of users) instance.deleteUser(id);
  await transport.drained();
  gateway = await startGateway({ connections: 20, port: Number(port) });

  isAway = true;
  await worker.close();
  instance.live(0.25 * size);
  const restarted = await startWorker(gateway);
  ({ worker, webhook } = restarted);
  isAway = false;
  instance.live(0.65 * size);
  await transport.drained();
  await transport.stop();
  expect(transport.counts.dropped).toBeGreaterThan(0.1 * size);
  expect(transport.counts.doubled).toBeGreaterThan(0.1 * size);
  expect(transport.counts.failed).toBeGreaterThan(0);

  const first = await reconcile(worker, 1);
  const reality = realityOf(instance);
  const afterOne = await livingRows(url);
  const missedDeletes: Record<string, string[]> = {};
  for (const [table, rows] of Object.entries(reality)) {
    const found = afterOne[table] ?? {};
    const extra = Object.keys(found).filter((id) => rows[id] === undefined);
    missedDeletes[table] = extra;
    expect(Object.fromEntries(Object.entries(found).filter(([id]) => rows[id] !== undefined)), table).toEqual(rows);
    expect(first[table], table).toMatchObject({
      checked: Object.keys(rows).length,
      extra: extra.length,
      held: extra.length,
    });
  }
  expect(sum(first, "missing")).toBeGreaterThan(size);
  expect(sum(first, "stale")).toBeGreaterThan(10);
  expect(missedDeletes["users"]).toEqual(expect.arrayContaining(users));
  expect(sum(first, "repaired")).toBe(sum(first, "missing") + sum(first, "stale"));

  const second = await reconcile(worker, 2);
  expect(await livingRows(url)).toEqual(reality);
  expect(sum(second, "missing")).toBe(0);
  expect(sum(second, "stale")).toBe(0);
  expect(sum(second, "held")).toBe(0);
  expect(sum(second, "repaired")).toBe(sum(second, "extra"));
  await dayPassesIn(url);
  const rows = await written(url);
  const third = await reconcile(worker, 3, false);
  expect(await written(url)).toEqual(rows);
  for (const [table, line] of Object.entries(third)) {
    expect(line, table).toMatchObject({ missing: 0, stale: 0, extra: 0, repaired: 0, held: 0, erased_here: 0 });
    expect(line.checked).toBe(Object.keys(reality[table] ?? {}).length);
  }

  await worker.close();
  await gateway.close();
});
