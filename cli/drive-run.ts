import { setTimeout as sleep } from "node:timers/promises";
import { type Failure, isTransient, ok, type Result } from "../src/result.ts";
import type { Clerk } from "../src/sync/clerk-api.ts";
import { listOf } from "../src/sync/lists.ts";
import { type Page, readPage } from "../src/sync/pages.ts";
import { waitMilliseconds } from "../src/sync/retry.ts";
import { advanceRun } from "../src/sync/run.ts";
import { type Progress, type State, withProgress } from "../src/sync/state.ts";
import { advance, type RunServices, takePage } from "../src/sync/steps.ts";

/**
 * Drives a run from a terminal: all lists at once, and the next page of each is read while the one before is merged.
 * The steps are those that the workflow takes.
 */
export type Driver = {
  services: RunServices;
  /** Ends it between two steps. */
  signal: AbortSignal;
  /** After every step. What it was given last is where the run can be gone on with. */
  onProgress: (state: State) => void;
  /** How many objects a list has, as soon as that is known. */
  onTotal?: (table: Progress["table"], total: number) => void;
  onWait?: (failure: Failure, milliseconds: number) => void;
};

/** Together about an hour of waiting in vain for one step. */
const patience = 15;

/** @returns the state in which all is done, or what cannot be waited for */
export const runLists = async (driver: Driver, state: State): Promise<Result<State>> => {
  const { services, signal, onProgress } = driver;
  let latest = state;
  const keep = (next: State): void => {
    latest = next;
    onProgress(next);
  };

  if (latest.run === null) {
    const begun = await persist(driver, () => advanceRun(services, latest));
    if (!begun.ok) return begun;
    keep(begun.value);
  }

  /** What stops one list stops the others. */
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
      // Not the run as it was before the step: another list may have found out meanwhile that the instance is foreign.
      keep(withProgress(latest, latest.run ?? run, result.value));
    }
  };

  // Users' own lists are read once the users are there, and what is missing is deleted once it is known whether Clerk has
  // any of the copy's users.
  const tables = latest.lists.map(({ table }) => table);
  const ofUsers = tables.filter((table) => listOf(table).paging === "by_user");
  const rounds: [Progress["table"][], Progress["phase"][]][] = [
    [tables.filter((table) => !ofUsers.includes(table)), ["read", "ask"]],
    [ofUsers, ["read", "ask"]],
    [tables, ["settle"]],
  ];
  for (const [round, phases] of rounds) {
    await Promise.all(round.map((table) => walk(table, phases)));
    if (failed !== undefined) return failed;
  }
  return ok(latest);
};

/** Something that nobody waits for yet may fail without ending the process. */
const ahead = <Value>(start: () => Promise<Value>): Promise<Value> => {
  const promise = start();
  promise.catch(() => {});
  return promise;
};

/** Takes a step as often as it takes. */
const persist = async <Value>(
  { signal, onWait }: Driver,
  step: () => Promise<Result<Value>>,
): Promise<Result<Value>> => {
  for (let waits = 1; ; waits += 1) {
    signal.throwIfAborted();
    const result = await step();
    // What was ended under it is no news.
    if (!result.ok) signal.throwIfAborted();
    if (result.ok || !isTransient(result.failure) || waits > patience) return result;
    const milliseconds = waitMilliseconds(result.failure, waits) * (1 + Math.random() / 4);
    onWait?.(result.failure, milliseconds);
    await sleep(milliseconds, undefined, { signal });
  }
};

/**
 * Spreads requests, so that the app's own have room beside them, and makes none while Clerk asks to wait.
 *
 * @param perSecond how many at most
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
