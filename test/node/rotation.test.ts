import { fileURLToPath } from "node:url";
import pg from "pg";
import { Webhook } from "svix";
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, test } from "vitest";
import { createTestHarness } from "wrangler";
import { newSigningSecret } from "../../cli/dev-vars.ts";
import { migrate } from "../../cli/migrate.ts";
import { type Delivery, send, signDelivery } from "../../dev/clerk/delivery.ts";
import { createInstance } from "../../dev/clerk/instance.ts";
import { startTransport, type TransportOptions } from "../../dev/clerk/transport.ts";
import { type Gateway, startGateway } from "../../dev/gateway.ts";
import { startOwnConfig } from "../../dev/own-config.ts";
import { newClock } from "../support/clock.ts";
import { everything, livingRows, realityOf } from "../support/node/reality.ts";
import { execute, type Postgres, startPostgres } from "../support/postgres.ts";
import { asWorker, rolesSql } from "../support/roles.ts";

/** The signing secret and the database's password are rotated as docs/maintenance.md has it, while deliveries keep coming. */

let postgres: Postgres;
let gateway: Gateway;
let url: string;
beforeAll(async () => {
  postgres = await startPostgres();
  gateway = await startGateway({ connections: 20 });
});
let databases = 0;
beforeEach(async () => {
  const name = `mirror_${(databases += 1)}`;
  url = postgres.url(name);
  await execute(postgres.url("postgres"), `create database ${name}`);
  await migrate(url);
  await execute(url, rolesSql());
});
afterAll(async () => {
  await gateway.close();
  await postgres.close();
});

/** The real Worker, in workerd, with these values of the settings. */
const startWorker = async (signingSecret: string, databaseUrl = asWorker(url)) => {
  const config = await startOwnConfig(false);
  const worker = createTestHarness({
    root: fileURLToPath(new URL("../..", import.meta.url)),
    workers: [
      {
        configPath: config.path,
        vars: { NEON_FETCH_ENDPOINT: gateway.url },
        secrets: { DATABASE_URL: databaseUrl, CLERK_WEBHOOK_SIGNING_SECRET: signingSecret },
      },
    ],
  });
  const { url: address } = await worker.listen();
  return {
    webhook: new URL("/api/webhook", address),
    logs: () => worker.getLogs().map(({ message }) => message),
    close: async () => {
      await worker.close();
      await config.close();
    },
  };
};

/** Not what an instance has from its beginning, of which there is no event, and not what Clerk has no list of. */
const told = everything.filter((table) => !/^(roles|permissions|subscriptions|payment_attempts)$/.test(table));

/** The ids of the deliveries in the ledger. */
const committed = async (): Promise<string[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>("select id from clerk.deliveries");
    return rows.map(({ id }) => id).toSorted();
  } finally {
    await client.end();
  }
};

/** Svix signs with the old secret as well for 24 hours after a rotation: one header, two signatures. */
const alsoSigned = ({ headers, body }: Delivery, secret: string): Delivery => {
  const { "svix-id": id = "", "svix-timestamp": at = "", "svix-signature": signature = "" } = headers;
  const other = new Webhook(secret).sign(id, new Date(Number(at) * 1000), body);
  return { headers: { ...headers, "svix-signature": `${other} ${signature}` }, body };
};

/** Runs eight of them at once: a Worker that gets all of them may take longer for the last ones than it gives a database. */
const lanes: Promise<unknown>[] = Array.from({ length: 8 }, () => Promise.resolve());
let turns = 0;
const inTurn = <Value>(run: () => Promise<Value>): Promise<Value> => {
  const lane = (turns += 1) % lanes.length;
  const done = (lanes[lane] ?? Promise.resolve()).then(run);
  lanes[lane] = done.catch(() => {});
  return done;
};

/** Changes of the simulated Clerk in each phase. */
const size = 25;

