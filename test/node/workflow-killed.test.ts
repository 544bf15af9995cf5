import { describe, expect, test } from "vitest";
import { dayPasses } from "../support/node/days.ts";
import { play } from "../support/node/journal.ts";
import { missWeek, resultsOf } from "../support/node/missed-week.ts";
import { livingRows, realityOf } from "../support/node/reality.ts";
import { type SimulatedWorld, simulatedWorlds } from "../support/node/simulated-world.ts";
import { inLanes } from "../support/worker/lanes.ts";

const newWorld = simulatedWorlds();

/** Rows of the copy that Clerk has, and ids of those that it has not any more. */
const splitOf = async (world: SimulatedWorld) => {
  const reality = realityOf(world.instance);
  const living = await livingRows(world.url);
  const kept = Object.fromEntries(
    Object.entries(living).map(([table, rows]) => [
      table,
      Object.fromEntries(Object.entries(rows).filter(([id]) => reality[table]?.[id] !== undefined)),
    ]),
  );
  const extra = Object.entries(living).flatMap(([table, rows]) =>
    Object.keys(rows).flatMap((id) => (reality[table]?.[id] === undefined ? [`${table} ${id}`] : [])),
  );
  return { reality, kept, extra };
};

describe("killed at any step, before it is taken or before its result is kept, it goes on", () => {
  /** Kills runs of the world as it is, each in a copy of its own and at another point. */
  const killAll = async (
    world: SimulatedWorld,
    look: (fork: SimulatedWorld, point: string) => Promise<void>,
  ): Promise<void> => {
    const { steps } = await play(await world.fork(), "run");
    expect(steps.length).toBeGreaterThan(40);
    const points = steps.flatMap((step) => (["before", "after"] as const).map((moment) => ({ step, moment })));
    await inLanes(
      points,
      async ({ step, moment }) => {
        const fork = await world.fork();
        const played = await play(fork, "run", {}, (name, when) => name === step && when === moment);
        expect(played.ended, `${moment} ${step}`).toEqual({ ok: true, value: "done" });
        await look(fork, `${moment} ${step}`);
      },
      3,
    );
  };

  test("where there is much to merge", async () => {
    await killAll(await missWeek(await newWorld({ MIRROR_SESSIONS: "true" })), async (fork, point) => {
      const { reality, kept, extra } = await splitOf(fork);
      expect(kept, point).toEqual(reality);
      const absences = await fork.query<{ key: string }>(
        "select table_name || ' ' || id as key from clerk.absences order by 1",
      );
      expect(absences.map(({ key }) => key).toSorted(), point).toEqual(extra.toSorted());
      const lines = await resultsOf(fork, "run");
      expect(lines.reduce((sum, line) => sum + Number(line.extra), 0)).toBe(extra.length);
    });
  });

  test("where there is much to delete", async () => {
    const world = await missWeek(await newWorld({ MIRROR_SESSIONS: "true" }));
    await play(world, "first");
    await dayPasses(world);
    const reality = realityOf(world.instance);
    await killAll(world, async (fork, point) => {
      expect(await livingRows(fork.url), point).toEqual(reality);
      for (const line of await resultsOf(fork, "run")) {
        expect(line, point).toMatchObject({ missing: 0, stale: 0, held: 0 });
        expect(line.repaired).toBe(line.extra);
      }
    });
  });
});
