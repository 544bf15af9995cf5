import { describe, expect, test } from "vitest";
import { play } from "../support/node/journal.ts";
import { resultsOf } from "../support/node/missed-week.ts";
import { livingRows, realityOf } from "../support/node/reality.ts";
import { type SimulatedWorld, simulatedWorlds } from "../support/node/simulated-world.ts";
import { execute } from "../support/postgres.ts";

/** Rows that Postgres refuses, for what an owner has added to the tables: they stop no others. */

const newWorld = simulatedWorlds();

const withUsers = async (): Promise<{ world: SimulatedWorld; ids: string[] }> => {
  const world = await newWorld();
  world.instance.populate(45, 6);
  return { world, ids: [...world.instance.users.keys()] };
};

const copyBut = async (world: SimulatedWorld, refused: readonly string[]) => {
  const { users: real = {}, sessions: _, ...reality } = realityOf(world.instance);
  const { users, ...rest } = await livingRows(world.url);
  expect(rest).toMatchObject(reality);
  const left = Object.fromEntries(Object.entries(real).filter(([id]) => !refused.includes(id)));
  expect(users).toEqual(left);
};

describe("a run copies all rows but those that Postgres refuses, and names them", () => {
  const causes: [string, (id: string) => string[], string][] = [
    [
      "a constraint",
      (id) => [`alter table clerk.users add constraint no check (id <> '${id}' or deleted_at is not null)`],
      "23514",
    ],
    [
      "a narrower type",
      () => ["drop view clerk.living_users", "alter table clerk.users alter column first_name type varchar(20)"],
      "22001",
    ],
    [
      "a trigger that raises",
      (id) => [
        `create function refuse() returns trigger language plpgsql as $$ begin
          if new.id = '${id}' and new.deleted_at is null then raise exception 'no'; end if;
          return new;
        end $$`,
        "create trigger refuse before insert or update on clerk.users for each row execute function refuse()",
      ],
      "P0001",
    ],
  ];
  test.for(causes)("for %s", async ([, statements, sqlstate]) => {
    const { world, ids } = await withUsers();
    const [id = ""] = ids;
    world.instance.rename(id, { first_name: "A name of more than twenty letters" });
    await execute(world.url, ...statements(id));
    for (const [run, kind] of [
      ["backfill", "backfill"],
      ["reconcile", "reconcile"],
    ] as const) {
      expect((await play(world, run, { kind })).ended).toEqual({ ok: true, value: "done" });
      expect(await resultsOf(world, run)).toContainEqual(
        expect.objectContaining({
          table_name: "users",
          checked: 45,
          repaired: kind === "backfill" ? 44 : 0,
          extra: 0,
          held: 1,
          note: `left out: ${id} (Postgres refuses it, SQLSTATE ${sqlstate})`,
        }),
      );
      await copyBut(world, [id]);
    }
  });

  test("many of them", async () => {
    const { world, ids } = await withUsers();
    const refused = ids.slice(0, 15);
    await execute(world.url, `alter table clerk.users add constraint no check (id not in ('${refused.join("','")}'))`);
    expect((await play(world, "backfill", { kind: "backfill" })).ended).toEqual({ ok: true, value: "done" });
    const line = (await resultsOf(world, "backfill")).find(({ table_name }) => table_name === "users");
    expect(line).toMatchObject({ checked: 45, repaired: 30, held: 15 });
    expect(line?.note).toMatch(/^left out: (user_\w+ \(Postgres refuses it, SQLSTATE 23514\)(, | )){10}and 5 more$/);
    await copyBut(world, refused);
  });

  test("but not for a fault that passes", async () => {
    const { world } = await withUsers();
    await execute(
      world.url,
      `create function away() returns trigger language plpgsql as $$ begin
        raise exception 'away' using errcode = '57014';
      end $$`,
      "create trigger away before insert on clerk.users for each row execute function away()",
    );
    const { ended } = await play(world, "backfill", { kind: "backfill" });
    expect(ended).toMatchObject({ ok: false, failure: { kind: "unavailable", sqlstate: "57014" } });
  });
});

test("an external id may be longer than a btree takes", async () => {
  const { world, ids } = await withUsers();
  // What a btree has compressed, it takes: so this must not compress.
  const external_id = Array.from({ length: 400 }, (_, n) => (n * 2654435761).toString(36)).join("");
  expect(external_id.length).toBeGreaterThan(2700);
  const user = world.instance.users.need(ids[0] ?? "");
  user.external_id = external_id;
  await play(world, "backfill", { kind: "backfill" });
  expect(await world.query(`select external_id from clerk.users where id = '${user.id}'`)).toEqual([{ external_id }]);
});
