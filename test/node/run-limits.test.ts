import { describe, expect, test } from "vitest";
import { orThrow } from "../../cli/or-throw.ts";
import { advanceRun } from "../../src/sync/run.ts";
import { costOf, newState, nextStep, type RunOptions, type State } from "../../src/sync/state.ts";
import { dayPasses } from "../support/node/days.ts";
import { play } from "../support/node/journal.ts";
import { missWeek } from "../support/node/missed-week.ts";
import { livingRows, realityOf } from "../support/node/reality.ts";
import { type SimulatedWorld, simulatedWorlds } from "../support/node/simulated-world.ts";

/** What a run may take: of a workflow's state, of its requests, and of a request's bytes. */

const newWorld = simulatedWorlds();

const reconcile: RunOptions = {
  id: "run",
  kind: "reconcile",
  isDry: false,
  isForced: false,
  hasSessions: true,
  hasBilling: true,
};

/** A world whose requests are counted. */
const counted = (world: SimulatedWorld): { world: SimulatedWorld; requests: () => number } => {
  let requests = 0;
  const counting =
    <Given extends unknown[], Answer>(ask: (...given: Given) => Answer) =>
    (...given: Given): Answer => {
      requests += 1;
      return ask(...given);
    };
  const { clerk, merge, compare, runs } = world.services;
  const entries = Object.entries(runs).map(([name, ask]) => [name, counting(ask as (...given: unknown[]) => unknown)]);
  const services = {
    ...world.services,
    clerk: { get: counting(clerk.get) },
    merge: counting(merge),
    compare: counting(compare),
    runs: Object.fromEntries(entries) as typeof runs,
  };
  return { world: { ...world, services }, requests: () => requests };
};

/** Takes the steps of a run to its end, and tells each. */
const walk = async (
  { services }: SimulatedWorld,
  options: RunOptions,
  tell: (state: State) => void,
): Promise<State> => {
  let state = newState(options);
  while (nextStep(state) !== undefined) {
    tell(state);
    state = orThrow(await advanceRun(services, JSON.parse(JSON.stringify(state)) as State));
  }
  tell(state);
  await services.runs.releaseLease(options.id);
  return state;
};

/** Takes a run to its end, and looks at how many requests each of its steps makes. */
const walkWithin = async ({ world, requests }: ReturnType<typeof counted>, pageSize: number, options: RunOptions) => {
  let before: { made: number; declared: number; name: string } | undefined;
  await walk(world, options, (state) => {
    const made = requests();
    if (before !== undefined) {
      expect(made - before.made, before.name).toBeLessThanOrEqual(before.declared);
      expect(made - before.made, before.name).toBeGreaterThan(0);
    }
    before = { made, declared: costOf(state, pageSize), name: nextStep(state) ?? "" };
  });
};

test.each([1, 20, 500])("a step makes no more requests than it declares, with pages of %i", async (pageSize) => {
  const missed = counted(await missWeek(await newWorld({ MIRROR_PAGE_SIZE: String(pageSize) })));
  for (const id of ["one", "two"]) {
    await walkWithin(missed, pageSize, { ...reconcile, id });
    await dayPasses(missed.world);
  }
});

describe("an import, whose users share one moment", () => {
  const imported = async (): Promise<SimulatedWorld> => {
    const world = await newWorld({ MIRROR_PAGE_SIZE: "100" });
    world.instance.populate(2600, 2);
    const { users } = world.instance;
    const many = users.oldestFirst.slice(50, 2550);
    // They are kept in the order of their times.
    for (const { id } of many) users.delete(id);
    for (const user of many) users.add(Object.assign(user, { created_at: many[1250]?.created_at }));
    await play(world, "backfill", { kind: "backfill" });
    return world;
  };

  test("is handed on as a state of bounded size, and what is gone of it is found", async () => {
    const world = await imported();
    const gone = [...world.instance.users.keys()].filter((_, index) => index % 400 === 60);
    for (const id of gone) world.instance.deleteUser(id);
    let longest = 0;
    for (const id of ["one", "two"]) {
      const { lists } = await walk(world, { ...reconcile, id }, (state) => {
        longest = Math.max(longest, JSON.stringify(state).length);
      });
      const users = lists.find(({ table }) => table === "users");
      expect(users?.counts).toMatchObject({ checked: 2600 - gone.length, extra: gone.length });
      expect(await world.query("select from clerk.seen")).toEqual([]);
      await dayPasses(world);
    }
    expect((await livingRows(world.url)).users).toEqual(realityOf(world.instance).users);
    // 2,500 ids are more than twice as much.
    expect(longest).toBeLessThan(60_000);
  });

  test("leaves nothing behind after a dry run, which reports the same", async () => {
    const world = await imported();
    world.instance.deleteUser([...world.instance.users.keys()][1300] ?? "");
    const { lists } = await walk(world, { ...reconcile, isDry: true }, () => {});
    expect(lists.find(({ table }) => table === "users")?.counts).toMatchObject({ extra: 1 });
    expect(await world.query("select from clerk.seen")).toEqual([]);
  });

  test("is gone through twice where a step is", async () => {
    const world = await imported();
    world.instance.deleteUser([...world.instance.users.keys()][1300] ?? "");
    const { ended } = await play(world, "one", {}, (_, when) => when === "after");
    expect(ended).toEqual({ ok: true, value: "done" });
    expect(await world.query("select extra from clerk.reconciliations where run_id = 'one' and extra > 0")).toEqual([
      { extra: 1 },
    ]);
  });
});

test("users with all the metadata that Clerk takes come in requests that Neon takes, and that are declared", async () => {
  const world = await newWorld({ MIRROR_PAGE_SIZE: "500" });
  world.instance.populate(300, 0);
  // As it takes the most: quotes are escaped twice.
  const metadata = { text: '"'.repeat(8000) };
  for (const user of world.instance.users.values()) {
    Object.assign(user, { public_metadata: metadata, private_metadata: metadata, unsafe_metadata: metadata });
  }
  await walkWithin(counted(world), 500, { ...reconcile, kind: "backfill" });
  expect((await livingRows(world.url)).users).toEqual(realityOf(world.instance).users);
});
