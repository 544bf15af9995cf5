import { beforeAll, expect, inject, test } from "vitest";
import { services } from "../../src/services.ts";
import { createWebhook } from "../../src/webhook/app.ts";
import { type Copy, type Delivered, fold, type Inferred } from "../support/worker/fold.ts";
import { historyOf } from "../support/worker/histories.ts";
import { inLanes } from "../support/worker/lanes.ts";
import { type Random, randomFrom } from "../support/worker/random.ts";
import { wayOf, type Ways, waysOf } from "../support/worker/ways.ts";
import { newWorld, signed, type World } from "../support/worker/world.ts";

const { seed, count } = inject("chaos");

/** Histories that share a database; their objects have ids of their own. */
const batchSize = 100;

/** Milliseconds. Short, since a database that hangs is one of the faults, but not too short for a machine that is busy. */
const webhook = createWebhook(services({ database: 2000, clerk: 2000 }));

/** Sends as Svix does: until it is answered with 2xx. */
const deliver = async (delivery: Delivered, ways: Ways, random: Random): Promise<void> => {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const way = wayOf(random);
    const bindings = ways.get(way);
    const request = new Request(
      "https://mirror.example/api/webhook",
      signed(delivery.id, JSON.stringify(delivery.event)),
    );
    const { status } = await webhook.fetch(request, bindings);
    if (status === 200) return;
    expect(status, `${way}: ${delivery.id}`).toBe(503);
  }
  throw new Error(`${delivery.id} was never taken`);
};

/** Plays a history in an order, with duplicates, some at a time. */
const play = async (history: number, world: World, ways: Ways): Promise<void> => {
  const random = randomFrom(history ^ 0x5eed);
  const { deliveries, inferred, last } = historyOf(history);
  const inDisorder = async (observations: (Delivered | Inferred)[]) => {
    const twice = observations.filter(() => random.chance(0.3));
    await inLanes(
      random.shuffled([...observations, ...twice]),
      (one) => ("event" in one ? deliver(one, ways, random) : world.infer(one)),
      1 + random.below(8),
    );
  };
  await inDisorder([...deliveries, ...inferred]);
  await inDisorder(last);
};

const countOf = (copy: Copy): number => Object.values(copy).reduce((sum, rows) => sum + Object.keys(rows).length, 0);

const batches = Array.from({ length: Math.ceil(count / batchSize) }, (_, index) => {
  const first = seed + index * batchSize;
  return { first, size: Math.min(batchSize, seed + count - first) };
});

beforeAll(() => {
  console.log(`${count} histories from seed ${seed}. One again: npm run test:chaos -- --seed N --count 1`);
});

test.for(batches)(
  "$size histories from seed $first end as the fold says, whatever happened on the way",
  async ({ first, size }) => {
    const world = await newWorld();
    const ways = waysOf(world);
    const seeds = Array.from({ length: size }, (_, index) => first + index);
    await inLanes(seeds, (history) => play(history, world, ways), 4);

    const copy = await world.copy();
    let played = 0;
    for (const history of seeds) {
      const { deliveries, inferred, last } = historyOf(history);
      const isOfIt = (id: string) => id.includes(`_${history}x`);
      const found = Object.fromEntries(
        Object.entries(copy).map(([table, rows]) => [
          table,
          Object.fromEntries(Object.entries(rows).filter(([id]) => isOfIt(id))),
        ]),
      );
      expect(found, `seed ${history}`).toEqual(fold([...deliveries, ...last], inferred));
      played += countOf(found);
    }
    expect(played, "rows that are of no history").toBe(countOf(copy));
    const ids = seeds.flatMap((history) => {
      const { deliveries, last } = historyOf(history);
      return [...deliveries, ...last].map(({ id }) => id);
    });
    const ledger = await world.query('select id, outcome from clerk.deliveries order by id collate "C"');
    expect(ledger.map(([id]) => id)).toEqual(ids.toSorted());
    // No deadlock was hidden by a retry.
    expect(await world.query("select deadlocks from pg_stat_database where datname = current_database()")).toEqual([
      ["0"],
    ]);
  },
);
