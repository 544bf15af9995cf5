import type { Replay } from "./replay.ts";
import { median, percentile } from "./statistics.ts";

/** The result of one contestant's turns with one name and delay. */
export type Rate = {
  name: string;
  delay: number;
  /** Deliveries per second, and requests to the database and their statements per delivery. Medians of the rounds. */
  perSecond: number;
  roundTrips: number;
  statements: number;
  /** Milliseconds, over all rounds. The consumer does not have them, since nobody waits for it. */
  p50?: number;
  p99?: number;
};

type Found = {
  name: string;
  delay: number;
  perSecond: number[];
  roundTrips: number[];
  statements: number[];
  milliseconds: number[];
};

export type Tally = {
  /**
   * Times a turn, with the gateway's current delay.
   *
   * @param total its deliveries
   * @param run returns the milliseconds of each, or an empty list
   */
  record(name: string, total: number, run: () => Promise<number[]>): Promise<void>;
  /** Forgets all turns. */
  clear(): void;
  rates(): Rate[];
};

export const tallyOf = (replay: Replay): Tally => {
  const all = new Map<string, Found>();
  return {
    record: async (name, total, run) => {
      const { requests, statements, delay } = replay;
      const since = performance.now();
      const milliseconds = await run();
      const seconds = (performance.now() - since) / 1000;
      const key = `${name}|${delay}`;
      const found = all.get(key) ?? { name, delay, perSecond: [], roundTrips: [], statements: [], milliseconds: [] };
      found.perSecond.push(total / seconds);
      found.roundTrips.push((replay.requests - requests) / total);
      found.statements.push((replay.statements - statements) / total);
      found.milliseconds.push(...milliseconds);
      all.set(key, found);
    },
    clear: () => all.clear(),
    rates: () => [...all.values()].map(rateOf),
  };
};

const rateOf = ({ name, delay, perSecond, roundTrips, statements, milliseconds }: Found): Rate => ({
  name,
  delay,
  perSecond: median(perSecond),
  roundTrips: median(roundTrips),
  statements: median(statements),
  ...(milliseconds.length === 0 ? {} : { p50: percentile(milliseconds, 0.5), p99: percentile(milliseconds, 0.99) }),
});
