-- Made by dev/merge-function.ts from src/schema.ts. Do not edit.
--
-- The one way by which a row of the copy is written.
--   changes     { "<table>": [ row, … ] }, one row an id; times in milliseconds since 1970;
--               { "id": …, "version": "", "deleted": true } for an object that Clerk deleted
--   deliveries  [ { id, type, subject_id, instance_id, occurred_at, subject, otherwise } ], one an id;
--               "subject" is the "<table>:<id>" of the row whose change makes the outcome 'applied'; it is
--               what "otherwise" says where that row did not change
-- Gives a row a delivery: what became of it in this call, and how often it has been committed.
create or replace function clerk.merge_1(changes jsonb, deliveries jsonb)
returns table (id text, outcome text, attempts integer)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $merge$
#variable_conflict use_column
declare
  changed text[] := '{}';
begin
  -- A snapshot that is older than the call would hide what another call has just written.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'clerk.merge_1 needs the isolation level "read committed", not "%"',
      current_setting('transaction_isolation')
      using errcode = '42000', hint = 'Set default_transaction_isolation of the role and the database to ''read committed''.';
  end if;

  if changes ? 'users' then
    with merged as (
      insert into clerk.users as t (
        id,
        email,
        email_verified,
        phone,
        phone_verified,
        username,
        first_name,
        last_name,
        name,
        image_url,
        external_id,
        locale,
        banned,
        locked,
        two_factor_enabled,
        password_enabled,
        last_sign_in_at,
        last_active_at,
        legal_accepted_at,
        email_addresses,
        phone_numbers,
        web3_wallets,
        external_accounts,
        public_metadata,
        private_metadata,
        unsafe_metadata,
        created_at,
        updated_at,
        deleted_at,
        synced_at,
        version
      )
      select
        x.id,
        x.email,
        x.email_verified,
        x.phone,
        x.phone_verified,
        x.username,
        x.first_name,
        x.last_name,
        x.name,
        x.image_url,
        x.external_id,
        x.locale,
        x.banned,
        x.locked,
        x.two_factor_enabled,
        x.password_enabled,
        to_timestamp(x.last_sign_in_at / 1000.0),
        to_timestamp(x.last_active_at / 1000.0),
        to_timestamp(x.legal_accepted_at / 1000.0),
        x.email_addresses,
        x.phone_numbers,
        x.web3_wallets,
        x.external_accounts,
        x.public_metadata,
        x.private_metadata,
        x.unsafe_metadata,
        to_timestamp(x.created_at / 1000.0),
        to_timestamp(x.updated_at / 1000.0),
        case when x.deleted then clock_timestamp() end,
        clock_timestamp(),
        x.version
      from jsonb_to_recordset(changes -> 'users') as x (
        id text,
        email text,
        email_verified boolean,
        phone text,
        phone_verified boolean,
        username text,
        first_name text,
        last_name text,
        name text,
        image_url text,
        external_id text,
        locale text,
        banned boolean,
        locked boolean,
        two_factor_enabled boolean,
        password_enabled boolean,
        last_sign_in_at bigint,
        last_active_at bigint,
        legal_accepted_at bigint,
        email_addresses jsonb,
        phone_numbers jsonb,
        web3_wallets jsonb,
        external_accounts jsonb,
        public_metadata jsonb,
        private_metadata jsonb,
        unsafe_metadata jsonb,
        created_at bigint,
        updated_at bigint,
        version text,
        deleted boolean
      )
      order by x.id
      on conflict (id) do update set
        email = excluded.email,
        email_verified = excluded.email_verified,
        phone = excluded.phone,
        phone_verified = excluded.phone_verified,
        username = excluded.username,
        first_name = excluded.first_name,
        last_name = excluded.last_name,
        name = excluded.name,
        image_url = excluded.image_url,
        external_id = excluded.external_id,
        locale = excluded.locale,
        banned = excluded.banned,
        locked = excluded.locked,
        two_factor_enabled = excluded.two_factor_enabled,
        password_enabled = excluded.password_enabled,
        last_sign_in_at = excluded.last_sign_in_at,
        last_active_at = excluded.last_active_at,
        legal_accepted_at = excluded.legal_accepted_at,
        email_addresses = excluded.email_addresses,
        phone_numbers = excluded.phone_numbers,
        web3_wallets = excluded.web3_wallets,
        external_accounts = excluded.external_accounts,
        public_metadata = excluded.public_metadata,
        private_metadata = excluded.private_metadata,
        unsafe_metadata = excluded.unsafe_metadata,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.deleted_at is null and (excluded.deleted_at is not null or t.version < excluded.version)
      returning t.id
    )
    select changed || coalesce(array_agg('users:' || merged.id), '{}') into changed from merged;
  end if;

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
--> statement-breakpoint
revoke all on function clerk.merge_1(jsonb, jsonb) from public;
