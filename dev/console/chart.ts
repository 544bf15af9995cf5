import type { Chart } from "../../cli/console/protocol.ts";

/** How many messages were delivered for the first time, and how long that took, in the last ten minutes. */
export type DeliveryChart = { add(at: number, lag: number): void; chart(now: number): Chart };

const bucketMilliseconds = 5000;
const buckets = 120;

/** A bucket's number since 1970. */
const numberOf = (at: number): number => Math.floor(at / bucketMilliseconds);

export const createChart = (startedAt = Date.now()): DeliveryChart => {
  /** The spans of each bucket, by its number since 1970. */
  const lags = new Map<number, number[]>();
  const first = numberOf(startedAt);
  return {
    add: (at, lag) => {
      const number = numberOf(at);
      const bucket = lags.get(number);
      if (bucket === undefined) lags.set(number, [lag]);
      else bucket.push(lag);
      for (const old of lags.keys()) if (old < number - buckets) lags.delete(old);
    },
    chart: (now) => {
      // Without the one that is not over: its rate would seem to fall.
      const end = numberOf(now);
      const begin = Math.max(first, end - buckets);
      const numbers = Array.from({ length: end - begin }, (_, index) => begin + index);
      return {
        at: numbers.map((number) => number * bucketMilliseconds),
        perMinute: numbers.map((number) => ((lags.get(number)?.length ?? 0) * 60_000) / bucketMilliseconds),
        lag: numbers.map((number) => medianOf(lags.get(number) ?? [])),
      };
    },
  };
};

const medianOf = (values: readonly number[]): number | null =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? null;
