-- Made by dev/generate/compare-function.ts from src/schema.ts. Do not edit.
--
-- Compares objects from Clerk's Backend API with the copy, and merges those that differ.
--   table_name  the table of the copy
--   given_rows  [ row, … ] as clerk.merge_1 takes them; a row that equals the copy's is not merged
--   span        null, or the part of the copy that the given rows stand for: { since, newest, oldest, users, ids }. Rows
--               in that part that are not given are absent, except those in "ids". "since" is when the run began: rows
--               written later are left alone. created_at is at most "newest" and after "oldest", in milliseconds; null
--               means unbounded. "users" are the owners; null means all
--   is_dry      whether only to report
-- Returns { missing, stale, erased, repaired, absentees, absent }: how many rows the copy did not have, how many
-- differed, how many it has deleted though Clerk has them, how many were merged, and how many are absent; "absent"
-- lists up to 5,000 of the absent ones, as [ { id, … } ].
create or replace function clerk.compare_1(table_name text, given_rows jsonb, span jsonb, is_dry boolean)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- A first backfill grows a table from nothing: a plan cached at its start would read the whole table for each page.
set plan_cache_mode = force_custom_plan
as $compare$
declare
  missing integer := 0;
  erased integer := 0;
  stale integer := 0;
  repaired integer := 0;
  news jsonb;
  absentees integer := 0;
  absent jsonb := '[]';
  given_ids text[] := array(select given.row ->> 'id' from jsonb_array_elements(given_rows) as given (row));
  ids text[] := given_ids || array(select jsonb_array_elements_text(span -> 'ids'));
  users text[] := case when jsonb_typeof(span -> 'users') = 'array' then array(select jsonb_array_elements_text(span -> 'users')) end;
  since timestamptz := (span ->> 'since')::timestamptz;
  newest timestamptz := to_timestamp((span ->> 'newest')::bigint / 1000.0);
  oldest timestamptz := to_timestamp((span ->> 'oldest')::bigint / 1000.0);
