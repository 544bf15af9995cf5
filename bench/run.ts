/**
 * What a delivery costs, how many per second are possible, and how long a backfill takes, compared with handlers that
 * one would write without this Worker:
 *
 *   npm run bench -- --help
 */
// Must be first: see its comment.
import { interrupted } from "./interrupt.ts";
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { inspect, parseArgs } from "node:util";
import { measureBackfill } from "./backfill.ts";
import { measureCpu, usualProcesses } from "./cpu.ts";
import { limitsOf, type Results } from "./limits.ts";
import { measureOutbox } from "./outbox.ts";
import { measureQueries } from "./queries.ts";
import { measureRates } from "./rate.ts";
import { documentOf, pageWith, report } from "./report.ts";
import { measureStartup } from "./startup.ts";
import { measureTables } from "./tables.ts";
import { workerdVersion } from "./workerd.ts";

const parts = ["backfill", "rate", "tables", "startup", "outbox", "queries", "cpu"] as const;

const help = `Measures this Worker and others, and writes docs/benchmarks.md.

  npm run bench -- [options]

  --only PARTS     some of ${parts.join(", ")}, separated by commas (default: all)
  --processes N    how often to start every Worker anew for the CPU (default ${usualProcesses})
  --rounds N       rounds of the CPU per start (default 7)
  --deliveries N   deliveries per round of the CPU, of each size and for each Worker (default 300)
  --burst N        deliveries of the burst (default 20000)
  --write          with some parts, replace these in docs/benchmarks.md (default: write it only with all)
  --no-write       never write docs/benchmarks.md
  --json           print the results as JSON instead of tables
  --help

It takes about half an hour on two cores.

Exit codes: 0 all limits kept, 1 a limit not kept or stopped by an error, 130 stopped by Ctrl-C.
`;

const progress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const options = () => {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      only: { type: "string", default: parts.join(",") },
      processes: { type: "string", default: String(usualProcesses) },
      rounds: { type: "string", default: "7" },
      deliveries: { type: "string", default: "300" },
      burst: { type: "string", default: "20000" },
      write: { type: "boolean" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const positive = (option: "processes" | "rounds" | "deliveries" | "burst"): number => {
    const number = Number(values[option]);
    if (!Number.isInteger(number) || number < 1) throw new Error(`--${option} must be a whole number above 0`);
    return number;
  };
  const only = values.only.split(",");
  const unknown = only.find((part) => !parts.some((known) => known === part));
  if (unknown !== undefined)
    throw new Error(`--only must be some of ${parts.join(", ")}, separated by commas, not ${unknown}`);
  return {
    ...values,
    only: new Set(only),
    processes: positive("processes"),
    rounds: positive("rounds"),
    deliveries: positive("deliveries"),
    burst: positive("burst"),
  };
};

try {
  const { only, processes, rounds, deliveries, burst, write, json, help: wantsHelp } = options();
  if (wantsHelp) {
    process.stdout.write(help);
    process.exit(0);
  }
  const results: Results = {
    machine: `${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores, workerd ${workerdVersion}, ${new Date().toISOString().slice(0, 10)}`,
  };
  if (only.has("backfill")) {
    results.backfill = await measureBackfill({ users: 100_000, rounds: 3, signal: interrupted, progress });
  }
  if (only.has("rate")) results.rate = await measureRates(3, 1_600, burst, interrupted, progress);
  if (only.has("tables")) results.tables = await measureTables(1_000, interrupted, progress);
  if (only.has("startup")) results.startup = await measureStartup(15, interrupted, progress);
  if (only.has("outbox")) {
    results.outbox = await measureOutbox({ rounds: 7, count: 300, backlog: 100_000 }, interrupted, progress);
  }
  if (only.has("queries")) {
    const sizes = { users: 1_000_000, deliveries: 1_200_000, runs: 51, costUsers: 300_000, costRounds: 100 };
    results.queries = await measureQueries(sizes, interrupted, progress);
  }
  // Must be last: from then on this process leaves a core to workerd.
  if (only.has("cpu")) results.cpu = await measureCpu(processes, rounds, deliveries, interrupted, progress);

  process.stdout.write(json ? `${JSON.stringify(results)}\n` : `\n${report(results)}`);
  if (write ?? only.size === parts.length) {
    const docs = fileURLToPath(new URL("../docs/", import.meta.url));
    const { "benchmarks.md": page = "", ...charts } = documentOf(results);
    const isWhole = only.size === parts.length;
    const written = isWhole ? page : pageWith(await readFile(`${docs}benchmarks.md`, "utf8"), results);
    for (const [file, text] of Object.entries({ "benchmarks.md": written, ...charts }))
      await writeFile(`${docs}${file}`, text);
    // Formatted, so that `npm run check` passes.
    execFileSync("oxfmt", [`${docs}benchmarks.md`]);
    progress("wrote docs/benchmarks.md");
  }
  const over = limitsOf(results).filter(({ isKept }) => !isKept);
  for (const { what, found, limit } of over) progress(`Not kept: ${what}: ${found.toPrecision(3)}, must be ${limit}`);
  process.exit(over.length > 0 ? 1 : 0);
} catch (error) {
  if (interrupted.aborted) process.exit(130);
  process.stderr.write(`${inspect(error)}\n`);
  process.exit(1);
}
