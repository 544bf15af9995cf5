import { setTimeout as sleep } from "node:timers/promises";
import { readPage } from "../src/sync/pages.ts";
import type { Clerk } from "../src/sync/clerk-api.ts";
import { type Failure, isTransient, waitMilliseconds } from "../src/failure.ts";
import { listOf } from "../src/sync/lists.ts";
import {
  advance,
  advanceRun,
  type Context,
  type Progress,
  type State,
  takePage,
  withProgress,
} from "../src/sync/run.ts";

/**
 * Drives a run from a terminal: all lists at once, and the next page of each is read while the one before is merged.
 * The steps are those that the workflow takes.
 */
export type Driver = {
  context: Context;
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
export const runLists = async (driver: Driver, state: State): Promise<{ kind: "ran"; state: State } | Failure> => {
  const { context, signal, onProgress } = driver;
  let latest = state;
  const keep = (next: State): void => {
    latest = next;
    onProgress(next);
  };

  if (latest.run === null) {
    const begun = await persist(driver, () => advanceRun(context, latest));
    if (begun.kind !== "advanced") return begun;
    keep(begun.state);
  }

  /** What stops one list stops the others. */
  let failed: Failure | undefined;

  /** Takes steps of a list while it is in one of the phases. */
  const walk = async (table: Progress["table"], phases: Progress["phase"][]): Promise<void> => {
    let reading: Promise<Awaited<ReturnType<typeof readPage>> | Failure> | undefined;
    for (;;) {
      signal.throwIfAborted();
      const { run } = latest;
      const progress = latest.lists.find((one) => one.table === table);
      if (failed !== undefined || run === null || progress === undefined || !phases.includes(progress.phase)) return;
      let result: Awaited<ReturnType<typeof advance>>;
      if (progress.phase === "read") {
        const list = listOf(table);
        const page = await (reading ?? persist(driver, () => readPage(context, list, progress.cursor)));
        reading = undefined;
        if (page.kind !== "page" && page.kind !== "not_offered") return void (failed ??= page);
        if (page.kind === "page") {
          if (page.total !== null) driver.onTotal?.(table, page.total);
          if (!page.isLast) reading = ahead(() => persist(driver, () => readPage(context, list, page.next)));
        }
        result = await persist(driver, () => takePage(context, run, progress, page));
      } else {
        result = await persist(driver, () => advance(context, run, progress));
      }
      if (result.kind !== "advanced") return void (failed ??= result);
      // Not the run as it was before the step: another list may have found out meanwhile that the instance is foreign.
      keep(withProgress(latest, latest.run ?? run, result.progress));
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
  return { kind: "ran", state: latest };
};

/** Something that nobody waits for yet may fail without ending the process. */
const ahead = <Result>(start: () => Promise<Result>): Promise<Result> => {
  const promise = start();
  promise.catch(() => {});
  return promise;
};

/** Takes a step as often as it takes. */
const persist = async <Result extends { kind: string }>(
  { signal, onWait }: Driver,
  step: () => Promise<Result | Failure>,
): Promise<Result | Failure> => {
  for (let waits = 1; ; waits += 1) {
    signal.throwIfAborted();
    const result = await step();
    // What was ended under it is no news.
    if (isFailure(result)) signal.throwIfAborted();
    if (!isFailure(result) || !isTransient(result) || waits > patience) return result;
    const milliseconds = waitMilliseconds(result, waits) * (1 + Math.random() / 4);
    onWait?.(result, milliseconds);
    await sleep(milliseconds, undefined, { signal });
  }
};

const failureKinds = new Set(["wait", "unauthorized", "rejected", "unavailable", "refused", "misconfigured"]);
const isFailure = (result: { kind: string }): result is Failure => failureKinds.has(result.kind);

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
      if (answer.kind === "wait" && answer.seconds !== undefined) {
        next = Math.max(next, performance.now() + answer.seconds * 1000);
      }
      return answer;
    },
  };
};
