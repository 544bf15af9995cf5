import { describe, expect, inject, test } from "vitest";
import { services } from "../../src/services.ts";
import { createConsumer, type QueueMessage } from "../../src/webhook/consumer.ts";
import type { Bindings } from "../../src/settings.ts";
import { partOf } from "../support/part.ts";
import { type Broker, newBroker } from "../support/worker/broker.ts";
import { type Delivered, fold } from "../support/worker/fold.ts";
import { historyOf } from "../support/worker/histories.ts";
import { inLanes } from "../support/worker/lanes.ts";
import { type Random, randomFrom } from "../support/worker/random.ts";
import { histories, orders } from "../support/worker/six-deliveries.ts";
import { wayOf, waysOf } from "../support/worker/ways.ts";
import { newWorld, type World } from "../support/worker/world.ts";

/** The law in queue mode: batches cut at random, given again, and consumers killed between commit and acknowledgement. */

const { seed, count } = inject("chaos");

/** Milliseconds. Short, since a database that hangs is one of the faults, but not too short for a machine that is busy. */
const consume = createConsumer(services({ database: 2000, clerk: 2000 }));

/** Sends deliveries to the door, in any order, some of them twice. Gives the queues. */
const enqueue = async (
  world: World,
  deliveries: readonly Delivered[],
  random: Random,
  { broker = newBroker(), dead = newBroker() } = {},
) => {
  const bindings: Bindings = { ...world.bindings, EVENTS: broker, DEAD_EVENTS: dead };
  const twice = deliveries.filter(() => random.chance(0.2));
  await inLanes(
    random.shuffled([...deliveries, ...twice]),
    async ({ id, event }) => expect((await world.deliver(id, event, bindings)).status, id).toBe(202),
    8,
  );
  return { broker, dead };
};

/**
 * Consumers, some at once, until the queue is empty.
 *
 * @param meanwhile happens during each turn
 */
const drain = async (
  broker: Broker,
  bindingsOf: () => Bindings | undefined,
  random: Random,
  meanwhile: () => Promise<void> = async () => {},
): Promise<void> => {
  const consumer = async () => {
    for (let turn = 0; broker.waiting.length > 0; turn += 1) {
      if (turn > 5000) throw new Error("the queue does not empty");
      const isLate = turn > 200;
      const dispatched = broker.dispatch(
        (messages: QueueMessage[]) => consume(messages, bindingsOf() ?? {}),
        1 + random.below(random.pick([3, 30, 100])),
        { random, isKilled: !isLate && random.chance(0.15), isDoubled: !isLate && random.chance(0.1) },
      );
      await Promise.all([dispatched, meanwhile()]);
    }
  };
  while (broker.waiting.length > 0) await Promise.all([consumer(), consumer(), consumer()]);
};

const noDeadlock = async (world: World) =>
  expect(await world.query("select deadlocks from pg_stat_database where datname = current_database()")).toEqual([
    ["0"],
  ]);

describe("every order of six deliveries, in batches that are cut at random, ends in the same rows", () => {
  test.for(histories)("%s", async ([, history]) => {
    const world = await newWorld();
    const random = randomFrom(720);
    const all = orders([0, 1, 2, 3, 4, 5]).map((order, index) => {
      const six = history(String(index).padStart(3, "0"));
      return order.flatMap((at) => six[at] ?? []);
    });
    expect(all.length).toBe(720);
    const deliveries = partOf(all, 13).flat();
    const { broker, dead } = await enqueue(world, deliveries, random);
    await drain(broker, () => world.bindings, random);
    expect(dead.waiting).toEqual([]);
    expect(await world.copy()).toEqual(fold(deliveries));
    expect(await world.query("select count(*) from clerk.deliveries")).toEqual([[String(deliveries.length)]]);
    await noDeadlock(world);
  });
});

/** Histories that share a database and a queue. */
const batchSize = 100;

const batches = Array.from({ length: Math.ceil(count / batchSize) }, (_, index) => {
  const first = seed + index * batchSize;
  return { first, size: Math.min(batchSize, seed + count - first) };
});

test.for(batches)(
  "$size histories from seed $first end as the fold says, whatever happened on the way",
  async ({ first, size }) => {
    const world = await newWorld();
    const random = randomFrom(first ^ 0x5eed);
    const ways = waysOf(world);
    const played = Array.from({ length: size }, (_, index) => historyOf(first + index));
    const bindingsOf = () => ways.get(wayOf(random));

    const inferred = played.flatMap((history) => history.inferred);
    const twice = inferred.filter(() => random.chance(0.2));
    const toInfer = random.shuffled([...inferred, ...twice]);
    const inferSome = async (most: number) => {
      for (const one of toInfer.splice(0, random.below(most + 1))) await world.infer(one);
    };
    const queues = await enqueue(
      world,
      played.flatMap((history) => history.deliveries),
      random,
    );
    await inferSome(toInfer.length >> 2);
    await drain(queues.broker, bindingsOf, random, () => inferSome(4));
    await inLanes(toInfer, (one) => world.infer(one), 4);

    const last = played.flatMap((history) => history.last);
    await enqueue(world, last, random, queues);
    await drain(queues.broker, bindingsOf, random);

    expect(queues.dead.waiting).toEqual([]);
    const deliveries = [...played.flatMap((history) => history.deliveries), ...last];
    expect(await world.copy()).toEqual(fold(deliveries, inferred));
    const ledger = await world.query('select id from clerk.deliveries order by id collate "C"');
    expect(ledger.flat()).toEqual(deliveries.map(({ id }) => id).toSorted());
    await noDeadlock(world);
  },
);
