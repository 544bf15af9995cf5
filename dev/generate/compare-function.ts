/** Writes the SQL of `clerk.compare_1` from the Drizzle schema, so that a column exists in one place. */
import type { PgColumn } from "drizzle-orm/pg-core";
import { emitMigration } from "./emit.ts";
import { all, lines, recordset, rights, sent, stored, type Table } from "./mirrored-tables.ts";

/** What the copy would hold after a merge. Not every source names every column: see src/entities/entity.ts. */
const merged = ({ keeps, fromEvents }: Table, column: PgColumn) => {
  if (keeps.some((kept) => kept === column.name)) return `least(t.${column.name}, x.${column.name})`;
  if (fromEvents.includes(column.name)) return `coalesce(x.${column.name}, t.${column.name})`;
  return stored(column);
};

const pairs = (table: Table) =>
  sent(table)
    .filter(({ name }) => name !== "id" && name !== "version")
    .map((column) => ({ copy: `t.${column.name}`, clerk: merged(table, column) }));

/** A row, completed with the columns that only events write. */
const completed = ({ fromEvents }: Table) =>
  fromEvents.length === 0
    ? "given.row"
    : `given.row || jsonb_build_object(${fromEvents.map((name) => `'${name}', coalesce(x.${name}, t.${name})`).join(", ")}) as row`;

/** What is needed to ask Clerk for an object. */
const askedBy = ({ keeps }: Table) => keeps.map((name) => `, '${name}', t.${name}`).join("");

const ofUsers = ({ owners }: Table) =>
  "user_id" in owners ? "\n          and (users is null or t.user_id = any (users))" : "";

/** If the copy has none of the rows, as in a first backfill, they are merged as given, without a comparison. */
const branch = (table: Table) => `
  when '${table.name}' then
    if not exists (select from clerk.${table.name} as t where t.id = any (given_ids)) then
      missing := jsonb_array_length(given_rows);
      news := nullif(given_rows, '[]');
    else
      select
        count(*) filter (where d.is_missing),
        count(*) filter (where d.is_erased),
        count(*) filter (where not d.is_missing and not d.is_erased and d.differs),
        jsonb_agg(d.row) filter (where not d.is_erased and (d.is_missing or d.differs))
      into missing, erased, stale, news
      from (
        select
          ${completed(table)},
          t.id is null or (t.synced_at is null and t.deleted_at is null) as is_missing,
          coalesce(t.deleted_at is not null, false) as is_erased,
          (
${lines(
  pairs(table).map(({ copy }) => copy),
  "            ",
)}
          ) is distinct from (
${lines(
  pairs(table).map(({ clerk }) => clerk),
  "            ",
)}
          ) as differs
        from jsonb_array_elements(given_rows) as given (row), lateral jsonb_to_record(given.row) as x (
${lines(recordset(table), "          ")}
        )
        left join clerk.${table.name} as t on t.id = x.id
      ) as d;
    end if;

    if news is not null and not is_dry then
      perform from clerk.merge_1(jsonb_build_object('${table.name}', news), '[]');
      select count(*) into repaired
      from clerk.${table.name} as t
      join jsonb_to_recordset(news) as x (id text, version text) on t.id = x.id and t.version = x.version collate "C";
    end if;

    if span is not null then
      select count(*), coalesce(jsonb_agg(a.object) filter (where a.number <= 5000), '[]') into absentees, absent
      from (
        select
          row_number() over (order by t.id) as number,
           jsonb_build_object('id', t.id${askedBy(table)}) as object
        from clerk.${table.name} as t
        where t.deleted_at is null
          and t.synced_at < since
          and (newest is null or t.created_at <= newest)
          and (oldest is null or t.created_at > oldest)${ofUsers(table)}
          and t.id <> all (ids)
      ) as a;
    end if;
`;

emitMigration(
  "compare",
  `-- Made by dev/generate/compare-function.ts from src/schema.ts. Do not edit.
--
-- Compares objects from Clerk's Backend API with the copy, and merges those that differ.
--   table_name  the table of the copy
--   given_rows  [ row, … ] as clerk.merge_1 takes them; a row that equals the copy's is not merged
--   span        null, or the part of the copy that the given rows stand for: { since, newest, oldest, users, ids }. Rows
--               in that part that are not given are absent, except those in "ids". "since" is when the run began: rows
--               written later are left alone. created_at is at most "newest" and after "oldest", in milliseconds; null
--               means unbounded. "users" are the owners; null means all
--   is_dry      whether only to report
-- Returns { missing, stale, erased, repaired, absentees, absent }: how many rows the copy did not have, how many
-- differed, how many it has deleted though Clerk has them, how many were merged, and how many are absent; "absent"
-- lists up to 5,000 of the absent ones, as [ { id, … } ].
create or replace function clerk.compare_1(table_name text, given_rows jsonb, span jsonb, is_dry boolean)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- A first backfill grows a table from nothing: a plan cached at its start would read the whole table for each page.
set plan_cache_mode = force_custom_plan
as $compare$
declare
  missing integer := 0;
  erased integer := 0;
  stale integer := 0;
  repaired integer := 0;
  news jsonb;
  absentees integer := 0;
  absent jsonb := '[]';
  given_ids text[] := array(select given.row ->> 'id' from jsonb_array_elements(given_rows) as given (row));
  ids text[] := given_ids || array(select jsonb_array_elements_text(span -> 'ids'));
  users text[] := case when jsonb_typeof(span -> 'users') = 'array' then array(select jsonb_array_elements_text(span -> 'users')) end;
  since timestamptz := (span ->> 'since')::timestamptz;
  newest timestamptz := to_timestamp((span ->> 'newest')::bigint / 1000.0);
  oldest timestamptz := to_timestamp((span ->> 'oldest')::bigint / 1000.0);
begin
  case table_name
${all.map(branch).join("")}  end case;
  return jsonb_build_object(
    'missing', missing, 'stale', stale, 'erased', erased, 'repaired', repaired,
    'absentees', absentees, 'absent', absent
  );
end
$compare$;
${rights("clerk.compare_1(text, jsonb, jsonb, boolean)")}`,
);
