-- Says why the copy is not healthy, for the Worker's alerts and `/health?deep`, `npm run status` and the console. It only reads, and
-- not much however large the tables are: it may be asked each minute.
--
--   instance  CLERK_INSTANCE_ID, or null
--
-- Returns [ { code, of, text, next } ]: what the reason is called, the table that it is of, if it is of one, what is wrong, and the
-- next command. Nothing personal is in it.
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
  last_unheard timestamptz;
  late record;
  cron record;
  found record;
begin
  -- Whether Clerk has a user who signed up after the last delivery, and so long ago that a delivery is overdue: an hour is more than
  -- both clocks differ, and longer than most of Svix's attempts. Only users, since their events are always selected. The smoke test's
  -- delivery is the owner's.
  last_received := (
    select d.received_at from clerk.deliveries as d where d.type <> 'mirror.smoke' order by d.received_at desc limit 1
  );
  known_since := coalesce(last_received, (select min(r.started_at) from clerk.reconciliations as r));
  -- By the index on created_at, however the planner guesses.
  last_unheard := (
    select u.created_at from clerk.users as u
    where u.created_at < now - interval '1 hour' and u.synced_at is not null order by u.created_at desc limit 1
  );
  if last_unheard > known_since + interval '1 hour' then
    reasons := reasons || jsonb_build_object(
      'code', 'silent',
      'text', format(
        'no delivery has arrived %s, and Clerk has a user who signed up at %s',
        case when last_received is null then 'yet' else 'since ' || to_char(last_received at time zone 'UTC', minutes) end,
        to_char(last_unheard at time zone 'UTC', minutes)
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
  where r.last_at > now - interval '2 days' and not exists (select from clerk.deliveries as d where d.id = r.id)
    -- What may pass by itself has ten minutes for it.
    and (r.error <> 'unavailable' or r.first_at < now - interval '10 minutes');
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
    where r.finished_at > now - interval '3 days' order by r.table_name, r.finished_at desc
  loop
    if found.note like 'incomplete:%' then
      reasons := reasons || jsonb_build_object(
        'code', 'incomplete', 'of', found.table_name,
        'text', format('the last run over %s: %s', found.table_name, found.note),
        'next', 'npm run reconcile'
      );
    elsif found.note like 'left out:%' then
      reasons := reasons || jsonb_build_object(
        'code', 'left_out', 'of', found.table_name,
        'text', format('the last run over %s left objects out', found.table_name),
        'next', 'select note from clerk.reconciliations order by finished_at desc names them; then mend the cause and npm run reconcile'
      );
    elsif found.note like 'too many rows are missing%' then
      reasons := reasons || jsonb_build_object(
        'code', 'held', 'of', found.table_name,
        'text', format('the last run over %s: %s', found.table_name, found.note),
        'next', 'Check CLERK_SECRET_KEY. If the rows are really gone: npm run reconcile -- --force, and again tomorrow'
      );
    end if;
  end loop;

  -- Of a copy that no cron has come to, as one that was just upgraded, nothing is said.
  select c.last_at, c.key_since, c.patience into cron from clerk.crons as c where c.name = 'daily';
  if cron.last_at < now - cron.patience then
    reasons := reasons || jsonb_build_object(
      'code', 'stopped',
      'text', format('the Worker''s daily run has not come since %s: the Worker is gone, its cron was taken away, or its settings are wrong or of another database', to_char(cron.last_at at time zone 'UTC', minutes)),
      'next', 'npx wrangler deployments list'
    );
  -- Only a Worker that has a key reconciles. Its runs are named by the cron's time, and these lists are in each of them.
  elsif cron.key_since < now - cron.patience and 3 > (
    select count(distinct r.table_name) from clerk.reconciliations as r
    where r.finished_at > now - cron.patience and r.run_id ~ '^reconcile-\d{4}-\d\d-\d\d'
      and r.table_name in ('users', 'organizations', 'organization_memberships')
  ) then
    -- The latest of each, from the end of the index.
    select case when count(x.last_at) = 3 then min(x.last_at) end as last_at into found
    from (
      select (
        select r.finished_at from clerk.reconciliations as r
        where r.table_name = t and r.run_id ~ '^reconcile-\d{4}-\d\d-\d\d' order by r.finished_at desc limit 1
      ) as last_at
      from unnest(array['users', 'organizations', 'organization_memberships']) as t
    ) as x;
    reasons := reasons || jsonb_build_object(
      'code', 'unreconciled',
      'text', coalesce(
        'no daily reconciliation has finished since ' || to_char(found.last_at at time zone 'UTC', minutes),
        'no daily reconciliation has ever finished, and the Worker has had a key since ' || to_char(cron.key_since at time zone 'UTC', minutes)
      ),
      'next', 'npx wrangler workflows instances list clerk-mirror-reconcile'
    );
  end if;

  -- By its attempts, which go on counting while it is handed over again; they begin anew when it is taken. What nobody hands over
  -- was due long ago: by the cron that is shipped or a rarer one, if none has come yet.
  select c.last_at, c.patience into cron from clerk.crons as c where c.name = 'outbox';
  cron.patience := coalesce(cron.patience, interval '2 hours');
  select count(*) as changes, min(o.first_at) as since, max(o.failure) as failure, min(o.due_at) as due_at into found
  from clerk.outbox as o
  where (o.attempts >= 4 or o.due_at < now - cron.patience) and exists (select from clerk.apps);
  if found.changes > 0 then
    reasons := reasons || jsonb_build_object(
      'code', 'outbox',
      'text', format(
        'the app has not taken %s, the oldest of %s%s',
        case when found.changes = 1 then '1 change' else found.changes || ' changes' end,
        to_char(found.since at time zone 'UTC', minutes), concat(' (' || found.failure || ')', case
          when found.due_at >= now - cron.patience then null
          when cron.last_at >= now - cron.patience then ': more waits than the cron hands over'
          else ': the cron that hands it over has not come' || coalesce(' since ' || to_char(cron.last_at at time zone 'UTC', minutes), '')
        end)
      ),
      'next', 'npm run outbox'
    );
  end if;
  return reasons;
end
$health$;
