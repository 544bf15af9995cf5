import { describe, expect, test } from "vitest";
import { isObject } from "../../src/json.ts";
import { fail, ok } from "../../src/result.ts";
import type { Clerk, Query } from "../../src/sync/clerk-api.ts";
import { dayPasses, playTwice } from "../support/node/days.ts";
import { play } from "../support/node/journal.ts";
import { deliver, eventOf } from "../support/node/meanwhile.ts";
import { resultsOf } from "../support/node/missed-week.ts";
import { livingRows, realityOf, written } from "../support/node/reality.ts";
import { type SimulatedWorld, simulatedWorlds } from "../support/node/simulated-world.ts";

/** What Clerk seems not to have any more: when it is deleted, and how a fault that looked like a delete heals. */

const newWorld = simulatedWorlds();

const copied = async (users: number, organizations: number, pageSize = "20"): Promise<SimulatedWorld> => {
  const world = await newWorld({ MIRROR_PAGE_SIZE: pageSize, MIRROR_SUBREQUESTS: "10000", MIRROR_SESSIONS: "true" });
  world.instance.populate(users, organizations);
  await play(world, "backfill", { kind: "backfill" });
  expect(await livingRows(world.url)).toEqual(realityOf(world.instance));
  return world;
};

const deletedUsers = async ({ query }: SimulatedWorld): Promise<number> =>
  (await query("select from clerk.users where deleted_at is not null")).length;

const hide = (world: SimulatedWorld, ids: readonly string[]): void => {
  const hidden = new Set(ids);
  world.api.hides = (id) => hidden.has(id);
};

/** A world with another word of Clerk's on some requests. */
const withClerk = (world: SimulatedWorld, get: (next: Clerk) => Clerk["get"]): SimulatedWorld => ({
  ...world,
  services: { ...world.services, clerk: { get: get(world.services.clerk) } },
});

test("objects that cannot be read are named, and not absent: they trip no breaker, and hide no delete", async () => {
  const world = await copied(400, 2, "500");
  const [gone = "", ...others] = world.instance.users.keys();
  const unreadable = others.slice(0, 120);
  for (const id of unreadable) Object.assign(world.instance.users.need(id), { username: 7 });
  world.instance.deleteUser(gone);
  await playTwice(world);
  const line = (await resultsOf(world, "two")).find(({ table_name }) => table_name === "users");
  expect(line).toMatchObject({ checked: 399, extra: 1, repaired: 1, held: 120 });
  expect(line?.note).toMatch(/^left out: user_\w+ \(username is not as Clerk writes it\), .* and 110 more$/);
  expect(await world.query("select id from clerk.users where deleted_at is not null")).toEqual([{ id: gone }]);
});

