-- Row-level security of the app's tables with Clerk's session token, on Neon. Run it as clerk_app_owner, after the table is made.
-- Before it, as the owner of the database:
--
--   create extension if not exists pg_session_jwt;
--
-- and in Neon's console enter Clerk's JWKS address. Neon then verifies the token, and makes the role `authenticated`.

alter table orders add column if not exists organization_id text;
create index if not exists orders_organization_id on orders (organization_id);
alter table orders enable row level security;

-- Your backend, with its own role, still sees every row.
create policy backend on orders to clerk_app using (true) with check (true);

-- One's own, and those of the organization that is active in the session. The organization's claim is nested: {"o": {"id": …}}.
create policy own on orders for select to authenticated using (
  user_id = (select auth.user_id()) or organization_id = (select auth.jwt() -> 'o' ->> 'id')
);
grant usage on schema public to authenticated;
grant select on orders to authenticated;

-- Of the copy, only what may be shown, by a view of the app's: clerk.users has private_metadata. A view reads with its owner's
-- rights, here clerk_app_owner's, so `authenticated` needs none in the schema clerk.
create view people with (security_barrier) as
  select u.id, u.name, u.image_url
  from clerk.users as u
  where u.deleted_at is null and (
    u.id = (select auth.user_id())
    or exists (
      select from clerk.organization_memberships as m
      where m.user_id = u.id and m.deleted_at is null and m.organization_id = (select auth.jwt() -> 'o' ->> 'id')
    )
  );
grant select on people to authenticated;
