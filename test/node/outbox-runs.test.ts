import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Change } from "../../src/database/change.ts";
import type { Settings } from "../../src/settings.ts";
import { ensure } from "../../src/sync/ensure.ts";
import { dayPasses } from "../support/node/days.ts";
import { copyRepository, type Ended, start } from "../support/node/commands.ts";
import { play } from "../support/node/journal.ts";
import { type SimulatedWorld, simulatedWorlds } from "../support/node/simulated-world.ts";

/** What an app is told of what no delivery has brought. */

const newWorld = simulatedWorlds();

let told: string[];
let isAway: boolean;
const APP = {
  changed: async (changes: Change[]) => {
    if (isAway) throw new Error("away");
    told.push(...changes.map(({ table, id, kind, source }) => `${table} ${id} ${kind} ${source}`));
  },
};
beforeEach(() => {
  told = [];
  isAway = false;
});
const tell = async ({ services }: SimulatedWorld): Promise<void> => services.tell?.(100);
const populated = async (bindings = {}): Promise<SimulatedWorld> => {
  const world = await newWorld({ APP, ...bindings });
  world.instance.populate(30, 3);
  return world;
};
const idOf = ({ instance }: SimulatedWorld, index: number): string => [...instance.users.keys()][index] ?? "";

describe("a run", () => {
  test.each(["backfill", "reconcile"] as const)(
    "that is the first, a %s, tells nothing of who was there",
    async (kind) => {
      const world = await populated();
      await play(world, "first", { kind });
      await tell(world);
      expect(told).toEqual([]);
      expect(await world.query("select count(*)::integer as users from clerk.users")).toEqual([{ users: 30 }]);
    },
  );

  test("tells all with MIRROR_NOTIFY_BACKFILL", async () => {
    const world = await populated({ MIRROR_NOTIFY_BACKFILL: "true", MIRROR_NOTIFY_TABLES: "users" });
    await play(world, "first", { kind: "backfill" });
    await tell(world);
    expect(told.toSorted()).toEqual(
      [...world.instance.users.keys()].map((id) => `users ${id} created backfill`).toSorted(),
    );
  });

  test("tells a day later of a sign-up, a change and a delete whose events were lost", async () => {
    const world = await populated({ MIRROR_NOTIFY_TABLES: "users" });
    await play(world, "first", { kind: "backfill" });
    await dayPasses(world);
    const created = world.instance.signUp().id;
    const [renamed, deleted] = [idOf(world, 3), idOf(world, 4)];
    world.instance.rename(renamed, { first_name: "Grace" });
    world.instance.deleteUser(deleted);
    await play(world, "second");
    await tell(world);
    expect(told.toSorted()).toEqual(
      [`users ${created} created reconcile`, `users ${renamed} updated reconcile`].toSorted(),
    );
    await dayPasses(world);
    await play(world, "third");
    await tell(world);
    expect(told.slice(2)).toEqual([`users ${deleted} deleted reconcile`]);
  });
});

test("a list that was not read to its end is told as the first time again", async () => {
  const world = await populated({ MIRROR_NOTIFY_TABLES: "users" });
  await play(world, "first", { kind: "backfill" });
  await world.query(
    "update clerk.reconciliations set note = 'incomplete: Clerk listed 20 of 30 objects' where table_name = 'users'",
  );
  await world.query("delete from clerk.users where id > (select id from clerk.users order by id offset 20 limit 1)");
  await play(world, "second");
  await tell(world);
  expect(told).toEqual([]);
  expect(await world.query("select count(*)::integer as users from clerk.users")).toEqual([{ users: 30 }]);
});

