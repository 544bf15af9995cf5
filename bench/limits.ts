import type { ContestantName, CpuResult, Size } from "./cpu.ts";
import { ratio } from "./cpu.ts";
import type { OutboxResult } from "./outbox.ts";
import { queryLimit, type QueriesResult } from "./queries.ts";
import { delays, queueNames, type RateResult } from "./rate.ts";
import type { StartupResult } from "./startup.ts";
import type { TableResult } from "./tables.ts";
import type { Rate } from "./tally.ts";
import { type BackfillResult, limit as backfillLimit, memoryLimit } from "./backfill.ts";

/** The results of the parts that were asked for. */
export type Results = {
  machine: string;
  cpu?: CpuResult;
  rate?: RateResult;
  tables?: TableResult;
  startup?: StartupResult;
  backfill?: BackfillResult;
  outbox?: OutboxResult;
  queries?: QueriesResult;
};

/**
 * The most that this Worker's CPU per delivery may be, divided by the other's. 20 KB of small objects do not have a
 * limit: this Worker must write them as JSON again, and the guide does not store them.
 */
const cpuLimits: Partial<Record<ContestantName, Partial<Record<Size, number>>>> = {
  guide: { "2 KB": 0.92, "20 KB of text": 0.97 },
  "guide extended": { "2 KB": 0.55, "20 KB of text": 0.55 },
};

export type Limit = { what: string; found: number; limit: string; isKept: boolean };

/** Every limit on what was measured. */
export const limitsOf = ({ cpu, rate, tables, startup, backfill, outbox, queries }: Results): Limit[] => {
  const limits: Limit[] = [];
  const atMost = (what: string, found: number, limit: number): void => {
    limits.push({ what, found, limit: `at most ${limit}`, isKept: found <= limit });
  };
  if (cpu !== undefined) {
    for (const [name, bySize] of Object.entries(cpuLimits)) {
      for (const [size, limit] of Object.entries(bySize)) {
        const found = ratio(cpu.microseconds[size as Size], name as ContestantName);
        atMost(`CPU at ${size}, divided by ${name}'s`, found, limit);
      }
    }
    const { mirror = Number.NaN, guide = Number.NaN } = cpu.gzipKiB;
    atMost("the bundle, divided by the guide's", mirror / guide, 1.145);
  }
  if (rate !== undefined) {
    const [doorName, consumerName] = queueNames;
    const of = (name: string, delay: number): Partial<Rate> =>
      rate.rates.find((one) => one.name === name && one.delay === delay) ?? {};
    const part = (one = Number.NaN, other = Number.NaN) => one / other;
    const consumer = of(consumerName, 20);
    const times = part(consumer.perSecond, of("guide", 20).perSecond);
    limits.push({
      what: "the queue's consumer, as a multiple of the guide's rate, the database 20 ms away",
      found: times,
      limit: "at least 4",
      isKept: times >= 4,
    });
    atMost("its round trips per delivery", consumer.roundTrips ?? Number.NaN, 0.02);
    atMost("round trips per delivery, direct", of("mirror", 20).roundTrips ?? Number.NaN, 1);
    for (const delay of delays) {
      const door = part(of(doorName, delay).p99, of("mirror", delay).p99);
      const what = `the door's p99, divided by the direct path's, the database ${delay} ms away`;
      limits.push({ what, found: door, limit: "below 1", isKept: door < 1 });
    }
  }
  if (tables !== undefined) {
    const times = (tables.at(-1)?.p50 ?? Number.NaN) / (tables[0]?.p50 ?? Number.NaN);
    atMost("a delivery at a million users, as a multiple of that at a thousand", times, 1.5);
  }
  if (startup !== undefined) {
    const { mirror = Number.NaN, guide = Number.NaN } = startup.milliseconds;
    atMost("CPU of a start, divided by the guide's", mirror / guide, 1.1);
  }
  if (backfill !== undefined) {
    for (const [name, found] of Object.entries(backfill.ratios)) {
      atMost(`the backfill's time, as a multiple of ${name}`, found, backfillLimit);
    }
    const [fewer, all] = backfill.memory;
    const growth = (all?.peakBytes ?? Number.NaN) / (fewer?.peakBytes ?? Number.NaN);
    atMost("its memory at all users, as a multiple of that at a tenth", growth, memoryLimit);
  }
  if (outbox !== undefined) {
    const { database, door, runs } = outbox;
    atMost("the merge's time with an app, divided by that without", database, 1.25);
    atMost("CPU until the answer with an app, divided by that without", door, 1.1);
    const [half, all] = runs;
    const perSecond = all?.perSecond ?? Number.NaN;
    const what = "changes a second that an app is told of which was away";
    limits.push({ what, found: perSecond, limit: "at least 2000", isKept: perSecond >= 2000 });
    const growth = (all?.peakBytes ?? Number.NaN) / (half?.peakBytes ?? Number.NaN);
    atMost("memory for all of the backlog, as a multiple of that for half", growth, memoryLimit);
  }
  if (queries !== undefined) {
    const slowest = Math.max(
      ...queries.queries.filter(({ isLimited }) => isLimited).map(({ milliseconds }) => milliseconds),
    );
    atMost("milliseconds of the slowest query that has an index, at a million users", slowest, queryLimit);
  }
  return limits;
};
