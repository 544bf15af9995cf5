-- Hands what waits in the outbox to the app: takes down what became of the changes that were handed over before, and gives the
-- next ones, in one transaction.
--
--   settled  [ { table, id, kind, generation, attempt, failure } ]: as they were given, and "failure" is why the app has
--            not taken the change; null if it has
--   most     the most changes to give
--   app      { tables, is_backfill_told, cron }: what the app is told of, for commands to read, and the cron's pattern, if this
--            is its first call
--
-- Returns the changes that are due the longest: [ { table, id, kind, source, generation, attempt, row } ], with the row as it is
-- now, or null if it is deleted. A change that is given is not given again for a minute, unless it is settled.
create or replace function clerk.outbox_1(settled jsonb, most integer, app jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set lock_timeout = '5s'
as $outbox$
declare
  -- As the table has it.
  now constant timestamptz(3) := clock_timestamp();
  waits constant interval[] := '{5 s,30 s,2 min,10 min,1 h,6 h,1 day}';
  given jsonb;
  changes jsonb := '[]';
  part jsonb;
  first clerk.outbox;
  named text;
begin
  -- In the order in which clerk.merge_1 takes them.
  perform from clerk.outbox as o
  where (o.table_name, o.id) in (select s."table", s.id from jsonb_to_recordset(settled) as s ("table" text, id text))
  order by o.table_name, o.id for update;

  delete from clerk.outbox as o
  using jsonb_to_recordset(settled) as s ("table" text, id text, generation bigint, failure text)
  where o.table_name = s."table" and o.id = s.id and o.generation = s.generation and s.failure is null;

  -- What has changed again since, or was not taken. Of a change that was given out twice, since nobody had settled it in time,
  -- only the last one decides when it is due.
  update clerk.outbox as o set
    is_known = case when s.failure is null then s.kind <> 'deleted' else o.is_known end,
    kind = case
      when o.kind = 'deleted' or s.failure is not null then o.kind
      when s.kind = 'deleted' then 'created'
      else 'updated'
    end,
    attempts = case when s.failure is null then 0 else o.attempts end,
    due_at = case
      when s.failure is null then now
      -- The app may be working on it yet.
      when s.failure = 'timeout' then greatest(o.due_at, now + waits[least(o.attempts, cardinality(waits))])
      else now + waits[least(o.attempts, cardinality(waits))]
    end,
    failure = s.failure
  from jsonb_to_recordset(settled) as s (
    "table" text, id text, kind text, generation bigint, attempt integer, failure text
  )
  where o.table_name = s."table" and o.id = s.id and o.attempts = s.attempt;

  -- One change may be what an app stumbles over, and those that were told with it come again with it: each time in smaller calls.
  select o.* into first from clerk.outbox as o where o.due_at <= now order by o.due_at limit 1;
  if first.failure not in ('network', 'timeout', 'failed') then most := greatest(least(most, 1), most >> least(first.attempts, 7)); end if;

  with due as (
    select o.table_name, o.id from clerk.outbox as o where o.due_at <= now order by o.due_at limit most
    for update skip locked
  ), taken as (
    -- An app that was told of a delete may know of it, whatever it answers.
    update clerk.outbox as o set
      attempts = o.attempts + 1,
      due_at = now + interval '1 minute',
      is_known = o.is_known and o.kind <> 'deleted',
      failure = null
    from due as d
    where o.table_name = d.table_name and o.id = d.id
    returning o.*
  )
  select jsonb_agg(jsonb_build_object(
    'table', t.table_name, 'id', t.id, 'kind', t.kind, 'source', t.source, 'generation', t.generation,
    'attempt', t.attempts
  ) order by t.generation)
  into given
  from taken as t;

  -- In a statement of its own, so that it sees what was committed before the lines were locked: a row is never older than its
  -- line, and since a merge waits for the line, never newer.
  for named in select distinct g ->> 'table' from jsonb_array_elements(given) as g loop
    execute format($sql$
      select jsonb_agg(g || jsonb_build_object('row', to_jsonb(t) - 'version', 'kind', case
        -- Nothing was told while no app was, or none of this table.
        when t.id is null then 'deleted'
        when g ->> 'kind' = 'deleted' then 'created'
        else g ->> 'kind'
      end))
      from jsonb_array_elements($1) as g
      -- A fragment is nothing to tell of: one may have come after the delete of another.
      left join clerk.%I as t on t.id = g ->> 'id' and t.deleted_at is null and t.version >= '1'
      where g ->> 'table' = $2
    $sql$, named)
    into part
    using given, named;
    changes := changes || part;
  end loop;

  -- Looked for first: a row that is written over is locked, though nothing changes.
  if not exists (
    select from clerk.apps as a
    where a.name = 'app' and a.tables = app -> 'tables' and a.is_backfill_told = (app ->> 'is_backfill_told')::boolean
  ) then
    insert into clerk.apps as a (name, tables, is_backfill_told)
    values ('app', app -> 'tables', (app ->> 'is_backfill_told')::boolean)
    on conflict (name) do update set tables = excluded.tables, is_backfill_told = excluded.is_backfill_told;
  end if;
  if app ->> 'cron' is not null then perform clerk.cron_1('outbox', app ->> 'cron', false); end if;
  return changes;
end
$outbox$;
