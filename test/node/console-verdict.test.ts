import { isDeepStrictEqual } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ClerkEvent } from "../../dev/clerk/events.ts";
import { type Comparison, createComparison } from "../../dev/console/comparison.ts";
import { createReconciler, type Reconciler } from "../../dev/console/reconcile.ts";
import { parseOmitted } from "../../src/entities/omit.ts";
import { type LocalCopy, startLocalCopy } from "../support/node/local-copy.ts";
import { everything, livingRows, realityOf } from "../support/node/reality.ts";

const nothingOmitted = new Map<string, Set<string>>();

let world: LocalCopy;
let comparison: Comparison;
let reconciler: Reconciler;
let events: ClerkEvent[];
let changedAt = 0;

const begin = async (seed: number, users: number): Promise<void> => {
  world = await startLocalCopy(seed);
  world.instance.populate(users, Math.ceil(users / 10));
  world.instance.onEvent((event) => {
    events.push(event);
    changedAt = Date.now();
  });
};

const reconcile = async (): Promise<readonly string[]> => {
  expect(reconciler.start()).toBeUndefined();
  await expect.poll(() => reconciler.run().state).not.toBe("running");
  expect(reconciler.run()).toMatchObject({ state: "done" });
  return reconciler.run().lines;
};

/** Delivers the events that have not been, but those that are left out. */
const deliver = async (isLost: (event: ClerkEvent) => boolean = () => false): Promise<void> => {
  for (const event of events.splice(0)) if (!isLost(event)) await world.deliver(event);
};

const equal = { isEqual: true, differ: 0, which: [] };

