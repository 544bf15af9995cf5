import { expect, inject, test } from "vitest";
import { parseDelivery } from "../../src/webhook/delivery.ts";
import { createConsumer } from "../../src/webhook/consumer.ts";
import { createWebhook } from "../../src/webhook/app.ts";
import { services } from "../../src/services.ts";
import type { Bindings } from "../../src/settings.ts";
import { appDeadline, type FlakyApp, newApp } from "../support/worker/app.ts";
import { newBroker } from "../support/worker/broker.ts";
import { type Copy, type Delivered, fold, tableNames } from "../support/worker/fold.ts";
import { historyOf } from "../support/worker/histories.ts";
import { inLanes } from "../support/worker/lanes.ts";
import { randomFrom } from "../support/worker/random.ts";
import { wayOf, waysOf } from "../support/worker/ways.ts";
import { newWorld, signed, type World } from "../support/worker/world.ts";

/**
 * What an app is told, in random histories with faults of the database and of the app: in the end its last word for each object
 * is what an independent fold says, and it was told of each life of an object once.
 */

const { seed, count } = inject("chaos");
const batchSize = 50;
const batches = Array.from({ length: Math.ceil(count / batchSize) }, (_, index) => {
  const first = seed + index * batchSize;
  return { first, size: Math.min(batchSize, seed + count - first), isQueued: index % 2 === 1 };
});

const servicesOf = services({ database: 2000, clerk: 2000, app: appDeadline });
const webhook = createWebhook(servicesOf);
const consume = createConsumer(servicesOf);

/** Counts lives and deaths of rows by triggers, without a word of the outbox. */
const audit = async (world: World): Promise<void> => {
  await world.query("create table public.audit (key text, kind text)");
  await world.query(`create function public.audit() returns trigger language plpgsql security definer as $$
    declare
      was boolean := tg_op = 'UPDATE' and old.deleted_at is null and old.version >= '1';
      is_dead boolean := new.deleted_at is not null;
    begin
      if not was and not is_dead and new.version >= '1' then
        insert into public.audit values (tg_table_name || ':' || new.id, 'created');
      elsif is_dead and (tg_op = 'INSERT' or old.deleted_at is null) then
        insert into public.audit values (tg_table_name || ':' || new.id, 'deleted');
      end if;
      return null;
    end $$`);
  for (const table of tableNames) {
    await world.query(
      `create trigger audit after insert or update on clerk.${table} for each row execute function public.audit()`,
    );
  }
};

const livesIn = async (world: World): Promise<Map<string, Record<string, number>>> => {
  const lives = new Map<string, Record<string, number>>();
  for (const [key = "", kind = ""] of (await world.query("select key, kind from public.audit")) as string[][]) {
    const known = lives.get(key) ?? { created: 0, deleted: 0 };
    known[kind] = (known[kind] ?? 0) + 1;
    lives.set(key, known);
  }
  return lives;
};

/** A day passes: all that waits is due, even what is on its way. Locks in the order of everybody else. */
const passDay = (world: World) =>
  world.query(`with o as materialized (select table_name, id from clerk.outbox order by 1, 2 for update)
    update clerk.outbox as w set due_at = due_at - interval '1 day' from o
    where w.table_name = o.table_name and w.id = o.id`);

const tell = async (bindings: Bindings, calls = 1000): Promise<void> => {
  const made = servicesOf(bindings);
  if (made.ok) await made.value.tell?.(calls);
};

const drain = async (world: World): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) {
    await passDay(world);
    await tell(world.bindings);
    const [[left] = []] = await world.query("select count(*) from clerk.outbox");
    if (left === "0") return;
  }
  throw new Error("the outbox does not empty");
};

/** The rows of tables that the app is told of, as it has them at last. */
const lastWords = (app: FlakyApp): Copy => {
  const words: Copy = {};
  for (const [key, { row, isLiving }] of app.accounts) {
    const [table = "", id = ""] = key.split(":");
    const { synced_at: _, deleted_at: __, ...rest } = (row ?? {}) as Record<string, unknown>;
    (words[table] ??= {})[id] = isLiving ? rest : { deleted: true };
  }
  return words;
};

/**
 * The same by the fold. A fragment is nothing to tell of: there the app may have been told that the object is deleted, with its
 * owner, before a fragment came under another.
 */
const expectedWords = (copy: Copy, tables: readonly string[], told: Copy): Copy => {
  const words: Copy = {};
  for (const table of tables) {
    for (const [id, { version, deleted, ...row }] of Object.entries(copy[table] ?? {})) {
      const isGone = deleted === true || (String(version) < "1" && told[table]?.[id]?.deleted === true);
      if (isGone) (words[table] ??= {})[id] = { deleted: true };
      else if (String(version) >= "1") (words[table] ??= {})[id] = row;
    }
  }
  return words;
};

