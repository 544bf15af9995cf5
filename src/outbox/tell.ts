import type { Change } from "../database/change.ts";
import type { Outbox, Settled, Told } from "../database/outbox.ts";
import { errorOf, log } from "../log.ts";
import type { CallApp } from "./call.ts";

/** Changes per call of the app. */
export const mostChanges = 100;

export type Telling = { outbox: Outbox; told: Told; callApp: CallApp };

/**
 * Tells the app of what is due, until nothing is, the app takes nothing, or it was called so often. Each call has a request to
 * the database before it, and the last one another after it.
 *
 * What dies on the way costs nothing but time: a change that was handed over and not settled is due again after a minute.
 *
 * @param cron the pattern of the cron that asks; undefined if a delivery does
 */
export const tellApp = async ({ outbox, told, callApp }: Telling, mostCalls: number, cron?: string): Promise<void> => {
  const started = Date.now();
  const counts = { calls: 0, taken: 0, failed: 0 };
  let cause: string | undefined;
  let exchanged = await outbox.exchange([], mostChanges, told, cron);
  while (exchanged.ok && exchanged.value.length > 0) {
    const settled = await hand(exchanged.value, callApp);
    counts.calls += 1;
    const taken = settled.filter(({ failure }) => failure === null).length;
    counts.taken += taken;
    counts.failed += settled.length - taken;
    cause ??= settled.find(({ failure }) => failure !== null)?.failure ?? undefined;
    const isMore = taken > 0 && counts.calls < mostCalls;
    exchanged = await outbox.exchange(settled, isMore ? mostChanges : 0, told);
  }
  const line = { job: "outbox", ...counts, ms: Date.now() - started };
  if (!exchanged.ok) log({ ...line, ...errorOf(exchanged.failure) }, "error");
  else if (cause !== undefined) log({ ...line, error: "app", cause }, "error");
  else if (counts.calls > 0) log(line);
};

/** Milliseconds after which a job is given up: its invocation may have been cancelled. */
const lostAfter = 60_000;

/** How often one that is asked for meanwhile is done by the one that is under way. */
const mostTurns = 3;

/** Does a job, one at a time: whoever asks for it while it is done has it done once more by the same. */
export const byOne = (job: () => Promise<void>, now: () => number = Date.now): (() => Promise<void>) => {
  let since: number | undefined;
  let isAgain = false;
  return async () => {
    if (since !== undefined && now() - since < lostAfter) {
      isAgain = true;
      return;
    }
    const own = now();
    since = own;
    try {
      for (let turn = 1; turn === 1 || (isAgain && turn <= mostTurns); turn += 1) {
        isAgain = false;
        await job();
      }
    } finally {
      if (since === own) since = undefined;
    }
  };
};

/** Hands changes to the app, and says what became of each. */
const hand = async (changes: Change[], callApp: CallApp): Promise<Settled[]> => {
  const given = new Set(changes.map(({ table, id }) => `${table}:${id}`));
  const answered = await callApp(changes);
  // One that names what it was not told of is misunderstood.
  const isOurs = typeof answered === "string" || answered.every(({ table, id }) => given.has(`${table}:${id}`));
  const answer = isOurs ? answered : "answer";
  const isRefused = typeof answer === "string";
  const failed = new Set(isRefused ? [] : answer.map(({ table, id }) => `${table}:${id}`));
  return changes.map(({ table, id, kind, generation, attempt }) => {
    const failure = isRefused ? answer : failed.has(`${table}:${id}`) ? "failed" : null;
    return { table, id, kind, generation, attempt, failure };
  });
};
