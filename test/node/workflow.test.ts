import { afterEach, describe, expect, test, vi } from "vitest";
import { connectToClerk } from "../../src/sync/clerk-api.ts";
import { fail } from "../../src/result.ts";
import { dayPasses, playTwice } from "../support/node/days.ts";
import { play } from "../support/node/journal.ts";
import { missWeek, resultsOf } from "../support/node/missed-week.ts";
import { livingRows, realityOf, written } from "../support/node/reality.ts";
import { type SimulatedWorld, simulatedWorlds } from "../support/node/simulated-world.ts";

const newWorld = simulatedWorlds();

/** One week for all that do not change Clerk themselves, each of which has a copy of the database. */
let missed: Promise<SimulatedWorld> | undefined;
const weekMissed = async (): Promise<SimulatedWorld> => {
  missed ??= newWorld({ MIRROR_SESSIONS: "true" }).then(missWeek);
  return (await missed).fork();
};
afterEach(async () => {
  if (missed !== undefined) (await missed).api.fault = () => "none";
});

test("a run is cut into instances that each stay within their subrequests", async () => {
  const world = await weekMissed();
  const { requests } = world.api;
  const { services } = world;
  let asked = 0;
  const perInstance: number[] = [];
  const counting: SimulatedWorld = {
    ...world,
    services: {
      ...services,
      clerk: { get: (path, query) => ((asked += 1), services.clerk.get(path, query)) },
      compare: (...rows) => ((asked += 1), services.compare(...rows)),
      merge: (...changes) => ((asked += 1), services.merge(...changes)),
      runs: Object.fromEntries(
        Object.entries(services.runs).map(([name, run]) => [
          name,
          (...given: never[]) => ((asked += 1), (run as (...all: never[]) => unknown)(...given)),
        ]),
      ) as typeof services.runs,
    },
  };
  const played = await play(counting, "run", {}, (step) => {
    const instance = Number(/^run(?:-(\d+))? /.exec(step)?.[1] ?? 1);
    perInstance[instance] = asked;
    return false;
  });
  expect(played.ended).toEqual({ ok: true, value: "done" });
  expect(played.instances).toBeGreaterThan(2);
  // What an instance had asked when its last step began, less what the ones before it had: and the successor is one more.
  const each = perInstance.slice(1).map((total, index) => total - (perInstance[index] ?? 0));
  expect(Math.max(...each)).toBeLessThan(50);
  expect(world.api.requests - requests).toBeGreaterThan(30);
});

test("killed at every step of two runs, it goes on", async () => {
  const world = await weekMissed();
  for (const run of ["one", "two"]) {
    if (run === "two") await dayPasses(world);
    const seen = new Set<string>();
    const once = (step: string, when: string) => !seen.has(step + when) && seen.add(step + when).size > 0;
    expect((await play(world, run, {}, once)).ended).toEqual({ ok: true, value: "done" });
  }
  expect(await livingRows(world.url)).toEqual(realityOf(world.instance));
});

describe("what Clerk does not answer is waited out", () => {
  const faults = ["rate-limited", "server-error", "cut-off", "destroyed", "html"] as const;
  test.for(faults)("%s", async (fault) => {
    const world = await weekMissed();
    // So often that each step meets it once and again, but not always: one question of a membership is three requests.
    world.api.fault = (_path, n) => (n % 4 === 0 ? fault : "none");
    const played = await play(world, "one");
    expect(played.ended).toEqual({ ok: true, value: "done" });
    // A step of many questions that was answered some of them does not sleep.
    expect(played.slept.length).toBeGreaterThan(5);
    if (fault === "rate-limited") expect(new Set(played.slept)).toEqual(new Set([2000]));
    world.api.fault = () => "none";
    await dayPasses(world);
    await play(world, "two");
    expect(await livingRows(world.url)).toEqual(realityOf(world.instance));
  });

  test("no answer at all, to the first question of each kind", async () => {
    const world = await weekMissed();
    const met = new Set<string>();
    world.api.fault = (path) => {
      const kind = path.replace(/\?.*/, "").replaceAll(/[a-z]+_\w{20,}/g, "…");
      return met.size === met.add(kind).size ? "none" : "hang";
    };
    // Each takes as long as Clerk may. What comes later than that on a slow machine is asked for once more.
    const { clerk } = world.settings;
    const impatient = connectToClerk({ secretKey: "", url: "", ...clerk, deadline: 300 });
    const played = await play({ ...world, services: { ...world.services, clerk: impatient } }, "one");
    expect(played.ended).toEqual({ ok: true, value: "done" });
    // The instance, and each of the ten lists. A step of many questions that was answered some of them does not sleep.
    expect(met.size).toBeGreaterThan(11);
    expect(played.slept.length).toBeGreaterThanOrEqual(11);
    world.api.fault = () => "none";
    await dayPasses(world);
    await play(world, "two");
    expect(await livingRows(world.url)).toEqual(realityOf(world.instance));
  });

  test("for some hours, and then it says so and ends", async () => {
    const world = await newWorld();
    world.api.fault = () => "server-error";
    const played = await play(world, "run");
    expect(played.ended).toEqual({ ok: false, failure: { kind: "clerk_unavailable", cause: "http_500" } });
    const hours = played.slept.reduce((sum, one) => sum + one, 0) / 3_600_000;
    expect(hours).toBeGreaterThan(3);
    expect(hours).toBeLessThan(12);
    expect(await world.query("select * from clerk.reconciliations")).toEqual([]);
  });

  test("and a database that is away as well", async () => {
    const world = await weekMissed();
    const { compare } = world.services;
    let calls = 0;
    const shaky: SimulatedWorld = {
      ...world,
      services: {
        ...world.services,
        compare: async (...rows) =>
          (calls += 1) % 2 === 1 ? fail({ kind: "unavailable", cause: "network" }) : compare(...rows),
      },
    };
    expect((await play(shaky, "one")).ended).toEqual({ ok: true, value: "done" });
    await dayPasses(world);
    await play(world, "two");
    expect(await livingRows(world.url)).toEqual(realityOf(world.instance));
  });
});

