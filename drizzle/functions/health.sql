-- Says why the copy is not healthy, for the Worker's alerts and `/health?deep`, `npm run status` and the console. It only reads, and
-- not much however large the tables are: it may be asked each minute.
--
--   instance  CLERK_INSTANCE_ID, or null
--
-- Returns [ { code, text, next } ]: what the reason is called, what is wrong, and the next command. Nothing personal is in it.
create or replace function clerk.health_1(instance text)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $health$
declare
  reasons jsonb := '[]';
  now constant timestamptz := clock_timestamp();
  minutes constant text := 'YYYY-MM-DD HH24:MI "UTC"';
  last_received timestamptz;
  known_since timestamptz;
  unheard text;
  late record;
  found record;
begin
  -- Clerk's own times are compared with the database's: an hour is more than both clocks differ, and longer than most of Svix's
  -- attempts.
  -- Not the smoke test's, which the owner sends.
  last_received := (
    select d.received_at from clerk.deliveries as d where d.type <> 'mirror.smoke' order by d.received_at desc limit 1
  );
  known_since := coalesce(last_received, (select min(r.started_at) from clerk.reconciliations as r));
  -- Each by its index, however the planner guesses.
  unheard := (
    select x.id from (
      (select u.id, u.created_at from clerk.users as u where u.created_at is not null and u.synced_at is not null order by u.created_at desc limit 1)
      union all
      (select o.id, o.created_at from clerk.organizations as o where o.created_at is not null order by o.created_at desc limit 1)
      union all
      (select m.id, m.created_at from clerk.organization_memberships as m where m.created_at is not null order by m.created_at desc limit 1)
    ) as x
    where x.created_at > known_since + interval '1 hour' limit 1
  );
  -- Objects also change without an event, such as a user's last_active_at. A session ends after seven days by default, so that
  -- whoever is active has to be heard of by then.
  if unheard is null and known_since < now - interval '7 days' then
    unheard := (
      select r.table_name from clerk.reconciliations as r
      where r.finished_at > now - interval '2 days' and r.missing + r.stale > 0 order by r.finished_at desc limit 1
    );
  end if;
  if unheard is not null then
    reasons := reasons || jsonb_build_object(
      'code', 'silent',
      'text', format(
        'no delivery has arrived %s, and Clerk has changed since (%s)',
        case when last_received is null then 'yet' else 'since ' || to_char(last_received at time zone 'UTC', minutes) end, unheard
      ),
      'next', 'Look at the endpoint in Clerk''s dashboard, under Webhooks: whether it is enabled, has the Worker''s address, and what its attempts were answered'
    );
  end if;

  instance := coalesce(instance, (
    select r.instance_id from clerk.reconciliations as r where r.instance_id is not null order by r.finished_at desc limit 1
  ));
  select count(*) as deliveries, min(d.instance_id) as other into found
  from (
    select l.instance_id from clerk.deliveries as l where l.instance_id is not null order by l.received_at desc limit 100
  ) as d
  having bool_and(d.instance_id <> instance);
  if found.deliveries > 0 then
    reasons := reasons || jsonb_build_object(
      'code', 'foreign',
      'text', format('the latest deliveries are all of %s, and the copy is of %s', found.other, instance),
      'next', 'Set CLERK_WEBHOOK_SIGNING_SECRET to the secret of the endpoint in the instance that is copied, or CLERK_SECRET_KEY to the key of the one that delivers'
    );
  end if;

  -- Of the last quarter of an hour: after an outage Svix delivers what waited, and then this is over.
  select count(*) as deliveries, percentile_cont(0.5) within group (order by extract(epoch from l.received_at - l.occurred_at)) as median
  into late
  from (
    select d.received_at, d.occurred_at from clerk.deliveries as d
    where d.received_at > now - interval '15 minutes' and d.occurred_at is not null order by d.received_at desc limit 500
  ) as l;
  if late.deliveries >= 5 and late.median > 120 then
    reasons := reasons || jsonb_build_object(
      'code', 'lag',
      'text', format('deliveries arrive late: half of the latest %s took more than %s s', late.deliveries, round(late.median::numeric)),
      'next', 'npx wrangler tail: errors are deliveries that Svix sends again; without errors, look at status.svix.com and at the queue, if there is one'
    );
  end if;

  -- As long as Svix tries, and a reconciliation comes.
  select count(*) as deliveries, max(r.last_at) as last_at, (array_agg(
    concat_ws(' ', r.error, r.details ->> 'sqlstate', r.details ->> 'field', r.details ->> 'setting') order by r.last_at desc
  ))[1] as error
  into found
  from clerk.refusals as r
  where r.last_at > now - interval '2 days' and not exists (select from clerk.deliveries as d where d.id = r.id);
  if found.deliveries > 0 then
    reasons := reasons || jsonb_build_object(
      'code', 'refused',
      'text', format(
        '%s refused and not committed since, the last at %s (%s)',
        case when found.deliveries = 1 then '1 delivery was' else found.deliveries || ' deliveries were' end,
        to_char(found.last_at at time zone 'UTC', minutes), found.error
      ),
      'next', 'select * from clerk.refusals order by last_at desc; then mend the cause and replay failed messages in Clerk''s dashboard'
    );
  end if;

  for found in
    select distinct on (r.table_name) r.table_name, r.note from clerk.reconciliations as r
    where r.finished_at > now - interval '30 days' order by r.table_name, r.finished_at desc
  loop
    continue when found.note is null or found.note !~ '^(incomplete:|left out:|too many rows are missing)';
    reasons := reasons || jsonb_build_object(
      'code', split_part(case when found.note like 'too many%' then 'held:' else replace(found.note, ' ', '_') end, ':', 1),
      'text', format('the last run over %s: %s', found.table_name, found.note),
      'next', case
        when found.note like 'incomplete%' then 'npm run reconcile'
        when found.note like 'left out%' then 'Mend the cause, then npm run reconcile'
        else 'Check CLERK_SECRET_KEY. If the rows are really gone: npm run reconcile -- --force, and again tomorrow'
      end
    );
  end loop;

  -- The cron's runs are named by its time.
  select max(r.finished_at) as last_at into found from clerk.reconciliations as r where r.run_id ~ '^reconcile-\d{4}-\d\d-\d\d';
  if found.last_at < now - interval '50 hours' then
    reasons := reasons || jsonb_build_object(
      'code', 'unreconciled',
      'text', format('no daily reconciliation has finished since %s', to_char(found.last_at at time zone 'UTC', minutes)),
      'next', 'npx wrangler workflows instances list clerk-mirror-reconcile'
    );
  end if;

  -- Those that wait for another attempt are due later; those that nobody hands over were due long ago.
  select count(*) as changes, min(o.first_at) as since, max(o.failure) as failure into found
  from (
    (select * from clerk.outbox as l where l.due_at > now and l.failure is not null and l.attempts >= 4 limit 1000)
    union all
    (select * from clerk.outbox as l where l.due_at < now - interval '10 minutes' limit 1000)
  ) as o
  where exists (select from clerk.apps);
  if found.changes > 0 then
    reasons := reasons || jsonb_build_object(
      'code', 'outbox',
      'text', format(
        'the app has not taken %s%s, the oldest of %s%s',
        case when found.changes >= 1000 then 'at least ' else '' end,
        case when found.changes = 1 then '1 change' else found.changes || ' changes' end,
        to_char(found.since at time zone 'UTC', minutes), coalesce(' (' || found.failure || ')', ': the cron does not hand it over')
      ),
      'next', 'npm run outbox'
    );
  end if;
  return reasons;
end
$health$;
