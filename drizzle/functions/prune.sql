-- Deletes the ledger's oldest lines, which the copy does not need, and with its first call of a day takes down that the daily cron has
-- come.
--
--   days  how long a line is kept
--   most  the most lines to delete
--   cron  { pattern, has_key }: see clerk.cron_1; null if this is not the first call
--
-- Returns how many lines it has deleted.
create or replace function clerk.prune_1(days integer, most integer, cron jsonb)
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $prune$
declare
  deleted integer;
begin
  delete from clerk.refusals as r where r.last_at < now() - make_interval(days => days);
  delete from clerk.deliveries as d where d.id in (
    select l.id from clerk.deliveries as l
    where l.received_at < now() - make_interval(days => days)
      -- Clerk's last one stays, so that it is known when it came.
      and l.received_at < (
        select n.received_at from clerk.deliveries as n where n.type <> 'mirror.smoke' order by n.received_at desc limit 1
      )
    order by l.received_at limit most
  );
  get diagnostics deleted = row_count;
  if cron is not null then perform clerk.cron_1('daily', cron ->> 'pattern', (cron ->> 'has_key')::boolean); end if;
  return deleted;
end
$prune$;
