-- Takes down that one of the Worker's crons has come, so that clerk.health_1 can tell that it does not any more.
--
--   cron     'daily' or 'outbox'
--   has_key  whether the Worker has a key for Clerk's Backend API
create or replace function clerk.cron_1(cron text, has_key boolean)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $cron$
declare
  now constant timestamptz(3) := clock_timestamp();
begin
  -- Some come hourly on one day of the week, or on working days alone: of eight times, one was after the longest pause.
  insert into clerk.crons as c (name, last_at, gaps, key_since) values (cron, now, '[]', case when has_key then now end)
  on conflict (name) do update set
    last_at = now,
    gaps = jsonb_path_query_array(jsonb_build_array(round(extract(epoch from now - c.last_at))) || c.gaps, '$[0 to 6]'),
    key_since = case when has_key then coalesce(c.key_since, now) end;
end
$cron$;
