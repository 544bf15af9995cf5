-- Generated from src/schema.ts and src/entities by npm run db:generate. Do not edit.
CREATE SCHEMA "clerk";
--> statement-breakpoint
CREATE TABLE "clerk"."absences" (
	"table_name" text NOT NULL,
	"id" text NOT NULL,
	"run_id" text NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "absences_table_name_id_pk" PRIMARY KEY("table_name","id")
);
--> statement-breakpoint
CREATE TABLE "clerk"."deliveries" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"subject_id" text,
	"instance_id" text,
	"occurred_at" timestamp (3) with time zone,
	"received_at" timestamp (3) with time zone NOT NULL,
	"attempts" integer NOT NULL,
	"outcome" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."organization_domains" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text,
	"name" text,
	"enrollment_mode" text,
	"affiliation_email_address" text,
	"affiliation_verification" jsonb,
	"ownership_verification" jsonb,
	"total_pending_invitations" integer,
	"total_pending_suggestions" integer,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."organization_invitations" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text,
	"inviter_id" text,
	"user_id" text,
	"email_address" text,
	"role" text,
	"role_name" text,
	"status" text,
	"url" text,
	"expires_at" timestamp (3) with time zone,
	"public_metadata" jsonb,
	"private_metadata" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."organization_memberships" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text,
	"user_id" text,
	"role" text,
	"role_name" text,
	"permissions" jsonb,
	"public_metadata" jsonb,
	"private_metadata" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."organizations" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text,
	"slug" text,
	"image_url" text,
	"created_by" text,
	"members_count" integer,
	"max_allowed_memberships" integer,
	"admin_delete_enabled" boolean,
	"role_set_key" text,
	"public_metadata" jsonb,
	"private_metadata" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."payment_attempts" (
	"id" text PRIMARY KEY NOT NULL,
	"payment_id" text,
	"statement_id" text,
	"user_id" text,
	"organization_id" text,
	"gateway_external_id" text,
	"status" text,
	"charge_type" text,
	"billing_date" timestamp (3) with time zone,
	"paid_at" timestamp (3) with time zone,
	"failed_at" timestamp (3) with time zone,
	"failed_reason" jsonb,
	"totals" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."permissions" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text,
	"key" text,
	"description" text,
	"type" text,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."reconciliations" (
	"run_id" text NOT NULL,
	"table_name" text NOT NULL,
	"kind" text NOT NULL,
	"instance_id" text,
	"started_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone NOT NULL,
	"checked" integer NOT NULL,
	"missing" integer NOT NULL,
	"stale" integer NOT NULL,
	"extra" integer NOT NULL,
	"repaired" integer NOT NULL,
	"held" integer NOT NULL,
	"erased_here" integer NOT NULL,
	"note" text,
	CONSTRAINT "reconciliations_run_id_table_name_pk" PRIMARY KEY("run_id","table_name")
);
--> statement-breakpoint
CREATE TABLE "clerk"."roles" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text,
	"key" text,
	"description" text,
	"is_creator_eligible" boolean,
	"permissions" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text,
	"client_id" text,
	"status" text,
	"last_active_organization_id" text,
	"actor" jsonb,
	"latest_activity" jsonb,
	"last_active_at" timestamp (3) with time zone,
	"expire_at" timestamp (3) with time zone,
	"abandon_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."subscription_items" (
	"id" text PRIMARY KEY NOT NULL,
	"subscription_id" text,
	"user_id" text,
	"organization_id" text,
	"status" text,
	"interval" text,
	"period_start" timestamp (3) with time zone,
	"period_end" timestamp (3) with time zone,
	"is_free_trial" boolean,
	"plan_id" text,
	"plan" jsonb,
	"seats" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."subscriptions" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text,
	"organization_id" text,
	"payer_id" text,
	"status" text,
	"active_at" timestamp (3) with time zone,
	"past_due_at" timestamp (3) with time zone,
	"canceled_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"latest_payment_id" text,
	"payment_source_id" text,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."users" (
	"id" text PRIMARY KEY NOT NULL,
	"email" text,
	"email_verified" boolean,
	"phone" text,
	"phone_verified" boolean,
	"username" text,
	"first_name" text,
	"last_name" text,
	"name" text,
	"image_url" text,
	"external_id" text,
	"locale" text,
	"banned" boolean,
	"locked" boolean,
	"two_factor_enabled" boolean,
	"password_enabled" boolean,
	"create_organization_enabled" boolean,
	"last_sign_in_at" timestamp (3) with time zone,
	"last_active_at" timestamp (3) with time zone,
	"legal_accepted_at" timestamp (3) with time zone,
	"email_addresses" jsonb,
	"phone_numbers" jsonb,
	"web3_wallets" jsonb,
	"external_accounts" jsonb,
	"public_metadata" jsonb,
	"private_metadata" jsonb,
	"unsafe_metadata" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."waitlist_entries" (
	"id" text PRIMARY KEY NOT NULL,
	"email_address" text,
	"status" text,
	"is_locked" boolean,
	"invitation_id" text,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE INDEX "deliveries_received_at_index" ON "clerk"."deliveries" USING btree ("received_at");
--> statement-breakpoint
CREATE INDEX "organization_domains_organization_id_index" ON "clerk"."organization_domains" USING btree ("organization_id");
--> statement-breakpoint
CREATE INDEX "organization_invitations_organization_id_index" ON "clerk"."organization_invitations" USING btree ("organization_id");
--> statement-breakpoint
CREATE INDEX "organization_memberships_organization_id_index" ON "clerk"."organization_memberships" USING btree ("organization_id");
--> statement-breakpoint
CREATE INDEX "organization_memberships_user_id_index" ON "clerk"."organization_memberships" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "organization_memberships_created_at_index" ON "clerk"."organization_memberships" USING btree ("created_at");
--> statement-breakpoint
CREATE INDEX "organizations_slug_index" ON "clerk"."organizations" USING btree ("slug");
--> statement-breakpoint
CREATE INDEX "organizations_created_at_index" ON "clerk"."organizations" USING btree ("created_at");
--> statement-breakpoint
CREATE INDEX "payment_attempts_user_id_index" ON "clerk"."payment_attempts" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "payment_attempts_organization_id_index" ON "clerk"."payment_attempts" USING btree ("organization_id");
--> statement-breakpoint
CREATE INDEX "reconciliations_finished_at_index" ON "clerk"."reconciliations" USING btree ("finished_at");
--> statement-breakpoint
CREATE INDEX "sessions_user_id_index" ON "clerk"."sessions" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "subscription_items_subscription_id_index" ON "clerk"."subscription_items" USING btree ("subscription_id");
--> statement-breakpoint
CREATE INDEX "subscription_items_user_id_index" ON "clerk"."subscription_items" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "subscription_items_organization_id_index" ON "clerk"."subscription_items" USING btree ("organization_id");
--> statement-breakpoint
CREATE INDEX "subscriptions_user_id_index" ON "clerk"."subscriptions" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "subscriptions_organization_id_index" ON "clerk"."subscriptions" USING btree ("organization_id");
--> statement-breakpoint
CREATE INDEX "users_email_index" ON "clerk"."users" USING btree ("email");
--> statement-breakpoint
CREATE INDEX "users_external_id_index" ON "clerk"."users" USING btree ("external_id");
--> statement-breakpoint
CREATE INDEX "users_created_at_index" ON "clerk"."users" USING btree ("created_at");
--> statement-breakpoint
-- Generated by dev/generate/merge-function.ts from src/schema.ts and src/entities. Do not edit.
--
-- The only function that writes rows of the copy.
--   changes     { "<table>": [ row, … ] }, one row per id; times in milliseconds since 1970;
--               { "id": …, "version": "", "deleted": true } for an object that Clerk deleted
--   deliveries  [ { id, type, subject_id, instance_id, occurred_at, subject, otherwise } ], one per id;
--               "subject" is the "<table>:<id>" of a row: if it changes, the outcome is 'applied', else "otherwise"
-- Returns a row per delivery: its outcome in this call, and how often it has been committed.
create or replace function clerk.merge_1(changes jsonb, deliveries jsonb)
returns table (id text, outcome text, attempts integer)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $merge$
#variable_conflict use_column
declare
  changed text[] := '{}';
  gone_users text[] := array(select c ->> 'id' from jsonb_array_elements(changes -> 'users') as c where c ? 'deleted');
  gone_organizations text[] := array(
    select c ->> 'id' from jsonb_array_elements(changes -> 'organizations') as c where c ? 'deleted'
  );
begin
  -- A snapshot that is older than the call would hide what another call has just written.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'clerk.merge_1 needs the isolation level "read committed", not "%"',
      current_setting('transaction_isolation')
      using errcode = '42000', hint = 'Set default_transaction_isolation of the role and the database to ''read committed''.';
  end if;

  -- A parent is either deleted by one call, or named by the children of many. Take the locks before the statements that
  -- read what another call may be writing, and in one order, so that two calls never wait for each other.
  if gone_users <> '{}' or gone_organizations <> '{}' or changes ?| '{sessions,organization_memberships,organization_invitations,organization_domains}' then
    perform case when k.is_deleted then pg_advisory_xact_lock(k.key) else pg_advisory_xact_lock_shared(k.key) end
    from (
      select n.key, bool_or(n.is_deleted) as is_deleted
      from (
        select hashtextextended('clerk.users:' || id, 0), true from unnest(gone_users) as id
        union all
        select hashtextextended('clerk.organizations:' || id, 0), true from unnest(gone_organizations) as id
        union all
        select hashtextextended('clerk.users:' || (c ->> 'user_id'), 0), false from jsonb_array_elements(changes -> 'sessions') as c
        union all
        select hashtextextended('clerk.organizations:' || (c ->> 'organization_id'), 0), false from jsonb_array_elements(changes -> 'organization_memberships') as c
        union all
        select hashtextextended('clerk.users:' || (c ->> 'user_id'), 0), false from jsonb_array_elements(changes -> 'organization_memberships') as c
        union all
        select hashtextextended('clerk.organizations:' || (c ->> 'organization_id'), 0), false from jsonb_array_elements(changes -> 'organization_invitations') as c
        union all
        select hashtextextended('clerk.organizations:' || (c ->> 'organization_id'), 0), false from jsonb_array_elements(changes -> 'organization_domains') as c
      ) as n (key, is_deleted)
      where n.key is not null
      group by n.key
      order by n.key
    ) as k;
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
        create_organization_enabled,
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
        x.create_organization_enabled,
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
        create_organization_enabled boolean,
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
        create_organization_enabled = excluded.create_organization_enabled,
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

  if changes ? 'organizations' then
    with merged as (
      insert into clerk.organizations as t (
        id,
        name,
        slug,
        image_url,
        created_by,
        members_count,
        max_allowed_memberships,
        admin_delete_enabled,
        role_set_key,
        public_metadata,
        private_metadata,
        created_at,
        updated_at,
        deleted_at,
        synced_at,
        version
      )
      select
        x.id,
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
        to_timestamp(x.created_at / 1000.0),
        to_timestamp(x.updated_at / 1000.0),
        case when x.deleted then clock_timestamp() end,
        clock_timestamp(),
        x.version
      from jsonb_to_recordset(changes -> 'organizations') as x (
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
      order by x.id
      on conflict (id) do update set
        name = excluded.name,
        slug = excluded.slug,
        image_url = excluded.image_url,
        created_by = excluded.created_by,
        members_count = excluded.members_count,
        max_allowed_memberships = excluded.max_allowed_memberships,
        admin_delete_enabled = excluded.admin_delete_enabled,
        role_set_key = excluded.role_set_key,
        public_metadata = excluded.public_metadata,
        private_metadata = excluded.private_metadata,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.deleted_at is null and (excluded.deleted_at is not null or t.version < excluded.version)
      returning t.id
    )
    select changed || coalesce(array_agg('organizations:' || merged.id), '{}') into changed from merged;
  end if;

  if gone_users <> '{}' then
    perform from clerk.sessions as t
    where t.user_id = any (gone_users)
      or t.id in (select c ->> 'id' from jsonb_array_elements(changes -> 'sessions') as c)
    order by t.id for no key update;
    update clerk.sessions as t set
      user_id = null,
      client_id = null,
      status = null,
      last_active_organization_id = null,
      actor = null,
      latest_activity = null,
      last_active_at = null,
      expire_at = null,
      abandon_at = null,
      created_at = null,
      updated_at = null,
      deleted_at = clock_timestamp(),
      synced_at = clock_timestamp(),
      version = ''
    where t.user_id = any (gone_users);
  end if;

  if changes ? 'sessions' then
    with merged as (
      insert into clerk.sessions as t (
        id,
        user_id,
        client_id,
        status,
        last_active_organization_id,
        actor,
        latest_activity,
        last_active_at,
        expire_at,
        abandon_at,
        created_at,
        updated_at,
        deleted_at,
        synced_at,
        version
      )
      select
        x.id,
        x.user_id,
        x.client_id,
        x.status,
        x.last_active_organization_id,
        x.actor,
        x.latest_activity,
        to_timestamp(x.last_active_at / 1000.0),
        to_timestamp(x.expire_at / 1000.0),
        to_timestamp(x.abandon_at / 1000.0),
        to_timestamp(x.created_at / 1000.0),
        to_timestamp(x.updated_at / 1000.0),
        case when x.deleted then clock_timestamp() end,
        clock_timestamp(),
        x.version
      from jsonb_array_elements(changes -> 'sessions') as given (row), lateral jsonb_to_record(
        case
          when exists (select from clerk.users as p where p.id = given.row ->> 'user_id' and p.deleted_at is not null)
          then jsonb_build_object('id', given.row -> 'id', 'version', '', 'deleted', true)
          else given.row
        end
      ) as x (
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
      order by x.id
      on conflict (id) do update set
        user_id = case when excluded.deleted_at is null then least(t.user_id, excluded.user_id) end,
        client_id = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.client_id else t.client_id end,
        status = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.status else t.status end,
        last_active_organization_id = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.last_active_organization_id else t.last_active_organization_id end,
        actor = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.actor else t.actor end,
        latest_activity = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.latest_activity else t.latest_activity end,
        last_active_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.last_active_at else t.last_active_at end,
        expire_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.expire_at else t.expire_at end,
        abandon_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.abandon_at else t.abandon_at end,
        created_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.created_at else t.created_at end,
        updated_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.updated_at else t.updated_at end,
        deleted_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.deleted_at else t.deleted_at end,
        synced_at = clock_timestamp(),
        version = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.version else t.version end
      where t.deleted_at is null and (excluded.deleted_at is not null or t.version < excluded.version or least(t.user_id, excluded.user_id) is distinct from t.user_id)
      returning t.id
    )
    select changed || coalesce(array_agg('sessions:' || merged.id), '{}') into changed from merged;
  end if;

  if gone_organizations <> '{}' or gone_users <> '{}' then
    perform from clerk.organization_memberships as t
    where t.organization_id = any (gone_organizations) or t.user_id = any (gone_users)
      or t.id in (select c ->> 'id' from jsonb_array_elements(changes -> 'organization_memberships') as c)
    order by t.id for no key update;
    update clerk.organization_memberships as t set
      organization_id = null,
      user_id = null,
      role = null,
      role_name = null,
      permissions = null,
      public_metadata = null,
      private_metadata = null,
      created_at = null,
      updated_at = null,
      deleted_at = clock_timestamp(),
      synced_at = clock_timestamp(),
      version = ''
    where t.organization_id = any (gone_organizations) or t.user_id = any (gone_users);
  end if;

  if changes ? 'organization_memberships' then
    with merged as (
      insert into clerk.organization_memberships as t (
        id,
        organization_id,
        user_id,
        role,
        role_name,
        permissions,
        public_metadata,
        private_metadata,
        created_at,
        updated_at,
        deleted_at,
        synced_at,
        version
      )
      select
        x.id,
        x.organization_id,
        x.user_id,
        x.role,
        x.role_name,
        x.permissions,
        x.public_metadata,
        x.private_metadata,
        to_timestamp(x.created_at / 1000.0),
        to_timestamp(x.updated_at / 1000.0),
        case when x.deleted then clock_timestamp() end,
        clock_timestamp(),
        x.version
      from jsonb_array_elements(changes -> 'organization_memberships') as given (row), lateral jsonb_to_record(
        case
          when exists (select from clerk.organizations as p where p.id = given.row ->> 'organization_id' and p.deleted_at is not null)
            or exists (select from clerk.users as p where p.id = given.row ->> 'user_id' and p.deleted_at is not null)
          then jsonb_build_object('id', given.row -> 'id', 'version', '', 'deleted', true)
          else given.row
        end
      ) as x (
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
      order by x.id
      on conflict (id) do update set
        organization_id = case when excluded.deleted_at is null then least(t.organization_id, excluded.organization_id) end,
        user_id = case when excluded.deleted_at is null then least(t.user_id, excluded.user_id) end,
        role = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.role else t.role end,
        role_name = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.role_name else t.role_name end,
        permissions = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.permissions else t.permissions end,
        public_metadata = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.public_metadata else t.public_metadata end,
        private_metadata = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.private_metadata else t.private_metadata end,
        created_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.created_at else t.created_at end,
        updated_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.updated_at else t.updated_at end,
        deleted_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.deleted_at else t.deleted_at end,
        synced_at = clock_timestamp(),
        version = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.version else t.version end
      where t.deleted_at is null and (excluded.deleted_at is not null or t.version < excluded.version or least(t.organization_id, excluded.organization_id) is distinct from t.organization_id or least(t.user_id, excluded.user_id) is distinct from t.user_id)
      returning t.id
    )
    select changed || coalesce(array_agg('organization_memberships:' || merged.id), '{}') into changed from merged;
  end if;

  if gone_organizations <> '{}' then
    perform from clerk.organization_invitations as t
    where t.organization_id = any (gone_organizations)
      or t.id in (select c ->> 'id' from jsonb_array_elements(changes -> 'organization_invitations') as c)
    order by t.id for no key update;
    update clerk.organization_invitations as t set
      organization_id = null,
      inviter_id = null,
      user_id = null,
      email_address = null,
      role = null,
      role_name = null,
      status = null,
      url = null,
      expires_at = null,
      public_metadata = null,
      private_metadata = null,
      created_at = null,
      updated_at = null,
      deleted_at = clock_timestamp(),
      synced_at = clock_timestamp(),
      version = ''
    where t.organization_id = any (gone_organizations);
  end if;

  if changes ? 'organization_invitations' then
    with merged as (
      insert into clerk.organization_invitations as t (
        id,
        organization_id,
        inviter_id,
        user_id,
        email_address,
        role,
        role_name,
        status,
        url,
        expires_at,
        public_metadata,
        private_metadata,
        created_at,
        updated_at,
        deleted_at,
        synced_at,
        version
      )
      select
        x.id,
        x.organization_id,
        x.inviter_id,
        x.user_id,
        x.email_address,
        x.role,
        x.role_name,
        x.status,
        x.url,
        to_timestamp(x.expires_at / 1000.0),
        x.public_metadata,
        x.private_metadata,
        to_timestamp(x.created_at / 1000.0),
        to_timestamp(x.updated_at / 1000.0),
        case when x.deleted then clock_timestamp() end,
        clock_timestamp(),
        x.version
      from jsonb_array_elements(changes -> 'organization_invitations') as given (row), lateral jsonb_to_record(
        case
          when exists (select from clerk.organizations as p where p.id = given.row ->> 'organization_id' and p.deleted_at is not null)
          then jsonb_build_object('id', given.row -> 'id', 'version', '', 'deleted', true)
          else given.row
        end
      ) as x (
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
      order by x.id
      on conflict (id) do update set
        organization_id = case when excluded.deleted_at is null then least(t.organization_id, excluded.organization_id) end,
        inviter_id = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.inviter_id else t.inviter_id end,
        user_id = case when excluded.deleted_at is null then least(t.user_id, excluded.user_id) end,
        email_address = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.email_address else t.email_address end,
        role = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.role else t.role end,
        role_name = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.role_name else t.role_name end,
        status = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.status else t.status end,
        url = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.url else t.url end,
        expires_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.expires_at else t.expires_at end,
        public_metadata = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.public_metadata else t.public_metadata end,
        private_metadata = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.private_metadata else t.private_metadata end,
        created_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.created_at else t.created_at end,
        updated_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.updated_at else t.updated_at end,
        deleted_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.deleted_at else t.deleted_at end,
        synced_at = clock_timestamp(),
        version = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.version else t.version end
      where t.deleted_at is null and (excluded.deleted_at is not null or t.version < excluded.version or least(t.organization_id, excluded.organization_id) is distinct from t.organization_id or least(t.user_id, excluded.user_id) is distinct from t.user_id)
      returning t.id
    )
    select changed || coalesce(array_agg('organization_invitations:' || merged.id), '{}') into changed from merged;
  end if;

  if gone_organizations <> '{}' then
    perform from clerk.organization_domains as t
    where t.organization_id = any (gone_organizations)
      or t.id in (select c ->> 'id' from jsonb_array_elements(changes -> 'organization_domains') as c)
    order by t.id for no key update;
    update clerk.organization_domains as t set
      organization_id = null,
      name = null,
      enrollment_mode = null,
      affiliation_email_address = null,
      affiliation_verification = null,
      ownership_verification = null,
      total_pending_invitations = null,
      total_pending_suggestions = null,
      created_at = null,
      updated_at = null,
      deleted_at = clock_timestamp(),
      synced_at = clock_timestamp(),
      version = ''
    where t.organization_id = any (gone_organizations);
  end if;

  if changes ? 'organization_domains' then
    with merged as (
      insert into clerk.organization_domains as t (
        id,
        organization_id,
        name,
        enrollment_mode,
        affiliation_email_address,
        affiliation_verification,
        ownership_verification,
        total_pending_invitations,
        total_pending_suggestions,
        created_at,
        updated_at,
        deleted_at,
        synced_at,
        version
      )
      select
        x.id,
        x.organization_id,
        x.name,
        x.enrollment_mode,
        x.affiliation_email_address,
        x.affiliation_verification,
        x.ownership_verification,
        x.total_pending_invitations,
        x.total_pending_suggestions,
        to_timestamp(x.created_at / 1000.0),
        to_timestamp(x.updated_at / 1000.0),
        case when x.deleted then clock_timestamp() end,
        clock_timestamp(),
        x.version
      from jsonb_array_elements(changes -> 'organization_domains') as given (row), lateral jsonb_to_record(
        case
          when exists (select from clerk.organizations as p where p.id = given.row ->> 'organization_id' and p.deleted_at is not null)
          then jsonb_build_object('id', given.row -> 'id', 'version', '', 'deleted', true)
          else given.row
        end
      ) as x (
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
      order by x.id
      on conflict (id) do update set
        organization_id = case when excluded.deleted_at is null then least(t.organization_id, excluded.organization_id) end,
        name = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.name else t.name end,
        enrollment_mode = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.enrollment_mode else t.enrollment_mode end,
        affiliation_email_address = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.affiliation_email_address else t.affiliation_email_address end,
        affiliation_verification = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.affiliation_verification else t.affiliation_verification end,
        ownership_verification = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.ownership_verification else t.ownership_verification end,
        total_pending_invitations = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.total_pending_invitations else t.total_pending_invitations end,
        total_pending_suggestions = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.total_pending_suggestions else t.total_pending_suggestions end,
        created_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.created_at else t.created_at end,
        updated_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.updated_at else t.updated_at end,
        deleted_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.deleted_at else t.deleted_at end,
        synced_at = clock_timestamp(),
        version = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.version else t.version end
      where t.deleted_at is null and (excluded.deleted_at is not null or t.version < excluded.version or least(t.organization_id, excluded.organization_id) is distinct from t.organization_id)
      returning t.id
    )
    select changed || coalesce(array_agg('organization_domains:' || merged.id), '{}') into changed from merged;
  end if;

  if changes ? 'roles' then
    with merged as (
      insert into clerk.roles as t (
        id,
        name,
        key,
        description,
        is_creator_eligible,
        permissions,
        created_at,
        updated_at,
        deleted_at,
        synced_at,
        version
      )
      select
        x.id,
        x.name,
        x.key,
        x.description,
        x.is_creator_eligible,
        x.permissions,
        to_timestamp(x.created_at / 1000.0),
        to_timestamp(x.updated_at / 1000.0),
        case when x.deleted then clock_timestamp() end,
        clock_timestamp(),
        x.version
      from jsonb_to_recordset(changes -> 'roles') as x (
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
      order by x.id
      on conflict (id) do update set
        name = excluded.name,
        key = excluded.key,
        description = excluded.description,
        is_creator_eligible = excluded.is_creator_eligible,
        permissions = excluded.permissions,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.deleted_at is null and (excluded.deleted_at is not null or t.version < excluded.version)
      returning t.id
    )
    select changed || coalesce(array_agg('roles:' || merged.id), '{}') into changed from merged;
  end if;

  if changes ? 'permissions' then
    with merged as (
      insert into clerk.permissions as t (
        id,
        name,
        key,
        description,
        type,
        created_at,
        updated_at,
        deleted_at,
        synced_at,
        version
      )
      select
        x.id,
        x.name,
        x.key,
        x.description,
        x.type,
        to_timestamp(x.created_at / 1000.0),
        to_timestamp(x.updated_at / 1000.0),
        case when x.deleted then clock_timestamp() end,
        clock_timestamp(),
        x.version
      from jsonb_to_recordset(changes -> 'permissions') as x (
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
      order by x.id
      on conflict (id) do update set
        name = excluded.name,
        key = excluded.key,
        description = excluded.description,
        type = excluded.type,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.deleted_at is null and (excluded.deleted_at is not null or t.version < excluded.version)
      returning t.id
    )
    select changed || coalesce(array_agg('permissions:' || merged.id), '{}') into changed from merged;
  end if;

  if changes ? 'waitlist_entries' then
    with merged as (
      insert into clerk.waitlist_entries as t (
        id,
        email_address,
        status,
        is_locked,
        invitation_id,
        created_at,
        updated_at,
        deleted_at,
        synced_at,
        version
      )
      select
        x.id,
        x.email_address,
        x.status,
        x.is_locked,
        x.invitation_id,
        to_timestamp(x.created_at / 1000.0),
        to_timestamp(x.updated_at / 1000.0),
        case when x.deleted then clock_timestamp() end,
        clock_timestamp(),
        x.version
      from jsonb_to_recordset(changes -> 'waitlist_entries') as x (
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
      order by x.id
      on conflict (id) do update set
        email_address = excluded.email_address,
        status = excluded.status,
        is_locked = excluded.is_locked,
        invitation_id = excluded.invitation_id,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.deleted_at is null and (excluded.deleted_at is not null or t.version < excluded.version)
      returning t.id
    )
    select changed || coalesce(array_agg('waitlist_entries:' || merged.id), '{}') into changed from merged;
  end if;

  if changes ? 'subscriptions' then
    with merged as (
      insert into clerk.subscriptions as t (
        id,
        user_id,
        organization_id,
        payer_id,
        status,
        active_at,
        past_due_at,
        canceled_at,
        ended_at,
        latest_payment_id,
        payment_source_id,
        created_at,
        updated_at,
        deleted_at,
        synced_at,
        version
      )
      select
        x.id,
        x.user_id,
        x.organization_id,
        x.payer_id,
        x.status,
        to_timestamp(x.active_at / 1000.0),
        to_timestamp(x.past_due_at / 1000.0),
        to_timestamp(x.canceled_at / 1000.0),
        to_timestamp(x.ended_at / 1000.0),
        x.latest_payment_id,
        x.payment_source_id,
        to_timestamp(x.created_at / 1000.0),
        to_timestamp(x.updated_at / 1000.0),
        case when x.deleted then clock_timestamp() end,
        clock_timestamp(),
        x.version
      from jsonb_to_recordset(changes -> 'subscriptions') as x (
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
      order by x.id
      on conflict (id) do update set
        user_id = excluded.user_id,
        organization_id = excluded.organization_id,
        payer_id = excluded.payer_id,
        status = excluded.status,
        active_at = excluded.active_at,
        past_due_at = excluded.past_due_at,
        canceled_at = excluded.canceled_at,
        ended_at = excluded.ended_at,
        latest_payment_id = excluded.latest_payment_id,
        payment_source_id = excluded.payment_source_id,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.deleted_at is null and (excluded.deleted_at is not null or t.version < excluded.version)
      returning t.id
    )
    select changed || coalesce(array_agg('subscriptions:' || merged.id), '{}') into changed from merged;
  end if;

  if changes ? 'subscription_items' then
    with merged as (
      insert into clerk.subscription_items as t (
        id,
        subscription_id,
        user_id,
        organization_id,
        status,
        interval,
        period_start,
        period_end,
        is_free_trial,
        plan_id,
        plan,
        seats,
        created_at,
        updated_at,
        deleted_at,
        synced_at,
        version
      )
      select
        x.id,
        x.subscription_id,
        x.user_id,
        x.organization_id,
        x.status,
        x.interval,
        to_timestamp(x.period_start / 1000.0),
        to_timestamp(x.period_end / 1000.0),
        x.is_free_trial,
        x.plan_id,
        x.plan,
        x.seats,
        to_timestamp(x.created_at / 1000.0),
        to_timestamp(x.updated_at / 1000.0),
        case when x.deleted then clock_timestamp() end,
        clock_timestamp(),
        x.version
      from jsonb_to_recordset(changes -> 'subscription_items') as x (
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
      order by x.id
      on conflict (id) do update set
        subscription_id = case when excluded.deleted_at is null then least(t.subscription_id, excluded.subscription_id) end,
        user_id = case when excluded.deleted_at is null then least(t.user_id, excluded.user_id) end,
        organization_id = case when excluded.deleted_at is null then least(t.organization_id, excluded.organization_id) end,
        status = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.status else t.status end,
        interval = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.interval else t.interval end,
        period_start = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.period_start else t.period_start end,
        period_end = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.period_end else t.period_end end,
        is_free_trial = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.is_free_trial else t.is_free_trial end,
        plan_id = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.plan_id else t.plan_id end,
        plan = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.plan else t.plan end,
        seats = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.seats else t.seats end,
        created_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.created_at else t.created_at end,
        updated_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.updated_at else t.updated_at end,
        deleted_at = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.deleted_at else t.deleted_at end,
        synced_at = clock_timestamp(),
        version = case when excluded.deleted_at is not null or t.version < excluded.version then excluded.version else t.version end
      where t.deleted_at is null and (excluded.deleted_at is not null or t.version < excluded.version or least(t.subscription_id, excluded.subscription_id) is distinct from t.subscription_id or least(t.user_id, excluded.user_id) is distinct from t.user_id or least(t.organization_id, excluded.organization_id) is distinct from t.organization_id)
      returning t.id
    )
    select changed || coalesce(array_agg('subscription_items:' || merged.id), '{}') into changed from merged;
  end if;

  if changes ? 'payment_attempts' then
    with merged as (
      insert into clerk.payment_attempts as t (
        id,
        payment_id,
        statement_id,
        user_id,
        organization_id,
        gateway_external_id,
        status,
        charge_type,
        billing_date,
        paid_at,
        failed_at,
        failed_reason,
        totals,
        created_at,
        updated_at,
        deleted_at,
        synced_at,
        version
      )
      select
        x.id,
        x.payment_id,
        x.statement_id,
        x.user_id,
        x.organization_id,
        x.gateway_external_id,
        x.status,
        x.charge_type,
        to_timestamp(x.billing_date / 1000.0),
        to_timestamp(x.paid_at / 1000.0),
        to_timestamp(x.failed_at / 1000.0),
        x.failed_reason,
        x.totals,
        to_timestamp(x.created_at / 1000.0),
        to_timestamp(x.updated_at / 1000.0),
        case when x.deleted then clock_timestamp() end,
        clock_timestamp(),
        x.version
      from jsonb_to_recordset(changes -> 'payment_attempts') as x (
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
      order by x.id
      on conflict (id) do update set
        payment_id = excluded.payment_id,
        statement_id = excluded.statement_id,
        user_id = excluded.user_id,
        organization_id = excluded.organization_id,
        gateway_external_id = excluded.gateway_external_id,
        status = excluded.status,
        charge_type = excluded.charge_type,
        billing_date = excluded.billing_date,
        paid_at = excluded.paid_at,
        failed_at = excluded.failed_at,
        failed_reason = excluded.failed_reason,
        totals = excluded.totals,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.deleted_at is null and (excluded.deleted_at is not null or t.version < excluded.version)
      returning t.id
    )
    select changed || coalesce(array_agg('payment_attempts:' || merged.id), '{}') into changed from merged;
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
--> statement-breakpoint
do $grant$
begin
  if exists (select from pg_roles where rolname = 'clerk_mirror') then
    grant execute on function clerk.merge_1(jsonb, jsonb) to clerk_mirror;
  end if;
end
$grant$;
--> statement-breakpoint
-- Generated by dev/generate/compare-function.ts from src/schema.ts and src/entities. Do not edit.
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
            t.create_organization_enabled,
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
            x.create_organization_enabled,
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
          create_organization_enabled boolean,
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
  if exists (select from pg_roles where rolname = 'clerk_mirror') then
    grant execute on function clerk.compare_1(text, jsonb, jsonb, boolean) to clerk_mirror;
  end if;
end
$grant$;
--> statement-breakpoint
comment on schema clerk is 'A copy of a Clerk instance. Only the function clerk.merge_1 writes its rows.';
--> statement-breakpoint
comment on table clerk.users is 'Clerk''s users. Rows are never removed: reference clerk.users (id) from your own tables.';
--> statement-breakpoint
comment on column clerk.users.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.users.email is 'The primary email address, or null. Not unique: an address may change hands.';
--> statement-breakpoint
comment on column clerk.users.email_verified is 'Whether the primary email address is verified.';
--> statement-breakpoint
comment on column clerk.users.phone is 'The primary phone number, or null.';
--> statement-breakpoint
comment on column clerk.users.phone_verified is 'Whether the primary phone number is verified.';
--> statement-breakpoint
comment on column clerk.users.name is 'First and last name, or the one that is set, without extra spaces. Null if neither is set.';
--> statement-breakpoint
comment on column clerk.users.private_metadata is 'Only for your backend: never show it to the user.';
--> statement-breakpoint
comment on column clerk.users.unsafe_metadata is 'Written by the user''s browser: do not trust it.';
--> statement-breakpoint
comment on column clerk.users.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.users.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.users.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.organizations is 'Clerk''s organizations. Rows are never removed: reference clerk.organizations (id) from your own tables.';
--> statement-breakpoint
comment on column clerk.organizations.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.organizations.created_by is 'The user who created it.';
--> statement-breakpoint
comment on column clerk.organizations.members_count is 'As of the organization''s newest event. For an exact number, count rows of clerk.organization_memberships.';
--> statement-breakpoint
comment on column clerk.organizations.private_metadata is 'Only for your backend.';
--> statement-breakpoint
comment on column clerk.organizations.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.organizations.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.organizations.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.sessions is 'Sign-ins. Deleted with their user.';
--> statement-breakpoint
comment on column clerk.sessions.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.sessions.status is 'active, pending, ended, removed, revoked, expired, abandoned or replaced.';
--> statement-breakpoint
comment on column clerk.sessions.actor is 'Who impersonates the user, or null.';
--> statement-breakpoint
comment on column clerk.sessions.latest_activity is 'Device, browser, city and IP address. Personal data: use MIRROR_OMIT to keep it out.';
--> statement-breakpoint
comment on column clerk.sessions.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.sessions.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.sessions.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.organization_memberships is 'Who is in which organization. Deleted with the user or the organization. Joining again gives a new id.';
--> statement-breakpoint
comment on column clerk.organization_memberships.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.organization_memberships.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.organization_memberships.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.organization_memberships.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.organization_invitations is 'Invitations to an organization. Deleted with it.';
--> statement-breakpoint
comment on column clerk.organization_invitations.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.organization_invitations.user_id is 'The user who accepted it.';
--> statement-breakpoint
comment on column clerk.organization_invitations.email_address is 'Null once it is no longer pending.';
--> statement-breakpoint
comment on column clerk.organization_invitations.url is 'Null once it is no longer pending. Anybody who has it can sign up.';
--> statement-breakpoint
comment on column clerk.organization_invitations.public_metadata is 'Null once it is no longer pending.';
--> statement-breakpoint
comment on column clerk.organization_invitations.private_metadata is 'Null once it is no longer pending.';
--> statement-breakpoint
comment on column clerk.organization_invitations.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.organization_invitations.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.organization_invitations.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.organization_domains is 'Domains of an organization. Deleted with it.';
--> statement-breakpoint
comment on column clerk.organization_domains.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.organization_domains.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.organization_domains.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.organization_domains.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.roles is 'Roles that a member of an organization can have.';
--> statement-breakpoint
comment on column clerk.roles.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.roles.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.roles.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.roles.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.permissions is 'Permissions that a role can hold.';
--> statement-breakpoint
comment on column clerk.permissions.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.permissions.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.permissions.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.permissions.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.waitlist_entries is 'People who wait for an invitation to the application.';
--> statement-breakpoint
comment on column clerk.waitlist_entries.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.waitlist_entries.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.waitlist_entries.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.waitlist_entries.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.subscriptions is 'Billing: what a user or an organization has subscribed to.';
--> statement-breakpoint
comment on column clerk.subscriptions.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.subscriptions.user_id is 'The user who pays, or null.';
--> statement-breakpoint
comment on column clerk.subscriptions.organization_id is 'The organization that pays, or null.';
--> statement-breakpoint
comment on column clerk.subscriptions.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.subscriptions.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.subscriptions.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.subscription_items is 'Billing: the plans of a subscription, with their periods.';
--> statement-breakpoint
comment on column clerk.subscription_items.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.subscription_items.user_id is 'The user who pays, or null.';
--> statement-breakpoint
comment on column clerk.subscription_items.organization_id is 'The organization that pays, or null.';
--> statement-breakpoint
comment on column clerk.subscription_items.interval is 'month or annual.';
--> statement-breakpoint
comment on column clerk.subscription_items.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.subscription_items.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.subscription_items.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.payment_attempts is 'Billing: payment attempts. Cards, names and addresses are not stored.';
--> statement-breakpoint
comment on column clerk.payment_attempts.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.payment_attempts.user_id is 'The user who pays, or null.';
--> statement-breakpoint
comment on column clerk.payment_attempts.organization_id is 'The organization that pays, or null.';
--> statement-breakpoint
comment on column clerk.payment_attempts.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.payment_attempts.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.payment_attempts.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.deliveries is 'The ledger: one row per committed delivery, without its payload. Pruned by received_at.';
--> statement-breakpoint
comment on column clerk.deliveries.id is 'The same for every attempt and replay of one delivery.';
--> statement-breakpoint
comment on column clerk.deliveries.received_at is 'When it was first committed.';
--> statement-breakpoint
comment on column clerk.deliveries.attempts is 'How often it was committed.';
--> statement-breakpoint
comment on column clerk.deliveries.outcome is 'At its first commit: applied (its subject''s row changed), stale (nothing new) or ignored (not mirrored).';
--> statement-breakpoint
comment on table clerk.reconciliations is 'What a backfill or reconcile found and did: one row per run and table.';
--> statement-breakpoint
comment on column clerk.reconciliations.checked is 'Objects in Clerk''s list.';
--> statement-breakpoint
comment on column clerk.reconciliations.missing is 'Those that the copy did not have.';
--> statement-breakpoint
comment on column clerk.reconciliations.stale is 'Those that differed in the copy.';
--> statement-breakpoint
comment on column clerk.reconciliations.extra is 'Objects that the copy had and Clerk does not: each was asked for, and Clerk answered with 404.';
--> statement-breakpoint
comment on column clerk.reconciliations.repaired is 'Rows that were merged, or deleted after a second 404.';
--> statement-breakpoint
comment on column clerk.reconciliations.held is 'Rows that were left unchanged: after a first 404, or because too many would have been deleted.';
--> statement-breakpoint
comment on column clerk.reconciliations.erased_here is 'Objects in Clerk''s list that are deleted in the copy.';
--> statement-breakpoint
comment on column clerk.reconciliations.note is 'Why rows were left unchanged, or why the list was not read.';
--> statement-breakpoint
comment on table clerk.absences is 'Objects that Clerk answered with 404 in the latest run. A second 404 in a row deletes them.';
--> statement-breakpoint
comment on column clerk.absences.since is 'When the run that first missed the object began.';