/** As a run merges what it finds in Clerk's lists: the objects of an event that is lost. */
const reconcile = async (delivery: Delivered, bindings: Bindings): Promise<void> => {
  const parsed = parseDelivery(
    { id: delivery.id, signedAt: delivery.event.timestamp },
    new TextEncoder().encode(JSON.stringify(delivery.event)),
  );
  const made = servicesOf(bindings);
  if (!parsed.ok || !made.ok) throw new Error("no delivery, or no services");
  for (let attempt = 0; ; attempt += 1) {
    const merged = await made.value.merge(parsed.value.changes, [], { source: "reconcile" });
    if (merged.ok) return;
    if (attempt > 50) throw new Error(JSON.stringify(merged.failure));
  }
};

test.for(batches)("$size histories from seed $first, in a queue: $isQueued", async ({ first, size, isQueued }) => {
  const random = randomFrom(first ^ 0x0b0e);
  // Where the database never fails, an answer of the app's is never lost.
  const isCalm = first % (4 * batchSize) === 1;
  const app = newApp(random);
  const tables = isCalm || random.chance(0.5) ? tableNames : ["users", "organizations", "organization_memberships"];
  const bare = await newWorld();
  const bindings: World["bindings"] = { ...bare.bindings, APP: app, MIRROR_NOTIFY_TABLES: tables.join(" ") };
  const world: World = { ...bare, bindings };
  await audit(world);
  const faulty = waysOf(world);
  const some = () => (isCalm ? bindings : (faulty.get(wayOf(random)) ?? bindings));
  const afterwards: Promise<unknown>[] = [];
  const invocation = {
    waitUntil: (promise: Promise<unknown>) => void afterwards.push(promise),
    passThroughOnException: () => {},
    props: {},
  };
  const broker = newBroker();
  const queued = { ...bindings, EVENTS: broker };

  const deliver = async (delivery: Delivered): Promise<void> => {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const request = new Request(
        "https://mirror.example/api/webhook",
        signed(delivery.id, JSON.stringify(delivery.event)),
      );
      const { status } = await webhook.fetch(request, isQueued ? queued : some(), invocation);
      if (status === 200 || status === 202) return;
      expect(status).toBe(503);
    }
    throw new Error(`${delivery.id} was never taken`);
  };
  const consumeSome = () =>
    broker.dispatch((messages) => consume(messages, some()), 1 + random.below(30), {
      random,
      isKilled: random.chance(0.1),
      isDoubled: random.chance(0.1),
    });

  const played = Array.from({ length: size }, (_, index) => historyOf(first + index));
  const notify = { source: "reconcile", tables };
  let done = 0;
  const play = async (jobs: (() => Promise<unknown>)[]): Promise<void> => {
    await inLanes(
      random.shuffled(jobs),
      async (job) => {
        await job();
        if (isQueued && random.chance(0.1)) await consumeSome();
        // A cron, or a day of which nothing is known.
        if (random.chance(0.03)) await tell(bindings, 1 + random.below(3));
        if ((done += 1) % 97 === 0 && !isCalm) await passDay(world);
      },
      8,
    );
    while (broker.waiting.length > 0) await consumeSome();
  };

  const jobsOf = (deliveries: readonly Delivered[], isLost: boolean) =>
    deliveries.flatMap((delivery) => {
      // A fifth of them is lost, and found by a run.
      const job = isLost && random.chance(0.5) ? () => reconcile(delivery, bindings) : () => deliver(delivery);
      return random.chance(0.2) ? [job, job] : [job];
    });
  await play(
    played.flatMap(({ deliveries, inferred }, index) => [
      ...jobsOf(deliveries, index % 5 === 0),
      ...inferred.map((one) => () => world.infer(one, notify)),
    ]),
  );
  await play(played.flatMap(({ last }) => jobsOf(last, false)));
  await Promise.all(afterwards);
  app.mend();
  await drain(world);

  const expected = fold(
    played.flatMap(({ deliveries, last }) => [...deliveries, ...last]),
    played.flatMap(({ inferred }) => inferred),
  );
  expect(await world.copy()).toEqual(expected);
  const words = lastWords(app);
  expect(words).toEqual(expectedWords(expected, tables, words));
  expect(app.wrongs).toEqual([]);
  if (isCalm) expect(app.again).toEqual([]);
  const lives = await livesIn(world);
  for (const [key, { creations, deletions, isLiving }] of app.accounts) {
    const { created = 0, deleted = 0 } = lives.get(key) ?? {};
    const told = `${key}: ${creations} creations of ${created}, ${deletions} deletions of ${deleted}`;
    expect(creations <= created && deletions <= deleted, told).toBe(true);
    expect(isLiving ? creations > 0 : deletions > 0, told).toBe(true);
  }
  expect(await world.query("select deadlocks from pg_stat_database where datname = current_database()")).toEqual([
    ["0"],
  ]);
});
