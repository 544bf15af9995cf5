-- Makes a foreign key from a table of the app's to clerk.users or clerk.organizations, for an app whose role may not: whoever may
-- reference a table can run functions as its owner, since Postgres checks the key as that owner, by way of the implicit casts of
-- the column's type. So the owner makes it here, and only of a column whose type has none.
--
--   child            the table of the app's, which the caller owns
--   child_column     its column: text or varchar
--   parent           clerk.users or clerk.organizations
--   constraint_name  the key's name; null for the one that Postgres gives, such as orders_user_id_fkey
--
-- Returns the key's name. A key of the same column to the same table is one that is there already. Like any foreign key it locks
-- the parent until the transaction ends, here also while the table's rows are checked: keep that short, or the Worker's deliveries
-- come again later. For a large table call reference_unchecked, commit, and then validate the key, which holds up no delivery.
create or replace function clerk.reference(
  child regclass, child_column name, parent regclass default 'clerk.users', constraint_name name default null
)
returns name
-- Not security definer: what reads the child's rows may run what its owner has put into an index of it.
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $reference$
declare
  made name := clerk.reference_unchecked(child, child_column, parent, constraint_name);
begin
  execute (
    select format('alter table %I.%I validate constraint %I', n.nspname, c.relname, made)
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace where c.oid = child
  );
  return made;
end
$reference$;

-- The part that needs the owner: the key, which holds for new rows and says nothing of those that are there.
create or replace function clerk.reference_unchecked(child regclass, child_column name, parent regclass, constraint_name name)
returns name
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $reference$
declare
  -- Whoever calls: in here, current_user is the owner.
  caller constant name := case current_setting('role') when 'none' then session_user else current_setting('role') end;
  named text;
  made name;
begin
  -- What an older snapshot shows of a table may have changed since.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'clerk.reference needs the isolation level "read committed", not "%"', current_setting('transaction_isolation')
      using errcode = '25001';
  end if;
  if parent is null or parent not in ('clerk.users'::regclass, 'clerk.organizations'::regclass) then
    raise exception 'clerk.reference makes foreign keys to clerk.users and clerk.organizations only' using errcode = '22023';
  end if;

  -- Once before the key is made, and once when the locks of that are held: until then the table may become another.
  for attempt in 1..2 loop
    select format('%I.%I', n.nspname, c.relname) into named
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where c.oid = child and c.relkind = 'r' and c.relpersistence <> 't' and n.nspname <> 'clerk';
    if not found then
      raise exception 'clerk.reference makes foreign keys of ordinary tables outside the schema clerk only'
        using errcode = '42809', hint = 'Of a partitioned table, make the key of each partition.';
    end if;
    if not (select pg_has_role(caller, c.relowner, 'usage') from pg_class as c where c.oid = child) then
      raise exception 'must be owner of table %', named using errcode = '42501';
    end if;
    perform from pg_attribute as a
    where a.attrelid = child and a.attname = child_column and a.attnum > 0 and not a.attisdropped;
    if not found then
      raise exception 'column "%" of % does not exist', child_column, named using errcode = '42703';
    end if;
    perform from pg_attribute as a
    where a.attrelid = child and a.attname = child_column and a.attgenerated = ''
      and a.atttypid in ('pg_catalog.text'::regtype, 'pg_catalog.varchar'::regtype);
    if not found then
      raise exception 'column "%" of % must have the type text or varchar, and not be generated', child_column, named
        using errcode = '42804', hint = 'Clerk''s ids are texts, and a foreign key is checked as the owner of clerk.users.';
    end if;

    made := (
      select k.conname from pg_constraint as k
      join pg_attribute as a on a.attrelid = child and a.attname = child_column
      join pg_attribute as b on b.attrelid = parent and b.attname = 'id'
      where k.contype = 'f' and k.conrelid = child and k.confrelid = parent
        and k.conkey = array[a.attnum] and k.confkey = array[b.attnum]
        and to_jsonb(k) ->> 'conenforced' is distinct from 'false'
      order by k.conname <> constraint_name, k.conname limit 1
    );
    if made is not null and attempt = 1 then return made; end if;
    if attempt = 1 then
      execute format(
        'alter table %s add %s foreign key (%I) references %s (id) not valid',
        named, case when constraint_name is not null then format('constraint %I', constraint_name) end, child_column,
        case parent when 'clerk.users'::regclass then 'clerk.users' else 'clerk.organizations' end
      );
    end if;
  end loop;
  if made is null then
    raise exception 'table % became another one meanwhile', named using errcode = '55006';
  end if;
  return made;
end
$reference$;
