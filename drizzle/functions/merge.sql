-- The law of the copy: a row is a function of the set of what was observed of its object, never of the order, number or
-- timing of the observations. docs/law.md has the whole of it. This function is the only one that writes rows of the copy;
-- what follows the columns is in tables.sql.
--
--   changes     { "<table>": [ row, … ] }, one row per id; times in milliseconds since 1970. A row with "deleted": true
--               has only "id" and "version" besides
--   deliveries  [ { id, type, subject_id, instance_id, occurred_at, subject, otherwise } ], one per id;
--               "subject" is the "<table>:<id>" of a row: if it changes, the outcome is 'applied', else "otherwise"
--
-- Returns a row per delivery: its outcome in this call, and how often it has been committed.
create or replace function clerk.merge_1(changes jsonb, deliveries jsonb)
returns table (id text, outcome text, attempts integer)
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
  -- The rows that this call changes, as "<table>:<id>".
  changed text[] := '{}';
begin
  -- A snapshot that is older than the call would hide what another call has just written.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'clerk.merge_1 needs the isolation level "read committed", not "%"',
      current_setting('transaction_isolation')
      using errcode = '42000', hint = 'Set default_transaction_isolation of the role and the database to ''read committed''.';
  end if;

  -- First the locks: an owner is either deleted by one call, or named by the children of many. So is a child that is given
  -- by one call and not there yet, and that another one gives too: a row that is not there cannot be locked in its order.
  -- They are taken in a statement before those that read what another call may be writing, and in one order, so that two
  -- calls never wait for each other.
  if users <> '{}' or organizations <> '{}'
    or changes ?| '{sessions,organization_memberships,organization_invitations,organization_domains}'
  then
    perform case when k.is_alone then pg_advisory_xact_lock(k.key) else pg_advisory_xact_lock_shared(k.key) end
    from (
      select hashtextextended('clerk.' || n.key, 0) as key, bool_or(n.is_alone) as is_alone
      from (
        select 'users:' || u, true from unnest(users) as u
        union all
        select 'organizations:' || o, true from unnest(organizations) as o
        union all
        select o.owner || ':' || (c ->> o.named_by), false
        from (values
          ('sessions', 'user_id', 'users'),
          ('organization_memberships', 'user_id', 'users'),
          ('organization_memberships', 'organization_id', 'organizations'),
          ('organization_invitations', 'organization_id', 'organizations'),
          ('organization_domains', 'organization_id', 'organizations')
        ) as o (child, named_by, owner), jsonb_array_elements(changes -> o.child) as c
        union all
        select o.child || ':' || (c ->> 'id'), true
        from (values
          ('sessions'), ('organization_memberships'), ('organization_invitations'), ('organization_domains')
        ) as o (child), jsonb_array_elements(changes -> o.child) as c
      ) as n (key, is_alone)
      where n.key is not null
      group by 1
      order by 1
    ) as k;
  end if;

  -- The owners. In every table the newest observation is the row, a delete being an observation too: a row is replaced
  -- where its version is below the given one. A delete that was told has the version '2', above all others.
  if changes ? 'users' then changed := changed || clerk.upsert_users(changes -> 'users'); end if;
  if changes ? 'organizations' then
    changed := changed || clerk.upsert_organizations(changes -> 'organizations');
  end if;
  users := array(select u from unnest(users) as u where 'users:' || u = any (changed));
  organizations := array(select o from unnest(organizations) as o where 'organizations:' || o = any (changed));

  -- Their children. A child is deleted while an owner of it is, its owners being those that its newest observation names.
  -- So in each table first those in the copy go with the owners that were deleted above; then come the given ones, which
  -- the upsert empties where an owner is deleted. Such a row keeps its version: an older observation does not bring it
  -- back, and a newer one under living owners does.
  if users <> '{}' then perform clerk.cascade_sessions(users, organizations, changes -> 'sessions'); end if;
  if changes ? 'sessions' then changed := changed || clerk.upsert_sessions(changes -> 'sessions'); end if;
  if users <> '{}' or organizations <> '{}' then
    perform clerk.cascade_organization_memberships(users, organizations, changes -> 'organization_memberships');
  end if;
  if changes ? 'organization_memberships' then
    changed := changed || clerk.upsert_organization_memberships(changes -> 'organization_memberships');
  end if;
  if organizations <> '{}' then
    perform clerk.cascade_organization_invitations(users, organizations, changes -> 'organization_invitations');
  end if;
  if changes ? 'organization_invitations' then
    changed := changed || clerk.upsert_organization_invitations(changes -> 'organization_invitations');
  end if;
  if organizations <> '{}' then
    perform clerk.cascade_organization_domains(users, organizations, changes -> 'organization_domains');
  end if;
  if changes ? 'organization_domains' then
    changed := changed || clerk.upsert_organization_domains(changes -> 'organization_domains');
  end if;

  -- What has no owner.
  if changes ? 'roles' then changed := changed || clerk.upsert_roles(changes -> 'roles'); end if;
  if changes ? 'permissions' then changed := changed || clerk.upsert_permissions(changes -> 'permissions'); end if;
  if changes ? 'waitlist_entries' then
    changed := changed || clerk.upsert_waitlist_entries(changes -> 'waitlist_entries');
  end if;
  if changes ? 'subscriptions' then
    changed := changed || clerk.upsert_subscriptions(changes -> 'subscriptions');
  end if;
  if changes ? 'subscription_items' then
    changed := changed || clerk.upsert_subscription_items(changes -> 'subscription_items');
  end if;
  if changes ? 'payment_attempts' then
    changed := changed || clerk.upsert_payment_attempts(changes -> 'payment_attempts');
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
    select g.id, g.outcome, c.attempts from given as g join committed as c on c.id = g.id;
end
$merge$;
