-- What your migrations need of the schema clerk. Prisma runs this before them in its shadow database, more than once.
create schema if not exists clerk;
create table if not exists clerk.users (id text primary key);
create table if not exists clerk.organizations (id text primary key);
create or replace function clerk.reference(
  child regclass, child_column name, parent regclass default 'clerk.users', constraint_name name default null
) returns name language plpgsql as $$
begin
  execute format(
    'alter table %s add constraint %I foreign key (%I) references %s (id)', child, constraint_name, child_column, parent
  );
  return constraint_name;
end
$$;
