import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { migrate } from "../cli/migrate.ts";
import { startGateway } from "../dev/gateway.ts";
import { parseDelivery } from "../src/webhook/delivery.ts";
import { execute, startPostgres } from "../test/support/postgres.ts";
import { query } from "./contestants.ts";
import type { Progress } from "./cpu.ts";
import { Deliveries, type Delivery, senderTo, signingSecret } from "./deliveries.ts";
import { startReplay } from "./replay.ts";
import { median, rotated } from "./statistics.ts";
import { type Bundle, bundle, startWorker } from "./workerd.ts";

/** What it costs to tell an app, and how fast one that was away is caught up with. */

export type CaughtUp = {
  changes: number;
  invocations: number;
  perSecond: number;
  /** CPU per invocation of the cron, the app's own included. */
  milliseconds: number;
  /** The process's peak. */
  peakBytes: number;
};

export type OutboxResult = {
  /** The merge's time in Postgres, and CPU of the Worker until its answer and in all, with an app divided by without. */
  database: number;
  door: number;
  told: number;
  runs: CaughtUp[];
};

const tables = ["users", "organizations", "organization_memberships"];

export const measureOutbox = async (
  { rounds, count, backlog }: { rounds: number; count: number; backlog: number },
  signal: AbortSignal,
  progress: Progress,
): Promise<OutboxResult> => {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-bench-"));
  started.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  const postgres = await startPostgres();
  started.defer(() => postgres.close());
  const gateway = await startGateway({ connections: 20 });
  started.defer(() => gateway.close());
  const replay = await startReplay(gateway.url);
  started.defer(() => replay.close());
  const bundled = await bundle(folder);
  const newDatabase = async (name: string): Promise<string> => {
    await execute(postgres.url("postgres"), `create database ${name}`);
    await migrate(postgres.url(name));
    return postgres.url(name);
  };

  const database = await measureMerge(await newDatabase("merging"), rounds * count, signal);
  progress(`the merge, with an app divided by without: ${database.toFixed(2)}`);

  // With answers of Postgres's that are repeated: without an app, and with one that is not told of users, so that only the
  // door's own work differs. With Postgres itself: without an app, and with one that is told.
  const ways = {
    without: { endpoint: replay.url },
    door: { endpoint: replay.url, told: "roles" },
    unbound: { endpoint: gateway.url },
    told: { endpoint: gateway.url, told: tables.join() },
  };
  const entrants = [];
  for (const [name, { endpoint, told }] of Object.entries<{ endpoint: string; told?: string }>(ways)) {
    const url = await newDatabase(name);
    const worker = await startWorker(
      bundled,
      {
        DATABASE_URL: url,
        CLERK_WEBHOOK_SIGNING_SECRET: signingSecret,
        NEON_FETCH_ENDPOINT: endpoint,
        ...(told === undefined ? {} : { MIRROR_NOTIFY_TABLES: told }),
      },
      { hasApp: told !== undefined },
    );
    started.defer(() => worker.close());
    const sender = senderTo(worker.origin);
    started.defer(() => sender.close());
    entrants.push({ worker, sender, microseconds: [] as number[] });
  }
  const deliveries = new Deliveries();
  for (const { sender } of entrants) await sender.send(deliveries.updates(count * 5, 2000, "objects"), signal);
  replay.start();
  for (let round = 0; round < rounds; round += 1) {
    const batch = deliveries.updates(count, 2000, "objects");
    const before = entrants.map(({ worker }) => worker.cpu());
    for (let from = 0, turn = round; from < batch.length; from += 60, turn += 1) {
      for (const { sender } of rotated(entrants, turn)) await sender.send(batch.slice(from, from + 60), signal);
    }
    for (const [index, { worker, microseconds }] of entrants.entries())
      microseconds.push(Number(worker.cpu() - (before[index] ?? 0n)) / 1000 / count);
  }
  const [without = [], own = [], unbound = [], all = []] = entrants.map(({ microseconds }) => microseconds);
  const ratioOf = (some: number[], others: number[]) =>
    median(some.map((value, round) => value / (others[round] ?? Number.NaN)));
  const [door, told] = [ratioOf(own, without), ratioOf(all, unbound)];
  progress(`CPU, with an app divided by without: ${door.toFixed(2)} until the answer, ${told.toFixed(2)} in all`);

  const runs: CaughtUp[] = [];
  for (const [index, [changes, subrequests]] of runsOf(backlog).entries()) {
    const url = await newDatabase(`waiting_${index}`);
    await execute(url, fill(changes), "vacuum analyze clerk.users", "vacuum analyze clerk.outbox");
    const bindings = { DATABASE_URL: url, NEON_FETCH_ENDPOINT: gateway.url, MIRROR_SUBREQUESTS: String(subrequests) };
    runs.push(await catchUp(bundled, url, bindings, changes, signal));
    progress(
      `${changes} changes, ${subrequests} requests an invocation: ${runs.at(-1)?.perSecond.toFixed(0)} a second`,
    );
  }
  return { database, door, told, runs };
};

/** Half of the backlog, which is one invocation, and all of it, on Workers Paid; and some of it on Workers Free. */
const runsOf = (backlog: number) =>
  [
    [backlog / 2, 10_000],
    [backlog, 10_000],
    [3_000, 50],
  ] as const;

