-- Two roles that may do what they need and no more. Run it as the owner of the schema, after the migrations, and again
-- after later ones:
--
--   psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -v worker_password="'…'" -v app_password="'…'" -f drizzle/roles.sql
--
-- and give the Worker a DATABASE_URL with the first. Roles are the whole branch's, and each run sets their passwords.

-- In one transaction: Neon is told of a role at the commit, and takes none without a password.
begin;

-- The Worker's: it may call the merge, read, prune the ledger, and write down what became of a run. It may write no
-- other table.
do $$
begin
  if not exists (select from pg_roles where rolname = 'clerk_mirror') then
    create role clerk_mirror;
  end if;
end $$;
alter role clerk_mirror login password :worker_password;
grant usage on schema clerk to clerk_mirror;
grant execute on function clerk.merge_1 (jsonb, jsonb), clerk.compare_1 (text, jsonb, jsonb, boolean) to clerk_mirror;
grant select on all tables in schema clerk to clerk_mirror;
grant delete on clerk.deliveries to clerk_mirror;
grant insert on clerk.reconciliations to clerk_mirror;
grant insert, update, delete on clerk.absences to clerk_mirror;
alter role clerk_mirror set default_transaction_isolation to 'read committed';

-- The app's: it may read, reference users and organizations from its own tables, and insert an id before Clerk's
-- event has arrived.
do $$
begin
  if not exists (select from pg_roles where rolname = 'clerk_app') then
    create role clerk_app;
  end if;
end $$;
alter role clerk_app login password :app_password;
grant usage on schema clerk to clerk_app;
grant select on all tables in schema clerk to clerk_app;
grant insert (id), references (id) on clerk.users, clerk.organizations to clerk_app;

-- Tables of a later release.
alter default privileges in schema clerk grant select on tables to clerk_mirror, clerk_app;

commit;