begin
  case table_name

  when 'users' then
    if not exists (select from clerk.users as t where t.id = any (given_ids)) then
      missing := jsonb_array_length(given_rows);
      news := nullif(given_rows, '[]');
    else
      select
        count(*) filter (where d.is_missing),
        count(*) filter (where d.is_erased),
        count(*) filter (where not d.is_missing and not d.is_erased and d.differs),
        jsonb_agg(d.row) filter (where not d.is_erased and (d.is_missing or d.differs))
      into missing, erased, stale, news
      from (
        select
          given.row,
          t.id is null or (t.synced_at is null and t.deleted_at is null) as is_missing,
          coalesce(t.deleted_at is not null, false) as is_erased,
          (
            t.email,
            t.email_verified,
            t.phone,
            t.phone_verified,
            t.username,
            t.first_name,
            t.last_name,
            t.name,
            t.image_url,
            t.external_id,
            t.locale,
            t.banned,
            t.locked,
            t.two_factor_enabled,
            t.password_enabled,
            t.last_sign_in_at,
            t.last_active_at,
            t.legal_accepted_at,
            t.email_addresses,
            t.phone_numbers,
            t.web3_wallets,
            t.external_accounts,
            t.public_metadata,
            t.private_metadata,
            t.unsafe_metadata,
            t.created_at,
            t.updated_at
          ) is distinct from (
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
            to_timestamp(x.last_sign_in_at / 1000.0)::timestamptz(3),
            to_timestamp(x.last_active_at / 1000.0)::timestamptz(3),
            to_timestamp(x.legal_accepted_at / 1000.0)::timestamptz(3),
            x.email_addresses,
            x.phone_numbers,
            x.web3_wallets,
            x.external_accounts,
            x.public_metadata,
            x.private_metadata,
            x.unsafe_metadata,
            to_timestamp(x.created_at / 1000.0)::timestamptz(3),
            to_timestamp(x.updated_at / 1000.0)::timestamptz(3)
          ) as differs
        from jsonb_array_elements(given_rows) as given (row), lateral jsonb_to_record(given.row) as x (
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
        left join clerk.users as t on t.id = x.id
      ) as d;
    end if;

    if news is not null and not is_dry then
      perform from clerk.merge_1(jsonb_build_object('users', news), '[]');
      select count(*) into repaired
      from clerk.users as t
      join jsonb_to_recordset(news) as x (id text, version text) on t.id = x.id and t.version = x.version collate "C";
    end if;

    if span is not null then
      select count(*), coalesce(jsonb_agg(a.object) filter (where a.number <= 5000), '[]') into absentees, absent
      from (
        select
          row_number() over (order by t.id) as number,
           jsonb_build_object('id', t.id) as object
        from clerk.users as t
        where t.deleted_at is null
          and t.synced_at < since
          and (newest is null or t.created_at <= newest)
          and (oldest is null or t.created_at > oldest)
          and t.id <> all (ids)
      ) as a;
    end if;

  when 'organizations' then
    if not exists (select from clerk.organizations as t where t.id = any (given_ids)) then
      missing := jsonb_array_length(given_rows);
      news := nullif(given_rows, '[]');
    else
      select
        count(*) filter (where d.is_missing),
        count(*) filter (where d.is_erased),
        count(*) filter (where not d.is_missing and not d.is_erased and d.differs),
        jsonb_agg(d.row) filter (where not d.is_erased and (d.is_missing or d.differs))
      into missing, erased, stale, news
      from (
        select
          given.row,
          t.id is null or (t.synced_at is null and t.deleted_at is null) as is_missing,
          coalesce(t.deleted_at is not null, false) as is_erased,
          (
            t.name,
            t.slug,
            t.image_url,
            t.created_by,
            t.members_count,
            t.max_allowed_memberships,
            t.admin_delete_enabled,
            t.role_set_key,
            t.public_metadata,
            t.private_metadata,
            t.created_at,
            t.updated_at
          ) is distinct from (
            x.name,
            x.slug,
            x.image_url,
            x.created_by,
            x.members_count,
            x.max_allowed_memberships,
            x.admin_delete_enabled,
            x.role_set_key,
            x.public_metadata,
            x.private_metadata,
            to_timestamp(x.created_at / 1000.0)::timestamptz(3),
            to_timestamp(x.updated_at / 1000.0)::timestamptz(3)
          ) as differs
        from jsonb_array_elements(given_rows) as given (row), lateral jsonb_to_record(given.row) as x (
          id text,
          name text,
          slug text,
          image_url text,
          created_by text,
          members_count integer,
          max_allowed_memberships integer,
          admin_delete_enabled boolean,
          role_set_key text,
          public_metadata jsonb,
          private_metadata jsonb,
          created_at bigint,
          updated_at bigint,
          version text,
          deleted boolean
        )
        left join clerk.organizations as t on t.id = x.id
      ) as d;
    end if;

    if news is not null and not is_dry then
      perform from clerk.merge_1(jsonb_build_object('organizations', news), '[]');
      select count(*) into repaired
      from clerk.organizations as t
      join jsonb_to_recordset(news) as x (id text, version text) on t.id = x.id and t.version = x.version collate "C";
    end if;

    if span is not null then
      select count(*), coalesce(jsonb_agg(a.object) filter (where a.number <= 5000), '[]') into absentees, absent
      from (
        select
          row_number() over (order by t.id) as number,
           jsonb_build_object('id', t.id) as object
        from clerk.organizations as t
        where t.deleted_at is null
          and t.synced_at < since
          and (newest is null or t.created_at <= newest)
          and (oldest is null or t.created_at > oldest)
          and t.id <> all (ids)
      ) as a;
    end if;

  when 'sessions' then
    if not exists (select from clerk.sessions as t where t.id = any (given_ids)) then
      missing := jsonb_array_length(given_rows);
      news := nullif(given_rows, '[]');
    else
      select
        count(*) filter (where d.is_missing),
        count(*) filter (where d.is_erased),
        count(*) filter (where not d.is_missing and not d.is_erased and d.differs),
        jsonb_agg(d.row) filter (where not d.is_erased and (d.is_missing or d.differs))
      into missing, erased, stale, news
      from (
        select
          given.row || jsonb_build_object('latest_activity', coalesce(x.latest_activity, t.latest_activity)) as row,
          t.id is null or (t.synced_at is null and t.deleted_at is null) as is_missing,
          coalesce(t.deleted_at is not null, false) as is_erased,
          (
            t.user_id,
            t.client_id,
            t.status,
            t.last_active_organization_id,
            t.actor,
            t.latest_activity,
            t.last_active_at,
            t.expire_at,
            t.abandon_at,
            t.created_at,
            t.updated_at
          ) is distinct from (
            least(t.user_id, x.user_id),
            x.client_id,
            x.status,
            x.last_active_organization_id,
            x.actor,
            coalesce(x.latest_activity, t.latest_activity),
            to_timestamp(x.last_active_at / 1000.0)::timestamptz(3),
            to_timestamp(x.expire_at / 1000.0)::timestamptz(3),
            to_timestamp(x.abandon_at / 1000.0)::timestamptz(3),
            to_timestamp(x.created_at / 1000.0)::timestamptz(3),
            to_timestamp(x.updated_at / 1000.0)::timestamptz(3)
          ) as differs
        from jsonb_array_elements(given_rows) as given (row), lateral jsonb_to_record(given.row) as x (
          id text,
          user_id text,
          client_id text,
          status text,
          last_active_organization_id text,
          actor jsonb,
          latest_activity jsonb,
          last_active_at bigint,
          expire_at bigint,
          abandon_at bigint,
          created_at bigint,
          updated_at bigint,
          version text,
          deleted boolean
        )
        left join clerk.sessions as t on t.id = x.id
      ) as d;
    end if;

    if news is not null and not is_dry then
      perform from clerk.merge_1(jsonb_build_object('sessions', news), '[]');
      select count(*) into repaired
      from clerk.sessions as t
      join jsonb_to_recordset(news) as x (id text, version text) on t.id = x.id and t.version = x.version collate "C";
    end if;

    if span is not null then
      select count(*), coalesce(jsonb_agg(a.object) filter (where a.number <= 5000), '[]') into absentees, absent
      from (
        select
          row_number() over (order by t.id) as number,
           jsonb_build_object('id', t.id, 'user_id', t.user_id) as object
        from clerk.sessions as t
        where t.deleted_at is null
          and t.synced_at < since
          and (newest is null or t.created_at <= newest)
          and (oldest is null or t.created_at > oldest)
          and (users is null or t.user_id = any (users))
          and t.id <> all (ids)
      ) as a;
    end if;

  when 'organization_memberships' then
    if not exists (select from clerk.organization_memberships as t where t.id = any (given_ids)) then
      missing := jsonb_array_length(given_rows);
      news := nullif(given_rows, '[]');
    else
      select
        count(*) filter (where d.is_missing),
        count(*) filter (where d.is_erased),
        count(*) filter (where not d.is_missing and not d.is_erased and d.differs),
        jsonb_agg(d.row) filter (where not d.is_erased and (d.is_missing or d.differs))
      into missing, erased, stale, news
      from (
        select
          given.row,
          t.id is null or (t.synced_at is null and t.deleted_at is null) as is_missing,
          coalesce(t.deleted_at is not null, false) as is_erased,
          (
            t.organization_id,
            t.user_id,
            t.role,
            t.role_name,
            t.permissions,
            t.public_metadata,
            t.private_metadata,
            t.created_at,
            t.updated_at
          ) is distinct from (
            least(t.organization_id, x.organization_id),
            least(t.user_id, x.user_id),
            x.role,
            x.role_name,
            x.permissions,
            x.public_metadata,
            x.private_metadata,
            to_timestamp(x.created_at / 1000.0)::timestamptz(3),
            to_timestamp(x.updated_at / 1000.0)::timestamptz(3)
          ) as differs
        from jsonb_array_elements(given_rows) as given (row), lateral jsonb_to_record(given.row) as x (
          id text,
          organization_id text,
          user_id text,
          role text,
          role_name text,
          permissions jsonb,
          public_metadata jsonb,
          private_metadata jsonb,
          created_at bigint,
          updated_at bigint,
          version text,
          deleted boolean
        )
        left join clerk.organization_memberships as t on t.id = x.id
      ) as d;
    end if;

    if news is not null and not is_dry then
      perform from clerk.merge_1(jsonb_build_object('organization_memberships', news), '[]');
      select count(*) into repaired
      from clerk.organization_memberships as t
      join jsonb_to_recordset(news) as x (id text, version text) on t.id = x.id and t.version = x.version collate "C";
    end if;

    if span is not null then
      select count(*), coalesce(jsonb_agg(a.object) filter (where a.number <= 5000), '[]') into absentees, absent
      from (
        select
          row_number() over (order by t.id) as number,
           jsonb_build_object('id', t.id, 'organization_id', t.organization_id, 'user_id', t.user_id) as object
        from clerk.organization_memberships as t
        where t.deleted_at is null
          and t.synced_at < since
          and (newest is null or t.created_at <= newest)
          and (oldest is null or t.created_at > oldest)
          and (users is null or t.user_id = any (users))
          and t.id <> all (ids)
      ) as a;
    end if;

  when 'organization_invitations' then
    if not exists (select from clerk.organization_invitations as t where t.id = any (given_ids)) then
      missing := jsonb_array_length(given_rows);
      news := nullif(given_rows, '[]');
    else
      select
        count(*) filter (where d.is_missing),
        count(*) filter (where d.is_erased),
        count(*) filter (where not d.is_missing and not d.is_erased and d.differs),
        jsonb_agg(d.row) filter (where not d.is_erased and (d.is_missing or d.differs))
      into missing, erased, stale, news
      from (
        select
          given.row,
          t.id is null or (t.synced_at is null and t.deleted_at is null) as is_missing,
          coalesce(t.deleted_at is not null, false) as is_erased,
          (
            t.organization_id,
            t.inviter_id,
            t.user_id,
            t.email_address,
            t.role,
            t.role_name,
            t.status,
            t.url,
            t.expires_at,
            t.public_metadata,
            t.private_metadata,
            t.created_at,
            t.updated_at
          ) is distinct from (
            least(t.organization_id, x.organization_id),
            x.inviter_id,
            least(t.user_id, x.user_id),
            x.email_address,
            x.role,
            x.role_name,
            x.status,
            x.url,
            to_timestamp(x.expires_at / 1000.0)::timestamptz(3),
            x.public_metadata,
            x.private_metadata,
            to_timestamp(x.created_at / 1000.0)::timestamptz(3),
            to_timestamp(x.updated_at / 1000.0)::timestamptz(3)
          ) as differs
        from jsonb_array_elements(given_rows) as given (row), lateral jsonb_to_record(given.row) as x (
          id text,
          organization_id text,
          inviter_id text,
          user_id text,
          email_address text,
          role text,
          role_name text,
          status text,
          url text,
          expires_at bigint,
          public_metadata jsonb,
          private_metadata jsonb,
          created_at bigint,
          updated_at bigint,
          version text,
          deleted boolean
        )
        left join clerk.organization_invitations as t on t.id = x.id
      ) as d;
    end if;

    if news is not null and not is_dry then
      perform from clerk.merge_1(jsonb_build_object('organization_invitations', news), '[]');
      select count(*) into repaired
      from clerk.organization_invitations as t
      join jsonb_to_recordset(news) as x (id text, version text) on t.id = x.id and t.version = x.version collate "C";
    end if;

    if span is not null then
      select count(*), coalesce(jsonb_agg(a.object) filter (where a.number <= 5000), '[]') into absentees, absent
      from (
        select
          row_number() over (order by t.id) as number,
           jsonb_build_object('id', t.id, 'organization_id', t.organization_id, 'user_id', t.user_id) as object
        from clerk.organization_invitations as t
        where t.deleted_at is null
          and t.synced_at < since
          and (newest is null or t.created_at <= newest)
          and (oldest is null or t.created_at > oldest)
          and t.id <> all (ids)
      ) as a;
    end if;

  when 'organization_domains' then
    if not exists (select from clerk.organization_domains as t where t.id = any (given_ids)) then
      missing := jsonb_array_length(given_rows);
      news := nullif(given_rows, '[]');
    else
      select
        count(*) filter (where d.is_missing),
        count(*) filter (where d.is_erased),
        count(*) filter (where not d.is_missing and not d.is_erased and d.differs),
        jsonb_agg(d.row) filter (where not d.is_erased and (d.is_missing or d.differs))
      into missing, erased, stale, news
      from (
        select
          given.row,
          t.id is null or (t.synced_at is null and t.deleted_at is null) as is_missing,
          coalesce(t.deleted_at is not null, false) as is_erased,
          (
            t.organization_id,
            t.name,
            t.enrollment_mode,
            t.affiliation_email_address,
            t.affiliation_verification,
            t.ownership_verification,
            t.total_pending_invitations,
            t.total_pending_suggestions,
            t.created_at,
            t.updated_at
          ) is distinct from (
            least(t.organization_id, x.organization_id),
            x.name,
            x.enrollment_mode,
            x.affiliation_email_address,
            x.affiliation_verification,
            x.ownership_verification,
            x.total_pending_invitations,
            x.total_pending_suggestions,
            to_timestamp(x.created_at / 1000.0)::timestamptz(3),
            to_timestamp(x.updated_at / 1000.0)::timestamptz(3)
          ) as differs
        from jsonb_array_elements(given_rows) as given (row), lateral jsonb_to_record(given.row) as x (
          id text,
          organization_id text,
          name text,
          enrollment_mode text,
          affiliation_email_address text,
          affiliation_verification jsonb,
          ownership_verification jsonb,
          total_pending_invitations integer,
          total_pending_suggestions integer,
          created_at bigint,
          updated_at bigint,
          version text,
          deleted boolean
        )
        left join clerk.organization_domains as t on t.id = x.id
      ) as d;
    end if;

    if news is not null and not is_dry then
      perform from clerk.merge_1(jsonb_build_object('organization_domains', news), '[]');
      select count(*) into repaired
      from clerk.organization_domains as t
      join jsonb_to_recordset(news) as x (id text, version text) on t.id = x.id and t.version = x.version collate "C";
    end if;

    if span is not null then
      select count(*), coalesce(jsonb_agg(a.object) filter (where a.number <= 5000), '[]') into absentees, absent
      from (
        select
          row_number() over (order by t.id) as number,
           jsonb_build_object('id', t.id, 'organization_id', t.organization_id) as object
        from clerk.organization_domains as t
        where t.deleted_at is null
          and t.synced_at < since
          and (newest is null or t.created_at <= newest)
          and (oldest is null or t.created_at > oldest)
          and t.id <> all (ids)
      ) as a;
    end if;

  when 'roles' then
    if not exists (select from clerk.roles as t where t.id = any (given_ids)) then
      missing := jsonb_array_length(given_rows);
      news := nullif(given_rows, '[]');
    else
      select
        count(*) filter (where d.is_missing),
        count(*) filter (where d.is_erased),
        count(*) filter (where not d.is_missing and not d.is_erased and d.differs),
        jsonb_agg(d.row) filter (where not d.is_erased and (d.is_missing or d.differs))
      into missing, erased, stale, news
      from (
        select
          given.row,
          t.id is null or (t.synced_at is null and t.deleted_at is null) as is_missing,
          coalesce(t.deleted_at is not null, false) as is_erased,
          (
            t.name,
            t.key,
            t.description,
            t.is_creator_eligible,
            t.permissions,
            t.created_at,
            t.updated_at
          ) is distinct from (
            x.name,
            x.key,
            x.description,
            x.is_creator_eligible,
            x.permissions,
            to_timestamp(x.created_at / 1000.0)::timestamptz(3),
            to_timestamp(x.updated_at / 1000.0)::timestamptz(3)
          ) as differs
        from jsonb_array_elements(given_rows) as given (row), lateral jsonb_to_record(given.row) as x (
          id text,
          name text,
          key text,
          description text,
          is_creator_eligible boolean,
          permissions jsonb,
          created_at bigint,
          updated_at bigint,
          version text,
          deleted boolean
        )
        left join clerk.roles as t on t.id = x.id
      ) as d;
    end if;

    if news is not null and not is_dry then
      perform from clerk.merge_1(jsonb_build_object('roles', news), '[]');
      select count(*) into repaired
      from clerk.roles as t
      join jsonb_to_recordset(news) as x (id text, version text) on t.id = x.id and t.version = x.version collate "C";
    end if;

    if span is not null then
      select count(*), coalesce(jsonb_agg(a.object) filter (where a.number <= 5000), '[]') into absentees, absent
      from (
        select
          row_number() over (order by t.id) as number,
           jsonb_build_object('id', t.id) as object
        from clerk.roles as t
        where t.deleted_at is null
          and t.synced_at < since
          and (newest is null or t.created_at <= newest)
          and (oldest is null or t.created_at > oldest)
          and t.id <> all (ids)
      ) as a;
    end if;

  when 'permissions' then
    if not exists (select from clerk.permissions as t where t.id = any (given_ids)) then
      missing := jsonb_array_length(given_rows);
      news := nullif(given_rows, '[]');
    else
      select
        count(*) filter (where d.is_missing),
        count(*) filter (where d.is_erased),
        count(*) filter (where not d.is_missing and not d.is_erased and d.differs),
        jsonb_agg(d.row) filter (where not d.is_erased and (d.is_missing or d.differs))
      into missing, erased, stale, news
      from (
        select
          given.row,
          t.id is null or (t.synced_at is null and t.deleted_at is null) as is_missing,
          coalesce(t.deleted_at is not null, false) as is_erased,
          (
            t.name,
            t.key,
            t.description,
            t.type,
            t.created_at,
            t.updated_at
          ) is distinct from (
            x.name,
            x.key,
            x.description,
            x.type,
            to_timestamp(x.created_at / 1000.0)::timestamptz(3),
            to_timestamp(x.updated_at / 1000.0)::timestamptz(3)
          ) as differs
        from jsonb_array_elements(given_rows) as given (row), lateral jsonb_to_record(given.row) as x (
          id text,
          name text,
          key text,
          description text,
          type text,
          created_at bigint,
          updated_at bigint,
          version text,
          deleted boolean
        )
        left join clerk.permissions as t on t.id = x.id
      ) as d;
    end if;

    if news is not null and not is_dry then
      perform from clerk.merge_1(jsonb_build_object('permissions', news), '[]');
      select count(*) into repaired
      from clerk.permissions as t
      join jsonb_to_recordset(news) as x (id text, version text) on t.id = x.id and t.version = x.version collate "C";
    end if;

    if span is not null then
      select count(*), coalesce(jsonb_agg(a.object) filter (where a.number <= 5000), '[]') into absentees, absent
      from (
        select
          row_number() over (order by t.id) as number,
           jsonb_build_object('id', t.id) as object
        from clerk.permissions as t
        where t.deleted_at is null
          and t.synced_at < since
          and (newest is null or t.created_at <= newest)
          and (oldest is null or t.created_at > oldest)
          and t.id <> all (ids)
      ) as a;
    end if;

  when 'waitlist_entries' then
    if not exists (select from clerk.waitlist_entries as t where t.id = any (given_ids)) then
      missing := jsonb_array_length(given_rows);
      news := nullif(given_rows, '[]');
    else
      select
        count(*) filter (where d.is_missing),
        count(*) filter (where d.is_erased),
        count(*) filter (where not d.is_missing and not d.is_erased and d.differs),
        jsonb_agg(d.row) filter (where not d.is_erased and (d.is_missing or d.differs))
      into missing, erased, stale, news
      from (
        select
          given.row,
          t.id is null or (t.synced_at is null and t.deleted_at is null) as is_missing,
          coalesce(t.deleted_at is not null, false) as is_erased,
          (
            t.email_address,
            t.status,
            t.is_locked,
            t.invitation_id,
            t.created_at,
            t.updated_at
          ) is distinct from (
            x.email_address,
            x.status,
            x.is_locked,
            x.invitation_id,
            to_timestamp(x.created_at / 1000.0)::timestamptz(3),
            to_timestamp(x.updated_at / 1000.0)::timestamptz(3)
          ) as differs
        from jsonb_array_elements(given_rows) as given (row), lateral jsonb_to_record(given.row) as x (
          id text,
          email_address text,
          status text,
          is_locked boolean,
          invitation_id text,
          created_at bigint,
          updated_at bigint,
          version text,
          deleted boolean
        )
        left join clerk.waitlist_entries as t on t.id = x.id
      ) as d;
    end if;

    if news is not null and not is_dry then
      perform from clerk.merge_1(jsonb_build_object('waitlist_entries', news), '[]');
      select count(*) into repaired
      from clerk.waitlist_entries as t
      join jsonb_to_recordset(news) as x (id text, version text) on t.id = x.id and t.version = x.version collate "C";
    end if;

    if span is not null then
      select count(*), coalesce(jsonb_agg(a.object) filter (where a.number <= 5000), '[]') into absentees, absent
      from (
        select
          row_number() over (order by t.id) as number,
           jsonb_build_object('id', t.id) as object
        from clerk.waitlist_entries as t
        where t.deleted_at is null
          and t.synced_at < since
          and (newest is null or t.created_at <= newest)
          and (oldest is null or t.created_at > oldest)
          and t.id <> all (ids)
      ) as a;
    end if;

  when 'subscriptions' then
    if not exists (select from clerk.subscriptions as t where t.id = any (given_ids)) then
      missing := jsonb_array_length(given_rows);
      news := nullif(given_rows, '[]');
    else
      select
        count(*) filter (where d.is_missing),
        count(*) filter (where d.is_erased),
        count(*) filter (where not d.is_missing and not d.is_erased and d.differs),
        jsonb_agg(d.row) filter (where not d.is_erased and (d.is_missing or d.differs))
      into missing, erased, stale, news
      from (
        select
          given.row,
          t.id is null or (t.synced_at is null and t.deleted_at is null) as is_missing,
          coalesce(t.deleted_at is not null, false) as is_erased,
          (
            t.user_id,
            t.organization_id,
            t.payer_id,
            t.status,
            t.active_at,
            t.past_due_at,
            t.canceled_at,
            t.ended_at,
            t.latest_payment_id,
            t.payment_source_id,
            t.created_at,
            t.updated_at
          ) is distinct from (
            x.user_id,
            x.organization_id,
            x.payer_id,
            x.status,
            to_timestamp(x.active_at / 1000.0)::timestamptz(3),
            to_timestamp(x.past_due_at / 1000.0)::timestamptz(3),
            to_timestamp(x.canceled_at / 1000.0)::timestamptz(3),
            to_timestamp(x.ended_at / 1000.0)::timestamptz(3),
            x.latest_payment_id,
            x.payment_source_id,
            to_timestamp(x.created_at / 1000.0)::timestamptz(3),
            to_timestamp(x.updated_at / 1000.0)::timestamptz(3)
          ) as differs
        from jsonb_array_elements(given_rows) as given (row), lateral jsonb_to_record(given.row) as x (
          id text,
          user_id text,
          organization_id text,
          payer_id text,
          status text,
          active_at bigint,
          past_due_at bigint,
          canceled_at bigint,
          ended_at bigint,
          latest_payment_id text,
          payment_source_id text,
          created_at bigint,
          updated_at bigint,
          version text,
          deleted boolean
        )
        left join clerk.subscriptions as t on t.id = x.id
      ) as d;
    end if;

    if news is not null and not is_dry then
      perform from clerk.merge_1(jsonb_build_object('subscriptions', news), '[]');
      select count(*) into repaired
      from clerk.subscriptions as t
      join jsonb_to_recordset(news) as x (id text, version text) on t.id = x.id and t.version = x.version collate "C";
    end if;

    if span is not null then
      select count(*), coalesce(jsonb_agg(a.object) filter (where a.number <= 5000), '[]') into absentees, absent
      from (
        select
          row_number() over (order by t.id) as number,
           jsonb_build_object('id', t.id) as object
        from clerk.subscriptions as t
        where t.deleted_at is null
          and t.synced_at < since
          and (newest is null or t.created_at <= newest)
          and (oldest is null or t.created_at > oldest)
          and t.id <> all (ids)
      ) as a;
    end if;

  when 'subscription_items' then
    if not exists (select from clerk.subscription_items as t where t.id = any (given_ids)) then
      missing := jsonb_array_length(given_rows);
      news := nullif(given_rows, '[]');
    else
      select
        count(*) filter (where d.is_missing),
        count(*) filter (where d.is_erased),
        count(*) filter (where not d.is_missing and not d.is_erased and d.differs),
        jsonb_agg(d.row) filter (where not d.is_erased and (d.is_missing or d.differs))
      into missing, erased, stale, news
      from (
        select
          given.row,
          t.id is null or (t.synced_at is null and t.deleted_at is null) as is_missing,
          coalesce(t.deleted_at is not null, false) as is_erased,
          (
            t.subscription_id,
            t.user_id,
            t.organization_id,
            t.status,
            t.interval,
            t.period_start,
            t.period_end,
            t.is_free_trial,
            t.plan_id,
            t.plan,
            t.seats,
            t.created_at,
            t.updated_at
          ) is distinct from (
            least(t.subscription_id, x.subscription_id),
            least(t.user_id, x.user_id),
            least(t.organization_id, x.organization_id),
            x.status,
            x.interval,
            to_timestamp(x.period_start / 1000.0)::timestamptz(3),
            to_timestamp(x.period_end / 1000.0)::timestamptz(3),
            x.is_free_trial,
            x.plan_id,
            x.plan,
            x.seats,
            to_timestamp(x.created_at / 1000.0)::timestamptz(3),
            to_timestamp(x.updated_at / 1000.0)::timestamptz(3)
          ) as differs
        from jsonb_array_elements(given_rows) as given (row), lateral jsonb_to_record(given.row) as x (
          id text,
          subscription_id text,
          user_id text,
          organization_id text,
          status text,
          interval text,
          period_start bigint,
          period_end bigint,
          is_free_trial boolean,
          plan_id text,
          plan jsonb,
          seats jsonb,
          created_at bigint,
          updated_at bigint,
          version text,
          deleted boolean
        )
        left join clerk.subscription_items as t on t.id = x.id
      ) as d;
    end if;

    if news is not null and not is_dry then
      perform from clerk.merge_1(jsonb_build_object('subscription_items', news), '[]');
      select count(*) into repaired
      from clerk.subscription_items as t
      join jsonb_to_recordset(news) as x (id text, version text) on t.id = x.id and t.version = x.version collate "C";
    end if;

    if span is not null then
      select count(*), coalesce(jsonb_agg(a.object) filter (where a.number <= 5000), '[]') into absentees, absent
      from (
        select
          row_number() over (order by t.id) as number,
           jsonb_build_object('id', t.id, 'subscription_id', t.subscription_id, 'user_id', t.user_id, 'organization_id', t.organization_id) as object
        from clerk.subscription_items as t
        where t.deleted_at is null
          and t.synced_at < since
          and (newest is null or t.created_at <= newest)
          and (oldest is null or t.created_at > oldest)
          and t.id <> all (ids)
      ) as a;
    end if;

  when 'payment_attempts' then
    if not exists (select from clerk.payment_attempts as t where t.id = any (given_ids)) then
      missing := jsonb_array_length(given_rows);
      news := nullif(given_rows, '[]');
    else
      select
        count(*) filter (where d.is_missing),
        count(*) filter (where d.is_erased),
        count(*) filter (where not d.is_missing and not d.is_erased and d.differs),
        jsonb_agg(d.row) filter (where not d.is_erased and (d.is_missing or d.differs))
      into missing, erased, stale, news
      from (
        select
          given.row,
          t.id is null or (t.synced_at is null and t.deleted_at is null) as is_missing,
          coalesce(t.deleted_at is not null, false) as is_erased,
          (
            t.payment_id,
            t.statement_id,
            t.user_id,
            t.organization_id,
            t.gateway_external_id,
            t.status,
            t.charge_type,
            t.billing_date,
            t.paid_at,
            t.failed_at,
            t.failed_reason,
            t.totals,
            t.created_at,
            t.updated_at
          ) is distinct from (
            x.payment_id,
            x.statement_id,
            x.user_id,
            x.organization_id,
            x.gateway_external_id,
            x.status,
            x.charge_type,
            to_timestamp(x.billing_date / 1000.0)::timestamptz(3),
            to_timestamp(x.paid_at / 1000.0)::timestamptz(3),
            to_timestamp(x.failed_at / 1000.0)::timestamptz(3),
            x.failed_reason,
            x.totals,
            to_timestamp(x.created_at / 1000.0)::timestamptz(3),
            to_timestamp(x.updated_at / 1000.0)::timestamptz(3)
          ) as differs
        from jsonb_array_elements(given_rows) as given (row), lateral jsonb_to_record(given.row) as x (
          id text,
          payment_id text,
          statement_id text,
          user_id text,
          organization_id text,
          gateway_external_id text,
          status text,
          charge_type text,
          billing_date bigint,
          paid_at bigint,
          failed_at bigint,
          failed_reason jsonb,
          totals jsonb,
          created_at bigint,
          updated_at bigint,
          version text,
          deleted boolean
        )
        left join clerk.payment_attempts as t on t.id = x.id
      ) as d;
    end if;

    if news is not null and not is_dry then
      perform from clerk.merge_1(jsonb_build_object('payment_attempts', news), '[]');
      select count(*) into repaired
      from clerk.payment_attempts as t
      join jsonb_to_recordset(news) as x (id text, version text) on t.id = x.id and t.version = x.version collate "C";
    end if;

    if span is not null then
      select count(*), coalesce(jsonb_agg(a.object) filter (where a.number <= 5000), '[]') into absentees, absent
      from (
        select
          row_number() over (order by t.id) as number,
           jsonb_build_object('id', t.id) as object
        from clerk.payment_attempts as t
        where t.deleted_at is null
          and t.synced_at < since
          and (newest is null or t.created_at <= newest)
          and (oldest is null or t.created_at > oldest)
          and t.id <> all (ids)
      ) as a;
    end if;
  end case;
  return jsonb_build_object(
    'missing', missing, 'stale', stale, 'erased', erased, 'repaired', repaired,
    'absentees', absentees, 'absent', absent
  );
end
$compare$;
--> statement-breakpoint
revoke all on function clerk.compare_1(text, jsonb, jsonb, boolean) from public;
--> statement-breakpoint
do $grant$
begin
  -- The Worker's role of drizzle/roles.sql, if it was made before this migration.
  if exists (select from pg_roles where rolname = 'clerk_mirror') then
    grant execute on function clerk.compare_1(text, jsonb, jsonb, boolean) to clerk_mirror;
  end if;
end
$grant$;
