-- The law of the copy: a row is a function of the set of what was observed of its object, never of the order, number or
-- timing of the observations. docs/law.md has the whole of it. This function is the only one that writes rows of the copy;
-- what follows the columns is in tables.sql.
--
--   changes     { "<table>": [ row, … ] }, one row per id; times in milliseconds since 1970. A row with "deleted": true
--               has only "id" and "version" besides
--   deliveries  [ { id, type, subject_id, instance_id, occurred_at, subject, otherwise } ], one per id;
--               "subject" is the "<table>:<id>" of a row: if it changes, the outcome is 'applied', else "otherwise"
--   notify      null, or what an app is told: { source, tables, since }. Changes of these tables are left in the outbox; if
--               there is a time "since", not what is new to the copy and was made before
--
-- Returns a row per delivery: its outcome in this call, how often it has been committed, and whether the call left anything in
-- the outbox.
create or replace function clerk.merge_1(changes jsonb, deliveries jsonb, notify jsonb default null)
returns table (id text, outcome text, attempts integer, is_told boolean)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- Below every deadline of the Worker's: whoever holds a row or a lock for long must not hold all connections with it.
set lock_timeout = '5s'
as $merge$
#variable_conflict use_column
declare
  -- The owners that this call deletes.
  users text[] := array(select c ->> 'id' from jsonb_array_elements(changes -> 'users') as c where c ? 'deleted');
  organizations text[] := array(
    select c ->> 'id' from jsonb_array_elements(changes -> 'organizations') as c where c ? 'deleted'
  );
  -- The tables that an app is told of.
  told text[] := '{}';
  -- What Clerk has made in them since a run began, as "<table>:<id>".
  fresh text[] := '{}';
  -- The rows that this call changes, as "<table>:<id>", and what the app is told: see tables.sql.
  changed text[] := '{}';
