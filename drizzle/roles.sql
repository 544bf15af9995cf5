-- Two roles that may do what they need and no more. Run this as the owner of the schema, after the migrations, and
-- again after later ones:
--
--   psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -v worker_password="'…'" -v app_password="'…'" -f drizzle/roles.sql
--
-- Then give the Worker a DATABASE_URL with the first role, clerk_mirror. Roles belong to the whole branch, and each run
-- sets their passwords.

-- In one transaction: Neon learns of a role at the commit, and refuses a role without a password.
begin;

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
  clerk.outbox_1 (jsonb, integer, jsonb), clerk.health_1 (text), clerk.alert_1 (text, jsonb) to clerk_mirror;
grant select on all tables in schema clerk to clerk_mirror;
grant delete on clerk.deliveries to clerk_mirror;
grant insert on clerk.reconciliations to clerk_mirror;
grant insert, update, delete on clerk.absences to clerk_mirror;
grant insert, update on clerk.leases to clerk_mirror;
grant delete on clerk.seen, clerk.apps to clerk_mirror;
grant insert, update, delete on clerk.refusals to clerk_mirror;
grant update, delete on clerk.outbox to clerk_mirror;
alter role clerk_mirror set default_transaction_isolation to 'read committed';

-- The app's role. It may read every table, and insert an id before Clerk's event has arrived. It may not make foreign keys to
-- these tables: Postgres checks one as the owner of the table that it references, and on the way calls the implicit casts of
-- the column's type, which may be the app's own. The owner makes them.
do $$
begin
  if not exists (select from pg_roles where rolname = 'clerk_app') then
    create role clerk_app;
  end if;
end $$;
alter role clerk_app login password :app_password;
grant usage on schema clerk to clerk_app;
grant select on all tables in schema clerk to clerk_app;
grant insert (id) on clerk.users, clerk.organizations to clerk_app;
-- Earlier releases granted it.
revoke references (id) on clerk.users, clerk.organizations from clerk_app;

-- Both roles may also read the tables of later releases.
alter default privileges in schema clerk grant select on tables to clerk_mirror, clerk_app;

commit;
