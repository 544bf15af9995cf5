import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway } from "../../dev/gateway.ts";
import { execute, startPostgres } from "../postgres.ts";
import { contestants, query } from "./contestants.ts";
import type { Progress } from "./cpu.ts";
import { Deliveries, type Delivery, senderTo, signingSecret } from "./deliveries.ts";
import { startReplay } from "./replay.ts";
import { median, percentile, rotated } from "./statistics.ts";
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

/** The queue's turns are so many times as long: of a burst it is the rate that lasts, and 1,600 are a third of a second. */
const queueLength = 10;

/**
 * Before each turn, for the same Worker, and not counted. Meanwhile the others had theirs, and the gateway has closed its
 * connections: 32 new ones, each with Postgres's catalog to read and the merge to plan, take a second on two cores.
 */
const warmUpDeliveries = 320;

/** Of the consumer then: small, so that each lane has several. */
const warmUpBatch = 10;

/** More than are ever sent, so that each delivery is of a new user, as in an import. */
const users = 300_000;

const bytes = 2_000;

export type Rate = {
  name: string;
  delay: number;
  /** Deliveries a second, and requests to the database and statements in them a delivery. Medians of the rounds. */
  perSecond: number;
  roundTrips: number;
  statements: number;
  /** Milliseconds of all rounds; none of the consumer, which answers nobody. */
  p50?: number;
  p99?: number;
};

export type RateResult = {
  rounds: number;
  rates: Rate[];
  burst: { deliveries: number; direct: number; queue: number };
  /** Deliveries a second with Postgres's answers repeated, 20 ms away: nothing is merged, and no core is Postgres's. */
  repeated: { consumer: number; guide: number };
};

/** The mirror with a queue: what the door does, and what the consumer does. */
export const queueNames = ["mirror, the queue's door", "mirror, the queue's consumer"] as const;
const [doorName, consumerName] = queueNames;

type Entrant = { name: string; send(deliveries: Delivery[]): Promise<number[]> };

type Found = { perSecond: number[]; roundTrips: number[]; statements: number[]; milliseconds: number[] };

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
  let door: Entrant["send"] | undefined;
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
    door = open(queue);
  }
  const { broker = "", driver = "" } = queue ?? {};

  /** What the door has put into the queue. */
  const queued = async (): Promise<string[]> => (await (await fetch(broker)).json()) as string[];
  const batched = (bodies: readonly string[], size = batchSize): string[] =>
    Array.from({ length: Math.ceil(bodies.length / size) }, (_, at) =>
      JSON.stringify(bodies.slice(at * size, (at + 1) * size)),
    );
  const drive = async (prepared: readonly string[]): Promise<void> => {
    const batches = Iterator.from(prepared);
    const lane = async () => {
      for (const batch of batches) {
        signal.throwIfAborted();
        const response = await fetch(driver, { method: "POST", body: batch });
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

  const deliveries = new Deliveries(users);
  const found = new Map<string, Found>();
  const record = async (key: string, total: number, run: () => Promise<number[]>): Promise<void> => {
    const { requests, statements } = replay;
    const since = performance.now();
    const milliseconds = await run();
    const seconds = (performance.now() - since) / 1000;
    const known = found.get(key) ?? { perSecond: [], roundTrips: [], statements: [], milliseconds: [] };
    known.perSecond.push(total / seconds);
    known.roundTrips.push((replay.requests - requests) / total);
    known.statements.push((replay.statements - statements) / total);
    known.milliseconds.push(...milliseconds);
    found.set(key, known);
  };

  /** Door and consumer one after the other. */
  const queueTurn = async (warmUp: Delivery[], batch: Delivery[], delay: number, kind = ""): Promise<void> => {
    await door?.(warmUp);
    const first = batched(await queued(), warmUpBatch);
    await record(`${kind}${doorName}|${delay}`, batch.length, async () => (await door?.(batch)) ?? []);
    const bodies = await queued();
    const batches = batched(bodies);
    await drive(first);
    await record(`${kind}${consumerName}|${delay}`, bodies.length, async () => {
      await drive(batches);
      return [];
    });
  };

  // The first round is not counted: until its end V8 still compiles.
  for (let round = 0; round <= rounds; round += 1) {
    if (round === 1) found.clear();
    for (const delay of delays) {
      replay.delay = delay;
      const warmUp = deliveries.updates(warmUpDeliveries, bytes, "objects");
      const batch = deliveries.updates(count * queueLength, bytes, "objects");
      const turns = [
        ...entrants.map(({ name, send }) => async () => {
          await send(warmUp);
          await record(`${name}|${delay}`, count, () => send(batch.slice(0, count)));
        }),
        () => queueTurn(warmUp, batch, delay),
      ];
      for (const turn of rotated(turns, round)) await turn();
    }
    progress(`rates: round ${round} of ${rounds}`);
  }

  progress(`burst: ${burst} deliveries, direct and by the queue`);
  replay.delay = 20;
  const all = deliveries.updates(burst, bytes, "objects");
  const direct = entrants.find(({ name }) => name === "mirror");
  await record("burst direct|20", burst, async () => (await direct?.send(all)) ?? []);
  await record("burst queue|20", burst, async () => {
    await door?.(all);
    await drive(batched(await queued()));
    return [];
  });
  const rows = await query(queueUrl, "select count(*)::int as count from clerk.deliveries");
  if (rows[0]?.count !== deliveries.count)
    throw new Error(`the queue merged ${String(rows[0]?.count)} deliveries of ${deliveries.count}`);

  // Now nothing that is sent is merged.
  replay.start();
  const guide = entrants.find(({ name }) => name === "guide");
  for (let round = 0; round < rounds; round += 1) {
    const warmUp = deliveries.updates(warmUpDeliveries, bytes, "objects");
    const batch = deliveries.updates(count * queueLength, bytes, "objects");
    await guide?.send(warmUp);
    await record("repeated guide|20", count, async () => (await guide?.send(batch.slice(0, count))) ?? []);
    await queueTurn(warmUp, batch, 20, "repeated ");
  }
  const rates = [...found].map(([key, { perSecond, roundTrips, statements, milliseconds }]): Rate => {
    const [name = "", delay] = key.split("|");
    return {
      name,
      delay: Number(delay),
      perSecond: median(perSecond),
      roundTrips: median(roundTrips),
      statements: median(statements),
      ...(milliseconds.length === 0 ? {} : { p50: percentile(milliseconds, 0.5), p99: percentile(milliseconds, 0.99) }),
    };
  });
  // In the contestants' order, not in that of the turns.
  const names = ["mirror", ...queueNames, ...entrants.slice(1).map(({ name }) => name)];
  const perSecondOf = (key: string) => rates.find(({ name }) => name === key)?.perSecond ?? Number.NaN;
  return {
    rounds,
    rates: names.flatMap((name) => rates.filter((one) => one.name === name)),
    burst: { deliveries: burst, direct: perSecondOf("burst direct"), queue: perSecondOf("burst queue") },
    repeated: { consumer: perSecondOf(`repeated ${consumerName}`), guide: perSecondOf("repeated guide") },
  };
};
