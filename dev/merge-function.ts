/**
 * Writes the SQL of `clerk.merge_1` from the Drizzle schema, so that a column exists in one place.
 *
 *   node dev/merge-function.ts            writes drizzle/0001_merge.sql
 *   node dev/merge-function.ts --check    fails where that file is not what the schema gives
 */
import { readFileSync, writeFileSync } from "node:fs";
import { getTableColumns } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { getTableConfig } from "drizzle-orm/pg-core";
import { users } from "../src/schema.ts";

const file = new URL("../drizzle/0001_merge.sql", import.meta.url);

const isTime = (column: PgColumn) => column.getSQLType().startsWith("timestamp");

/** The type of a column inside `changes`: times travel as milliseconds since 1970. */
const wireType = (column: PgColumn) => {
  if (isTime(column)) return "bigint";
  return column.getSQLType().replace(/ collate .*/, "");
};

/** What stands in the new row. Receipts are the database's own clock; a tombstone's fields are absent, so null. */
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

/** The receipt of an update is taken after the row's lock was had: `excluded` was computed before the wait. */
const assignment = (column: PgColumn) =>
  column.name === "synced_at" ? "synced_at = clock_timestamp()" : `${column.name} = excluded.${column.name}`;

const lines = (items: string[], indent: string) => items.map((item) => indent + item).join(",\n");

const upsert = (table: PgTable) => {
  const { name } = getTableConfig(table);
  const columns = Object.values(getTableColumns(table));
  const sent = columns.filter((column) => column.name !== "deleted_at" && column.name !== "synced_at");
  return `
  if changes ? '${name}' then
    with merged as (
      insert into clerk.${name} as t (
${lines(
  columns.map((column) => column.name),
  "        ",
)}
      )
      select
${lines(columns.map(value), "        ")}
      from jsonb_to_recordset(changes -> '${name}') as x (
${lines([...sent.map((column) => `${column.name} ${wireType(column)}`), "deleted boolean"], "        ")}
      )
      order by x.id
      on conflict (id) do update set
${lines(columns.filter((column) => column.name !== "id").map(assignment), "        ")}
      where t.deleted_at is null and (excluded.deleted_at is not null or t.version < excluded.version)
      returning t.id
    )
    select changed || coalesce(array_agg('${name}:' || merged.id), '{}') into changed from merged;
  end if;
`;
};

const statement = `-- Made by dev/merge-function.ts from src/schema.ts. Do not edit.
--
-- The one way by which a row of the copy is written.
--   changes     { "<table>": [ row, … ] }, one row an id; times in milliseconds since 1970;
--               { "id": …, "version": "", "deleted": true } for an object that Clerk deleted
--   deliveries  [ { id, type, subject_id, instance_id, occurred_at, subject, otherwise } ], one an id;
--               "subject" is the "<table>:<id>" of the row whose change makes the outcome 'applied'; it is
--               what "otherwise" says where that row did not change
-- Gives a row a delivery: what became of it in this call, and how often it has been committed.
create or replace function clerk.merge_1(changes jsonb, deliveries jsonb)
returns table (id text, outcome text, attempts integer)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $merge$
#variable_conflict use_column
declare
  changed text[] := '{}';
begin
  -- A snapshot that is older than the call would hide what another call has just written.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'clerk.merge_1 needs the isolation level "read committed", not "%"',
      current_setting('transaction_isolation')
      using errcode = '42000', hint = 'Set default_transaction_isolation of the role and the database to ''read committed''.';
  end if;
${upsert(users)}
  return query
    with given as materialized (
      select
        x.*,
        case when x.subject = any (changed) then 'applied' else x.otherwise end as outcome
      from jsonb_to_recordset(deliveries) as x (
        id text,
        type text,
        subject_id text,
        instance_id text,
        occurred_at bigint,
        subject text,
        otherwise text
      )
    ), committed as (
      insert into clerk.deliveries as t (
        id, type, subject_id, instance_id, occurred_at, received_at, attempts, outcome
      )
      select
        g.id, g.type, g.subject_id, g.instance_id, to_timestamp(g.occurred_at / 1000.0), clock_timestamp(), 1, g.outcome
      from given as g
      order by g.id
      on conflict (id) do update set attempts = t.attempts + 1
      returning t.id, t.attempts
    )
    select g.id, g.outcome, c.attempts from given as g join committed as c on c.id = g.id;
end
$merge$;
--> statement-breakpoint
revoke all on function clerk.merge_1(jsonb, jsonb) from public;
`;

if (!process.argv.includes("--check")) {
  writeFileSync(file, statement);
} else if (readFileSync(file, "utf8") !== statement) {
  console.error("drizzle/0001_merge.sql is not what src/schema.ts gives. Run: node dev/merge-function.ts");
  process.exit(1);
}
