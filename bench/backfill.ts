/**
 * How long a backfill takes, relative to reading the same pages and inserting them bare, and whether its memory grows
 * with the instance. A part of `npm run bench`. To run it alone:
 *
 *   node bench/backfill.ts --help
 *
 * The simulated Clerk, the gateway, Postgres and each turn have processes of their own. The contestants copy the same
 * users by turns, each in a fresh process and into empty tables. The result is the median of the rounds' ratios.
 */
// Must be first: see its comment.
import { interrupted } from "./interrupt.ts";
import { fork } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { inspect, parseArgs } from "node:util";
import { migrate } from "../cli/migrate.ts";
import { execute, startPostgres } from "../test/support/postgres.ts";
import { query } from "./contestants.ts";
import type { ContestantName, Measured, Part } from "./backfill-process.ts";
import { median, rotated } from "./statistics.ts";

const contestants: readonly ContestantName[] = ["mirror", "bare", "bare, reading ahead"];

/** The most that the backfill's time may be, as a multiple of either of the others'. */
export const limit = 1.5;

/** The most that its peak memory at all users may be, as a multiple of that at a tenth of them. */
export const memoryLimit = 1.25;

type Options = { users: number; rounds: number; signal: AbortSignal; progress: (line: string) => void };

export type BackfillResult = {
  users: number;
  rounds: Record<ContestantName, Measured>[];
  /** The mirror's time divided by the other's, the median of the rounds. */
  ratios: Record<Exclude<ContestantName, "mirror">, number>;
  /** Medians of the mirror. */
  memory: { users: number; peakBytes: number; heapBytes: number }[];
  /** What is over its limit. */
  over: string[];
};

export const measureBackfill = async ({ users, rounds: count, signal, progress }: Options): Promise<BackfillResult> => {
  await using started = new AsyncDisposableStack();
  const start = async (part: Part): Promise<string> => {
    const server = startProcess<string>(part);
    started.defer(server.close);
    return server.answer;
  };
  const postgres = await startPostgres();
  started.defer(() => postgres.close());
  await execute(postgres.url("postgres"), "create database backfill");
  const databaseUrl = postgres.url("backfill");
  await migrate(databaseUrl);
  await execute(databaseUrl, "create schema bare", "create table bare.users (like clerk.users including all)");
  const gateway = await start({ part: "gateway" });

  const take = async (contestant: ContestantName, of: number, clerkUrl: string): Promise<Measured> => {
    signal.throwIfAborted();
    const table = contestant === "mirror" ? "clerk.users" : "bare.users";
    await execute(databaseUrl, `truncate ${table}, clerk.reconciliations`, "checkpoint");
    const turn = startProcess<Measured>({ part: "turn", contestant, users: of, clerkUrl, databaseUrl, gateway });
    const close = () => void turn.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      return await turn.answer;
    } finally {
      signal.removeEventListener("abort", close);
      await turn.close();
    }
  };

  const fewer = Math.ceil(users / 10);
  const clerkOfFewer = await start({ part: "clerk", users: fewer });
  const small: Measured[] = [];
  for (let turn = 0; turn < count; turn += 1) small.push(await take("mirror", fewer, clerkOfFewer));

  progress(`${users} users of the simulated Clerk`);
  const clerk = await start({ part: "clerk", users });
  const rounds: Record<ContestantName, Measured>[] = [];
  for (let round = 0; round < count; round += 1) {
    const turns: [ContestantName, Measured][] = [];
    for (const name of rotated(contestants, round)) {
      turns.push([name, await take(name, users, clerk)]);
    }
    const measured = Object.fromEntries(turns) as Record<ContestantName, Measured>;
    await assertSame(databaseUrl, users);
    rounds.push(measured);
    const times = contestants.map((name) => `${name} ${measured[name].seconds.toFixed(1)}`);
    progress(`round ${round + 1} of ${count}, s: ${times.join("  ")}`);
  }

  const ratio = (other: ContestantName) => median(rounds.map((one) => one.mirror.seconds / one[other].seconds));
  const ratios = { bare: ratio("bare"), "bare, reading ahead": ratio("bare, reading ahead") };
  const large = rounds.map(({ mirror }) => mirror);
  const memory = [memoryOf(fewer, small), memoryOf(users, large)];
  const growth = median(large.map(({ peakBytes }) => peakBytes)) / median(small.map(({ peakBytes }) => peakBytes));
  const over = [
    ...Object.entries(ratios).flatMap(([name, found]) =>
      found <= limit ? [] : [`backfill: ${found.toFixed(3)} of ${name}, over the limit of ${limit}`],
    ),
    ...(growth <= memoryLimit
      ? []
      : [`backfill: its memory grows to ${growth.toFixed(3)} times, over the limit of ${memoryLimit}`]),
  ];
  return { users, rounds, ratios, memory, over };
};