describe("a fault of Clerk's that looks like deletes", () => {
  test("heals with one later run, children included, which says how many rows it restored", async () => {
    const world = await copied(60, 12);
    const owners = [...new Set([...world.instance.memberships.values()].map((one) => one.public_user_data.user_id))];
    const faulty = [...owners.slice(0, 10), ...[...world.instance.organizations.keys()].slice(0, 3)];
    const before = await livingRows(world.url);
    hide(world, faulty);
    await playTwice(world);
    const without = await livingRows(world.url);
    for (const id of faulty) expect({ ...without.users, ...without.organizations }[id]).toBeUndefined();
    const lost = (table: string) => Object.keys(before[table] ?? {}).length - Object.keys(without[table] ?? {}).length;
    expect(lost("organization_memberships")).toBeGreaterThan(10);

    world.api.hides = undefined;
    await dayPasses(world);
    await play(world, "after");
    expect(await livingRows(world.url)).toEqual(realityOf(world.instance));
    for (const { table_name, restored, repaired, missing, stale, erased_here } of await resultsOf(world, "after")) {
      const [table, count] = [String(table_name), lost(String(table_name))];
      expect({ table, restored, repaired, missing, stale, erased_here }).toEqual({
        table,
        restored: count,
        repaired: count,
        missing: 0,
        stale: 0,
        erased_here: 0,
      });
    }
  });

  test("heals with one event as well", async () => {
    const world = await copied(5, 0);
    const [id = ""] = world.instance.users.keys();
    hide(world, [id]);
    await playTwice(world);
    expect(await deletedUsers(world)).toBe(1);
    const events: Parameters<typeof deliver>[2][] = [];
    world.instance.onEvent((event) => events.push(event));
    world.instance.rename(id);
    for (const event of events) await deliver(world, "msg_1", event);
    expect((await livingRows(world.url)).users).toEqual(realityOf(world.instance).users);
  });

  test("deletes nothing where it is met by two runs in less than 20 hours", async () => {
    const world = await copied(30, 0);
    hide(world, [...world.instance.users.keys()].slice(0, 20));
    await play(world, "one");
    await play(world, "two");
    world.clock.pass(19 * 3_600_000);
    await play(world, "three");
    expect(await deletedUsers(world)).toBe(0);
  });

  test("deletes no more than a hundred rows in a week, however slowly it goes on", async () => {
    const world = await copied(600, 0, "500");
    const users = [...world.instance.users.keys()];
    const deleted: number[] = [];
    for (let day = 1; day <= 10; day += 1) {
      hide(world, users.slice(0, 40 * day));
      await play(world, `day ${day}`);
      await dayPasses(world);
      deleted.push(await deletedUsers(world));
    }
    // Of what was hidden on the first day and the second. The week is not over by the tenth.
    expect(deleted).toEqual([0, 40, 80, 80, 80, 80, 80, 80, 80, 80]);
    expect(await resultsOf(world, "day 4")).toContainEqual(
      expect.objectContaining({ table_name: "users", note: expect.stringContaining("nothing was deleted") }),
    );
  });

  test.for(["empty", "empty-but-counted"] as const)(
    "deletes nothing where lists and questions are answered with 200 and nothing (%s)",
    async (fault) => {
      const world = await copied(40, 8);
      const before = await livingRows(world.url);
      world.api.fault = (path) => (/memberships|\/users\?|\/users\/count/.test(path) ? fault : "none");
      await playTwice(world);
      expect(await livingRows(world.url)).toEqual(before);
    },
  );

  type Doubt = {
    what: string;
    table: string;
    /** The object that the lists do not have. */
    hidden: (world: SimulatedWorld) => string | undefined;
    /** What the answers about it say besides. */
    says: (path: string, query: Query | undefined) => Record<string, unknown> | undefined;
  };
  const firstOf = (objects: ReadonlyMap<string, unknown>) => [...objects.keys()][0];
  const aMembership = ({ instance }: SimulatedWorld) => firstOf(instance.memberships);
  const doubts: Doubt[] = [
    {
      what: "memberships are not all that is counted",
      table: "organization_memberships",
      hidden: aMembership,
      says: (path, query) =>
        /^.organizations.[^/]+.memberships$/.test(path) && query?.user_id ? { total_count: 7 } : undefined,
    },
    {
      what: "an organization counts other members than its list has",
      table: "organization_memberships",
      hidden: aMembership,
      says: (path) => (/^.organizations.[^/]+$/.test(path) ? { members_count: 1000 } : undefined),
    },
    {
      what: "an organization counts no members, nor does its list",
      table: "organization_memberships",
      hidden: aMembership,
      says: (path, query) =>
        /^.organizations.[^/]+(.memberships)?$/.test(path) && !query?.user_id
          ? { members_count: undefined, total_count: undefined }
          : undefined,
    },
    {
      what: "domains are not all that is counted",
      table: "organization_domains",
      hidden: ({ instance }) => firstOf(instance.domains),
      says: (path) => (/^.organizations.[^/]+.domains$/.test(path) ? { total_count: 7 } : undefined),
    },
    {
      what: "waitlist entries are not all that is counted",
      table: "waitlist_entries",
      hidden: ({ instance }) => firstOf(instance.waitlistEntries),
      says: (path, query) => (path === "/waitlist_entries" && query?.query ? { total_count: 7 } : undefined),
    },
  ];
  test.for(doubts)("deletes nothing where $what", async ({ table, hidden, says }) => {
    const world = await copied(30, 8);
    const before = await livingRows(world.url);
    const id = hidden(world) ?? "";
    expect(before[table]).toHaveProperty([id]);
    hide(world, [id]);
    const doubtful = withClerk(world, ({ get }) => async (path, query) => {
      const answer = await get(path, query);
      const said = says(path, query);
      if (said === undefined || !answer.ok || !isObject(answer.value.body)) return answer;
      return ok({ ...answer.value, body: { ...answer.value.body, ...said } });
    });
    await playTwice(doubtful);
    expect(await livingRows(world.url)).toEqual(before);
    expect(await resultsOf(world, "two")).toContainEqual(
      expect.objectContaining({ table_name: table, extra: 0, held: 1 }),
    );

    // And without the doubt it is one that is deleted.
    await playTwice(world);
    expect((await livingRows(world.url))[table]).not.toHaveProperty([id]);
  });
});

