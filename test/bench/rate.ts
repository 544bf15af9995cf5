import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway } from "../../dev/gateway.ts";
import { execute, startPostgres } from "../postgres.ts";
import { contestants, query } from "./contestants.ts";
import type { Progress } from "./cpu.ts";
import { Deliveries, type Delivery, senderTo } from "./deliveries.ts";
import { startReplay } from "./replay.ts";
import { median, percentile } from "./statistics.ts";
import { bundle, type RunningWorker, startWorker } from "./workerd.ts";

/**
 * How many deliveries a second, and how long each takes: 32 at once, with a real Postgres that is 0 or 20 ms away, and, for
 * the queue, the door before a broker that acknowledges at once, and the consumer in batches of 100, 8 at once.
 */

/** Milliseconds to the database and back. */
export const delays = [0, 20] as const;

const concurrency = 32;
const batchSize = 100;
const batchesAtOnce = 8;
const bytes = 2_000;
const signingSecret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;

export type Rate = {
  name: string;
  delay: number;
  /** Deliveries a second, and requests to the database a delivery. Medians of the rounds. */
  perSecond: number;
  roundTrips: number;
  /** Milliseconds of all rounds; none of the consumer, which answers nobody. */
  p50?: number;
  p99?: number;
};

export type RateResult = {
  rounds: number;
  rates: Rate[];
  burst: { deliveries: number; direct: number; queue: number };
};

type Entrant = { name: string; send(deliveries: Delivery[]): Promise<number[]> };

export const measureRates = async (
  rounds: number,
  count: number,
  burst: number,
  signal: AbortSignal,
  progress: Progress,
): Promise<RateResult> => {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-bench-"));
  started.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  const postgres = await startPostgres();
  started.defer(() => postgres.close());
  const gateway = await startGateway({ connections: concurrency });
  started.defer(() => gateway.close());
  const replay = await startReplay(gateway.url);
  started.defer(() => replay.close());

  const entrants: Entrant[] = [];
  const open = (worker: RunningWorker): Entrant["send"] => {
    started.defer(() => worker.close());
    const sender = senderTo(worker.origin, concurrency);
    started.defer(() => sender.close());
    return (deliveries) => sender.time(deliveries, signal);
  };
  let queue: RunningWorker | undefined;
  let queueUrl = "";
  for (const [index, { name, entry, prepare }] of contestants.entries()) {
    progress(`${name}: bundle, database, workerd`);
    const database = `rate_${index}`;
    const url = postgres.url(database);
    await execute(postgres.url("postgres"), `create database ${database}`);
    await prepare(url);
    const bundled = await bundle(join(folder, database), entry);
    const bindings = {
      DATABASE_URL: url,
      CLERK_WEBHOOK_SIGNING_SECRET: signingSecret,
      NEON_FETCH_ENDPOINT: replay.url,
    };
    entrants.push({ name, send: open(await startWorker(bundled, bindings, { isPinned: false })) });
    if (name !== "mirror") continue;
    await execute(postgres.url("postgres"), "create database rate_queue");
    queueUrl = postgres.url("rate_queue");
    await prepare(queueUrl);
    queue = await startWorker(bundled, { ...bindings, DATABASE_URL: queueUrl }, { isPinned: false, hasQueue: true });
    entrants.push({ name: "mirror, the queue's door", send: open(queue) });
  }
  const { broker = "", driver = "" } = queue ?? {};

  /** What the door has put into the queue. */
  const queued = async (): Promise<string[]> => (await (await fetch(broker)).json()) as string[];
  const drive = async (bodies: readonly string[]): Promise<void> => {
    const batches = Iterator.from(
      Array.from({ length: Math.ceil(bodies.length / batchSize) }, (_, at) =>
        bodies.slice(at * batchSize, (at + 1) * batchSize),
      ),
    );
    const lane = async () => {
      for (const batch of batches) {
        signal.throwIfAborted();
        const response = await fetch(driver, { method: "POST", body: JSON.stringify(batch) });
        const ended: { outcome?: string; retryMessages?: unknown[]; ackAll?: boolean } = JSON.parse(
          await response.text(),
        );
        if (ended.outcome !== "ok" || (ended.retryMessages ?? []).length > 0) {
          throw new Error(`a batch ended with ${JSON.stringify(ended)}`);
        }
      }
    };
    await Promise.all(Array.from({ length: batchesAtOnce }, lane));
  };

  const deliveries = new Deliveries(signingSecret, 20_000);
  const found = new Map<string, { perSecond: number[]; roundTrips: number[]; milliseconds: number[] }>();
  const record = async (key: string, total: number, run: () => Promise<number[]>): Promise<void> => {
    const requests = replay.requests;
    const since = performance.now();
    const milliseconds = await run();
    const seconds = (performance.now() - since) / 1000;
    const known = found.get(key) ?? { perSecond: [], roundTrips: [], milliseconds: [] };
    known.perSecond.push(total / seconds);
    known.roundTrips.push((replay.requests - requests) / total);
    known.milliseconds.push(...milliseconds);
    found.set(key, known);
  };

  // The first round is not counted: until its end V8 still compiles.
  for (let round = 0; round <= rounds; round += 1) {
    if (round === 1) found.clear();
    for (const delay of delays) {
      replay.delay = delay;
      const batch = deliveries.updates(count, bytes, "objects");
      for (const { name, send } of entrants) await record(`${name}|${delay}`, count, () => send(batch));
      const bodies = await queued();
      await record(`mirror, the queue's consumer|${delay}`, bodies.length, async () => {
        await drive(bodies);
        return [];
      });
    }
    progress(`rates: round ${round} of ${rounds}`);
  }

  progress(`burst: ${burst} deliveries, direct and by the queue`);
  replay.delay = 20;
  const all = deliveries.updates(burst, bytes, "objects");
  const [direct, door] = [
    entrants.find(({ name }) => name === "mirror"),
    entrants.find(({ name }) => name.includes("door")),
  ];
  await record("burst direct|20", burst, async () => (await direct?.send(all)) ?? []);
  await record("burst queue|20", burst, async () => {
    await door?.send(all);
    await drive(await queued());
    return [];
  });
  const rows = await query(queueUrl, "select count(*)::int as count from clerk.deliveries");
  if (rows[0]?.count !== deliveries.count)
    throw new Error(`the queue merged ${String(rows[0]?.count)} deliveries of ${deliveries.count}`);

  const rates = [...found].map(([key, { perSecond, roundTrips, milliseconds }]): Rate => {
    const [name = "", delay] = key.split("|");
    return {
      name,
      delay: Number(delay),
      perSecond: median(perSecond),
      roundTrips: median(roundTrips),
      ...(milliseconds.length === 0 ? {} : { p50: percentile(milliseconds, 0.5), p99: percentile(milliseconds, 0.99) }),
    };
  });
  const burstOf = (key: string) => rates.find(({ name }) => name === key)?.perSecond ?? Number.NaN;
  return {
    rounds,
    rates: rates.filter(({ name }) => !name.startsWith("burst")),
    burst: { deliveries: burst, direct: burstOf("burst direct"), queue: burstOf("burst queue") },
  };
};
