import { describe, expect, inject, test } from "vitest";
import { partOf } from "../support/part.ts";
import { event, userData } from "../support/worker/clerk.ts";
import { type Delivered, fold } from "../support/worker/fold.ts";
import { inLanes } from "../support/worker/lanes.ts";
import { randomFrom } from "../support/worker/random.ts";
import { histories, orders } from "../support/worker/six-deliveries.ts";
import { newWorld, type World } from "../support/worker/world.ts";

const deliverAll = async (world: World, deliveries: Delivered[]): Promise<void> => {
  for (const { id, event: body } of deliveries) expect((await world.deliver(id, body)).status).toBe(200);
};

describe("every order of six deliveries, with duplicates, ends in the same rows", () => {
  test.for(histories)("%s", async ([, history]) => {
    const world = await newWorld();
    const all = orders([0, 1, 2, 3, 4, 5]).map((order, index) => ({ order, number: String(index).padStart(3, "0") }));
    expect(all.length).toBe(720);
    const played = partOf(all, 13);
    await inLanes(
      played,
      async ({ order, number }) => {
        const deliveries = history(number);
        const [first = 0, second = 1, ...rest] = order;
        // One again at once, one at the end.
        const indexes = [first, second, first, ...rest, second];
        await deliverAll(
          world,
          indexes.flatMap((at) => deliveries[at] ?? []),
        );
      },
      8,
    );

    expect(await world.copy()).toEqual(fold(played.flatMap(({ number }) => history(number))));

    // To the byte, as Postgres writes them, but for the number in the ids.
    for (const [table, rows] of Object.entries(fold(history("000")))) {
      const texts = await world.query(`
        select distinct regexp_replace((to_jsonb(t) - 'synced_at' - 'deleted_at')::text, '_[0-9]{3}"', '"', 'g') from clerk.${table} as t
      `);
      expect([table, texts.length]).toEqual([table, Object.keys(rows).length]);
    }
    expect(await world.query("select count(*), min(attempts), max(attempts) from clerk.deliveries")).toEqual([
      [String(played.length * 6), "1", "2"],
    ]);
  });
});

test.skipIf(inject("isRest"))("the same delivery 50 times at once is as good as once", async () => {
  const world = await newWorld();
  const created = event("user.created", userData());
  const answers = await Promise.all(Array.from({ length: 50 }, () => world.deliver("msg_1", created)));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(answers.filter(({ body }) => body.outcome === "applied")).toHaveLength(1);
  expect(new Set(answers.map(({ body }) => body.attempts)).size).toBe(50);
  expect(await world.ledger()).toMatchObject([{ id: "msg_1", attempts: 50, outcome: "applied" }]);
  expect(await world.users()).toEqual(fold([{ id: "msg_1", event: created as unknown as Delivered["event"] }]).users);
});

test.skipIf(inject("isRest"))("many deliveries of the same objects at once end as one after another do", async () => {
  const world = await newWorld();
  const deliveries = Array.from({ length: 20 }, (_, user) =>
    histories.flatMap(([, history], index) => history(`${index}${String(user).padStart(2, "0")}`)),
  ).flat();
  const shuffled = randomFrom(3).shuffled([...deliveries, ...deliveries]);
  await inLanes(
    shuffled,
    async ({ id, event: body }) => {
      expect((await world.deliver(id, body)).status).toBe(200);
    },
    16,
  );
  expect(await world.copy()).toEqual(fold(deliveries));
});
