/** Writes the SQL of `clerk.merge_1` from the Drizzle schema, so that a column exists in one place. */
import type { PgColumn } from "drizzle-orm/pg-core";
import { emitMigration } from "./emit.ts";
import { all, isOwner, isTime, lines, recordset, rights, type Table } from "./mirrored-tables.ts";

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

const children = all.filter(({ owners }) => Object.keys(owners).length > 0);

/**
 * The receipt of an update is taken after the row is locked: `excluded` was computed before the wait.
 *
 * If a table keeps ids, an observation that is not the newest may still name one. Of two names the smaller
 * stays, so that even then the order does not matter; `least` passes over nulls.
 */
const assignment = ({ keeps }: Table, { name }: PgColumn) => {
  if (name === "synced_at") return "synced_at = clock_timestamp()";
  if (keeps.length === 0) return `${name} = excluded.${name}`;
  return keeps.some((kept) => kept === name)
    ? `${name} = case when excluded.deleted_at is null then least(t.${name}, excluded.${name}) end`
    : `${name} = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.${name} else t.${name} end`;
};

/** The given rows of a table. A child of a deleted parent is a delete. */
const given = ({ name, owners }: Table) => {
  const dead = Object.entries(owners).map(
    ([column, parent]) =>
      `exists (select from clerk.${parent} as p where p.id = given.row ->> '${column}' and p.deleted_at is not null)`,
  );
  if (dead.length === 0) return `jsonb_to_recordset(changes -> '${name}')`;
  return `jsonb_array_elements(changes -> '${name}') as given (row), lateral jsonb_to_record(
        case
          when ${dead.join("\n            or ")}
          then jsonb_build_object('id', given.row -> 'id', 'version', '', 'deleted', true)
          else given.row
        end
      )`;
};

const upsert = (table: Table) => {
  const { name, columns, keeps } = table;
  const isNews = [
    "excluded.deleted_at is not null",
    "t.version < excluded.version",
    ...keeps.map((kept) => `least(t.${kept}, excluded.${kept}) is distinct from t.${kept}`),
  ];
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
      from ${given(table)} as x (
${lines(recordset(table), "        ")}
      )
      order by x.id
      on conflict (id) do update set
${lines(
  columns.filter((column) => column.name !== "id").map((column) => assignment(table, column)),
  "        ",
)}
      where t.deleted_at is null and (${isNews.join(" or ")})
      returning t.id
    )
    select changed || coalesce(array_agg('${name}:' || merged.id), '{}') into changed from merged;
  end if;
`;
};

/**
 * Deletes the children of the owners that this call deletes. First it locks their rows and the given ones in one order:
 * both may be rows of one table, and another call may have them the other way round.
 */
const cascade = ({ name, columns, owners }: Table) => {
  if (Object.keys(owners).length === 0) return "";
  const isChild = Object.entries(owners)
    .map(([column, parent]) => `t.${column} = any (gone_${parent})`)
    .join(" or ");
  const emptied = columns.map((column) => {
    switch (column.name) {
      case "deleted_at":
      case "synced_at":
        return `${column.name} = clock_timestamp()`;
      case "version":
        return "version = ''";
      default:
        return `${column.name} = null`;
    }
  });
  const gone = [...new Set(Object.values(owners))].map((parent) => `gone_${parent} <> '{}'`);
  return `
  if ${gone.join(" or ")} then
    perform from clerk.${name} as t
    where ${isChild}
      or t.id in (select c ->> 'id' from jsonb_array_elements(changes -> '${name}') as c)
    order by t.id for no key update;
    update clerk.${name} as t set
${lines(emptied.slice(1), "      ")}
    where ${isChild};
  end if;
`;
};

/** The owners that this call's children name, each with a shared lock. */
const named = children.flatMap(({ name, owners }) =>
  Object.entries(owners).map(
    ([column, parent]) =>
      `select hashtextextended('clerk.${parent}:' || (c ->> '${column}'), 0), false from jsonb_array_elements(changes -> '${name}') as c`,
  ),
);

const statement = `-- Made by dev/generate/merge-function.ts from src/schema.ts. Do not edit.
--
-- The only function that writes rows of the copy.
--   changes     { "<table>": [ row, … ] }, one row per id; times in milliseconds since 1970;
--               { "id": …, "version": "", "deleted": true } for an object that Clerk deleted
--   deliveries  [ { id, type, subject_id, instance_id, occurred_at, subject, otherwise } ], one per id;
--               "subject" is the "<table>:<id>" of a row: if it changes, the outcome is 'applied', else "otherwise"
-- Returns a row per delivery: its outcome in this call, and how often it has been committed.
create or replace function clerk.merge_1(changes jsonb, deliveries jsonb)
returns table (id text, outcome text, attempts integer)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $merge$
#variable_conflict use_column
declare
  changed text[] := '{}';
  gone_users text[] := array(select c ->> 'id' from jsonb_array_elements(changes -> 'users') as c where c ? 'deleted');
  gone_organizations text[] := array(
    select c ->> 'id' from jsonb_array_elements(changes -> 'organizations') as c where c ? 'deleted'
  );
begin
  -- A snapshot that is older than the call would hide what another call has just written.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'clerk.merge_1 needs the isolation level "read committed", not "%"',
      current_setting('transaction_isolation')
      using errcode = '42000', hint = 'Set default_transaction_isolation of the role and the database to ''read committed''.';
  end if;

  -- A parent is either deleted by one call, or named by the children of many. Take the locks before the statements that
  -- read what another call may be writing, and in one order, so that two calls never wait for each other.
  if gone_users <> '{}' or gone_organizations <> '{}' or changes ?| '{${children.map(({ name }) => name).join(",")}}' then
    perform case when k.is_deleted then pg_advisory_xact_lock(k.key) else pg_advisory_xact_lock_shared(k.key) end
    from (
      select n.key, bool_or(n.is_deleted) as is_deleted
      from (
        select hashtextextended('clerk.users:' || id, 0), true from unnest(gone_users) as id
        union all
        select hashtextextended('clerk.organizations:' || id, 0), true from unnest(gone_organizations) as id
        union all
${lines(named, "        ", "\n        union all")}
      ) as n (key, is_deleted)
      where n.key is not null
      group by n.key
      order by n.key
    ) as k;
  end if;
${all.filter(isOwner).map(upsert).join("")}${all
  .filter((table) => !isOwner(table))
  .map((table) => cascade(table) + upsert(table))
  .join("")}
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
${rights("clerk.merge_1(jsonb, jsonb)")}`;

emitMigration("merge", statement);
