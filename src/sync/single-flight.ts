import { withTimeout } from "../timeout.ts";

/** What an invocation has of its runtime. */
export type Invocation = { waitUntil(promise: Promise<unknown>): void };

/** A job that is under way, or that this call has started. */
export type Flight<Value> = {
  /** Whether this call started it. */
  isOwn: boolean;
  /** Its result; `lost` if it is another's and does not arrive in time. */
  landed(): Promise<Value | "lost">;
};

/**
 * One job per key at a time: whoever asks for a key while a job for it is under way gets that job.
 *
 * Another invocation's job may never settle, since the runtime drops what a cancelled invocation has under way. So nobody
 * waits for it longer than `lostAfter`, and the timer is the waiting invocation's own.
 *
 * @param lostAfter milliseconds after which nobody waits for another's job
 */
export const singleFlight = <Value>(lostAfter: number, now: () => number = Date.now) => {
  const flying = new Map<string, { result: Promise<Value>; since: number }>();

  return (key: string, invocation: Invocation, job: () => Promise<Value>): Flight<Value> => {
    const since = now();
    const other = flying.get(key);
    if (other !== undefined && since - other.since < lostAfter) {
      return {
        isOwn: false,
        landed: () => withTimeout(other.result, other.since + lostAfter - now(), "lost" as const),
      };
    }
    const result = job().finally(() => {
      if (flying.get(key) === flight) flying.delete(key);
    });
    const flight = { result, since };
    flying.set(key, flight);
    // Others wait for it too: it does not end with the invocation that started it.
    invocation.waitUntil(result.catch(() => {}));
    return { isOwn: true, landed: () => result };
  };
};