test("a user whom somebody has asked for is created", async () => {
  const world = await populated();
  const { databaseUrl, neonFetchEndpoint, clerk }: Settings = world.settings;
  const bindings = {
    APP,
    DATABASE_URL: databaseUrl,
    CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${btoa("x".repeat(24))}`,
    CLERK_SECRET_KEY: clerk?.secretKey ?? "",
    CLERK_API_URL: clerk?.url ?? "",
    NEON_FETCH_ENDPOINT: neonFetchEndpoint ?? "",
  };
  const after: Promise<unknown>[] = [];
  const invocation = { waitUntil: (promise: Promise<unknown>) => void after.push(promise) };
  await ensure(bindings, invocation, "users", idOf(world, 5));
  await Promise.all(after);
  expect(told).toEqual([`users ${idOf(world, 5)} created ensure`]);
});

describe("commands", () => {
  let folder: string;
  let remove: () => Promise<void>;
  beforeAll(async () => ({ folder, remove } = await copyRepository()));
  afterAll(() => remove());
  const run = ({ settings }: SimulatedWorld, ...parameters: string[]): Promise<Ended> =>
    start(process.execPath, parameters, {
      cwd: folder,
      env: {
        DATABASE_URL: settings.databaseUrl,
        NEON_FETCH_ENDPOINT: settings.neonFetchEndpoint ?? "",
        // The Worker's: its address need not be here.
        MIRROR_NOTIFY_SECRET: "whsec_…",
      },
    }).ended;
  const outbox = (world: SimulatedWorld, ...parameters: string[]) => run(world, "cli/outbox.ts", ...parameters);

  test("an erasure is told as a delete, by the Worker that has the app", async () => {
    const world = await populated();
    const [user] = world.instance.users.values();
    await play(world, "first", { kind: "backfill" });
    // It has been told before, so the database knows of it.
    await tell(world);
    const { code } = await run(world, "cli/erase.ts", "--user", user?.id ?? "", "--yes", "--email", "a@example.com");
    expect(code).toBe(0);
    await tell(world);
    expect(told).toContain(`users ${user?.id} deleted erase`);
  });

  test("`npm run outbox` says what is stuck and why, and hands it over again or drops it", async () => {
    const world = await populated({ MIRROR_NOTIFY_BACKFILL: "true", MIRROR_NOTIFY_TABLES: "users, organizations" });
    expect(await outbox(world)).toMatchObject({ code: 0, stdout: expect.stringContaining(": 0 changes waiting.") });
    await play(world, "first", { kind: "backfill" });
    isAway = true;
    await tell(world);

    const listed = await outbox(world);
    expect(listed).toMatchObject({
      code: 3,
      stdout: expect.stringContaining("33 changes waiting, the oldest since 20"),
    });
    expect(listed.stdout).toContain("- the app threw, as its own log says, or does not run (threw)");
    const { stdout } = await outbox(world, "--json", "--table", "users");
    expect(JSON.parse(stdout)).toMatchObject({
      waiting: 30,
      failed: 30,
      changes: expect.arrayContaining([
        expect.objectContaining({
          table: "users",
          id: idOf(world, 0),
          kind: "created",
          source: "backfill",
          attempts: 1,
          cause: "threw",
        }),
      ]),
    });

    await world.query("update clerk.outbox set failure = 'http_401' where table_name = 'organizations'");
    await world.query("update clerk.outbox set failure = 'http_308' where table_name = 'users'");
    const { stdout: meanings } = await outbox(world);
    expect(meanings).toContain(
      "MIRROR_NOTIFY_SECRET is not the secret that it verifies with, or the route wants a login (http_401)",
    );
    expect(meanings).toContain("MIRROR_NOTIFY_URL redirects (HTTP status 308); set it to where that leads");

    const one = ["--table", "users", "--id", idOf(world, 0)];
    expect(await outbox(world, "--drop", ...one)).toMatchObject({ code: 1, stderr: expect.stringContaining("--yes") });
    expect(await outbox(world, "--drop", "--yes", ...one)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("dropped 1 change."),
    });
    expect((await outbox(world, "--drop", "--yes", ...one)).stdout).toContain("no such change has failed");
    isAway = false;
    // However long the commands took.
    await world.query("update clerk.outbox set due_at = now() + interval '1 hour'");
    await tell(world);
    expect(told).toEqual([]);
    expect(JSON.parse((await outbox(world, "--retry", "--json")).stdout)).toMatchObject({ retried: 32 });
    await tell(world);
    expect(told).toHaveLength(32);
    expect(await outbox(world)).toMatchObject({ code: 0 });

    expect(await outbox(world, "--retry", "--drop")).toMatchObject({ code: 2 });
    expect(await outbox(world, "--table", "carts")).toMatchObject({ code: 2 });
    expect(await outbox(world, "--help")).toMatchObject({ code: 0, stdout: expect.stringContaining("npm run outbox") });
  });
});
