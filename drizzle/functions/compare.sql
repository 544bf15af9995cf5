-- Compares objects from Clerk's Backend API with the copy, and merges those that differ: one that equals its row is not an
-- observation.
--
--   table_name  the table of the copy
--   given_rows  [ row, … ] as clerk.merge_1 takes them
--   span        null, or the part of the copy that the given rows stand for: { run, since, newest, oldest, owner, owners, ids,
--               seen }. Rows in that part that are not given are absent, except those in "ids" and those that the run has
--               seen: "seen" are more of them, for this call and later ones. "since" is when the run began: rows written
--               later are left alone. If it is null, no absent rows are looked for. created_at is at most "newest" and after "oldest", in milliseconds; null
--               means unbounded. "owners" are the ids in the column "owner" whose rows these are; null means all
--   is_dry      whether only to report
--   notify      as clerk.merge_1 takes it
--
-- Returns { missing, stale, restored, erased, repaired, refused, absentees, absent }: how many rows the copy did not have, how
-- many differed, how many were deleted without a word of Clerk's and are back, how many stay deleted though Clerk has them,
-- how many were merged; those that Postgres refuses, as [ { id, sqlstate } ]; and how many are absent: "absent" has up to
-- 2,000 of these, as [ { id, user_id, organization_id } ].
create or replace function clerk.compare_1(table_name text, given_rows jsonb, span jsonb, is_dry boolean, notify jsonb default null)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $compare$
declare
  missing integer;
  stale integer;
  restored integer;
  erased integer;
  repaired integer := 0;
  refused jsonb := '[]';
  one jsonb;
  news jsonb;
  returning_ids text[];
  absentees integer := 0;
  absent jsonb := '[]';
begin
  begin
    -- A statement that is built at run time is planned for its values: a first backfill grows a table from nothing, and a plan
    -- that was kept from its start would read the whole table for each page.
    execute format($sql$
      select
        count(*) filter (where c.state = 'missing'),
        count(*) filter (where c.state = 'stale'),
        count(*) filter (where c.state = 'deleted'),
        count(*) filter (where c.state = 'erased'),
        jsonb_agg(c.row) filter (where c.state in ('missing', 'stale', 'deleted')),
        array_agg(c.id) filter (where c.state = 'deleted')
      from (
        select g.row, x.id, case
          -- Told, or of an owner that is deleted: neither comes back by a list.
          when t.version = '2' or (x.deleted_at is not null and (t.id is null or t.deleted_at is not null)) then 'erased'
          -- An id that an app inserted has not been written by the copy yet.
          when t.id is null or (t.synced_at is null and t.deleted_at is null) then 'missing'
          when t.deleted_at is not null then 'deleted'
          -- A fragment that equals the whole object is still a fragment.
          when x.deleted_at is not null or t.version < '1'
            or to_jsonb(t) - '{version,synced_at}'::text[] is distinct from to_jsonb(x) - '{version,synced_at}'::text[] then 'stale'
        end as state
        from jsonb_array_elements($1) as g (row)
        cross join lateral clerk.given_%1$I(jsonb_build_array(g.row)) as x
        left join clerk.%1$I as t on t.id = x.id
      ) as c
    $sql$, table_name)
    into missing, stale, restored, erased, news, returning_ids
    using given_rows;

    if news is not null and not is_dry then
      perform from clerk.merge_1(jsonb_build_object(table_name, news), '[]', notify);
      -- Some may have been older than their row, or than a delete that came between.
      execute format($sql$
        select count(*), count(*) filter (where t.deleted_at is null and t.id = any ($2))
        from clerk.%I as t
        join jsonb_to_recordset($1) as x (id text, version text) on t.id = x.id and t.version = x.version collate "C"
      $sql$, table_name)
      into repaired, restored
      using news, returning_ids;
      stale := stale + coalesce(cardinality(returning_ids), 0) - restored;
    end if;
  exception when others then
    -- A value or a constraint, or what a trigger raises: the row would be refused again. It stops no other, so each is taken
    -- alone.
    if sqlstate !~ '^(21|22|23|54|P0)' then raise; end if;
    missing := 0;
    stale := 0;
    restored := 0;
    erased := 0;
    repaired := 0;
    if jsonb_array_length(given_rows) = 1 then
      refused := jsonb_build_array(jsonb_build_object('id', given_rows #>> '{0,id}', 'sqlstate', sqlstate));
    else
      -- All locks first, and then the rows in their order, as one call takes them.
      perform clerk.take_locks(
        jsonb_build_object(table_name, given_rows),
        array(select t from jsonb_array_elements_text(notify -> 'tables') as t)
      );
      for one in
        select clerk.compare_1(table_name, jsonb_build_array(g.row), null, is_dry, notify)
        from (select r as row from jsonb_array_elements(given_rows) as r order by r ->> 'id') as g
      loop
        missing := missing + (one ->> 'missing')::integer;
        stale := stale + (one ->> 'stale')::integer;
        restored := restored + (one ->> 'restored')::integer;
        erased := erased + (one ->> 'erased')::integer;
        repaired := repaired + (one ->> 'repaired')::integer;
        refused := refused || (one -> 'refused');
      end loop;
    end if;
  end;

  if span is not null then
    insert into clerk.seen (run_id, table_name, id)
    select span ->> 'run', compare_1.table_name, s.id from jsonb_array_elements_text(span -> 'seen') as s (id)
    on conflict do nothing;

    -- A run that makes headway keeps its lease.
    update clerk.leases as l set expires_at = clock_timestamp() + interval '10 minutes'
    where l.run_id = span ->> 'run' and l.expires_at < clock_timestamp() + interval '8 minutes';
  end if;

  if span ->> 'since' is not null then
    execute format($sql$
      select count(*), coalesce(jsonb_agg(jsonb_build_object(
        'id', a.id, 'user_id', to_jsonb(a) -> 'user_id', 'organization_id', to_jsonb(a) -> 'organization_id'
      )) filter (where a.number <= 2000), '[]')
      from (
        select t.*, row_number() over (order by t.id) as number
        from clerk.%I as t
        where t.deleted_at is null
          and t.synced_at < $1
          and ($2 is null or t.created_at > $2)
          -- A row without a time may be on any page: what was on one has a time now, and the rest are looked for at the end.
          and ($3 is null or t.created_at <= $3 or ($2 is null and t.created_at is null))
          and t.id <> all ($4)
          and not exists (select from clerk.seen as s where s.run_id = $6 and s.table_name = $7 and s.id = t.id)
          %s
      ) as a
    $sql$, table_name, case when span ->> 'owner' is not null then format('and t.%I = any ($5)', span ->> 'owner') end)
    into absentees, absent
    using
      (span ->> 'since')::timestamptz,
      to_timestamp((span ->> 'oldest')::bigint / 1000.0),
      to_timestamp((span ->> 'newest')::bigint / 1000.0),
      array(select r ->> 'id' from jsonb_array_elements(given_rows) as r) || array(select jsonb_array_elements_text(span -> 'ids')),
      array(select jsonb_array_elements_text(span -> 'owners')),
      span ->> 'run',
      table_name;
  end if;

  return jsonb_build_object(
    'missing', missing, 'stale', stale, 'restored', restored, 'erased', erased, 'repaired', repaired,
    'refused', refused, 'absentees', absentees, 'absent', absent
  );
end
$compare$;