test("a key that Clerk refuses ends it at once, and nothing is written", async () => {
  const world = await weekMissed();
  const before = await written(world.url);
  const stranger = await newWorld({ CLERK_SECRET_KEY: "sk_test_wrong", CLERK_API_URL: world.api.url });
  const played = await play({ ...world, services: { ...world.services, clerk: stranger.services.clerk } }, "run");
  expect(played.ended).toEqual({ ok: false, failure: { kind: "clerk_unauthorized" } });
  expect(played.slept).toEqual([]);
  expect(await written(world.url)).toEqual(before);
});

describe("the circuit breaker", () => {
  const liveCount = async (world: SimulatedWorld) =>
    (await world.query<{ n: string }>("select count(*) as n from clerk.users where deleted_at is null"))[0]?.n;

  test("holds where Clerk has none of the copy's users any more", async () => {
    const world = await newWorld();
    world.instance.populate(30, 5);
    await play(world, "backfill", { kind: "backfill" });
    for (const id of world.instance.users.keys()) world.instance.deleteUser(id);
    for (const id of world.instance.organizations.keys()) world.instance.deleteOrganization(id);
    await play(world, "one");
    await dayPasses(world);
    const before = await written(world.url);
    await play(world, "two");
    expect(await written(world.url)).toEqual(before);
    const lines = await resultsOf(world, "two");
    expect(lines).toContainEqual(
      expect.objectContaining({
        table_name: "users",
        extra: 30,
        repaired: 0,
        held: 30,
        note: expect.stringContaining("nothing was deleted"),
      }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ table_name: "organizations", extra: 5, repaired: 0, held: 5 }),
    );

    // Somebody who means it says so, on two days.
    await play(world, "forced", { isForced: true });
    await dayPasses(world);
    await play(world, "forced again", { isForced: true });
    expect(await liveCount(world)).toBe("0");
  });

  test("holds where more than a hundred and one in twenty are missing, and lets less pass", async () => {
    const world = await newWorld();
    world.instance.populate(400, 0);
    await play(world, "backfill", { kind: "backfill" });
    for (const id of [...world.instance.users.keys()].slice(0, 101)) world.instance.deleteUser(id);
    await playTwice(world);
    expect(await liveCount(world)).toBe("400");
    expect(await resultsOf(world, "two")).toContainEqual(
      expect.objectContaining({ table_name: "users", extra: 101, repaired: 0, held: 101 }),
    );

    const other = await newWorld();
    other.instance.populate(400, 0);
    await play(other, "backfill", { kind: "backfill" });
    for (const id of [...other.instance.users.keys()].slice(0, 100)) other.instance.deleteUser(id);
    await playTwice(other);
    expect(await liveCount(other)).toBe("300");
  });

  test("lets one in twenty of what the copy had pass, however many are new", async () => {
    const world = await newWorld({ MIRROR_PAGE_SIZE: "500" });
    world.instance.populate(2400, 0);
    await play(world, "backfill", { kind: "backfill" });
    const users = [...world.instance.users.keys()];
    /** How many are alive after two runs in a copy of the database. */
    const after = async (): Promise<string | undefined> => {
      const fork = await world.fork();
      await playTwice(fork);
      return liveCount(fork);
    };
    for (const id of users.slice(0, 120)) world.instance.deleteUser(id);
    expect(await after()).toBe("2280");
    for (const id of users.slice(120, 121)) world.instance.deleteUser(id);
    expect(await after()).toBe("2400");
    for (let user = 0; user < 200; user += 1) world.instance.signUp();
    expect(await after()).toBe("2600");
  });

  test("counts a table once, and no further than 200,000", async () => {
    const world = await newWorld();
    world.instance.populate(45, 0);
    await play(world, "backfill", { kind: "backfill" });
    const { countAlive } = world.services.runs;
    const counted: [string, number][] = [];
    world.services.runs.countAlive = (table, limit) => (counted.push([table, limit]), countAlive(table, limit));
    await play(world, "one");
    expect(counted.filter(([table]) => table === "users")).toEqual([["users", 200_000]]);
    expect(await countAlive("users", 200_000)).toEqual({ ok: true, value: [{ alive: 45 }] });
    expect(await countAlive("users", 20)).toEqual({ ok: true, value: [{ alive: 20 }] });
  });

  test("does not even begin with the key of another instance", async () => {
    const world = await weekMissed();
    const other = await newWorld({}, "ins_2anotheranotheranotherother");
    other.instance.populate(50, 5);
    const before = await written(world.url);
    const mixed: SimulatedWorld = { ...world, services: { ...world.services, clerk: other.services.clerk } };
    const { ended } = await play(mixed, "run");
    expect(ended).toMatchObject({ failure: { kind: "misconfigured", setting: "CLERK_SECRET_KEY" } });
    expect(JSON.stringify(ended)).toContain("ins_2anotheranotheranotherother");
    expect(await written(world.url)).toEqual(before);

    const told: SimulatedWorld = {
      ...world,
      services: { ...mixed.services, settings: { ...mixed.services.settings, instanceId: world.instance.id } },
    };
    expect((await play(told, "told")).ended).toMatchObject({
      failure: { kind: "misconfigured", setting: "CLERK_SECRET_KEY" },
    });
    expect(await written(world.url)).toEqual(before);
  });
});