const memoryOf = (users: number, turns: readonly Measured[]): BackfillResult["memory"][number] => ({
  users,
  peakBytes: median(turns.map(({ peakBytes }) => peakBytes)),
  heapBytes: median(turns.map(({ heapBytes }) => heapBytes)),
});

/** Both copies must hold the same, except for what says when and by whom a row was written. */
const assertSame = async (databaseUrl: string, users: number): Promise<void> => {
  const [found] = await query(
    databaseUrl,
    `select count(*)::int as rows, count(*) filter (
      where to_jsonb(m) - '{version,synced_at}'::text[] is distinct from to_jsonb(b) - '{version,synced_at}'::text[]
    )::int as different
    from clerk.users as m full join bare.users as b on b.id = m.id`,
  );
  if (found?.rows !== users || found.different !== 0) {
    throw new Error(`the copies should be the same ${users} users: ${JSON.stringify(found)}`);
  }
};

/** Starts a part in a process of its own, which ends at the latest with this one. */
const startProcess = <Answer extends string | Measured>(part: Part) => {
  const child = fork(fileURLToPath(new URL("backfill-process.ts", import.meta.url)), [JSON.stringify(part)], {
    // A terminal's Ctrl-C must not reach it: it is closed in its turn.
    detached: true,
    execArgv: ["--expose-gc"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const exited = once(child, "exit");
  const answer = Promise.race([
    once(child, "message").then(([message]: unknown[]) => message as Answer),
    exited.then(() => {
      throw new Error(`${part.part} ended before it answered`);
    }),
  ]);
  // If it is closed, nobody waits for its answer any more.
  answer.catch(() => {});
  return {
    answer,
    close: async (): Promise<void> => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
};

export const backfillTable = ({ users, rounds, ratios, memory }: BackfillResult): string => {
  const MiB = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
  return [
    "",
    `| backfill of ${users} users | s | users per second | ratio |`,
    "|---|---:|---:|---:|",
    ...contestants.map((name) => {
      const seconds = median(rounds.map((round) => round[name].seconds));
      const ratio = name === "mirror" ? "" : ratios[name].toFixed(2);
      return `| ${name} | ${seconds.toFixed(1)} | ${(users / seconds).toFixed(0)} | ${ratio} |`;
    }),
    "",
    "| memory of the backfill | peak MiB | heap MiB |",
    "|---|---:|---:|",
    ...memory.map((one) => `| ${one.users} users | ${MiB(one.peakBytes)} | ${MiB(one.heapBytes)} |`),
    "",
    `Ratio: the mirror's time divided by the other's, median of ${rounds.length} rounds. Memory: the process's peak, and`,
    "V8's heap at nine tenths of the users after a full collection.",
    "",
  ].join("\n");
};

const help = `Measures a backfill of the simulated Clerk beside one that inserts the same pages bare.

  node bench/backfill.ts [options]

  --rounds N   rounds of all contestants (default 3)
  --users N    users to copy; memory is also measured at a tenth of them (default 100000)
  --json       print every round as JSON instead of the table
  --help       print this

Exit codes: 0 within the limits, 1 over a limit or stopped by an error.
`;

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "3" },
      users: { type: "string", default: "100000" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const positive = (option: "rounds" | "users"): number => {
    const number = Number(values[option]);
    if (!Number.isInteger(number) || number < 1) throw new Error(`--${option} must be a whole number above 0`);
    return number;
  };
  const result = await measureBackfill({
    users: positive("users"),
    rounds: positive("rounds"),
    signal: interrupted,
    progress: (line) => void process.stderr.write(`${line}\n`),
  });
  const machine = `${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}`;
  process.stdout.write(
    values.json ? `${JSON.stringify({ machine, ...result })}\n` : `${backfillTable(result)}${machine}\n`,
  );
  for (const line of result.over) process.stderr.write(`${line}\n`);
  return result.over.length > 0 ? 1 : 0;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main().catch((error: unknown) => {
    if (interrupted.aborted) return 130;
    process.stderr.write(`${inspect(error)}\n`);
    return 1;
  });
  process.exit();
}