describe("a miss is one of two only where", () => {
  test("no run in between met the object, though it was deleted so before", async () => {
    const world = await copied(20, 0);
    const [id = ""] = world.instance.users.keys();
    const run = async (name: string, isHidden: boolean) => {
      hide(world, isHidden ? [id] : []);
      await play(world, name);
      await dayPasses(world);
      return deletedUsers(world);
    };
    expect(await run("missed", true)).toBe(0);
    expect(await run("missed again", true)).toBe(1);
    expect(await run("healed", false)).toBe(0);
    expect(await run("missed once more", true)).toBe(0);
    expect(await run("met", false)).toBe(0);
    expect(await run("missed a last time", true)).toBe(0);
  });

  test("Clerk was asked 20 hours apart, whenever the runs began", async () => {
    const world = await copied(20, 0);
    // It was begun a day before it came to ask.
    await world.query("create table begun as select clock_timestamp() as at");
    const { begin } = world.services.runs;
    world.services.runs.begin = async () => {
      const begun = await begin();
      if (begun.ok && begun.value[0]) begun.value[0].now = new Date(Date.now() - 86_400_000).toISOString();
      return begun;
    };
    await world.query("update clerk.users set synced_at = synced_at - interval '2 days'");
    hide(world, [...world.instance.users.keys()].slice(0, 5));
    await play(world, "one");
    world.services.runs.begin = begin;
    await play(world, "two");
    expect(await deletedUsers(world)).toBe(0);
  });
});

test("a row that is newer than Clerk's last word for it is left alone, and the run ends", async () => {
  const world = await copied(5, 0);
  const [user] = world.instance.users.oldestFirst;
  if (user === undefined) throw new Error("there is no user");
  await deliver(
    world,
    "msg_1",
    eventOf("user.updated", { ...user, updated_at: undefined }, world.clock() + 3 * 86_400_000),
  );
  hide(world, [user.id]);
  await play(world, "one");
  await dayPasses(world);
  expect((await play(world, "two")).ended).toEqual({ ok: true, value: "done" });
  expect(await deletedUsers(world)).toBe(0);
  expect(await resultsOf(world, "two")).toContainEqual(
    expect.objectContaining({ table_name: "users", extra: 1, held: 1 }),
  );
});

describe("a list whose count says that it has more", () => {
  test("is incomplete: that is said, nothing of it is deleted, and what it had is merged", async () => {
    const world = await copied(60, 0);
    const [gone = "", ...left] = world.instance.users.keys();
    world.instance.deleteUser(gone);
    world.instance.rename(left[0] ?? "", { first_name: "Renamed" });
    const before = await deletedUsers(world);
    // Each answer as if the limit were 10, and the end after three of them.
    const short = withClerk(world, ({ get }) => async (path, query) => {
      const answer = await get(path, query);
      if (path !== "/users" || !answer.ok || !Array.isArray(answer.value.body)) return answer;
      const ids = world.instance.users.oldestFirst.map(({ id }) => id);
      const read = ids.length - ids.indexOf(String(query?.starting_after ?? ""));
      const isEnd = query?.starting_after !== undefined && read >= 30;
      return ok({ ...answer.value, body: isEnd ? [] : answer.value.body.slice(0, 10) });
    });
    await playTwice(short);
    expect(await deletedUsers(world)).toBe(before);
    expect(await resultsOf(world, "two")).toContainEqual(
      expect.objectContaining({
        table_name: "users",
        note: expect.stringMatching(/^incomplete: Clerk listed 3\d of 59 objects/),
      }),
    );
  });

  test("is read to its end though each of its pages is short", async () => {
    const world = await newWorld();
    world.instance.populate(45, 12);
    const short = withClerk(
      world,
      ({ get }) =>
        (path, query) =>
          get(path, query?.limit === undefined ? query : { ...query, limit: 3 }),
    );
    expect((await play(short, "backfill", { kind: "backfill" })).ended).toEqual({ ok: true, value: "done" });
    const { sessions: _, ...rest } = realityOf(world.instance);
    expect(await livingRows(world.url)).toMatchObject(rest);
  });

  test("ends though Clerk gives one page again and again", async () => {
    const world = await newWorld();
    world.instance.populate(45, 0);
    const stuck = withClerk(world, ({ get }) => (path, query) => {
      const { starting_after: _, ...rest } = query ?? {};
      return get(path, path === "/users" ? { ...rest, offset: 0 } : query);
    });
    await play(stuck, "backfill", { kind: "backfill" });
    expect(await resultsOf(world, "backfill")).toContainEqual(
      expect.objectContaining({ table_name: "users", note: expect.stringContaining("incomplete") }),
    );
  });
});

