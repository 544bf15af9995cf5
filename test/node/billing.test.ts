import { expect, test } from "vitest";
import { fail } from "../../src/result.ts";
import { dayPasses } from "../support/node/days.ts";
import { play } from "../support/node/journal.ts";
import { resultsOf } from "../support/node/missed-week.ts";
import { everything, livingRows, realityOf, written } from "../support/node/reality.ts";
import { simulatedWorlds } from "../support/node/simulated-world.ts";

/** Subscriptions and payment attempts, which are read only on request: a request per payer, and one per statement. */

const newWorld = simulatedWorlds();

test("a backfill with them copies all, and a reconciliation finds what was missed, in instances of few requests", async () => {
  const world = await newWorld({ MIRROR_BILLING: "true", MIRROR_SESSIONS: "true" });
  world.instance.populate(60, 20);
  await play(world, "backfill", { kind: "backfill" });
  const copied = await livingRows(world.url, everything);
  expect(copied).toEqual(realityOf(world.instance, everything));
  expect(Object.keys(copied.subscriptions ?? {}).length).toBeGreaterThan(5);
  expect(Object.keys(copied.payment_attempts ?? {}).length).toBeGreaterThan(5);

  const rows = await written(world.url);
  await play(world, "again");
  expect(await written(world.url)).toEqual(rows);

  await dayPasses(world);
  const items = [...world.instance.subscriptionItems.values()].filter(({ status }) => status === "active");
  for (const { id } of items.slice(0, 5)) world.instance.renewSubscription(id);
  for (const { id } of world.instance.users.oldestFirst.slice(0, 5)) world.instance.subscribe(id);
  const { ended } = await play(world, "after");
  expect(ended).toEqual({ ok: true, value: "done" });
  expect(await livingRows(world.url, everything)).toEqual(realityOf(world.instance, everything));
});

test("they stay when their payer is deleted, and no run looks for them", async () => {
  const world = await newWorld({ MIRROR_BILLING: "true" });
  world.instance.populate(20, 0);
  const [{ id } = { id: "" }] = world.instance.users.oldestFirst;
  world.instance.subscribe(id);
  await play(world, "backfill", { kind: "backfill" });
  world.instance.deleteUser(id);
  await play(world, "one");
  await dayPasses(world);
  await play(world, "two");
  expect(await world.query(`select deleted_at is null as lives from clerk.users where id = '${id}'`)).toEqual([
    { lives: false },
  ]);
  for (const table of ["subscriptions", "payment_attempts"]) {
    const kept = await world.query(`select status from clerk.${table} where user_id = '${id}' and deleted_at is null`);
    expect(kept.length, table).toBeGreaterThan(0);
  }
});

test.for([402, 403, 404, 422])("an instance without billing (%i) is noted, and the rest is copied", async (status) => {
  const world = await newWorld({ MIRROR_BILLING: "true" });
  world.instance.populate(5, 1);
  const { clerk } = world.services;
  world.services.clerk = {
    get: async (path, query) =>
      path.includes("billing") ? fail({ kind: "clerk_rejected", status }) : clerk.get(path, query),
  };
  expect((await play(world, "backfill", { kind: "backfill" })).ended).toEqual({ ok: true, value: "done" });
  const results = await resultsOf(world, "backfill");
  for (const table_name of ["subscription_items", "payment_attempts"]) {
    const note = expect.stringContaining(`HTTP status ${status}`) as unknown;
    expect(results).toContainEqual(expect.objectContaining({ table_name, checked: 0, note }));
  }
  expect(Object.keys((await livingRows(world.url)).users ?? {})).toHaveLength(5);
});
