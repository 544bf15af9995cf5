import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startGateway } from "../dev/gateway.ts";
import { execute, startPostgres } from "../test/support/postgres.ts";
import { type Contestant, contestants } from "./contestants.ts";
import { Deliveries, type Delivery, type Sender, senderTo, signingSecret } from "./deliveries.ts";
import { startReplay } from "./replay.ts";
import { median, rotated } from "./statistics.ts";
import { type Bundle, bundle, leaveCore, type RunningWorker, startWorker } from "./workerd.ts";

/**
 * What a delivery costs: CPU in workerd.
 *
 * Every Worker has its own workerd process and its own database. Times on a shared machine drift by far more than the
 * Workers differ. So in every round each handles the same deliveries in short slices, by turns with the others, and the
 * result is the median of the rounds' ratios. Each first handles deliveries with a real Postgres, whose rows are
 * checked. Its CPU is then measured with Postgres's answers repeated, so that no Worker waits.
 */

export type Progress = (line: string) => void;

export type ContestantName = Contestant["name"];

export const sizes = [
  { name: "2 KB", bytes: 2_000, shape: "objects" },
  { name: "20 KB of text", bytes: 20_000, shape: "text" },
  { name: "20 KB of objects", bytes: 20_000, shape: "objects" },
  { name: "100 KB of text", bytes: 100_000, shape: "text" },
] as const;

export type Size = (typeof sizes)[number]["name"];

/** How often every Worker is started anew: V8 compiles the same code differently from one process to the next. */
export const usualProcesses = 3;

/**
 * Deliveries of each size for each Worker before anything is measured: until then V8 still compiles. Five times those
 * of a round, so 1,500 by default. A short run is only for a look.
 */
const warmUpOf = (count: number): number => count * 5;

/** Microseconds of CPU per delivery, one number per round. */
export type Measured = Record<Size, Record<ContestantName, number[]>>;

type Entrant = Contestant & { url: string; bundled: Bundle; worker: RunningWorker; sender: Sender };

/** One start of each Worker, and `rounds` rounds. */
const measureOnce = async (rounds: number, count: number, signal: AbortSignal, progress: Progress) => {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-bench-"));
  started.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  leaveCore(0);
  const postgres = await startPostgres();
  started.defer(() => postgres.close());
  const gateway = await startGateway();
  started.defer(() => gateway.close());
  const replay = await startReplay(gateway.url);
  started.defer(() => replay.close());

  const entrants: Entrant[] = [];
  for (const [index, contestant] of contestants.entries()) {
    signal.throwIfAborted();
    progress(`${contestant.name}: bundle, database, workerd`);
    const database = `bench_${index}`;
    await execute(postgres.url("postgres"), `create database ${database}`);
    const url = postgres.url(database);
    await contestant.prepare(url);
    const bundled = await bundle(join(folder, database), contestant.entry);
    const worker = await startWorker(bundled, {
      DATABASE_URL: url,
      CLERK_WEBHOOK_SIGNING_SECRET: signingSecret,
      NEON_FETCH_ENDPOINT: replay.url,
    });
    started.defer(() => worker.close());
    const sender = senderTo(worker.origin);
    started.defer(() => sender.close());
    entrants.push({ ...contestant, url, bundled, worker, sender });
  }

  const deliveries = new Deliveries();
  const warmUpDeliveries = warmUpOf(count);
  progress(`rows: ${warmUpDeliveries} deliveries of each size and for each Worker, with Postgres`);
  for (const { bytes, shape } of sizes) {
    const batch = deliveries.updates(warmUpDeliveries, bytes, shape);
    for (const { sender } of entrants) await sender.send(batch, signal);
  }
  const expected = deliveries.expected;
  const [deleted = ""] = expected.keys();
  const deletion = deliveries.deletion(deleted);
  for (const { name, url, sender, assert } of entrants) {
    await sender.send([deletion], signal);
    await assert(url, expected, deleted, deliveries.count).catch((cause: unknown) => {
      throw new Error(`${name} did not write what it should`, { cause });
    });
  }

  replay.start();
  const measured = Object.fromEntries(
    sizes.map(({ name }) => [name, Object.fromEntries(entrants.map((entrant) => [entrant.name, []]))]),
  ) as unknown as Measured;
  for (let round = 0; round < rounds; round++) {
    const line: string[] = [];
    for (const { name: size, bytes, shape } of sizes) {
      const microseconds = await measure(entrants, deliveries.updates(count, bytes, shape), round, signal);
      line.push(`(${size})`);
      for (const [index, { name }] of entrants.entries()) {
        const own = microseconds[index] ?? Number.NaN;
        measured[size][name].push(own);
        line.push(`${name} ${own.toFixed(0)}`);
      }
    }
    progress(`round ${round + 1} of ${rounds}, µs: ${line.join("  ")}`);
  }

  return { measured, gzipKiB: Object.fromEntries(entrants.map(({ name, bundled }) => [name, bundled.gzipKiB])) };
};

/** Deliveries per turn. The shorter the turns, the more alike is the machine's other work during each. */
const slice = 60;

/** Every Worker handles the batch. Returns the microseconds of CPU per delivery of each. */
const measure = async (
  entrants: readonly Entrant[],
  batch: readonly Delivery[],
  round: number,
  signal: AbortSignal,
): Promise<number[]> => {
  const before = entrants.map(({ worker }) => worker.cpu());
  for (let start = 0, turn = round; start < batch.length; start += slice, turn++) {
    const deliveries = batch.slice(start, start + slice);
    for (const { sender } of rotated(entrants, turn)) {
      await sender.send(deliveries, signal);
    }
  }
  // V8 also compiles and collects on other threads, for a little longer than the answers take.
  await sleep(100);
  return entrants.map(({ worker }, index) => Number(worker.cpu() - (before[index] ?? 0n)) / 1000 / batch.length);
};

/** This Worker's CPU divided by another's: the median of the rounds' ratios. */
export const ratio = (microseconds: Record<ContestantName, number[]>, other: ContestantName): number =>
  median(microseconds.mirror.map((own, round) => own / (microseconds[other][round] ?? Number.NaN)));

export type CpuResult = { rounds: number; microseconds: Measured; gzipKiB: Record<string, number> };

export const measureCpu = async (
  processes: number,
  rounds: number,
  count: number,
  signal: AbortSignal,
  progress: Progress,
): Promise<CpuResult> => {
  const runs: Awaited<ReturnType<typeof measureOnce>>[] = [];
  for (let index = 0; index < processes; index += 1) runs.push(await measureOnce(rounds, count, signal, progress));
  const microseconds = Object.fromEntries(
    sizes.map(({ name: size }) => [
      size,
      Object.fromEntries(contestants.map(({ name }) => [name, runs.flatMap((one) => one.measured[size][name])])),
    ]),
  ) as unknown as Measured;
  return { rounds: rounds * processes, microseconds, gzipKiB: runs[0]?.gzipKiB ?? {} };
};