begin
  -- A snapshot that is older than the call would hide what another call has just written.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'clerk.merge_1 needs the isolation level "read committed", not "%"',
      current_setting('transaction_isolation')
      using errcode = '42000', hint = 'Set default_transaction_isolation of the role and the database to ''read committed''.';
  end if;

  if jsonb_typeof(notify) = 'object' then told := array(select jsonb_array_elements_text(notify -> 'tables')); end if;

  -- First the locks, in a statement before those that read what another call may be writing: see locks.sql. One object alone
  -- has no order.
  if users <> '{}' or organizations <> '{}'
    or changes ?| '{sessions,organization_memberships,organization_invitations,organization_domains}'
  then
    perform clerk.take_locks(changes, told);
  elsif told <> '{}' then
    if changes -> 'users' -> 1 is null and changes - 'users' = '{}' then
      perform pg_advisory_xact_lock(hashtextextended('clerk.told:users:' || (changes #>> '{users,0,id}'), 0));
    else
      perform clerk.take_locks(changes, told);
    end if;
  end if;

  -- The owners. In every table the newest observation is the row, a delete being an observation too: a row is replaced
  -- where its version is below the given one. A delete that was told has the version '2', above all others.
  if changes ? 'users' then changed := changed || clerk.upsert_users(changes -> 'users', told); end if;
  if changes ? 'organizations' then
    changed := changed || clerk.upsert_organizations(changes -> 'organizations', told);
  end if;
  users := array(select u from unnest(users) as u where 'users:' || u = any (changed));
  organizations := array(select o from unnest(organizations) as o where 'organizations:' || o = any (changed));

  -- Their children. A child is deleted while an owner of it is, its owners being those that its newest observation names.
  -- So in each table first those in the copy go with the owners that were deleted above; then come the given ones, which
  -- the upsert empties where an owner is deleted. Such a row keeps its version: an older observation does not bring it
  -- back, and a newer one under living owners does.
  if users <> '{}' then changed := changed || clerk.cascade_sessions(users, organizations, changes -> 'sessions', told); end if;
  if changes ? 'sessions' then changed := changed || clerk.upsert_sessions(changes -> 'sessions', told); end if;
  if users <> '{}' or organizations <> '{}' then
    changed := changed || clerk.cascade_organization_memberships(users, organizations, changes -> 'organization_memberships', told);
  end if;
  if changes ? 'organization_memberships' then
    changed := changed || clerk.upsert_organization_memberships(changes -> 'organization_memberships', told);
  end if;
  if organizations <> '{}' then
    changed := changed || clerk.cascade_organization_invitations(users, organizations, changes -> 'organization_invitations', told);
  end if;
  if changes ? 'organization_invitations' then
    changed := changed || clerk.upsert_organization_invitations(changes -> 'organization_invitations', told);
  end if;
  if organizations <> '{}' then
    changed := changed || clerk.cascade_organization_domains(users, organizations, changes -> 'organization_domains', told);
  end if;
  if changes ? 'organization_domains' then
    changed := changed || clerk.upsert_organization_domains(changes -> 'organization_domains', told);
  end if;

  -- What has no owner.
  if changes ? 'roles' then changed := changed || clerk.upsert_roles(changes -> 'roles', told); end if;
  if changes ? 'permissions' then changed := changed || clerk.upsert_permissions(changes -> 'permissions', told); end if;
  if changes ? 'waitlist_entries' then
    changed := changed || clerk.upsert_waitlist_entries(changes -> 'waitlist_entries', told);
  end if;
  if changes ? 'subscriptions' then
    changed := changed || clerk.upsert_subscriptions(changes -> 'subscriptions', told);
  end if;
  if changes ? 'subscription_items' then
    changed := changed || clerk.upsert_subscription_items(changes -> 'subscription_items', told);
  end if;
  if changes ? 'payment_attempts' then
    changed := changed || clerk.upsert_payment_attempts(changes -> 'payment_attempts', told);
  end if;

  -- The outbox, in the same transaction: all that waits for the app is one line per object. Whether the app knows the object
  -- stays as it was when the line was made. An object may be deleted with its owner and come back under another in one call.
  is_told := array_to_string(changed, ' ') like '%!%';
  if is_told then
    if notify ->> 'since' is not null then
      -- Clerk's clock may be behind.
      fresh := array(
        select t.name || ':' || (c ->> 'id')
        from unnest(told) as t (name), jsonb_array_elements(changes -> t.name) as c
        where to_timestamp((c ->> 'created_at')::bigint / 1000.0) >= (notify ->> 'since')::timestamptz - interval '5 minutes'
      );
    end if;
    insert into clerk.outbox as o (
      table_name, id, kind, is_known, source, first_at, last_at, generation, attempts, due_at
    )
    select
      n.table_name,
      n.id,
      case when n.is_deleted then 'deleted' when n.is_known then 'updated' else 'created' end,
      n.is_known,
      notify ->> 'source',
      clock_timestamp(),
      clock_timestamp(),
      nextval('clerk.outbox_generation'),
      0,
      clock_timestamp()
    from (
      select
        split_part(substr(c, 4), ':', 1) as table_name,
        substr(c, strpos(c, ':') + 1) as id,
        bool_or(c like '!k%') as is_known,
        bool_or(c not like '!n%') as was_there,
        bool_and(c like '!_d%') as is_deleted
      from unnest(changed) as c
      where c like '!%'
      group by 1, 2
    ) as n
    where notify ->> 'since' is null
      or n.was_there
      or n.table_name || ':' || n.id = any (fresh)
      or exists (select from clerk.outbox as w where w.table_name = n.table_name and w.id = n.id)
    order by 1, 2
    on conflict (table_name, id) do update set
      kind = case when excluded.kind = 'deleted' then 'deleted' when o.is_known then 'updated' else 'created' end,
      source = excluded.source,
      last_at = clock_timestamp(),
      generation = nextval('clerk.outbox_generation'),
      -- What has failed is tried anew. What is being handed over has no failure, and goes on.
      due_at = case when o.failure is null then o.due_at else clock_timestamp() end;
  end if;

  -- The ledger, in the same transaction: a delivery is all that it changes and its line here, or nothing.
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
    select g.id, g.outcome, c.attempts, is_told from given as g join committed as c on c.id = g.id;
end
$merge$;