/** Runs the cron until nothing waits. */
const catchUp = async (
  bundled: Bundle,
  url: string,
  bindings: Record<string, string>,
  changes: number,
  signal: AbortSignal,
): Promise<CaughtUp> => {
  await using started = new AsyncDisposableStack();
  const secrets = { CLERK_WEBHOOK_SIGNING_SECRET: signingSecret };
  const worker = await startWorker(bundled, { ...bindings, ...secrets }, { hasApp: true, isPinned: false });
  started.defer(() => worker.close());
  const began = performance.now();
  const before = worker.cpu();
  let invocations = 0;
  for (let waiting = changes; waiting > 0;) {
    signal.throwIfAborted();
    const answer = await fetch(worker.driver ?? "");
    if (!answer.ok) throw new Error(`the cron was answered with ${answer.status}`);
    invocations += 1;
    const [found] = await query(url, "select count(*)::integer as waiting from clerk.outbox");
    waiting = Number(found?.waiting);
  }
  return {
    changes,
    invocations,
    perSecond: changes / ((performance.now() - began) / 1000),
    milliseconds: Number(worker.cpu() - before) / 1e6 / invocations,
    peakBytes: worker.peakBytes(),
  };
};

/** The median time of a call of the merge with an app, divided by that of the call before it, without. */
const measureMerge = async (url: string, count: number, signal: AbortSignal): Promise<number> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const notify = JSON.stringify({ source: "event", tables, since: null });
    const call = async (delivery: Delivery, told: string | null): Promise<number> => {
      const id = delivery.headers["svix-id"] ?? "";
      const parsed = parseDelivery({ id, signedAt: Date.now() }, new TextEncoder().encode(delivery.body));
      if (!parsed.ok) throw new Error("no delivery");
      const [change] = parsed.value.changes;
      const values = [
        JSON.stringify({ users: [change?.row] }),
        JSON.stringify([{ id, type: parsed.value.type, otherwise: "stale", subject: `users:${change?.row.id}` }]),
        told,
      ];
      const began = performance.now();
      await client.query({ name: "merge", text: "select * from clerk.merge_1($1, $2, $3)", values });
      const milliseconds = performance.now() - began;
      if (told !== null) await client.query("delete from clerk.outbox");
      return milliseconds;
    };
    const deliveries = new Deliveries();
    const times: Record<"without" | "bound", number[]> = { without: [], bound: [] };
    for (let turn = 0; turn < count; turn += 1) {
      signal.throwIfAborted();
      const [first, second] = deliveries.updates(2, 2000, "objects");
      if (first === undefined || second === undefined) throw new Error("no deliveries");
      times.without.push(await call(first, null));
      times.bound.push(await call(second, notify));
    }
    // The first ones make the users.
    return median(times.bound.slice(count >> 1)) / median(times.without.slice(count >> 1));
  } finally {
    await client.end();
  }
};

/** Users like Clerk's, and a change of each that waits. */
const fill = (changes: number): string => `
  with made as (
    insert into clerk.users (
      id, email, email_verified, first_name, last_name, name, image_url, created_at, updated_at, synced_at, version,
      email_addresses, public_metadata, private_metadata, unsafe_metadata
    )
    select 'user_' || lpad(n::text, 27, '0'), 'ada.' || n || '@example.com', true, 'Ada ' || n, 'Lovelace',
      'Ada ' || n || ' Lovelace', 'https://img.clerk.com/' || n, now(), now(), now(),
      '1' || '1500000000000' || '1500000000000' || 'msg_' || n,
      jsonb_build_array(jsonb_build_object('id', 'idn_' || n, 'email_address', 'ada.' || n || '@example.com',
        'verification', jsonb_build_object('status', 'verified', 'strategy', 'email_code'))),
      jsonb_build_object('plan', 'pro', 'seats', n), '{}', '{}'
    from generate_series(1, ${changes}) as n returning id
  )
  insert into clerk.outbox (table_name, id, kind, is_known, source, first_at, last_at, generation, attempts, due_at)
  select 'users', id, 'created', false, 'event', now(), now(), nextval('clerk.outbox_generation'), 0, now() from made`;

export const outboxTable = ({ database, door, told, runs }: OutboxResult): string => `
| with an app, divided by without | ratio |
|---|---:|
| the merge's time in Postgres | ${database.toFixed(2)} |
| CPU until the answer | ${door.toFixed(2)} |
| CPU with what comes after it | ${told.toFixed(2)} |

Deliveries of 2 KB about 200 users, median of the rounds' ratios. After the answer the Worker takes what is due from Postgres, calls the app and writes down what it has taken; deliveries at the same time share that.

| changes that wait | invocations | changes per second | CPU ms per invocation | peak MiB |
|---|---:|---:|---:|---:|
${runs
  .map(
    ({ changes, invocations, perSecond, milliseconds, peakBytes }) =>
      `| ${changes} | ${invocations} | ${perSecond.toFixed(0)} | ${milliseconds.toFixed(1)} | ${(peakBytes / 1_048_576).toFixed(0)} |`,
  )
  .join("\n")}

An app that was away is told by the cron, by a service binding. It takes all at once, and shares its process with the Worker: its CPU and memory are in the numbers. The last line is with the requests of Workers Free.
`;
