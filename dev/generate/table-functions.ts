/** Writes the functions of each table from the Drizzle schema, so that a column exists in one place. */
import type { PgColumn } from "drizzle-orm/pg-core";
import { all, isTime, lines, recordset, type Table } from "./mirrored-tables.ts";

const names = (columns: readonly PgColumn[], indent: string, as = (name: string) => name) =>
  lines(
    columns.map(({ name }) => as(name)),
    indent,
  );

/** The value in the new row. Receipts use the database's own clock; a tombstone's fields are absent, so null. */
const value = (column: PgColumn) => {
  switch (column.name) {
    case "deleted_at":
      return "case when x.deleted then clock_timestamp() end";
    case "synced_at":
      return "clock_timestamp()";
    default:
      return isTime(column) ? `to_timestamp(x.${column.name} / 1000.0)` : `x.${column.name}`;
  }
};

/** The rows as they were given, except that a child of a deleted owner is all that is left of it. */
const source = (table: Table) => {
  const owners = Object.entries(table.owners);
  const fields = lines(recordset(table), "    ");
  if (owners.length === 0) return `jsonb_to_recordset(rows) as x (\n${fields}\n  )`;
  const isDeleted = owners.map(
    ([column, owner]) =>
      `exists (select from clerk.${owner} as o where o.id = given.row ->> '${column}' and o.deleted_at is not null)`,
  );
  const kept = ["id", "version", ...owners.map(([column]) => column)].map(
    (name) => `'${name}', given.row -> '${name}'`,
  );
  return `jsonb_array_elements(rows) as given (row), lateral jsonb_to_record(
    case
      when ${isDeleted.join("\n        or ")}
      then jsonb_build_object(${kept.join(", ")}, 'deleted', true)
      else given.row
    end
  ) as x (\n${fields}\n  )`;
};

const given = (table: Table) => `
create or replace function clerk.given_${table.name}(rows jsonb) returns setof clerk.${table.name} language sql stable as $$
  select
${lines(table.columns.map(value), "    ")}
  from ${source(table)}
$$;`;

/** The statement that writes. The receipt of an update is taken after the row is locked: `excluded` was computed before the wait. */
const written = ({ name, columns }: Table, returning: string) => `with written as (
      insert into clerk.${name} as t select * from clerk.given_${name}(rows) as x order by x.id
      on conflict (id) do update set
${names(
  columns.filter((column) => column.name !== "id"),
  "        ",
  (column) => `${column} = ${column === "synced_at" ? "clock_timestamp()" : `excluded.${column}`}`,
)}
      where t.version < excluded.version
      returning ${returning}
    )`;

/**
 * Where an app is told, what the row was before is in the snapshot of the statement: nobody else writes the rows that are given
 * here, by the locks of `clerk.merge_1` and, for rows that go with their owners, the one that is taken here.
 */
const upsert = (table: Table) => `
create or replace function clerk.upsert_${table.name}(rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  changed text[];
begin
  if '${table.name}' <> all (told) then
    ${written(table, "t.id")}
    select array_agg('${table.name}:' || w.id) into changed from written as w;
  else${
    Object.keys(table.owners).length === 0
      ? ""
      : `
    perform from clerk.${table.name} as t
    where t.id in (select r ->> 'id' from jsonb_array_elements(rows) as r)
    order by t.id for no key update;`
  }
    ${written(table, "t.id, t.version, t.deleted_at")}
    select array_agg('${table.name}:' || w.id) || array_agg(w.news || '${table.name}:' || w.id) filter (where w.news <> '')
    into changed
    from (
      select w.id, case
        when w.deleted_at is not null then
          case when b.deleted_at is not null then '' when b.version >= '1' then '!kd' else '!nd' end
        when w.version < '1' then ''
        when b.deleted_at is not null then '!dl'
        when b.version >= '1' then '!kl'
        else '!nl'
      end as news
      from written as w left join lateral (
        select o.version, o.deleted_at from clerk.${table.name} as o where o.id = w.id offset 0
      ) as b on true
    ) as w;
  end if;
  return changed;
end
$$;`;

const cascade = ({ name, columns, owners }: Table) => {
  if (Object.keys(owners).length === 0) return "";
  const isChild = Object.entries(owners)
    .map(([column, owner]) => `t.${column} = any (${owner})`)
    .join(" or ");
  const stays = new Set(["id", "version", ...Object.keys(owners)]);
  const emptied = columns.filter((column) => !stays.has(column.name));
  return `
create or replace function clerk.cascade_${name}(users text[], organizations text[], rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  news text[];
begin
  -- The given rows too, in one order with these: another call may have them the other way round.
  perform from clerk.${name} as t
  where ${isChild} or t.id in (select r ->> 'id' from jsonb_array_elements(rows) as r)
  order by t.id for no key update;
  with emptied as (
    update clerk.${name} as t set
${names(emptied, "      ", (column) => `${column} = ${column === "deleted_at" || column === "synced_at" ? "clock_timestamp()" : "null"}`)}
    where t.deleted_at is null and (${isChild})
    returning t.id, t.version
  )
  select array_agg(case when e.version >= '1' then '!kd' else '!nd' end || '${name}:' || e.id) filter (where '${name}' = any (told))
  into news
  from emptied as e;
  return news;
end
$$;`;
};

/** Each function's name with the types of its parameters. */
export const tableSignatures = all.flatMap(({ name, owners }) => [
  `clerk.given_${name}(jsonb)`,
  `clerk.upsert_${name}(jsonb, text[])`,
  ...(Object.keys(owners).length > 0 ? [`clerk.cascade_${name}(text[], text[], jsonb, text[])`] : []),
]);

const functions = all.flatMap((table) => [given(table), upsert(table), cascade(table)]).filter((text) => text !== "");

/** A statement each. */
export const tableFunctions = functions.map((text) => text.trim());

export const tableFunctionsFile = `-- Generated by dev/generate/table-functions.ts from src/schema.ts and src/entities. Do not edit.
--
-- What clerk.merge_1 and clerk.compare_1 do with the columns of each table. Nobody but the owner may call these.
--   given_…    the rows that a call was given, as the copy would have them
--   upsert_…   writes them, each where its version is above the row's, and returns what changed, as "<table>:<id>"
--   cascade_…  deletes the rows of deleted owners. They keep their owners and their version
--
-- For an app that is told both also return "!", what the object was before (k: known, d: deleted, n: not there, or a fragment),
-- what it is now (l: living, d: deleted), and its "<table>:<id>". A fragment is nothing to tell of, and a delete is once.
${functions.join("\n")}
`;
