import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AppsPostgres, rowsOf, startAppsPostgres } from "../support/node/apps-postgres.ts";
import { execute } from "../support/postgres.ts";

/** What docs/apps.md says of what an owner adds to the schema: whether a delivery is still merged. */

let postgres: AppsPostgres;
beforeAll(async () => {
  postgres = await startAppsPostgres();
});
afterAll(() => postgres.close());

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
  ] as const)("%s", async ([name, statements]) => {
    const url = await postgres.database(`merged_${name.length}`);
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
    ["a column more", "alter table clerk.users add column note text", "42P13"],
  ] as const)("%s", async ([name, statements, code]) => {
    const url = await postgres.database(`refused_${name.length}`);
    await execute(url(), statements);
    await expect(merge(url("clerk_mirror"))).rejects.toMatchObject({ code });
  });
});
