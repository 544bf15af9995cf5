import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway } from "../dev/gateway.ts";
import { execute, startPostgres } from "../test/support/postgres.ts";
import { batchesOf, type Consumer, consumerOf } from "./consumer.ts";
import { type Contestant, contestants, query } from "./contestants.ts";
import type { Progress } from "./cpu.ts";
import { Deliveries, type Delivery, senderTo, signingSecret } from "./deliveries.ts";
import { type Replay, startReplay } from "./replay.ts";
import { rotated } from "./statistics.ts";
import { type Rate, tallyOf } from "./tally.ts";
import { bundle, startWorker } from "./workerd.ts";

/**
 * How many deliveries per second, and how long each takes: 32 at once, with a real Postgres 0 or 20 ms away. For the
 * queue, the door enqueues into a broker that acknowledges at once, and the consumer takes batches of 100, 8 at once.
 */

/** Milliseconds to the database and back. */
export const delays = [0, 20] as const;

const concurrency = 32;

/** How many times longer the queue's turns are: a burst's lasting rate counts, and 1,600 take a third of a second. */
const queueLength = 10;

/**
 * Deliveries before each turn, for the same Worker, not counted. During the others' turns the gateway has closed its
 * connections: 32 new ones, which must each read Postgres's catalog and plan the merge, take a second on two cores.
 */
const warmUpDeliveries = 320;

/** The consumer's batch size for these: small, so that each lane has several. */
const warmUpBatch = 10;

/** More users than deliveries, so that each delivery is about a new user, as in an import. */
const users = 300_000;

const bytes = 2_000;

export type RateResult = {
  rounds: number;
  rates: Rate[];
  burst: { deliveries: number; direct: number; queue: number };
  /** Deliveries per second with Postgres's answers repeated, 20 ms away: Postgres neither merges nor uses a core. */
  repeated: { consumer: number; guide: number };
};

/** The mirror with a queue: what the door does, and what the consumer does. */
export const queueNames = ["mirror, the queue's door", "mirror, the queue's consumer"] as const;
const [doorName, consumerName] = queueNames;

/** @returns milliseconds of each */
type Send = (deliveries: Delivery[]) => Promise<number[]>;

type Entrants = {
  replay: Replay;
  /** Every contestant with a database of its own, in the contestants' order. */
  direct: Map<string, Send>;
  /** The mirror once more, with a queue. */
  queue: Consumer & { door: Send; url: string };
};

/** Starts all of them at once: Postgres, the gateway, and one workerd per contestant. */
const startEntrants = async (
  started: AsyncDisposableStack,
  signal: AbortSignal,
  progress: Progress,
): Promise<Entrants> => {
  const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-bench-"));
  started.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  const postgres = await startPostgres();
  started.defer(() => postgres.close());
  const gateway = await startGateway({ connections: concurrency });
  started.defer(() => gateway.close());
  const replay = await startReplay(gateway.url);
  started.defer(() => replay.close());

  const start = async ({ entry, prepare }: Contestant, database: string, hasQueue: boolean) => {
    const url = postgres.url(database);
    await execute(postgres.url("postgres"), `create database ${database}`);
    await prepare(url);
    const bindings = {
      DATABASE_URL: url,
      CLERK_WEBHOOK_SIGNING_SECRET: signingSecret,
      NEON_FETCH_ENDPOINT: replay.url,
    };
    const worker = await startWorker(await bundle(join(folder, database), entry), bindings, {
      isPinned: false,
      hasQueue,
    });
    started.defer(() => worker.close());
    const sender = senderTo(worker.origin, concurrency);
    started.defer(() => sender.close());
    const send: Send = (deliveries) => sender.time(deliveries, signal);
    return { worker, url, send };
  };

  const direct = new Map<string, Send>();
  for (const [index, contestant] of contestants.entries()) {
    progress(`${contestant.name}: bundle, database, workerd`);
    direct.set(contestant.name, (await start(contestant, `rate_${index}`, false)).send);
  }
  const mirror = contestants.find(({ name }) => name === "mirror");
  if (mirror === undefined) throw new Error("the mirror is not a contestant");
  const { worker, url, send } = await start(mirror, "rate_queue", true);
  return { replay, direct, queue: { ...consumerOf(worker, signal), door: send, url } };
};

