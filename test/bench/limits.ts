import type { ContestantName, CpuResult, Size } from "./cpu.ts";
import { ratio } from "./cpu.ts";
import type { RateResult } from "./rate.ts";
import type { StartupResult } from "./startup.ts";
import type { TableResult } from "./tables.ts";
import type { BackfillResult } from "./backfill.ts";

/** All that was measured, as far as it was asked for. */
export type Results = {
  machine: string;
  cpu?: CpuResult;
  rate?: RateResult;
  tables?: TableResult;
  startup?: StartupResult;
  backfill?: BackfillResult;
};

/**
 * This Worker's CPU a delivery, as a part of the other's, is at most this. With 20 KB of small objects, which it has to
 * write as JSON again and the guide does not store, there is no limit.
 */
const cpuLimits: Partial<Record<ContestantName, Partial<Record<Size, number>>>> = {
  guide: { "2 KB": 0.85, "20 KB of text": 0.8 },
  "guide extended": { "2 KB": 0.5, "20 KB of text": 0.5 },
  floor: { "2 KB": 1.2, "20 KB of text": 1.2 },
};

/** What is over its limit, a line each. */
export const overLimits = ({ cpu, rate, tables, startup, backfill }: Results): string[] => {
  const over = [...(backfill?.over ?? [])];
  const check = (what: string, found: number, isWithin: boolean): void => {
    if (!isWithin) over.push(`${what}: ${found.toPrecision(3)}`);
  };
  if (cpu !== undefined) {
    for (const [name, bySize] of Object.entries(cpuLimits)) {
      for (const [size, limit] of Object.entries(bySize)) {
        const found = ratio(cpu.microseconds[size as Size], name as ContestantName);
        check(`CPU at ${size} as a part of ${name}, limit ${limit}`, found, found <= limit);
      }
    }
    const { mirror = Number.NaN, guide = 0 } = cpu.gzipKiB;
    check("the bundle as a part of the guide's, limit 1", mirror / guide, mirror <= guide);
  }
  if (rate !== undefined) {
    const of = (name: string, delay: number) => rate.rates.find((one) => one.name === name && one.delay === delay);
    const [consumer, guide] = [of("mirror, the queue's consumer", 20), of("guide", 20)];
    const times = (consumer?.perSecond ?? 0) / (guide?.perSecond ?? 1);
    check("the queue's rate as a multiple of the guide's, limit 10", times, times >= 10);
    const trips = consumer?.roundTrips ?? 1;
    check("round trips a delivery in the queue, limit 0.02", trips, trips <= 0.02);
    const direct = of("mirror", 20);
    check("round trips a delivery, limit 1", direct?.roundTrips ?? 2, direct?.roundTrips === 1);
    const door = (of("mirror, the queue's door", 20)?.p99 ?? 1) / (direct?.p99 ?? 0);
    check("the door's p99 as a part of the direct path's, limit 1", door, door < 1);
  }
  if (tables !== undefined) {
    const times = (tables.at(-1)?.p50 ?? Number.NaN) / (tables[0]?.p50 ?? Number.NaN);
    check(
      "the time of a delivery at a million users as a multiple of that at a thousand, limit 1.5",
      times,
      times <= 1.5,
    );
  }
  if (startup !== undefined) {
    const times = (startup.milliseconds.mirror ?? 0) / (startup.milliseconds.guide ?? 1);
    check("CPU of a start as a part of the guide's, limit 1.1", times, times <= 1.1);
  }
  return over;
};
