import pg from "pg";

/** A copy that has been at work for months, for the pictures of `npm run console`: of people who are invented. */

const instanceId = "ins_2invented";

/** Rows as a shop of some ten thousand people has them, made over the last year. */
const objects = `
  insert into clerk.users (id, email, first_name, last_name, name, email_addresses, created_at, updated_at, synced_at, version)
    select 'user_' || md5('user' || n), 'person.' || n || '@example.com', 'Person', n::text, 'Person ' || n,
      jsonb_build_array(jsonb_build_object('id', 'idn_' || md5('address' || n), 'email_address', 'person.' || n || '@example.com')),
      made, made, made, '1'
    from generate_series(1, 12480) as n, lateral (select now() - interval '1 year' * (n / 12480.0) - interval '2 hours' as made);
  insert into clerk.sessions (id, user_id, status, created_at, updated_at, synced_at, version)
    select 'sess_' || md5('session' || n), 'user_' || md5('user' || 1 + n % 12480), 'active', made, made, made, '1'
    from generate_series(1, 6120) as n, lateral (select now() - interval '7 days' * (n / 6120.0) as made);
  insert into clerk.organizations (id, name, slug, created_at, updated_at, synced_at, version)
    select 'org_' || md5('organization' || n), 'Company ' || n, 'company-' || n, made, made, made, '1'
    from generate_series(1, 642) as n, lateral (select now() - interval '1 year' * (n / 642.0) - interval '2 hours' as made);
  insert into clerk.organization_memberships (id, organization_id, user_id, role, created_at, updated_at, synced_at, version)
    select 'orgmem_' || md5('membership' || n), 'org_' || md5('organization' || 1 + n % 642), 'user_' || md5('user' || n), 'org:member',
      made, made, made, '1'
    from generate_series(1, 3870) as n, lateral (select now() - interval '1 year' * (n / 3870.0) - interval '2 hours' as made);
  insert into clerk.organization_invitations (id, email_address, status, created_at, updated_at, synced_at, version)
    select 'orginv_' || md5('invitation' || n), 'guest.' || n || '@example.com', 'accepted', made, made, made, '1'
    from generate_series(1, 218) as n, lateral (select now() - interval '1 year' * (n / 218.0) - interval '2 hours' as made);
  insert into clerk.roles (id, name, key, synced_at, version)
    select 'role_' || md5('role' || n), 'Role ' || n, 'org:role_' || n, now(), '1' from generate_series(1, 4) as n;
  insert into clerk.permissions (id, name, key, synced_at, version)
    select 'perm_' || md5('permission' || n), 'Permission ' || n, 'org:permission_' || n, now(), '1' from generate_series(1, 11) as n`;

/**
 * A day's deliveries: few at night and many in the afternoon, most of them within a second. Seven hours ago nothing arrived for
 * twenty minutes, and then all of it, late.
 */
const deliveries = `
  insert into clerk.deliveries (id, type, subject_id, instance_id, occurred_at, received_at, attempts, outcome)
  with minutes as (
    select minute, 2.5 + 9 * power(sin(pi() * extract(epoch from minute at time zone 'UTC' - interval '3 hours') / 86400), 2) as rate
    from generate_series(now() - interval '25 hours', now(), interval '1 minute') as minute
  ), occurred as (
    select minute + random() * interval '1 minute' as at, random() as kind, random() as fate, random() as luck
    from minutes, lateral generate_series(1, floor(rate * (0.7 + random() * 0.6))::integer)
  ), received as (
    select *, case
      when at between now() - interval '7 hours' and now() - interval '6 hours 40 minutes'
      then now() - interval '6 hours 40 minutes' + luck * interval '9 minutes'
      else at + interval '1 ms' * (180 + 240 * luck + 2200 * power(luck, 24))
    end as received_at
    from occurred
  )
  select 'msg_' || md5(at::text || kind || luck), case
      when kind < 0.36 then 'session.created'
      when kind < 0.62 then 'user.updated'
      when kind < 0.78 then 'session.ended'
      when kind < 0.87 then 'user.created'
      when kind < 0.93 then 'organizationMembership.created'
      when kind < 0.96 then 'organizationInvitation.created'
      when kind < 0.98 then 'email.created'
      when kind < 0.99 then 'organization.updated'
      else 'user.deleted'
    end, null, '${instanceId}', at, received_at, case when fate < 0.02 then 2 else 1 end, case
      when kind >= 0.96 and kind < 0.98 then 'ignored'
      when fate < 0.03 then 'stale'
      else 'applied'
    end
  from received where received_at <= now()`;

/** The backfill some months ago, and the cron's run of each of the last days. Each found a little, and all of it is mended. */
const runs = `
  insert into clerk.reconciliations (
    run_id, table_name, kind, instance_id, started_at, finished_at, checked, missing, stale, extra, repaired, restored, held, erased_here
  )
  select to_char(began at time zone 'UTC', '"reconcile-"YYYY-MM-DD"T"HH24:MI'), t.name, 'reconcile', '${instanceId}', began,
    began + t.place * interval '11 seconds', t.checked - days * t.growth,
    case when t.name = 'users' and days = 0 then 2 else 0 end,
    case when t.name = 'users' and days = 0 then 1 when t.name = 'organization_memberships' and days = 1 then 3 else 0 end,
    case when t.name = 'organization_memberships' and days = 0 then 1 else 0 end,
    case when t.name = 'users' and days = 0 then 3 when t.name = 'organization_memberships' and days = 1 then 3 else 0 end,
    case when t.name = 'users' and days = 0 then 1 else 0 end,
    case when t.name = 'organization_memberships' and days = 0 then 1 else 0 end,
    case when t.name = 'users' and days < 2 then 1 else 0 end
  from (values ('users', 1, 12481, 34), ('organizations', 2, 642, 2), ('organization_memberships', 3, 3870, 11),
      ('organization_invitations', 4, 218, 1), ('roles', 5, 4, 0), ('permissions', 6, 11, 0))
      as t (name, place, checked, growth),
    generate_series(0, 4) as days,
    lateral (select date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' + interval '3 hours 17 minutes'
      - (days + case when extract(hour from now() at time zone 'UTC') < 4 then 1 else 0 end) * interval '1 day' as began)`;

/** An app that takes what it is told, but for one change that it has refused twice. */
const outbox = `
  insert into clerk.apps (name, tables, is_backfill_told)
    values ('app', '["users", "organizations", "organization_memberships"]', false);
  insert into clerk.outbox (table_name, id, kind, is_known, source, first_at, last_at, generation, attempts, due_at, failure)
    values
      ('users', 'user_' || md5('user2'), 'updated', true, 'event', now() - interval '3 minutes', now() - interval '3 minutes', 1, 2,
        now() + interval '4 minutes', 'http_503'),
      ('users', 'user_' || md5('user1'), 'created', false, 'event', now() - interval '6 seconds', now() - interval '6 seconds', 2, 0,
        now() + interval '50 seconds', null),
      ('organization_memberships', 'orgmem_' || md5('membership1'), 'created', false, 'event', now() - interval '2 seconds',
        now() - interval '2 seconds', 3, 0, now() + interval '50 seconds', null)`;

/**
 * Fills a database that is migrated and empty. The same is invented each time, but for the hour.
 *
 * @throws what Postgres says
 */
export const inventHistory = async (connectionString: string): Promise<void> => {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query("select setseed(0.4)");
    for (const statement of [objects, deliveries, runs, outbox]) await client.query(statement);
    await client.query("analyze");
  } finally {
    await client.end();
  }
};
