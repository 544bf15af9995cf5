import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGateway } from "../../dev/gateway.ts";
import { connect } from "../../src/database/connect.ts";
import { type LedgerLine, mergeInto } from "../../src/database/merge.ts";
import { type AppsPostgres, rowsOf, startAppsPostgres } from "../support/node/apps-postgres.ts";
import { execute } from "../support/postgres.ts";

/** What docs/apps.md says of what an owner adds to the schema: whether a delivery is still merged. */

let postgres: AppsPostgres;
beforeAll(async () => {
  postgres = await startAppsPostgres();
});
afterAll(() => postgres.close());

let databases = 0;

/** Merges two users with the same address, as the Worker does. */
const merge = async (url: string): Promise<void> => {
  for (const id of ["user_1", "user_2"]) {
    const row = {
      id,
      version: "1",
      email: "ada@example.com",
      public_metadata: { age: "unknown", about: Array.from({ length: 4000 }, () => Math.random()).join("") },
    };
    const line = { id: `msg_${id}`, type: "user.created", subject_id: id, otherwise: "stale", subject: `users:${id}` };
    const values = [{ users: [row] }, [line]].map((value) => `'${JSON.stringify(value)}'`);
    await rowsOf(url, `select * from clerk.merge_1(${values.join(", ")})`);
  }
};

const trigger = (body: string, more = ""): string =>
  `create function noted() returns trigger language plpgsql ${more} as $$ begin ${body} return new; end $$;
   create trigger noted after insert or update on clerk.users for each row execute function noted()`;

const notes = "create table notes (id text); grant insert on notes to clerk_mirror;";

describe("a delivery is merged with", () => {
  test.for([
    ["a trigger that names its table with the schema", notes + trigger("insert into public.notes values (new.id);")],
    ["a trigger with a search_path", notes + trigger("insert into notes values (new.id);", "set search_path = public")],
    ["an index of a plain column", "create index on clerk.users using hash (first_name)"],
    ["a view", "create view people as select id, name from clerk.users"],
  ] as const)("%s", async ([, statements]) => {
    const url = await postgres.database(`added_${(databases += 1)}`);
    await execute(url(), statements);
    await merge(url("clerk_mirror"));
    expect(await rowsOf(url(), "select id from clerk.users order by id")).toEqual([{ id: "user_1" }, { id: "user_2" }]);
  });
});

describe("a delivery is refused with", () => {
  test.for([
    ["a trigger that raises", trigger("raise exception 'no';"), "P0001"],
    [
      "a trigger that names its table without the schema",
      notes + trigger("insert into notes values (new.id);"),
      "42P01",
    ],
    ["a unique index of the address", "create unique index on clerk.users (email)", "23505"],
    [
      "an index of metadata as a number",
      "create index on clerk.users (((public_metadata ->> 'age')::integer))",
      "22P02",
    ],
    ["a btree of metadata", "create index on clerk.users ((public_metadata ->> 'about'))", "54000"],
    ["a check that the delivery breaks", "alter table clerk.users add check (email <> 'ada@example.com')", "23514"],
    ["a column that must not be null", "alter table clerk.users alter column phone set not null", "23502"],
    ["a column more", "alter table clerk.users add column note text", "42P13"],
  ] as const)("%s", async ([, statements, code]) => {
    const url = await postgres.database(`added_${(databases += 1)}`);
    await execute(url(), statements);
    await expect(merge(url("clerk_mirror"))).rejects.toMatchObject({ code });
  });
});

test("a slow trigger holds up its delivery, and for 5 s others of the same object; what the Worker does not wait for comes again", async () => {
  const url = await postgres.database("slow");
  const gateway = await startGateway();
  try {
    await execute(url(), trigger("perform pg_sleep(case when new.id = 'user_1' then 6.5 else 0 end);"));
    const deliver = (id: string, version: string, deadline?: number) => {
      const line: LedgerLine = {
        id: `msg_${id}_${version}`,
        type: "user.updated",
        subject_id: id,
        instance_id: undefined,
        occurred_at: undefined,
        subject: `users:${id}`,
        otherwise: "stale",
      };
      const within = mergeInto(connect(url("clerk_mirror"), gateway.url, deadline));
      return within([{ table: "users", row: { id, version } }], [line]);
    };
    const slow = deliver("user_1", "1");
    await setTimeout(500);
    const same = deliver("user_1", "2");
    expect(await deliver("user_2", "1")).toMatchObject({ ok: true });
    expect(await same).toEqual({ ok: false, failure: { kind: "unavailable", sqlstate: "55P03" } });
    expect(await slow).toMatchObject({ ok: true, value: [{ outcome: "applied" }] });
    expect(await deliver("user_1", "2", 500)).toEqual({
      ok: false,
      failure: { kind: "unavailable", cause: "timeout" },
    });
  } finally {
    await gateway.close();
  }
}, 60_000);