describe("a list that does not stand still", () => {
  test("is read to its end though each page loses an object that was read before", async () => {
    const world = await newWorld();
    world.instance.populate(60, 40);
    const kept = new Set(world.instance.memberships.keys());
    const losing = withClerk(world, ({ get }) => async (path, query) => {
      const answer = await get(path, query);
      const [newest] = [...kept].slice(-1);
      if (path === "/organization_memberships" && newest !== undefined) {
        world.instance.leave(newest);
        kept.delete(newest);
      }
      return answer;
    });
    await play(losing, "backfill", { kind: "backfill" });
    expect((await livingRows(world.url)).organization_memberships).toMatchObject(
      realityOf(world.instance).organization_memberships ?? {},
    );
  });

  test.for(["wobbles", "falls"])("ends, and is incomplete, where its count %s", async (how) => {
    const world = await newWorld();
    world.instance.populate(5, 1);
    let requests = 0;
    const odd = withClerk(world, ({ get }) => async (path, query) => {
      if (path !== "/organization_roles") return get(path, query);
      requests += 1;
      const total_count = how === "falls" ? 1_000_000 - 1000 * requests : requests % 2 === 0 ? 500 : 1000;
      const offset = Number(query?.offset);
      const left = Math.max(0, Math.min(20, 2000 - offset));
      const data = Array.from({ length: left }, (_, n) => ({ id: `role_${offset + n}`, created_at: 1, updated_at: 1 }));
      return ok({ body: { data, total_count }, sentAt: world.clock() });
    });
    expect((await play(odd, "backfill", { kind: "backfill" })).ended).toEqual({ ok: true, value: "done" });
    expect(requests).toBeLessThan(600);
    expect(await resultsOf(world, "backfill")).toContainEqual(
      expect.objectContaining({ table_name: "roles", note: expect.stringContaining("incomplete") }),
    );
  });

  test("ends the run where Clerk refuses each place to go on from", async () => {
    const world = await newWorld();
    world.instance.populate(45, 0);
    const refusing = withClerk(
      world,
      ({ get }) =>
        async (path, query) =>
          query?.starting_after === undefined ? get(path, query) : fail({ kind: "clerk_rejected", status: 422 }),
    );
    expect((await play(refusing, "backfill", { kind: "backfill" })).ended).toEqual({
      ok: false,
      failure: { kind: "clerk_rejected", status: 422 },
    });
  });
});

test.for([400, 402, 403, 404, 410, 422])(
  "a list that the instance does not have (%i) is noted, and the rest is copied",
  async (status) => {
    const world = await newWorld();
    world.instance.populate(10, 2);
    const lacking = withClerk(
      world,
      ({ get }) =>
        async (path, query) =>
          path === "/organization_roles" ? fail({ kind: "clerk_rejected", status }) : get(path, query),
    );
    expect((await play(lacking, "backfill", { kind: "backfill" })).ended).toEqual({ ok: true, value: "done" });
    expect(await resultsOf(world, "backfill")).toContainEqual(
      expect.objectContaining({ table_name: "roles", checked: 0, note: expect.stringContaining(String(status)) }),
    );
    const { sessions: _, roles: __, ...rest } = realityOf(world.instance);
    expect(await livingRows(world.url)).toMatchObject(rest);
  },
);

test("what has no time, as a fragment of an event whose object was deleted, is looked for by its id", async () => {
  // Organizations of several pages: it may be on any of them.
  const world = await copied(30, 8, "5");
  const data = { id: "orgmem_1", organization: { id: "org_gone" }, public_user_data: { user_id: "user_1" } };
  await deliver(world, "msg_1", eventOf("organizationMembership.deleted", data, world.clock()));
  await deliver(world, "msg_2", eventOf("organizationMembership.created", { ...data, id: "orgmem_2" }, world.clock()));
  const fragment = () =>
    world.query("select created_at, deleted_at is null as lives from clerk.organizations where id = 'org_gone'");
  expect(await fragment()).toEqual([{ created_at: null, lives: true }]);
  await playTwice(world);
  expect(await fragment()).toEqual([{ created_at: null, lives: false }]);
  expect(await resultsOf(world, "two")).toContainEqual(
    expect.objectContaining({ table_name: "organizations", extra: 1, repaired: 1 }),
  );
});

test("a run after a run changes nothing", async () => {
  const world = await copied(40, 8);
  const before = await written(world.url);
  await play(world, "one");
  expect(await written(world.url)).toEqual(before);
});