describe("a dry run reports what a run would find, and writes nothing", () => {
  type Found = Record<"checked" | "missing" | "stale" | "extra", number>;
  const dryRun = async (world: SimulatedWorld): Promise<Record<string, Found>> => {
    const everything = async () => [
      await written(world.url),
      await world.query("select * from clerk.absences order by 1, 2"),
      await world.query("select * from clerk.reconciliations order by 1, 2"),
    ];
    const before = await everything();
    const said: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
    expect((await play(world, "dry", { isDry: true })).ended).toEqual({ ok: true, value: "done" });
    log.mockRestore();
    expect(await everything()).toEqual(before);
    const { dry, tables } = JSON.parse(said.join("")) as { dry: boolean; tables: Record<string, Found> };
    expect(dry).toBe(true);
    return tables;
  };
  /** The results of a run, less what a dry one cannot find: the sessions of users whom it does not add to the copy. */
  const realRun = async (world: SimulatedWorld) => {
    const { users = {} } = await livingRows(world.url);
    const unseen = world.instance.sessions.oldestFirst.filter(({ user_id }) => users[user_id] === undefined).length;
    await play(world, "real");
    const lines = (await resultsOf(world, "real")) as ({ table_name: string } & Found)[];
    return lines.map((line) =>
      line.table_name === "sessions"
        ? { ...line, checked: line.checked - unseen, missing: line.missing - unseen }
        : line,
    );
  };

  test("where the run deletes nothing yet: of every table, to the number", async () => {
    const world = await weekMissed();
    const reported = await dryRun(world);
    const lines = await realRun(world);
    expect(lines).toHaveLength(10);
    for (const { table_name, checked, missing, stale, extra } of lines) {
      expect(reported[table_name], table_name).toMatchObject({ checked, missing, stale, extra });
    }
    expect(lines.reduce((sum, { stale }) => sum + stale, 0)).toBeGreaterThan(5);
    expect(reported.users?.extra).toBeGreaterThan(2);
  });

  test("where it deletes", async () => {
    const world = await missWeek(await newWorld({ MIRROR_SESSIONS: "true" }));
    await play(world, "first");
    await dayPasses(world);
    world.instance.live(40);
    const reported = await dryRun(world);
    // The run deletes users before it comes to what is theirs, and does not find that again.
    for (const { table_name, checked, missing, stale, extra } of await realRun(world)) {
      expect(reported[table_name], table_name).toMatchObject({ checked, missing, stale });
      if (table_name === "users") expect(reported.users?.extra).toBe(extra);
    }
    expect(reported.users?.extra).toBeGreaterThan(2);
  });
});

test("what was written since the run that missed it first is left alone", async () => {
  const world = await newWorld();
  world.instance.populate(10, 0);
  await play(world, "backfill", { kind: "backfill" });
  const [gone = ""] = world.instance.users.keys();
  world.instance.deleteUser(gone);
  await play(world, "one");
  await dayPasses(world);
  // Something of it arrives late.
  await world.query(`update clerk.users set synced_at = clock_timestamp() where id = '${gone}'`);
  await play(world, "two");
  const living = async () =>
    (await world.query(`select from clerk.users where id = '${gone}' and deleted_at is null`)).length;
  expect(await living()).toBe(1);
  // It was missed for the first time then.
  await dayPasses(world);
  await play(world, "three");
  expect(await living()).toBe(0);
});

test("an id that an app inserted, and that Clerk does not know, is left alone", async () => {
  const world = await newWorld();
  world.instance.populate(10, 0);
  await play(world, "backfill", { kind: "backfill" });
  await world.query("insert into clerk.users (id) values ('user_early')");
  await playTwice(world);
  expect(await world.query("select deleted_at, synced_at from clerk.users where id = 'user_early'")).toEqual([
    { deleted_at: null, synced_at: null },
  ]);
});