describe("the verdict", () => {
  beforeAll(() => begin(1, 20));
  afterAll(() => world.close());
  // Each of the tests begins with a copy that is equal, and all but the first one with one that was.
  beforeEach(() => {
    events = [];
    comparison = createComparison(world.instance, world.reader, nothingOmitted);
    reconciler = createReconciler({ ...world, isDatabaseAway: () => false, changedAt: () => changedAt });
  });
  afterEach(async () => {
    comparison.close();
    await reconciler.close();
  });

  test("is that all is missing before anything was copied, and that all is equal after a reconciliation", async () => {
    const before = await comparison.check();
    expect(before.isEqual).toBe(false);
    expect(before.differ).toBe(before.rows);
    expect(before.which).toHaveLength(20);
    expect(before.which[0]).toMatchObject({ table: "users", what: "missing", columns: [] });
    expect(await reconcile()).toEqual([
      expect.stringMatching(/^First run: Clerk lists [\d,]+ objects\. The copy lacked/),
    ]);
    expect(await comparison.check()).toEqual({ ...equal, rows: before.rows });
  });

  test("names what is missing, what differs in which columns, and what Clerk does not have", async () => {
    await reconcile();
    const [kept, renamed] = world.instance.users.oldestFirst;
    const user = world.instance.signUp();
    expect(await comparison.check()).toMatchObject({
      isEqual: false,
      differ: 1,
      which: [{ table: "users", id: user.id, what: "missing", columns: [] }],
    });
    await deliver();
    expect(await comparison.check()).toMatchObject(equal);

    world.instance.rename(renamed?.id ?? "", { first_name: "Renamed", last_name: renamed?.last_name ?? null });
    expect(await comparison.check()).toMatchObject({
      differ: 1,
      which: [{ table: "users", id: renamed?.id, what: "different", columns: ["first_name", "name", "updated_at"] }],
    });
    await deliver();
    expect(await comparison.check()).toMatchObject(equal);

    world.instance.deleteUser(user.id);
    expect(await comparison.check()).toMatchObject({
      differ: 1,
      which: [{ table: "users", id: user.id, what: "not in Clerk", columns: [] }],
    });
    await deliver();
    expect(await comparison.check()).toMatchObject(equal);
    // Its row is there, and only says that the user is deleted.
    expect(comparison.idsOf("users").get(user.id)).toBe(true);
    expect(comparison.idsOf("users").get(kept?.id ?? "")).toBe(false);
  });

  test("finds what somebody has written by hand, and what was removed", async () => {
    await reconcile();
    const { users, memberships, sessions } = world.instance;
    const isAlone = ({ id }: { id: string }) => memberships.of(id).length + sessions.of(id).length === 0;
    const [first, second, third] = users.oldestFirst.filter(isAlone);
    await world.execute(
      `update clerk.users set last_name = 'Mallory' where id = '${first?.id}'`,
      `delete from clerk.users where id = '${second?.id}'`,
      `update clerk.users set deleted_at = now() where id = '${third?.id}'`,
      "insert into clerk.users (id) values ('user_by_hand')",
    );
    const { differ, which } = await comparison.check();
    expect(differ).toBe(4);
    expect(which).toEqual(
      expect.arrayContaining([
        { table: "users", id: first?.id, what: "different", columns: ["last_name"] },
        { table: "users", id: second?.id, what: "missing", columns: [] },
        { table: "users", id: third?.id, what: "missing", columns: [] },
        { table: "users", id: "user_by_hand", what: "not in Clerk", columns: [] },
      ]),
    );
    await reconcile();
    // An id that an app has inserted is the app's own: no run looks for it.
    expect(await comparison.check()).toMatchObject({ differ: 1, which: [{ id: "user_by_hand" }] });
    await world.execute("delete from clerk.users where id = 'user_by_hand'");
    expect(await comparison.check()).toMatchObject(equal);
  });

  test("forgets what it said of a child when its owner, who seemed to be deleted, is back", async () => {
    const owner = world.instance.signUp();
    const session = world.instance.signIn(owner.id);
    await reconcile();
    await world.execute(`update clerk.users set deleted_at = now() where id = '${owner.id}'`);
    expect(await comparison.check()).toMatchObject({
      differ: 2,
      which: [
        { id: owner.id, what: "missing" },
        { id: session.id, what: "different" },
      ],
    });
    await world.execute(`update clerk.users set deleted_at = null where id = '${owner.id}'`);
    expect(await comparison.check()).toMatchObject(equal);
  });

  test("does not count the subscriptions that stay when their payer is deleted", async () => {
    await reconcile();
    const payer = world.instance.signUp();
    world.instance.subscribe(payer.id);
    await deliver();
    expect(await comparison.check()).toMatchObject(equal);
    world.instance.deleteUser(payer.id);
    await deliver();
    expect(await comparison.check()).toMatchObject(equal);
    const [{ count } = { count: 0 }] = await world.reader.read((ask) =>
      ask<{ count: number }>(
        `select count(*)::integer as count from clerk.subscriptions where user_id = '${payer.id}'`,
      ),
    );
    expect(count).toBe(1);
    // One of whom the copy never learned cannot be copied any more.
    const unknown = world.instance.signUp();
    world.instance.subscribe(unknown.id);
    world.instance.deleteUser(unknown.id);
    await reconcile();
    expect(await comparison.check()).toMatchObject(equal);
  });

  test("is equal after whatever happened and whatever was lost, once two runs have mended it", async () => {
    for (let round = 0; round < 3; round += 1) {
      world.instance.live(150);
      const lost = round + 3;
      let count = 0;
      await deliver(() => (count += 1) % lost === 0);
      const { isEqual } = await comparison.check();
      const isReallyEqual = isDeepStrictEqual(await livingRows(world.connectionString), realityOf(world.instance));
      expect(isEqual).toBe(isReallyEqual);
    }
    expect((await comparison.check()).isEqual).toBe(false);
    const lines = await reconcile();
    expect(lines).toContainEqual(expect.stringMatching(/^A day passes/));
    expect(await comparison.check()).toMatchObject(equal);
    expect(await livingRows(world.connectionString)).toEqual(realityOf(world.instance));
    // Another one, which knows nothing of before, says the same.
    const fresh = createComparison(world.instance, world.reader, nothingOmitted);
    expect(await fresh.check()).toMatchObject(equal);
    fresh.close();
    expect(await livingRows(world.connectionString, everything)).toMatchObject(realityOf(world.instance, everything));
  });

  test("leaves out the columns that the owner does not store", async () => {
    const parsed = parseOmitted("users.private_metadata users.image_url");
    if (!("omitted" in parsed)) throw new Error("not parsed");
    await reconcile();
    const own = createComparison(world.instance, world.reader, parsed.omitted);
    const { which } = await own.check();
    expect(new Set(which.flatMap(({ columns }) => columns))).toEqual(new Set(["image_url", "private_metadata"]));
    await world.execute("update clerk.users set image_url = null, private_metadata = null");
    expect(await own.check()).toMatchObject(equal);
    own.close();
    await reconcile();
  });

  test("compares again what could not be compared", async () => {
    await reconcile();
    await comparison.check();
    const [user] = world.instance.users.oldestFirst;
    world.instance.rename(user?.id ?? "", { first_name: "Renamed" });
    await world.execute("alter function clerk.given_users (jsonb) rename to given_elsewhere");
    await expect(comparison.check()).rejects.toThrow(/given_users/);
    expect(comparison.isBehind).toBe(true);
    await world.execute("alter function clerk.given_elsewhere (jsonb) rename to given_users");
    expect(await comparison.check()).toMatchObject({ differ: 1, which: [{ id: user?.id, what: "different" }] });
  });
});

describe("the verdict of 10,000 users", () => {
  test("reads again only what has changed", async () => {
    await begin(2, 10_000);
    events = [];
    await world.execute(
      `insert into clerk.users (id, version) select 'user_' || n, '1' from generate_series(1, 10000) as n`,
    );
    const asked: number[] = [];
    const counted = createComparison(
      world.instance,
      {
        ...world.reader,
        read: (work) =>
          world.reader.read((ask) =>
            work((text, values = []) => {
              const [rows] = values;
              if (typeof rows === "string" && rows.startsWith("[")) asked.push((JSON.parse(rows) as unknown[]).length);
              return ask(text, values);
            }),
          ),
      },
      nothingOmitted,
    );
    const first = await counted.check();
    expect(first).toMatchObject({ isEqual: false });
    // What is only on one side is seen by its id, and not compared.
    expect(asked).toEqual([]);

    for (const { id } of world.instance.users.oldestFirst.slice(0, 300)) world.instance.rename(id);
    await deliver();
    await counted.check();
    expect(asked.reduce((sum, one) => sum + one, 0)).toBe(300);
    expect(Math.max(...asked)).toBeLessThanOrEqual(250);

    asked.length = 0;
    const [user] = world.instance.users.oldestFirst;
    world.instance.rename(user?.id ?? "");
    await counted.check();
    expect(asked).toEqual([1]);
    asked.length = 0;
    await counted.check();
    expect(asked).toEqual([]);
    counted.close();
    await world.close();
  });
});
