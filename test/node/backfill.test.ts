import { describe, expect, test } from "vitest";
import { ok } from "../../src/result.ts";
import type { Clerk } from "../../src/sync/clerk-api.ts";
import { play } from "../support/node/journal.ts";
import { deliver, eventOf, withMeanwhile } from "../support/node/meanwhile.ts";
import { everything, livingRows } from "../support/node/reality.ts";
import { type SimulatedWorld, simulatedWorlds } from "../support/node/simulated-world.ts";

const newWorld = simulatedWorlds();

describe("what a list says of one object", () => {
  const at = 1_760_000_000_000;
  /** Answers with one object of a list, and nothing else. */
  const worldWith = async (answers: Record<string, Record<string, unknown>[]>): Promise<SimulatedWorld> => {
    const world = await newWorld({ MIRROR_SESSIONS: "true", MIRROR_SUBREQUESTS: "10000" });
    const { clerk } = world.services;
    const only: Clerk = {
      get: async (path, query) => {
        if (path === "/instance") return clerk.get(path, query);
        const data = query?.starting_after === undefined ? (answers[path] ?? []) : [];
        return ok({ body: { data, total_count: data.length }, sentAt: at + 1000 });
      },
    };
    return { ...world, services: { ...world.services, clerk: only } };
  };
  const rowOf = async (world: SimulatedWorld, table: string) =>
    (await world.query<{ row: Record<string, unknown> }>(`select to_jsonb(t) as row from clerk.${table} as t`))[0]?.row;

  test("is all of it: a field that it lacks is null, as after an event that lacks it", async () => {
    const session = {
      object: "session",
      id: "sess_1",
      user_id: "user_1",
      created_at: at,
      updated_at: at,
      status: "active",
    };
    const user = { object: "user", id: "user_1", created_at: at, updated_at: at, email_addresses: [] };
    const world = await worldWith({
      "/users": [user],
      "/sessions": [{ ...session, status: "ended", updated_at: at + 5 }],
    });
    await deliver(world, "msg_1", eventOf("session.created", { ...session, latest_activity: { city: "Example" } }, at));
    await play(world, "backfill", { kind: "backfill" });
    expect(await rowOf(world, "sessions")).toMatchObject({ status: "ended", latest_activity: null });
  });

  test("an object that is not as Clerk writes them is left out, counted, and named by its id and field", async () => {
    const good = { object: "user", id: "user_1", created_at: at, updated_at: at };
    const world = await worldWith({ "/users": [good, { ...good, id: "user_2", first_name: 7 }] });
    await play(world, "backfill", { kind: "backfill" });
    expect(
      await world.query("select checked, repaired, held, note from clerk.reconciliations where table_name = 'users'"),
    ).toEqual([{ checked: 2, repaired: 1, held: 1, note: "left out: user_2 (first_name is not as Clerk writes it)" }]);
  });
});

test("a backfill takes no row out of the ledger's hands: it writes none", async () => {
  const world = await newWorld();
  world.instance.populate(5, 1);
  await play(world, "backfill", { kind: "backfill" });
  expect(await world.query("select * from clerk.deliveries")).toEqual([]);
});

test("users that are deleted while the list is read hide no other user", async () => {
  const world = await newWorld({ MIRROR_SUBREQUESTS: "10000" });
  world.instance.populate(120, 0);
  // Each page's last objects, which the next page is asked for by.
  const racing = withMeanwhile(world, async (path) => {
    if (path !== "/users") return;
    const left = [...world.instance.users.keys()];
    for (const id of left.slice(-3)) world.instance.deleteUser(id);
  });
  const { clerk } = racing.services;
  let last: string[] = [];
  const cruel: SimulatedWorld = {
    ...racing,
    services: {
      ...racing.services,
      clerk: {
        get: async (path, query) => {
          const answer = await clerk.get(path, query);
          if (path === "/users" && answer.ok && Array.isArray(answer.value?.body)) {
            last = (answer.value.body as { id: string }[]).slice(-4).map(({ id }) => id);
            for (const id of last) if (world.instance.users.has(id)) world.instance.deleteUser(id);
          }
          return answer;
        },
      },
    },
  };
  expect((await play(cruel, "backfill", { kind: "backfill" })).ended).toEqual({ ok: true, value: "done" });
  const living = await livingRows(world.url);
  for (const id of world.instance.users.keys()) expect(living.users?.[id], id).toBeDefined();
});

test("a run mends every column of every table", async () => {
  const world = await newWorld({ MIRROR_SESSIONS: "true", MIRROR_BILLING: "true", MIRROR_SUBREQUESTS: "10000" });
  world.instance.populate(40, 10);
  await play(world, "backfill", { kind: "backfill" });
  const before = await livingRows(world.url, everything);
  const left = Object.entries(before).flatMap(([table, rows]) => {
    const all = Object.values(rows);
    const columns = Object.keys(all[0] ?? {}).filter((column) => column !== "id" && column !== "deleted");
    return columns.filter((column) => all.some((row) => row[column] !== null)).map((column) => ({ table, column }));
  });
  expect(left.length).toBeGreaterThan(100);
  // A row lacks one column at a time: with another it would be mended for that.
  for (let run = 1; left.length > 0; run += 1) {
    for (const [table, rows] of Object.entries(before)) {
      for (const row of Object.values(rows)) {
        const next = left.findIndex((one) => one.table === table && row[one.column] !== null);
        const [emptied] = next === -1 ? [] : left.splice(next, 1);
        if (emptied === undefined) continue;
        await world.query(`update clerk.${table} set ${emptied.column} = null where id = '${String(row.id)}'`);
      }
    }
    await play(world, `run ${run}`);
    expect(await livingRows(world.url, everything)).toEqual(before);
  }
});

test("what is omitted stays omitted, and is no difference", async () => {
  const world = await newWorld({
    MIRROR_OMIT:
      "users.private_metadata, users.image_url, sessions.latest_activity, organization_memberships.role_name",
  });
  world.instance.populate(50, 10);
  await play(world, "backfill", { kind: "backfill" });
  expect(
    await world.query(
      "select count(*)::int as n from clerk.users where private_metadata is not null or image_url is not null",
    ),
  ).toEqual([{ n: 0 }]);
  const [gone = ""] = world.instance.users.keys();
  await play(world, "one");
  expect(
    await world.query(
      "select sum(missing + stale + extra + repaired + held)::int as n from clerk.reconciliations where run_id = 'one'",
    ),
  ).toEqual([{ n: 0 }]);
  expect(gone).not.toBe("");
});