test("a rotation of the signing secret under load loses no delivery, and gives none up", async () => {
  const [before, after] = [newSigningSecret(), newSigningSecret()];
  const instance = createInstance({ seed: 3, id: "ins_2simulatedsimulatedsimulated", now: newClock() });
  let worker = await startWorker(before);
  onTestFailed(() => {
    for (const line of worker.logs().slice(-20)) console.error(line);
  });

  /** While the Worker is away: settles when it is back. */
  let back: { promise: Promise<void>; resolve(): void } | undefined;
  const refused = new Set<string>();
  let isBoth = false;
  const ids: string[] = [];
  const statuses = new Set<number | null>();
  const treatment: TransportOptions = {
    instance,
    secret: before,
    seed: 5,
    double: 0.1,
    reorder: true,
    timeScale: 0,
    // More than there are deliveries at a time: whatever comes while the Worker is away is attempted then.
    concurrency: 1000,
    attemptTimeout: 600_000,
    send: async (delivery) => {
      const id = delivery.headers["svix-id"] ?? "";
      // The first attempt of a delivery fails, and the next one comes when the Worker is back: Svix goes on for 27 hours.
      if (back !== undefined && !refused.has(id)) {
        refused.add(id);
        throw new Error("the Worker is away");
      }
      await back?.promise;
      return inTurn(() => send(worker.webhook, isBoth ? alsoSigned(delivery, after) : delivery));
    },
    observer: {
      message: ({ id }) => void ids.push(id),
      attempt: ({ status }) => void statuses.add(status),
    },
  };
  const transport = startTransport(treatment);

  /** Changes the setting while deliveries are under way, and others come. */
  const redeploy = async (signingSecret: string): Promise<void> => {
    instance.live(size);
    back = Promise.withResolvers<void>();
    refused.clear();
    instance.live(size);
    await worker.close();
    instance.live(size);
    worker = await startWorker(signingSecret);
    back.resolve();
    back = undefined;
    expect(refused.size).toBeGreaterThanOrEqual(size);
  };

  instance.live(size);
  await transport.drained();
  // Rotated in Clerk's dashboard: the Worker still has the old secret alone.
  isBoth = true;
  instance.live(size);
  await transport.drained();
  await redeploy(`${before} ${after}`);
  // A day later.
  isBoth = false;
  treatment.secret = after;
  instance.live(size);
  await redeploy(after);
  instance.live(size);
  await transport.drained();
  await transport.stop();

  expect(transport.counts).toMatchObject({ dropped: 0, failed: 0, sent: ids.length });
  expect(transport.counts.delivered).toBe(ids.length + transport.counts.doubled);
  expect(transport.counts.retried).toBeGreaterThan(4 * size);
  // No attempt was ever refused: each succeeded, or found nobody.
  expect([...statuses].toSorted()).toEqual([200, null]);

  expect(await livingRows(url, told)).toEqual(realityOf(instance, told));
  expect(await committed()).toEqual(ids.toSorted());

  // The rotation is over: the old secret opens nothing.
  const event = { type: "user.deleted", object: "event", data: { id: "user_1", deleted: true }, timestamp: Date.now() };
  expect((await send(worker.webhook, signDelivery(before, "msg_late", event))).status).toBe(401);
  expect((await send(worker.webhook, signDelivery(after, "msg_late", event))).status).toBe(200);
  await worker.close();
});

test("a rotation of the database's password under load answers 500 until the Worker has the new one, and loses no delivery", async () => {
  const secret = newSigningSecret();
  const instance = createInstance({ seed: 4, id: "ins_2simulatedsimulatedsimulated", now: newClock() });
  let worker = await startWorker(secret);
  onTestFailed(() => {
    for (const line of worker.logs().slice(-20)) console.error(line);
  });

  /** From the change of the password on: settles when the Worker has the new one. */
  let back: { promise: Promise<void>; resolve(): void } | undefined;
  const refused = new Set<string>();
  const ids: string[] = [];
  const answers = new Map<number | null, Set<string>>();
  const treatment: TransportOptions = {
    instance,
    secret,
    seed: 6,
    double: 0.1,
    reorder: true,
    timeScale: 0,
    concurrency: 1000,
    attemptTimeout: 600_000,
    send: async (delivery) => {
      const id = delivery.headers["svix-id"] ?? "";
      // Svix's next attempts come after 5 s and 5 min: the Worker has the new password by then.
      if (refused.has(id)) await back?.promise;
      const answer = await inTurn(() => send(worker.webhook, delivery)).catch((error: unknown) => {
        refused.add(id);
        throw error;
      });
      if (answer.status !== 200) refused.add(id);
      return answer;
    },
    observer: {
      message: ({ id }) => void ids.push(id),
      attempt: ({ status, answer }) => void answers.set(status, (answers.get(status) ?? new Set()).add(answer)),
    },
  };
  const transport = startTransport(treatment);

  instance.live(size);
  await transport.drained();
  expect([...answers.keys()]).toEqual([200]);

  back = Promise.withResolvers<void>();
  instance.live(size);
  await execute(
    url,
    rolesSql().replace("login password 'clerk_mirror'", "login password 'another'"),
    // Neon asks for the password with each request, and the gateway once for many.
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'clerk_mirror'",
  );
  instance.live(size);
  await expect.poll(() => answers.get(500)?.size ?? 0).toBeGreaterThan(0);
  instance.live(size);
  await worker.close();
  instance.live(size);
  const renewed = new URL(asWorker(url));
  renewed.password = "another";
  worker = await startWorker(secret, renewed.href);
  back.resolve();
  back = undefined;
  instance.live(size);
  await transport.drained();
  await transport.stop();

  expect(transport.counts).toMatchObject({ dropped: 0, failed: 0, sent: ids.length });
  expect(transport.counts.delivered).toBe(ids.length + transport.counts.doubled);
  expect(refused.size).toBeGreaterThanOrEqual(size);
  for (const answer of answers.get(500) ?? []) expect(answer).toContain("misconfigured");
  // 503 is what a delivery gets that was being written as its connection ended.
  expect([...answers.keys()].filter((status) => ![200, 500, 503, null].includes(status))).toEqual([]);
  expect(await livingRows(url, told)).toEqual(realityOf(instance, told));
  expect(await committed()).toEqual(ids.toSorted());
  await expect(execute(asWorker(url), "select 1")).rejects.toMatchObject({ code: "28P01" });
  await worker.close();
});
