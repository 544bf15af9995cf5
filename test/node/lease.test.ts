import { describe, expect, test } from "vitest";
import { orThrow } from "../../cli/or-throw.ts";
import { advanceRun } from "../../src/sync/run.ts";
import { current, newState, nextStep, type RunOptions, type State } from "../../src/sync/state.ts";
import { dayPasses } from "../support/node/days.ts";
import { play } from "../support/node/journal.ts";
import { type SimulatedWorld, simulatedWorlds } from "../support/node/simulated-world.ts";

/** Two runs at once: one of them waits. */

const newWorld = simulatedWorlds();

const options = (id: string): RunOptions => ({
  id,
  kind: "reconcile",
  isDry: false,
  isForced: false,
  hasSessions: false,
  hasBilling: false,
});

const copied = async (): Promise<SimulatedWorld> => {
  const world = await newWorld();
  world.instance.populate(30, 3);
  await play(world, "backfill", { kind: "backfill" });
  world.instance.deleteUser([...world.instance.users.keys()][3] ?? "");
  return world;
};

/** A run up to the step that it would take then. */
const upTo = async ({ services }: SimulatedWorld, id: string, isThere: (state: State) => boolean): Promise<State> => {
  let state = newState(options(id));
  while (!isThere(state)) state = orThrow(await advanceRun(services, state));
  return state;
};

const toEnd = async ({ services }: SimulatedWorld, from: State) => {
  let state = from;
  while (nextStep(state) !== undefined) {
    const advanced = await advanceRun(services, state);
    if (!advanced.ok) return advanced.failure;
    state = advanced.value;
  }
  return "done";
};

const leases = ({ query }: SimulatedWorld) => query("select name, run_id from clerk.leases where expires_at > now()");
const absent = ({ query }: SimulatedWorld) =>
  query("select distinct run_id from clerk.absences where deleted_at is null");
const expire = ({ query }: SimulatedWorld) => query("update clerk.leases set expires_at = now() - interval '1 second'");

const isReading = (state: State): boolean => state.run !== null && current(state)?.table === "organizations";
const isSettling = (state: State): boolean => current(state)?.phase === "settle";

describe("a reconciliation", () => {
  test("does not begin while another is under way, and that one goes on", async () => {
    const world = await copied();
    const first = await upTo(world, "first", isReading);
    const { ended } = await play(world, "second");
    expect(ended).toMatchObject({
      ok: false,
      failure: { kind: "busy", run: "first", since: expect.stringMatching(/^20/) },
    });
    expect(await toEnd(world, first)).toBe("done");
    expect(await absent(world)).toEqual([{ run_id: "first" }]);
  });

  test("gives the lease back, whether it is done or fails", async () => {
    const world = await copied();
    await play(world, "first");
    expect(await leases(world)).toEqual([]);
    const { get } = world.services.clerk;
    const refusing: SimulatedWorld = {
      ...world,
      services: {
        ...world.services,
        clerk: {
          get: async (path, query) =>
            path === "/organizations" ? { ok: false, failure: { kind: "clerk_unauthorized" } } : get(path, query),
        },
      },
    };
    expect((await play(refusing, "second")).ended.ok).toBe(false);
    expect(await leases(world)).toEqual([]);
  });

  test("that was killed is given up after its time, and neither notes nor deletes if it comes back", async () => {
    const world = await copied();
    await play(world, "yesterday");
    await dayPasses(world);
    const killed = await upTo(world, "killed", isSettling);
    await expire(world);
    const other = await upTo(world, "other", ({ run }) => run !== null);
    expect(await toEnd(world, killed)).toMatchObject({ kind: "busy", run: "other" });
    expect(await world.query("select from clerk.users where deleted_at is not null")).toEqual([]);
    expect(await toEnd(world, other)).toBe("done");
    expect(await world.query("select from clerk.users where deleted_at is not null")).toHaveLength(1);
  });

  test("keeps its lease by every page, and takes it back if nobody has it", async () => {
    const world = await copied();
    const state = await upTo(world, "first", isReading);
    await world.query("update clerk.leases set expires_at = now() + interval '1 minute'");
    orThrow(await advanceRun(world.services, state));
    expect(await world.query("select from clerk.leases where expires_at > now() + interval '9 minutes'")).toHaveLength(
      1,
    );
    await expire(world);
    expect(await toEnd(world, state)).toBe("done");
  });

  test("does not go on after another: what it has read is older", async () => {
    const world = await copied();
    const first = await upTo(world, "first", isReading);
    await world.services.runs.releaseLease("first");
    world.instance.deleteUser([...world.instance.users.keys()][5] ?? "");
    await play(world, "second");
    expect(await toEnd(world, first)).toMatchObject({ kind: "busy", run: "second" });
    expect(await absent(world)).toEqual([{ run_id: "second" }]);
    expect(await world.query("select from clerk.absences where table_name = 'users'")).toHaveLength(2);
  });

  test("keeps its lease while it reads what it looks for no absent rows in", async () => {
    const world = await copied();
    const [id = ""] = world.instance.users.keys();
    world.instance.subscribe(id);
    let state = newState({ ...options("first"), hasBilling: true });
    while (current(state)?.table !== "subscriptions") state = orThrow(await advanceRun(world.services, state));
    await world.query("update clerk.leases set expires_at = now() + interval '1 minute'");
    orThrow(await advanceRun(world.services, state));
    expect(await world.query("select from clerk.leases where expires_at > now() + interval '9 minutes'")).toHaveLength(
      1,
    );
  });

  test.each(["backfill", "dry run"])("is in the way of no %s", async (kind) => {
    const world = await copied();
    await upTo(world, "first", isReading);
    const params = kind === "backfill" ? ({ kind } as const) : { isDry: true };
    expect((await play(world, "second", params)).ended).toEqual({ ok: true, value: "done" });
    expect(await leases(world)).toEqual([{ name: "reconcile", run_id: "first" }]);
  });
});
