-- Takes down that one of the Worker's crons has come, so that clerk.health_1 can tell that it does not any more.
--
--   cron     'daily' or 'outbox'
--   pattern  its five fields, such as '17 3 * * *': minute, hour, day of the month, month, day of the week
--   has_key  whether the Worker can reconcile: it has a key for Clerk's Backend API, and the workflow
create or replace function clerk.cron_1(cron text, pattern text, has_key boolean)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $cron$
declare
  now constant timestamptz(3) := clock_timestamp();
  f constant text[] := string_to_array(btrim(regexp_replace(pattern, '\s+', ' ', 'g')), ' ');
begin
  insert into clerk.crons as c (name, patience, last_at, key_since) values (
    cron,
    -- It may miss one time, so two of its longest pauses and some more.
    case
      when f[4] not in ('*', '?') then interval '400 days'
      when f[3] not in ('*', '?') then interval '63 days'
      -- Or it has not five fields.
      when f[5] not in ('*', '?') or f[5] is null then interval '15 days'
      when f[2] <> '*' then interval '50 hours'
      when f[1] = '*' then interval '10 minutes'
      when f[1] ~ '^\*/\d\d?$' then greatest(interval '10 minutes', interval '2 minutes' * substr(f[1], 3)::integer)
      else interval '2 hours'
    end,
    now,
    case when has_key then now end
  )
  on conflict (name) do update set
    patience = excluded.patience,
    last_at = now,
    key_since = case when has_key then coalesce(c.key_since, now) end;
end
$cron$;
