-- Takes the locks of a call of clerk.merge_1, in one order: calls never wait for each other. An owner is either deleted by one
-- call, or named by the children of many. So is a child that is given by one call and not there yet, and that another one gives
-- too: a row that is not there cannot be locked in its order. An object that an app is told of is given by one call at a time,
-- so that each knows what it was before.
create or replace function clerk.take_locks(changes jsonb, told text[])
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $locks$
begin
  perform case when k.is_alone then pg_advisory_xact_lock(k.key) else pg_advisory_xact_lock_shared(k.key) end
  from (
    select hashtextextended('clerk.' || n.key, 0) as key, bool_or(n.is_alone) as is_alone
    from (
      select o.owner || ':' || (c ->> 'id'), true
      from (values ('users'), ('organizations')) as o (owner), jsonb_array_elements(changes -> o.owner) as c
      where c ? 'deleted'
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
      union all
      select 'told:' || t.name || ':' || (c ->> 'id'), true
      from unnest(told) as t (name), jsonb_array_elements(changes -> t.name) as c
    ) as n (key, is_alone)
    where n.key is not null
    group by 1
    order by 1
  ) as k;
end
$locks$;