export const measureRates = async (
  rounds: number,
  count: number,
  burst: number,
  signal: AbortSignal,
  progress: Progress,
): Promise<RateResult> => {
  await using started = new AsyncDisposableStack();
  const { replay, direct, queue } = await startEntrants(started, signal, progress);
  const tally = tallyOf(replay);
  const deliveries = new Deliveries(users);

  const directTurn = async (name: string, warmUp: Delivery[], batch: Delivery[], kind = ""): Promise<void> => {
    const send = direct.get(name);
    if (send === undefined) throw new Error(`${name} is not a contestant`);
    await send(warmUp);
    await tally.record(`${kind}${name}`, batch.length, () => send(batch));
  };
  /** Door and consumer one after the other. */
  const queueTurn = async (warmUp: Delivery[], batch: Delivery[], kind = ""): Promise<void> => {
    await queue.door(warmUp);
    const first = batchesOf(await queue.queued(), warmUpBatch);
    await tally.record(`${kind}${doorName}`, batch.length, () => queue.door(batch));
    const bodies = await queue.queued();
    const batches = batchesOf(bodies);
    await queue.drive(first);
    await tally.record(`${kind}${consumerName}`, bodies.length, async () => {
      await queue.drive(batches);
      return [];
    });
  };
  const nextDeliveries = () => ({
    warmUp: deliveries.updates(warmUpDeliveries, bytes, "objects"),
    batch: deliveries.updates(count * queueLength, bytes, "objects"),
  });

  // The first round is not counted: V8 still compiles until its end.
  for (let round = 0; round <= rounds; round += 1) {
    if (round === 1) tally.clear();
    for (const delay of delays) {
      replay.delay = delay;
      const { warmUp, batch } = nextDeliveries();
      const turns = [
        ...[...direct.keys()].map((name) => () => directTurn(name, warmUp, batch.slice(0, count))),
        () => queueTurn(warmUp, batch),
      ];
      for (const turn of rotated(turns, round)) await turn();
    }
    progress(`rates: round ${round} of ${rounds}`);
  }

  progress(`burst: ${burst} deliveries, direct and through the queue`);
  replay.delay = 20;
  const all = deliveries.updates(burst, bytes, "objects");
  await directTurn("mirror", [], all, "burst ");
  await tally.record("burst queue", burst, async () => {
    await queue.door(all);
    await queue.drive(batchesOf(await queue.queued()));
    return [];
  });
  const [merged] = await query(queue.url, "select count(*)::int as count from clerk.deliveries");
  if (merged?.count !== deliveries.count)
    throw new Error(`the queue merged ${String(merged?.count)} of ${deliveries.count} deliveries`);

  // From here nothing that is sent is merged.
  replay.start();
  for (let round = 0; round < rounds; round += 1) {
    const { warmUp, batch } = nextDeliveries();
    await directTurn("guide", warmUp, batch.slice(0, count), "repeated ");
    await queueTurn(warmUp, batch, "repeated ");
  }

  const rates = tally.rates();
  const perSecondOf = (key: string) => rates.find(({ name }) => name === key)?.perSecond ?? Number.NaN;
  // In the contestants' order, not in that of the turns.
  const names = ["mirror", ...queueNames, ...[...direct.keys()].filter((name) => name !== "mirror")];
  return {
    rounds,
    rates: names.flatMap((name) => rates.filter((one) => one.name === name)),
    burst: { deliveries: burst, direct: perSecondOf("burst mirror"), queue: perSecondOf("burst queue") },
    repeated: { consumer: perSecondOf(`repeated ${consumerName}`), guide: perSecondOf("repeated guide") },
  };
};
