-- For an app that must insert a row of its own before Clerk's event has arrived: makes sure that the user is there to be referenced,
-- with nothing but the id. Like every observation Clerk's event then fills the row, since such a row is older than any. A row
-- that is there is left as it is.
--
--   id  the id of one of Clerk's users, such as user_29w83sxmDNGwOuEthce5gg56FcC
--
-- Returns 'expected' (nothing is known yet), 'present' or 'deleted'.
create or replace function clerk.expect_user(id text)
returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- Whoever has inserted it too, and has not committed yet, is not waited for longer.
set lock_timeout = '5s'
as $expect$
declare
  found_one record;
begin
  if id is null or length(id) > 128 or id collate "C" !~ '^user_[A-Za-z0-9_-]+$' then
    raise exception 'clerk.expect_user takes the id of a user at Clerk, such as user_29w83sxmDNGwOuEthce5gg56FcC'
      using errcode = '22023', hint = 'It is "user_" with letters and digits, at most 128 characters: "sub" of a session''s token.';
  end if;
  for attempt in 1..2 loop
    select u.deleted_at, u.synced_at into found_one from clerk.users as u where u.id = expect_user.id;
    exit when found;
    insert into clerk.users (id) values (expect_user.id) on conflict do nothing;
  end loop;
  return case when found_one.deleted_at is not null then 'deleted' when found_one.synced_at is not null then 'present' else 'expected' end;
end
$expect$;

-- The same for an organization.
create or replace function clerk.expect_organization(id text)
returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $expect$
declare
  found_one record;
begin
  if id is null or length(id) > 128 or id collate "C" !~ '^org_[A-Za-z0-9_-]+$' then
    raise exception 'clerk.expect_organization takes the id of an organization at Clerk, such as org_29w9IfBrPmcpi0IeBVaKtA7R94W'
      using errcode = '22023', hint = 'It is "org_" with letters and digits, at most 128 characters: "org_id" of a session''s token.';
  end if;
  for attempt in 1..2 loop
    select o.deleted_at, o.synced_at into found_one from clerk.organizations as o where o.id = expect_organization.id;
    exit when found;
    insert into clerk.organizations (id) values (expect_organization.id) on conflict do nothing;
  end loop;
  return case when found_one.deleted_at is not null then 'deleted' when found_one.synced_at is not null then 'present' else 'expected' end;
end
$expect$;
