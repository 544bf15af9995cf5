import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contestants } from "./contestants.ts";
import type { Progress } from "./cpu.ts";
import { signingSecret } from "./deliveries.ts";
import { median } from "./statistics.ts";
import { type Bundle, bundle, startWorker } from "./workerd.ts";

/** What a start costs: CPU of the workerd process until its first answer, to a path that does not need a database. */

/** Milliseconds of CPU, medians. */
export type StartupResult = { starts: number; milliseconds: Record<string, number> };

export const measureStartup = async (
  starts: number,
  signal: AbortSignal,
  progress: Progress,
): Promise<StartupResult> => {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-bench-"));
  started.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  const entrants: { name: string; bundled: Bundle; milliseconds: number[] }[] = [];
  for (const [index, { name, entry }] of contestants.entries()) {
    entrants.push({ name, bundled: await bundle(join(folder, String(index)), entry), milliseconds: [] });
  }
  for (let start = 0; start < starts; start += 1) {
    signal.throwIfAborted();
    for (const { bundled, milliseconds } of entrants) {
      const worker = await startWorker(bundled, {
        DATABASE_URL: "postgresql://u:p@ep-x.us-east-2.aws.neon.tech/d",
        CLERK_WEBHOOK_SIGNING_SECRET: signingSecret,
      });
      await (await fetch(`${worker.origin}/health`)).text();
      milliseconds.push(Number(worker.cpu()) / 1e6);
      await worker.close();
    }
    progress(`start ${start + 1} of ${starts}`);
  }
  return {
    starts,
    milliseconds: Object.fromEntries(entrants.map(({ name, milliseconds }) => [name, median(milliseconds)])),
  };
};
