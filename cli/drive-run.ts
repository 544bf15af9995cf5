import { setTimeout as sleep } from "node:timers/promises";
import { type Failure, isTransient, ok, type Result } from "../src/result.ts";
import type { Clerk } from "../src/sync/clerk-api.ts";
import { listOf } from "../src/sync/lists.ts";
import { readPage } from "../src/sync/list-pages.ts";
import type { Page } from "../src/sync/pages.ts";
import { waitMilliseconds } from "../src/sync/retry.ts";
import { advanceRun } from "../src/sync/run.ts";
import { type Progress, type State, withProgress } from "../src/sync/state.ts";
import { advance, type RunServices, takePage } from "../src/sync/steps.ts";

/**
 * Drives a run from a terminal: all lists at once, reading the next page of each while the previous one is merged. It
 * takes the same steps as the workflow.
 */
export type Driver = {
  services: RunServices;
  /** Stops the run between two steps. */
  signal: AbortSignal;
  /** Called after every step. An interrupted run continues from the latest state. */
  onProgress: (state: State) => void;
  /** Called with how many objects a list has, as soon as that is known. */
  onTotal?: (table: Progress["table"], total: number) => void;
  onWait?: (failure: Failure, milliseconds: number) => void;
};

/** The most waits per step: about an hour in all. */
const patience = 15;

/** Milliseconds for the first step: who waits at a terminal soon wants to know that an address or a network is wrong. */
const firstPatience = 30_000;

/** @returns the state of the finished run, or a failure that waiting does not help */
export const runLists = async (driver: Driver, state: State): Promise<Result<State>> => {
  const { services, signal, onProgress } = driver;
  let latest = state;
  const keep = (next: State): void => {
    latest = next;
    onProgress(next);
  };

  if (latest.run === null) {
    const begun = await persist(driver, () => advanceRun(services, latest), firstPatience);
    if (!begun.ok) return begun;
    keep(begun.value);
  }

  /** A failure of one list stops the others. */
  let failed: { ok: false; failure: Failure } | undefined;

  /** Takes steps of a list while it is in one of the phases. */
  const walk = async (table: Progress["table"], phases: Progress["phase"][]): Promise<void> => {
    let reading: Promise<Result<Page>> | undefined;
    for (;;) {
      signal.throwIfAborted();
      const { run } = latest;
      const progress = latest.lists.find((one) => one.table === table);
      if (failed !== undefined || run === null || progress === undefined || !phases.includes(progress.phase)) return;
      let result: Result<Progress>;
      if (progress.phase === "read") {
        const list = listOf(table);
        const page = await (reading ?? persist(driver, () => readPage(services, list, progress.cursor)));
        reading = undefined;
        if (!page.ok) return void (failed ??= page);
        const { total, isLast, next } = page.value;
        if (total !== null) driver.onTotal?.(table, total);
        if (!isLast) reading = ahead(() => persist(driver, () => readPage(services, list, next)));
        result = await persist(driver, () => takePage(services, run, progress, page.value));
      } else {
        result = await persist(driver, () => advance(services, run, progress));
      }
      if (!result.ok) return void (failed ??= result);
      // Not `run`, which is from before the step: another list may have found since that the instance is foreign.
      keep(withProgress(latest, latest.run ?? run, result.value));
    }
  };

  // Owners are read first: their children cannot be restored before them, and lists per user need the users. Missing rows
  // are deleted after all lists are read, since only then it is known whether Clerk has any of the copy's users.
  const tables = latest.lists.map(({ table }) => table);
  const owners: Progress["table"][] = ["users", "organizations"];
  const rounds: [Progress["table"][], Progress["phase"][]][] = [
    [owners, ["read", "ask"]],
    [tables.filter((table) => !owners.includes(table)), ["read", "ask"]],
    [tables, ["settle"]],
  ];
  for (const [round, phases] of rounds) {
    await Promise.all(round.map((table) => walk(table, phases)));
    if (failed !== undefined) return failed;
  }
  return ok(latest);
};

/** Starts what is awaited later. If it fails before that, the process must not end. */
const ahead = <Value>(start: () => Promise<Value>): Promise<Value> => {
  const promise = start();
  promise.catch(() => {});
  return promise;
};

/** Repeats a step while waiting may help, for so many milliseconds at most. */
const persist = async <Value>(
  { signal, onWait }: Driver,
  step: () => Promise<Result<Value>>,
  longest = Number.POSITIVE_INFINITY,
): Promise<Result<Value>> => {
  const began = performance.now();
  for (let waits = 1; ; waits += 1) {
    signal.throwIfAborted();
    const result = await step();
    // If the run was stopped, its failure is only a consequence.
    if (!result.ok) signal.throwIfAborted();
    if (result.ok || !isTransient(result.failure) || waits > patience) return result;
    const milliseconds = waitMilliseconds(result.failure, waits) * (1 + Math.random() / 4);
    if (performance.now() - began + milliseconds > longest) return result;
    onWait?.(result.failure, milliseconds);
    await sleep(milliseconds, undefined, { signal });
  }
};

/**
 * Spreads requests over time, to leave room for the app's own, and sends none while Clerk asks to wait.
 *
 * @param perSecond the most requests per second
 */
export const paced = (clerk: Clerk, perSecond: number): Clerk => {
  let next = 0;
  return {
    get: async (path, query) => {
      const now = performance.now();
      next = Math.max(now, next + 1000 / perSecond);
      if (next > now) await sleep(next - now);
      const answer = await clerk.get(path, query);
      if (!answer.ok && answer.failure.kind === "clerk_unavailable" && answer.failure.seconds !== undefined) {
        next = Math.max(next, performance.now() + answer.failure.seconds * 1000);
      }
      return answer;
    },
  };
};
