-- Three roles that may do what they need and no more. Run this as the owner of the database, after the migrations, and again
-- after later ones:
--
--   psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -v worker_password="'…'" -v app_password="'…'" -v app_owner_password="'…'" -f drizzle/roles.sql
--
-- Then give the Worker a DATABASE_URL with the first role, clerk_mirror. Roles belong to the whole branch, and each run
-- sets their passwords.

-- In one transaction: Neon learns of a role at the commit, and refuses a role without a password.
begin;

-- Whoever may create functions in public could have written one that is found before Postgres's own.
set local search_path = pg_catalog, pg_temp;

-- The owner of the schema can drop it.
do $$
begin
  if exists (
    select from pg_namespace where nspname = 'clerk' and pg_get_userbyid(nspowner) in ('clerk_mirror', 'clerk_app', 'clerk_app_owner')
  ) then
    raise exception 'the schema clerk belongs to one of the roles that this file makes'
      using hint = 'As the owner of the database: drop schema clerk cascade, migrate, run this file again, and then a backfill.';
  end if;
end $$;

-- A function that was made anew may be called by everybody.
revoke execute on all functions in schema clerk from public;

-- The Worker's role. It may call the merge and the comparison, read every table, prune the ledger, and record what
-- became of a run. It may not write to any other table directly.
do $$
begin
  if not exists (select from pg_roles where rolname = 'clerk_mirror') then
    create role clerk_mirror;
  end if;
end $$;
alter role clerk_mirror login password :worker_password;
grant usage on schema clerk to clerk_mirror;
grant execute on function clerk.merge_1 (jsonb, jsonb, jsonb), clerk.compare_1 (text, jsonb, jsonb, boolean, jsonb),
  clerk.outbox_1 (jsonb, integer, jsonb), clerk.health_1 (text), clerk.alert_1 (text, jsonb),
  clerk.prune_1 (integer, integer, jsonb) to clerk_mirror;
grant select on all tables in schema clerk to clerk_mirror;
grant insert on clerk.reconciliations to clerk_mirror;
grant insert, update, delete on clerk.absences to clerk_mirror;
grant insert, update on clerk.leases to clerk_mirror;
grant delete on clerk.seen, clerk.apps to clerk_mirror;
grant insert, update on clerk.refusals to clerk_mirror;
grant update, delete on clerk.outbox to clerk_mirror;
-- Earlier releases granted these. clerk.prune_1 does it.
revoke delete on clerk.deliveries, clerk.refusals from clerk_mirror;
alter role clerk_mirror set default_transaction_isolation to 'read committed';
alter role clerk_mirror set search_path to pg_catalog;

-- The app's role, for its run time. It may read every table, and make sure that an id is there before Clerk's event has arrived.
-- It may not make foreign keys to these tables: Postgres checks one as the owner of the table that it references, and on the way
-- calls the implicit casts of the column's type, which may be the app's own.
do $$
begin
  if not exists (select from pg_roles where rolname = 'clerk_app') then
    create role clerk_app;
  end if;
end $$;
alter role clerk_app login password :app_password;
grant usage on schema clerk to clerk_app;
grant execute on function clerk.expect_user (text), clerk.expect_organization (text) to clerk_app;
grant select on all tables in schema clerk to clerk_app;
-- Earlier releases granted these. An id that is inserted by hand is not checked; that of clerk.expect_user is.
revoke insert (id), references (id) on clerk.users, clerk.organizations from clerk_app;

-- The role of the app's migrations, whatever ORM makes them. It owns the app's tables, in the schema public and in schemas that it
-- creates; it reads this schema and can change nothing in it. Foreign keys to clerk.users it makes by clerk.reference.
do $$
begin
  if not exists (select from pg_roles where rolname = 'clerk_app_owner') then
    create role clerk_app_owner;
  end if;
end $$;
alter role clerk_app_owner login password :app_owner_password;
grant usage on schema clerk to clerk_app_owner;
grant execute on function clerk.expect_user (text), clerk.expect_organization (text),
  clerk.reference (regclass, name, regclass, name), clerk.reference_unchecked (regclass, name, regclass, name) to clerk_app_owner;
grant select on all tables in schema clerk to clerk_app_owner;
grant usage, create on schema public to clerk_app_owner;
grant usage on schema public to clerk_app;
do $$
begin
  execute format('grant create on database %I to clerk_app_owner', current_database());
  -- Postgres lets only a member give a role's tables to another, or set what its new ones may be used for.
  if current_setting('server_version_num')::integer >= 160000 then
    execute 'grant clerk_app_owner to current_user with inherit true, set true';
  else
    grant clerk_app_owner to current_user;
  end if;
end $$;
-- Whatever it creates, clerk_app may use.
alter default privileges for role clerk_app_owner grant usage on schemas to clerk_app;
alter default privileges for role clerk_app_owner grant select, insert, update, delete on tables to clerk_app;
alter default privileges for role clerk_app_owner grant usage on sequences to clerk_app;

-- All three may also read the tables of later releases.
alter default privileges in schema clerk grant select on tables to clerk_mirror, clerk_app, clerk_app_owner;

-- If you enable row-level security on a table, the Worker and the functions, which run as the tables' owner, still see every row.
-- Until then these policies have no effect. Made once, since making one locks its table.
do $$
declare
  name text;
  owner text;
begin
  for name, owner in
    select c.relname, pg_get_userbyid(c.relowner) from pg_class as c
    where c.relnamespace = 'clerk'::regnamespace and c.relkind = 'r'
    order by c.relname
  loop
    continue when exists (
      select from pg_policies as p
      where p.schemaname = 'clerk' and p.tablename = name and p.policyname = 'clerk_mirror'
        and p.permissive = 'PERMISSIVE' and p.cmd = 'ALL' and p.qual = 'true' and p.with_check = 'true'
        and p.roles @> array['clerk_mirror', owner]::name[]
    );
    execute format('drop policy if exists clerk_mirror on clerk.%I', name);
    execute format('create policy clerk_mirror on clerk.%I to clerk_mirror, %I using (true) with check (true)', name, owner);
  end loop;
end $$;

commit;
