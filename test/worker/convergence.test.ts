import { describe, expect, test } from "vitest";
import { deletion, epoch, event, sessionData, userData } from "./clerk.ts";
import { type Delivered, foldUsers } from "./fold.ts";
import { newWorld, type World } from "./world.ts";

/** Six deliveries about one user; ids end in what decides a tie. */
type History = (user: string) => Delivered[];

const delivery = (id: string, type: string, data: Record<string, unknown>, at: number): Delivered => ({
  id,
  event: event(type, data, at) as unknown as Delivered["event"],
});
const whole = (id: string, name: string, updated_at: number | undefined) =>
  userData({ id, first_name: name, updated_at });
const fragment = (id: string, name: string, updated_at: number) => ({
  ...whole(id, name, updated_at),
  email_addresses: [],
});

const histories: [string, History][] = [
  [
    "updates, two of them with one updated_at and one timestamp, and sign-ins",
    (id) => [
      delivery(`${id}_a`, "user.created", whole(id, "A", epoch), epoch),
      delivery(`${id}_b`, "user.updated", whole(id, "B", epoch + 10), epoch + 10),
      delivery(`${id}_c`, "user.updated", whole(id, "C", epoch + 10), epoch + 10),
      delivery(`${id}_d`, "user.updated", whole(id, "D", epoch + 10), epoch + 9),
      delivery(`${id}_e`, "session.created", sessionData(fragment(id, "E", epoch + 99)), epoch + 99),
      delivery(`${id}_f`, "session.ended", sessionData(whole(id, "F", epoch + 5)), epoch + 50),
    ],
  ],
  [
    "fragments alone, some without updated_at",
    (id) => [
      delivery(`${id}_a`, "session.created", sessionData(fragment(id, "A", epoch + 3)), epoch),
      delivery(`${id}_b`, "session.ended", sessionData({ id, first_name: "B" }), epoch + 2),
      delivery(`${id}_c`, "session.removed", sessionData({ id, first_name: "C" }), epoch + 4),
      delivery(`${id}_d`, "session.revoked", sessionData({ id, first_name: "D" }), epoch + 4),
      delivery(`${id}_e`, "session.pending", sessionData(null), epoch + 5),
      delivery(`${id}_f`, "session.created", sessionData(fragment(id, "F", epoch + 3)), epoch + 1),
    ],
  ],
  [
    "a delete among updates and sign-ins",
    (id) => [
      delivery(`${id}_a`, "user.created", whole(id, "A", epoch), epoch),
      delivery(`${id}_b`, "user.deleted", deletion(id), epoch + 5),
      delivery(`${id}_c`, "user.updated", whole(id, "C", epoch + 4), epoch + 4),
      delivery(`${id}_d`, "session.removed", sessionData(whole(id, "D", epoch + 6)), epoch + 6),
      delivery(`${id}_e`, "session.ended", sessionData(fragment(id, "E", epoch + 7)), epoch + 7),
      delivery(`${id}_f`, "user.deleted", deletion(id), epoch + 5),
    ],
  ],
];

const orders = <T>(items: T[]): T[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));

/** Runs jobs in a few lanes at once. */
const inLanes = async <T>(items: T[], run: (item: T, index: number) => Promise<void>, lanes = 8): Promise<void> => {
  const queue = items.entries();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const [index, item] of queue) await run(item, index);
    }),
  );
};

const deliverAll = async (world: World, deliveries: Delivered[]): Promise<void> => {
  for (const { id, event: body } of deliveries) expect((await world.deliver(id, body)).status).toBe(200);
};

describe("every order of six deliveries, with duplicates, ends in the same row", () => {
  test.for(histories)("%s", { timeout: 120_000 }, async ([, history]) => {
    const world = await newWorld();
    const all = orders([0, 1, 2, 3, 4, 5]);
    expect(all.length).toBe(720);
    await inLanes(all, async (order, index) => {
      const deliveries = history(`user_${String(index).padStart(3, "0")}`);
      const [first = 0, second = 1, ...rest] = order;
      // One again at once, one at the end.
      const indexes = [first, second, first, ...rest, second];
      await deliverAll(
        world,
        indexes.flatMap((at) => deliveries[at] ?? []),
      );
    });

    const rows = await world.users();
    expect(Object.keys(rows)).toHaveLength(720);
    for (const [id, row] of Object.entries(rows)) expect({ [id]: row }).toEqual(foldUsers(history(id)));

    // To the byte, as Postgres writes it, but for the number in the ids.
    const texts = await world.query(`
      select distinct replace((to_jsonb(u) - 'synced_at' - 'deleted_at')::text, id, 'user_000') from clerk.users as u
    `);
    expect(texts).toHaveLength(1);
    expect(
      await world.query("select outcome, count(*) from clerk.deliveries where attempts not in (1, 2) group by 1"),
    ).toEqual([]);
    expect(await world.query("select count(*) from clerk.deliveries")).toEqual([[String(720 * 6)]]);
  });
});

test("the same delivery 50 times at once is as good as once", async () => {
  const world = await newWorld();
  const created = event("user.created", userData());
  const answers = await Promise.all(Array.from({ length: 50 }, () => world.deliver("msg_1", created)));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(answers.filter(({ body }) => body.outcome === "applied")).toHaveLength(1);
  expect(new Set(answers.map(({ body }) => body.attempts)).size).toBe(50);
  expect(await world.ledger()).toMatchObject([{ id: "msg_1", attempts: 50, outcome: "applied" }]);
  expect(await world.users()).toEqual(foldUsers([{ id: "msg_1", event: created as unknown as Delivered["event"] }]));
});

test("many deliveries of one user at once end as one after another do", async () => {
  const world = await newWorld();
  const deliveries = Array.from({ length: 20 }, (_, user) =>
    histories.flatMap(([, history], index) => history(`user_${user}_${index}`)),
  ).flat();
  const shuffled = [...deliveries, ...deliveries].toSorted(() => Math.random() - 0.5);
  await inLanes(
    shuffled,
    async ({ id, event: body }) => {
      expect((await world.deliver(id, body)).status).toBe(200);
    },
    16,
  );
  expect(await world.users()).toEqual(foldUsers(deliveries));
});
