/**
 * What a delivery costs: CPU in workerd, for this Worker and for two that are written as one would without it. And what
 * a backfill costs: see `backfill.ts`.
 *
 *   npm run bench -- --help
 *
 * Every Worker has its own workerd process and its own database. Times on a shared machine drift by far more than
 * the Workers differ, so in every round each handles the same deliveries in short slices, by turns with the others,
 * and what is compared is the median of the rounds' ratios. Each first handles deliveries with a real Postgres, whose
 * rows are checked; its CPU is then measured with Postgres's answers repeated, so that no Worker waits.
 */
// First: see there.
import { interrupted } from "./interrupt.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect, parseArgs } from "node:util";
import { startGateway } from "../../dev/gateway.ts";
import { execute, startPostgres } from "../postgres.ts";
import { backfillTable, measureBackfill } from "./backfill.ts";
import { type Contestant, contestants } from "./contestants.ts";
import { Deliveries, type Delivery, type Sender, senderTo } from "./deliveries.ts";
import { startReplay } from "./replay.ts";
import { median } from "./statistics.ts";
import { type Bundle, bundle, leaveCore, type RunningWorker, startWorker, workerdVersion } from "./workerd.ts";

type Name = Contestant["name"];

const sizes = [
  { name: "2 KB", bytes: 2_000, shape: "objects" },
  { name: "20 KB of text", bytes: 20_000, shape: "text" },
  { name: "20 KB of objects", bytes: 20_000, shape: "objects" },
] as const;

type Size = (typeof sizes)[number]["name"];

/**
 * This Worker's CPU a delivery, as a part of the other's, is at most this. With 20 KB of small objects it has to write
 * them all as JSON twice, and the guide, which does not store metadata, not once: there is no limit on that.
 */
const limits: Record<Exclude<Name, "mirror">, Partial<Record<Size, number>>> = {
  guide: { "2 KB": 0.95, "20 KB of text": 0.9 },
  "guide extended": { "2 KB": 0.6, "20 KB of text": 0.6 },
  "guide extended, tuned": {},
  floor: {},
};

/** How often every Worker is started anew: what V8 makes of the same code differs from one process to the next. */
const processes = 3;

/** Of each size and for each Worker, before anything is measured: until then V8 still compiles. */
const warmUpDeliveries = 1_500;

const help = `Measures the CPU of a delivery in workerd, for this Worker and for two others, and a backfill, which
\`node test/bench/backfill.ts\` measures alone.

  npm run bench -- [options]

  --rounds N       rounds in each of three processes (7)
  --deliveries N   deliveries a round, of each size and for each Worker (300)
  --json           print every round as JSON instead of the table
  --help           print this

Exits with 1 where this Worker or the backfill is over its limits.
`;

/** Microseconds of CPU a delivery, a number a round. */
type Measured = Record<Size, Record<Name, number[]>>;

type Entrant = Contestant & { url: string; bundled: Bundle; worker: RunningWorker; sender: Sender };

const bench = async (rounds: number, count: number, signal: AbortSignal) => {
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
  const signingSecret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;

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

  const deliveries = new Deliveries(signingSecret);
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

/** Deliveries of a turn. The shorter the turns, the more alike is what else the machine does during each one's. */
const slice = 60;

/** Every Worker handles the batch. Gives the microseconds of CPU a delivery of each. */
const measure = async (
  entrants: readonly Entrant[],
  batch: readonly Delivery[],
  round: number,
  signal: AbortSignal,
): Promise<number[]> => {
  const before = entrants.map(({ worker }) => worker.cpu());
  for (let start = 0, turn = round; start < batch.length; start += slice, turn++) {
    const deliveries = batch.slice(start, start + slice);
    const first = turn % entrants.length;
    for (const { sender } of [...entrants.slice(first), ...entrants.slice(0, first)]) {
      await sender.send(deliveries, signal);
    }
  }
  // V8 compiles and collects beside the answers, and a little longer.
  await sleep(100);
  return entrants.map(({ worker }, index) => Number(worker.cpu() - (before[index] ?? 0n)) / 1000 / batch.length);
};

/** This Worker's CPU as a part of another's: the median of the rounds' ratios. */
const ratio = (microseconds: Record<Name, number[]>, other: Name): number =>
  median(microseconds.mirror.map((own, round) => own / (microseconds[other][round] ?? Number.NaN)));

const progress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const options = () => {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "7" },
      deliveries: { type: "string", default: "300" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const positive = (option: "rounds" | "deliveries"): number => {
    const number = Number(values[option]);
    if (!Number.isInteger(number) || number < 1) throw new Error(`--${option} takes a number above 0`);
    return number;
  };
  return { ...values, rounds: positive("rounds"), deliveries: positive("deliveries") };
};

try {
  const { rounds, deliveries, json, help: wantsHelp } = options();
  if (wantsHelp) {
    process.stdout.write(help);
    process.exit(0);
  }
  // First: what is measured after it leaves a core to workerd.
  const backfill = await measureBackfill({ users: 100_000, rounds: 3, signal: interrupted, progress });
  const runs: Awaited<ReturnType<typeof bench>>[] = [];
  for (let index = 0; index < processes; index += 1) runs.push(await bench(rounds, deliveries, interrupted));
  const gzipKiB = runs[0]?.gzipKiB ?? {};
  const measured = Object.fromEntries(
    sizes.map(({ name: size }) => [
      size,
      Object.fromEntries(contestants.map(({ name }) => [name, runs.flatMap((one) => one.measured[size][name])])),
    ]),
  ) as unknown as Measured;

  const names = contestants.map(({ name }) => name);
  const ratios = Object.fromEntries(
    names.map((name) => [name, Object.fromEntries(sizes.map((size) => [size.name, ratio(measured[size.name], name)]))]),
  ) as Record<Name, Record<Size, number>>;
  const machine = `${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores, workerd ${workerdVersion}, ${new Date().toISOString().slice(0, 10)}`;
  if (json) {
    process.stdout.write(`${JSON.stringify({ machine, microseconds: measured, ratios, gzipKiB, backfill })}\n`);
  } else {
    process.stdout.write(
      [
        "",
        `| contestant | ${sizes.map(({ name }) => `${name} µs | ratio`).join(" | ")} | bundle KiB gzip |`,
        `|---|${"---:|".repeat(sizes.length * 2 + 1)}`,
        ...names.map((name) => {
          const cells = sizes.flatMap((size) => [
            median(measured[size.name][name]).toFixed(0),
            name === "mirror" ? "" : ratios[name][size.name].toFixed(2),
          ]);
          return `| ${name} | ${cells.join(" | ")} | ${gzipKiB[name]} |`;
        }),
        "",
        `Ratio: the mirror's CPU as a part of the other's, median of ${processes * rounds} rounds. ${machine}`,
        backfillTable(backfill),
      ].join("\n"),
    );
  }

  const over = Object.entries(limits).flatMap(([name, bySize]) =>
    Object.entries(bySize).flatMap(([size, limit]) => {
      const found = ratios[name as Name][size as Size];
      return limit === undefined || found <= limit
        ? []
        : [`${size}: ${found.toFixed(3)} of ${name}, over the limit of ${limit}`];
    }),
  );
  over.push(...backfill.over);
  for (const line of over) process.stderr.write(`${line}\n`);
  process.exit(over.length > 0 ? 1 : 0);
} catch (error) {
  if (interrupted.aborted) process.exit(130);
  process.stderr.write(`${inspect(error)}\n`);
  process.exit(1);
}
