import type { Replay } from "./replay.ts";
import { median, percentile } from "./statistics.ts";

/** What the turns of one contestant came to, by the name and the delay that they were recorded with. */
export type Rate = {
  name: string;
  delay: number;
  /** Deliveries a second, and requests to the database and statements in them a delivery. Medians of the rounds. */
  perSecond: number;
  roundTrips: number;
  statements: number;
  /** Milliseconds of all rounds; none of the consumer, which answers nobody. */
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
   * Times a turn, with the delay that the gateway has now.
   *
   * @param total its deliveries
   * @param run gives the milliseconds of each, if there are any
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
