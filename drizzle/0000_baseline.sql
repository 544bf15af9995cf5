-- Generated from src/schema.ts and src/entities by npm run db:generate. Do not edit.
CREATE SCHEMA IF NOT EXISTS "clerk";
--> statement-breakpoint
CREATE SEQUENCE "clerk"."outbox_generation" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;
--> statement-breakpoint
CREATE TABLE "clerk"."absences" (
	"table_name" text NOT NULL,
	"id" text NOT NULL,
	"run_id" text NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	"first_asked_at" timestamp (3) with time zone NOT NULL,
	"asked_at" timestamp (3) with time zone NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	CONSTRAINT "absences_table_name_id_pk" PRIMARY KEY("table_name","id")
);
--> statement-breakpoint
CREATE TABLE "clerk"."alerts" (
	"name" text PRIMARY KEY NOT NULL,
	"codes" jsonb NOT NULL,
	"told_at" timestamp (3) with time zone,
	"claimed_until" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "clerk"."apps" (
	"name" text PRIMARY KEY NOT NULL,
	"tables" jsonb NOT NULL,
	"is_backfill_told" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."crons" (
	"name" text PRIMARY KEY NOT NULL,
	"patience" interval NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	"key_since" timestamp (3) with time zone
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
CREATE TABLE "clerk"."leases" (
	"name" text PRIMARY KEY NOT NULL,
	"run_id" text NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
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
	"total_pending_invitations" bigint,
	"total_pending_suggestions" bigint,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '0' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."organization_invitations" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text,
	"inviter_id" text,
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
	"version" text collate "C" DEFAULT '0' NOT NULL
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
	"version" text collate "C" DEFAULT '0' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."organizations" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text,
	"slug" text,
	"image_url" text,
	"created_by" text,
	"max_allowed_memberships" bigint,
	"admin_delete_enabled" boolean,
	"role_set_key" text,
	"last_active_at" timestamp (3) with time zone,
	"public_metadata" jsonb,
	"private_metadata" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '0' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."outbox" (
	"table_name" text NOT NULL,
	"id" text NOT NULL,
	"kind" text NOT NULL,
	"is_known" boolean NOT NULL,
	"source" text NOT NULL,
	"first_at" timestamp (3) with time zone NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	"generation" bigint NOT NULL,
	"attempts" integer NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"failure" text,
	CONSTRAINT "outbox_table_name_id_pk" PRIMARY KEY("table_name","id")
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
	"amount" bigint,
	"currency" text,
	"paid_at" timestamp (3) with time zone,
	"failed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '0' NOT NULL
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
	"version" text collate "C" DEFAULT '0' NOT NULL
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
	"restored" integer NOT NULL,
	"held" integer NOT NULL,
	"erased_here" integer NOT NULL,
	"note" text,
	CONSTRAINT "reconciliations_run_id_table_name_pk" PRIMARY KEY("run_id","table_name")
);
--> statement-breakpoint
CREATE TABLE "clerk"."refusals" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text,
	"error" text NOT NULL,
	"details" jsonb NOT NULL,
	"first_at" timestamp (3) with time zone NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	"attempts" integer NOT NULL
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
	"version" text collate "C" DEFAULT '0' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."seen" (
	"run_id" text NOT NULL,
	"table_name" text NOT NULL,
	"id" text NOT NULL,
	"seen_at" timestamp (3) with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "seen_run_id_table_name_id_pk" PRIMARY KEY("run_id","table_name","id")
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
	"version" text collate "C" DEFAULT '0' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."subscription_items" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text,
	"organization_id" text,
	"status" text,
	"interval" text,
	"period_start" timestamp (3) with time zone,
	"period_end" timestamp (3) with time zone,
	"is_free_trial" boolean,
	"plan_id" text,
	"plan_name" text,
	"plan_slug" text,
	"seats" bigint,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '0' NOT NULL
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
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '0' NOT NULL
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
	"deprovisioned" boolean,
	"two_factor_enabled" boolean,
	"totp_enabled" boolean,
	"backup_code_enabled" boolean,
	"password_enabled" boolean,
	"delete_self_enabled" boolean,
	"create_organization_enabled" boolean,
	"create_organizations_limit" bigint,
	"last_sign_in_at" timestamp (3) with time zone,
	"last_active_at" timestamp (3) with time zone,
	"legal_accepted_at" timestamp (3) with time zone,
	"mfa_enabled_at" timestamp (3) with time zone,
	"mfa_disabled_at" timestamp (3) with time zone,
	"password_last_updated_at" timestamp (3) with time zone,
	"primary_web3_wallet_id" text,
	"email_addresses" jsonb,
	"phone_numbers" jsonb,
	"web3_wallets" jsonb,
	"passkeys" jsonb,
	"external_accounts" jsonb,
	"enterprise_accounts" jsonb,
	"public_metadata" jsonb,
	"private_metadata" jsonb,
	"unsafe_metadata" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '0' NOT NULL
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
	"version" text collate "C" DEFAULT '0' NOT NULL
);
--> statement-breakpoint
CREATE INDEX "deliveries_received_at_index" ON "clerk"."deliveries" USING btree ("received_at");
--> statement-breakpoint
CREATE INDEX "deliveries_subject_id_index" ON "clerk"."deliveries" USING btree ("subject_id");
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
CREATE INDEX "organizations_slug_index" ON "clerk"."organizations" USING hash ("slug");
--> statement-breakpoint
CREATE INDEX "organizations_created_at_index" ON "clerk"."organizations" USING btree ("created_at");
--> statement-breakpoint
CREATE INDEX "outbox_due_at_index" ON "clerk"."outbox" USING btree ("due_at");
--> statement-breakpoint
CREATE INDEX "payment_attempts_user_id_index" ON "clerk"."payment_attempts" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "payment_attempts_organization_id_index" ON "clerk"."payment_attempts" USING btree ("organization_id");
--> statement-breakpoint
CREATE INDEX "reconciliations_finished_at_index" ON "clerk"."reconciliations" USING btree ("finished_at");
--> statement-breakpoint
CREATE INDEX "refusals_last_at_index" ON "clerk"."refusals" USING btree ("last_at");
--> statement-breakpoint
CREATE INDEX "sessions_user_id_index" ON "clerk"."sessions" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "subscription_items_user_id_index" ON "clerk"."subscription_items" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "subscription_items_organization_id_index" ON "clerk"."subscription_items" USING btree ("organization_id");
--> statement-breakpoint
CREATE INDEX "subscriptions_user_id_index" ON "clerk"."subscriptions" USING btree ("user_id");
--> statement-breakpoint
CREATE INDEX "subscriptions_organization_id_index" ON "clerk"."subscriptions" USING btree ("organization_id");
--> statement-breakpoint
CREATE INDEX "users_email_index" ON "clerk"."users" USING hash ("email");
--> statement-breakpoint
CREATE INDEX "users_email_lower_index" ON "clerk"."users" USING hash (lower("email"));
--> statement-breakpoint
CREATE INDEX "users_username_index" ON "clerk"."users" USING hash ("username");
--> statement-breakpoint
CREATE INDEX "users_phone_index" ON "clerk"."users" USING hash ("phone");
--> statement-breakpoint
CREATE INDEX "users_external_id_index" ON "clerk"."users" USING hash ("external_id");
--> statement-breakpoint
CREATE INDEX "users_created_at_index" ON "clerk"."users" USING btree ("created_at");
--> statement-breakpoint
create or replace function clerk.given_users(rows jsonb) returns setof clerk.users language sql stable as $$
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
    x.deprovisioned,
    x.two_factor_enabled,
    x.totp_enabled,
    x.backup_code_enabled,
    x.password_enabled,
    x.delete_self_enabled,
    x.create_organization_enabled,
    x.create_organizations_limit,
    to_timestamp(x.last_sign_in_at / 1000.0),
    to_timestamp(x.last_active_at / 1000.0),
    to_timestamp(x.legal_accepted_at / 1000.0),
    to_timestamp(x.mfa_enabled_at / 1000.0),
    to_timestamp(x.mfa_disabled_at / 1000.0),
    to_timestamp(x.password_last_updated_at / 1000.0),
    x.primary_web3_wallet_id,
    x.email_addresses,
    x.phone_numbers,
    x.web3_wallets,
    x.passkeys,
    x.external_accounts,
    x.enterprise_accounts,
    x.public_metadata,
    x.private_metadata,
    x.unsafe_metadata,
    to_timestamp(x.created_at / 1000.0),
    to_timestamp(x.updated_at / 1000.0),
    case when x.deleted then clock_timestamp() end,
    clock_timestamp(),
    x.version
  from jsonb_to_recordset(rows) as x (
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
    deprovisioned boolean,
    two_factor_enabled boolean,
    totp_enabled boolean,
    backup_code_enabled boolean,
    password_enabled boolean,
    delete_self_enabled boolean,
    create_organization_enabled boolean,
    create_organizations_limit bigint,
    last_sign_in_at bigint,
    last_active_at bigint,
    legal_accepted_at bigint,
    mfa_enabled_at bigint,
    mfa_disabled_at bigint,
    password_last_updated_at bigint,
    primary_web3_wallet_id text,
    email_addresses jsonb,
    phone_numbers jsonb,
    web3_wallets jsonb,
    passkeys jsonb,
    external_accounts jsonb,
    enterprise_accounts jsonb,
    public_metadata jsonb,
    private_metadata jsonb,
    unsafe_metadata jsonb,
    created_at bigint,
    updated_at bigint,
    version text,
    deleted boolean
  )
$$;
--> statement-breakpoint
create or replace function clerk.upsert_users(rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  changed text[];
begin
  if 'users' <> all (told) then
    with written as (
      insert into clerk.users as t select * from clerk.given_users(rows) as x order by x.id
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
        deprovisioned = excluded.deprovisioned,
        two_factor_enabled = excluded.two_factor_enabled,
        totp_enabled = excluded.totp_enabled,
        backup_code_enabled = excluded.backup_code_enabled,
        password_enabled = excluded.password_enabled,
        delete_self_enabled = excluded.delete_self_enabled,
        create_organization_enabled = excluded.create_organization_enabled,
        create_organizations_limit = excluded.create_organizations_limit,
        last_sign_in_at = excluded.last_sign_in_at,
        last_active_at = excluded.last_active_at,
        legal_accepted_at = excluded.legal_accepted_at,
        mfa_enabled_at = excluded.mfa_enabled_at,
        mfa_disabled_at = excluded.mfa_disabled_at,
        password_last_updated_at = excluded.password_last_updated_at,
        primary_web3_wallet_id = excluded.primary_web3_wallet_id,
        email_addresses = excluded.email_addresses,
        phone_numbers = excluded.phone_numbers,
        web3_wallets = excluded.web3_wallets,
        passkeys = excluded.passkeys,
        external_accounts = excluded.external_accounts,
        enterprise_accounts = excluded.enterprise_accounts,
        public_metadata = excluded.public_metadata,
        private_metadata = excluded.private_metadata,
        unsafe_metadata = excluded.unsafe_metadata,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id
    )
    select array_agg('users:' || w.id) into changed from written as w;
  else
    with written as (
      insert into clerk.users as t select * from clerk.given_users(rows) as x order by x.id
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
        deprovisioned = excluded.deprovisioned,
        two_factor_enabled = excluded.two_factor_enabled,
        totp_enabled = excluded.totp_enabled,
        backup_code_enabled = excluded.backup_code_enabled,
        password_enabled = excluded.password_enabled,
        delete_self_enabled = excluded.delete_self_enabled,
        create_organization_enabled = excluded.create_organization_enabled,
        create_organizations_limit = excluded.create_organizations_limit,
        last_sign_in_at = excluded.last_sign_in_at,
        last_active_at = excluded.last_active_at,
        legal_accepted_at = excluded.legal_accepted_at,
        mfa_enabled_at = excluded.mfa_enabled_at,
        mfa_disabled_at = excluded.mfa_disabled_at,
        password_last_updated_at = excluded.password_last_updated_at,
        primary_web3_wallet_id = excluded.primary_web3_wallet_id,
        email_addresses = excluded.email_addresses,
        phone_numbers = excluded.phone_numbers,
        web3_wallets = excluded.web3_wallets,
        passkeys = excluded.passkeys,
        external_accounts = excluded.external_accounts,
        enterprise_accounts = excluded.enterprise_accounts,
        public_metadata = excluded.public_metadata,
        private_metadata = excluded.private_metadata,
        unsafe_metadata = excluded.unsafe_metadata,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id, t.version, t.deleted_at
    )
    select array_agg('users:' || w.id) || array_agg(w.news || 'users:' || w.id) filter (where w.news <> '')
    into changed
    from (
      select w.id, case
        when w.deleted_at is not null then
          case when b.deleted_at is not null then '' when b.version >= '1' then '!kd' else '!nd' end
        when w.version < '1' then ''
        when b.deleted_at is not null then '!dl'
        when b.version >= '1' then '!kl'
        else '!nl'
      end as news
      from written as w left join lateral (
        select o.version, o.deleted_at from clerk.users as o where o.id = w.id offset 0
      ) as b on true
    ) as w;
  end if;
  return changed;
end
$$;
--> statement-breakpoint
create or replace function clerk.given_organizations(rows jsonb) returns setof clerk.organizations language sql stable as $$
  select
    x.id,
    x.name,
    x.slug,
    x.image_url,
    x.created_by,
    x.max_allowed_memberships,
    x.admin_delete_enabled,
    x.role_set_key,
    to_timestamp(x.last_active_at / 1000.0),
    x.public_metadata,
    x.private_metadata,
    to_timestamp(x.created_at / 1000.0),
    to_timestamp(x.updated_at / 1000.0),
    case when x.deleted then clock_timestamp() end,
    clock_timestamp(),
    x.version
  from jsonb_to_recordset(rows) as x (
    id text,
    name text,
    slug text,
    image_url text,
    created_by text,
    max_allowed_memberships bigint,
    admin_delete_enabled boolean,
    role_set_key text,
    last_active_at bigint,
    public_metadata jsonb,
    private_metadata jsonb,
    created_at bigint,
    updated_at bigint,
    version text,
    deleted boolean
  )
$$;
--> statement-breakpoint
create or replace function clerk.upsert_organizations(rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  changed text[];
begin
  if 'organizations' <> all (told) then
    with written as (
      insert into clerk.organizations as t select * from clerk.given_organizations(rows) as x order by x.id
      on conflict (id) do update set
        name = excluded.name,
        slug = excluded.slug,
        image_url = excluded.image_url,
        created_by = excluded.created_by,
        max_allowed_memberships = excluded.max_allowed_memberships,
        admin_delete_enabled = excluded.admin_delete_enabled,
        role_set_key = excluded.role_set_key,
        last_active_at = excluded.last_active_at,
        public_metadata = excluded.public_metadata,
        private_metadata = excluded.private_metadata,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id
    )
    select array_agg('organizations:' || w.id) into changed from written as w;
  else
    with written as (
      insert into clerk.organizations as t select * from clerk.given_organizations(rows) as x order by x.id
      on conflict (id) do update set
        name = excluded.name,
        slug = excluded.slug,
        image_url = excluded.image_url,
        created_by = excluded.created_by,
        max_allowed_memberships = excluded.max_allowed_memberships,
        admin_delete_enabled = excluded.admin_delete_enabled,
        role_set_key = excluded.role_set_key,
        last_active_at = excluded.last_active_at,
        public_metadata = excluded.public_metadata,
        private_metadata = excluded.private_metadata,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id, t.version, t.deleted_at
    )
    select array_agg('organizations:' || w.id) || array_agg(w.news || 'organizations:' || w.id) filter (where w.news <> '')
    into changed
    from (
      select w.id, case
        when w.deleted_at is not null then
          case when b.deleted_at is not null then '' when b.version >= '1' then '!kd' else '!nd' end
        when w.version < '1' then ''
        when b.deleted_at is not null then '!dl'
        when b.version >= '1' then '!kl'
        else '!nl'
      end as news
      from written as w left join lateral (
        select o.version, o.deleted_at from clerk.organizations as o where o.id = w.id offset 0
      ) as b on true
    ) as w;
  end if;
  return changed;
end
$$;
--> statement-breakpoint
create or replace function clerk.given_sessions(rows jsonb) returns setof clerk.sessions language sql stable as $$
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
  from jsonb_array_elements(rows) as given (row), lateral jsonb_to_record(
    case
      when exists (select from clerk.users as o where o.id = given.row ->> 'user_id' and o.deleted_at is not null)
      then jsonb_build_object('id', given.row -> 'id', 'version', given.row -> 'version', 'user_id', given.row -> 'user_id', 'deleted', true)
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
$$;
--> statement-breakpoint
create or replace function clerk.upsert_sessions(rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  changed text[];
begin
  if 'sessions' <> all (told) then
    with written as (
      insert into clerk.sessions as t select * from clerk.given_sessions(rows) as x order by x.id
      on conflict (id) do update set
        user_id = excluded.user_id,
        client_id = excluded.client_id,
        status = excluded.status,
        last_active_organization_id = excluded.last_active_organization_id,
        actor = excluded.actor,
        latest_activity = excluded.latest_activity,
        last_active_at = excluded.last_active_at,
        expire_at = excluded.expire_at,
        abandon_at = excluded.abandon_at,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id
    )
    select array_agg('sessions:' || w.id) into changed from written as w;
  else
    perform from clerk.sessions as t
    where t.id in (select r ->> 'id' from jsonb_array_elements(rows) as r)
    order by t.id for no key update;
    with written as (
      insert into clerk.sessions as t select * from clerk.given_sessions(rows) as x order by x.id
      on conflict (id) do update set
        user_id = excluded.user_id,
        client_id = excluded.client_id,
        status = excluded.status,
        last_active_organization_id = excluded.last_active_organization_id,
        actor = excluded.actor,
        latest_activity = excluded.latest_activity,
        last_active_at = excluded.last_active_at,
        expire_at = excluded.expire_at,
        abandon_at = excluded.abandon_at,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id, t.version, t.deleted_at
    )
    select array_agg('sessions:' || w.id) || array_agg(w.news || 'sessions:' || w.id) filter (where w.news <> '')
    into changed
    from (
      select w.id, case
        when w.deleted_at is not null then
          case when b.deleted_at is not null then '' when b.version >= '1' then '!kd' else '!nd' end
        when w.version < '1' then ''
        when b.deleted_at is not null then '!dl'
        when b.version >= '1' then '!kl'
        else '!nl'
      end as news
      from written as w left join lateral (
        select o.version, o.deleted_at from clerk.sessions as o where o.id = w.id offset 0
      ) as b on true
    ) as w;
  end if;
  return changed;
end
$$;
--> statement-breakpoint
create or replace function clerk.cascade_sessions(users text[], organizations text[], rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  news text[];
begin
  -- The given rows too, in one order with these: another call may have them the other way round.
  perform from clerk.sessions as t
  where t.user_id = any (users) or t.id in (select r ->> 'id' from jsonb_array_elements(rows) as r)
  order by t.id for no key update;
  with emptied as (
    update clerk.sessions as t set
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
      synced_at = clock_timestamp()
    where t.deleted_at is null and (t.user_id = any (users))
    returning t.id, t.version
  )
  select array_agg(case when e.version >= '1' then '!kd' else '!nd' end || 'sessions:' || e.id) filter (where 'sessions' = any (told))
  into news
  from emptied as e;
  return news;
end
$$;
--> statement-breakpoint
create or replace function clerk.given_organization_memberships(rows jsonb) returns setof clerk.organization_memberships language sql stable as $$
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
  from jsonb_array_elements(rows) as given (row), lateral jsonb_to_record(
    case
      when exists (select from clerk.organizations as o where o.id = given.row ->> 'organization_id' and o.deleted_at is not null)
        or exists (select from clerk.users as o where o.id = given.row ->> 'user_id' and o.deleted_at is not null)
      then jsonb_build_object('id', given.row -> 'id', 'version', given.row -> 'version', 'organization_id', given.row -> 'organization_id', 'user_id', given.row -> 'user_id', 'deleted', true)
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
$$;
--> statement-breakpoint
create or replace function clerk.upsert_organization_memberships(rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  changed text[];
begin
  if 'organization_memberships' <> all (told) then
    with written as (
      insert into clerk.organization_memberships as t select * from clerk.given_organization_memberships(rows) as x order by x.id
      on conflict (id) do update set
        organization_id = excluded.organization_id,
        user_id = excluded.user_id,
        role = excluded.role,
        role_name = excluded.role_name,
        permissions = excluded.permissions,
        public_metadata = excluded.public_metadata,
        private_metadata = excluded.private_metadata,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id
    )
    select array_agg('organization_memberships:' || w.id) into changed from written as w;
  else
    perform from clerk.organization_memberships as t
    where t.id in (select r ->> 'id' from jsonb_array_elements(rows) as r)
    order by t.id for no key update;
    with written as (
      insert into clerk.organization_memberships as t select * from clerk.given_organization_memberships(rows) as x order by x.id
      on conflict (id) do update set
        organization_id = excluded.organization_id,
        user_id = excluded.user_id,
        role = excluded.role,
        role_name = excluded.role_name,
        permissions = excluded.permissions,
        public_metadata = excluded.public_metadata,
        private_metadata = excluded.private_metadata,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id, t.version, t.deleted_at
    )
    select array_agg('organization_memberships:' || w.id) || array_agg(w.news || 'organization_memberships:' || w.id) filter (where w.news <> '')
    into changed
    from (
      select w.id, case
        when w.deleted_at is not null then
          case when b.deleted_at is not null then '' when b.version >= '1' then '!kd' else '!nd' end
        when w.version < '1' then ''
        when b.deleted_at is not null then '!dl'
        when b.version >= '1' then '!kl'
        else '!nl'
      end as news
      from written as w left join lateral (
        select o.version, o.deleted_at from clerk.organization_memberships as o where o.id = w.id offset 0
      ) as b on true
    ) as w;
  end if;
  return changed;
end
$$;
--> statement-breakpoint
create or replace function clerk.cascade_organization_memberships(users text[], organizations text[], rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  news text[];
begin
  -- The given rows too, in one order with these: another call may have them the other way round.
  perform from clerk.organization_memberships as t
  where t.organization_id = any (organizations) or t.user_id = any (users) or t.id in (select r ->> 'id' from jsonb_array_elements(rows) as r)
  order by t.id for no key update;
  with emptied as (
    update clerk.organization_memberships as t set
      role = null,
      role_name = null,
      permissions = null,
      public_metadata = null,
      private_metadata = null,
      created_at = null,
      updated_at = null,
      deleted_at = clock_timestamp(),
      synced_at = clock_timestamp()
    where t.deleted_at is null and (t.organization_id = any (organizations) or t.user_id = any (users))
    returning t.id, t.version
  )
  select array_agg(case when e.version >= '1' then '!kd' else '!nd' end || 'organization_memberships:' || e.id) filter (where 'organization_memberships' = any (told))
  into news
  from emptied as e;
  return news;
end
$$;
--> statement-breakpoint
create or replace function clerk.given_organization_invitations(rows jsonb) returns setof clerk.organization_invitations language sql stable as $$
  select
    x.id,
    x.organization_id,
    x.inviter_id,
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
  from jsonb_array_elements(rows) as given (row), lateral jsonb_to_record(
    case
      when exists (select from clerk.organizations as o where o.id = given.row ->> 'organization_id' and o.deleted_at is not null)
      then jsonb_build_object('id', given.row -> 'id', 'version', given.row -> 'version', 'organization_id', given.row -> 'organization_id', 'deleted', true)
      else given.row
    end
  ) as x (
    id text,
    organization_id text,
    inviter_id text,
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
$$;
--> statement-breakpoint
create or replace function clerk.upsert_organization_invitations(rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  changed text[];
begin
  if 'organization_invitations' <> all (told) then
    with written as (
      insert into clerk.organization_invitations as t select * from clerk.given_organization_invitations(rows) as x order by x.id
      on conflict (id) do update set
        organization_id = excluded.organization_id,
        inviter_id = excluded.inviter_id,
        email_address = excluded.email_address,
        role = excluded.role,
        role_name = excluded.role_name,
        status = excluded.status,
        url = excluded.url,
        expires_at = excluded.expires_at,
        public_metadata = excluded.public_metadata,
        private_metadata = excluded.private_metadata,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id
    )
    select array_agg('organization_invitations:' || w.id) into changed from written as w;
  else
    perform from clerk.organization_invitations as t
    where t.id in (select r ->> 'id' from jsonb_array_elements(rows) as r)
    order by t.id for no key update;
    with written as (
      insert into clerk.organization_invitations as t select * from clerk.given_organization_invitations(rows) as x order by x.id
      on conflict (id) do update set
        organization_id = excluded.organization_id,
        inviter_id = excluded.inviter_id,
        email_address = excluded.email_address,
        role = excluded.role,
        role_name = excluded.role_name,
        status = excluded.status,
        url = excluded.url,
        expires_at = excluded.expires_at,
        public_metadata = excluded.public_metadata,
        private_metadata = excluded.private_metadata,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id, t.version, t.deleted_at
    )
    select array_agg('organization_invitations:' || w.id) || array_agg(w.news || 'organization_invitations:' || w.id) filter (where w.news <> '')
    into changed
    from (
      select w.id, case
        when w.deleted_at is not null then
          case when b.deleted_at is not null then '' when b.version >= '1' then '!kd' else '!nd' end
        when w.version < '1' then ''
        when b.deleted_at is not null then '!dl'
        when b.version >= '1' then '!kl'
        else '!nl'
      end as news
      from written as w left join lateral (
        select o.version, o.deleted_at from clerk.organization_invitations as o where o.id = w.id offset 0
      ) as b on true
    ) as w;
  end if;
  return changed;
end
$$;
--> statement-breakpoint
create or replace function clerk.cascade_organization_invitations(users text[], organizations text[], rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  news text[];
begin
  -- The given rows too, in one order with these: another call may have them the other way round.
  perform from clerk.organization_invitations as t
  where t.organization_id = any (organizations) or t.id in (select r ->> 'id' from jsonb_array_elements(rows) as r)
  order by t.id for no key update;
  with emptied as (
    update clerk.organization_invitations as t set
      inviter_id = null,
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
      synced_at = clock_timestamp()
    where t.deleted_at is null and (t.organization_id = any (organizations))
    returning t.id, t.version
  )
  select array_agg(case when e.version >= '1' then '!kd' else '!nd' end || 'organization_invitations:' || e.id) filter (where 'organization_invitations' = any (told))
  into news
  from emptied as e;
  return news;
end
$$;
--> statement-breakpoint
create or replace function clerk.given_organization_domains(rows jsonb) returns setof clerk.organization_domains language sql stable as $$
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
  from jsonb_array_elements(rows) as given (row), lateral jsonb_to_record(
    case
      when exists (select from clerk.organizations as o where o.id = given.row ->> 'organization_id' and o.deleted_at is not null)
      then jsonb_build_object('id', given.row -> 'id', 'version', given.row -> 'version', 'organization_id', given.row -> 'organization_id', 'deleted', true)
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
    total_pending_invitations bigint,
    total_pending_suggestions bigint,
    created_at bigint,
    updated_at bigint,
    version text,
    deleted boolean
  )
$$;
--> statement-breakpoint
create or replace function clerk.upsert_organization_domains(rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  changed text[];
begin
  if 'organization_domains' <> all (told) then
    with written as (
      insert into clerk.organization_domains as t select * from clerk.given_organization_domains(rows) as x order by x.id
      on conflict (id) do update set
        organization_id = excluded.organization_id,
        name = excluded.name,
        enrollment_mode = excluded.enrollment_mode,
        affiliation_email_address = excluded.affiliation_email_address,
        affiliation_verification = excluded.affiliation_verification,
        ownership_verification = excluded.ownership_verification,
        total_pending_invitations = excluded.total_pending_invitations,
        total_pending_suggestions = excluded.total_pending_suggestions,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id
    )
    select array_agg('organization_domains:' || w.id) into changed from written as w;
  else
    perform from clerk.organization_domains as t
    where t.id in (select r ->> 'id' from jsonb_array_elements(rows) as r)
    order by t.id for no key update;
    with written as (
      insert into clerk.organization_domains as t select * from clerk.given_organization_domains(rows) as x order by x.id
      on conflict (id) do update set
        organization_id = excluded.organization_id,
        name = excluded.name,
        enrollment_mode = excluded.enrollment_mode,
        affiliation_email_address = excluded.affiliation_email_address,
        affiliation_verification = excluded.affiliation_verification,
        ownership_verification = excluded.ownership_verification,
        total_pending_invitations = excluded.total_pending_invitations,
        total_pending_suggestions = excluded.total_pending_suggestions,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id, t.version, t.deleted_at
    )
    select array_agg('organization_domains:' || w.id) || array_agg(w.news || 'organization_domains:' || w.id) filter (where w.news <> '')
    into changed
    from (
      select w.id, case
        when w.deleted_at is not null then
          case when b.deleted_at is not null then '' when b.version >= '1' then '!kd' else '!nd' end
        when w.version < '1' then ''
        when b.deleted_at is not null then '!dl'
        when b.version >= '1' then '!kl'
        else '!nl'
      end as news
      from written as w left join lateral (
        select o.version, o.deleted_at from clerk.organization_domains as o where o.id = w.id offset 0
      ) as b on true
    ) as w;
  end if;
  return changed;
end
$$;
--> statement-breakpoint
create or replace function clerk.cascade_organization_domains(users text[], organizations text[], rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  news text[];
begin
  -- The given rows too, in one order with these: another call may have them the other way round.
  perform from clerk.organization_domains as t
  where t.organization_id = any (organizations) or t.id in (select r ->> 'id' from jsonb_array_elements(rows) as r)
  order by t.id for no key update;
  with emptied as (
    update clerk.organization_domains as t set
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
      synced_at = clock_timestamp()
    where t.deleted_at is null and (t.organization_id = any (organizations))
    returning t.id, t.version
  )
  select array_agg(case when e.version >= '1' then '!kd' else '!nd' end || 'organization_domains:' || e.id) filter (where 'organization_domains' = any (told))
  into news
  from emptied as e;
  return news;
end
$$;
--> statement-breakpoint
create or replace function clerk.given_roles(rows jsonb) returns setof clerk.roles language sql stable as $$
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
  from jsonb_to_recordset(rows) as x (
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
$$;
--> statement-breakpoint
create or replace function clerk.upsert_roles(rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  changed text[];
begin
  if 'roles' <> all (told) then
    with written as (
      insert into clerk.roles as t select * from clerk.given_roles(rows) as x order by x.id
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
      where t.version < excluded.version
      returning t.id
    )
    select array_agg('roles:' || w.id) into changed from written as w;
  else
    with written as (
      insert into clerk.roles as t select * from clerk.given_roles(rows) as x order by x.id
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
      where t.version < excluded.version
      returning t.id, t.version, t.deleted_at
    )
    select array_agg('roles:' || w.id) || array_agg(w.news || 'roles:' || w.id) filter (where w.news <> '')
    into changed
    from (
      select w.id, case
        when w.deleted_at is not null then
          case when b.deleted_at is not null then '' when b.version >= '1' then '!kd' else '!nd' end
        when w.version < '1' then ''
        when b.deleted_at is not null then '!dl'
        when b.version >= '1' then '!kl'
        else '!nl'
      end as news
      from written as w left join lateral (
        select o.version, o.deleted_at from clerk.roles as o where o.id = w.id offset 0
      ) as b on true
    ) as w;
  end if;
  return changed;
end
$$;
--> statement-breakpoint
create or replace function clerk.given_permissions(rows jsonb) returns setof clerk.permissions language sql stable as $$
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
  from jsonb_to_recordset(rows) as x (
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
$$;
--> statement-breakpoint
create or replace function clerk.upsert_permissions(rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  changed text[];
begin
  if 'permissions' <> all (told) then
    with written as (
      insert into clerk.permissions as t select * from clerk.given_permissions(rows) as x order by x.id
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
      where t.version < excluded.version
      returning t.id
    )
    select array_agg('permissions:' || w.id) into changed from written as w;
  else
    with written as (
      insert into clerk.permissions as t select * from clerk.given_permissions(rows) as x order by x.id
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
      where t.version < excluded.version
      returning t.id, t.version, t.deleted_at
    )
    select array_agg('permissions:' || w.id) || array_agg(w.news || 'permissions:' || w.id) filter (where w.news <> '')
    into changed
    from (
      select w.id, case
        when w.deleted_at is not null then
          case when b.deleted_at is not null then '' when b.version >= '1' then '!kd' else '!nd' end
        when w.version < '1' then ''
        when b.deleted_at is not null then '!dl'
        when b.version >= '1' then '!kl'
        else '!nl'
      end as news
      from written as w left join lateral (
        select o.version, o.deleted_at from clerk.permissions as o where o.id = w.id offset 0
      ) as b on true
    ) as w;
  end if;
  return changed;
end
$$;
--> statement-breakpoint
create or replace function clerk.given_waitlist_entries(rows jsonb) returns setof clerk.waitlist_entries language sql stable as $$
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
  from jsonb_to_recordset(rows) as x (
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
$$;
--> statement-breakpoint
create or replace function clerk.upsert_waitlist_entries(rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  changed text[];
begin
  if 'waitlist_entries' <> all (told) then
    with written as (
      insert into clerk.waitlist_entries as t select * from clerk.given_waitlist_entries(rows) as x order by x.id
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
      where t.version < excluded.version
      returning t.id
    )
    select array_agg('waitlist_entries:' || w.id) into changed from written as w;
  else
    with written as (
      insert into clerk.waitlist_entries as t select * from clerk.given_waitlist_entries(rows) as x order by x.id
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
      where t.version < excluded.version
      returning t.id, t.version, t.deleted_at
    )
    select array_agg('waitlist_entries:' || w.id) || array_agg(w.news || 'waitlist_entries:' || w.id) filter (where w.news <> '')
    into changed
    from (
      select w.id, case
        when w.deleted_at is not null then
          case when b.deleted_at is not null then '' when b.version >= '1' then '!kd' else '!nd' end
        when w.version < '1' then ''
        when b.deleted_at is not null then '!dl'
        when b.version >= '1' then '!kl'
        else '!nl'
      end as news
      from written as w left join lateral (
        select o.version, o.deleted_at from clerk.waitlist_entries as o where o.id = w.id offset 0
      ) as b on true
    ) as w;
  end if;
  return changed;
end
$$;
--> statement-breakpoint
create or replace function clerk.given_subscriptions(rows jsonb) returns setof clerk.subscriptions language sql stable as $$
  select
    x.id,
    x.user_id,
    x.organization_id,
    x.payer_id,
    x.status,
    to_timestamp(x.active_at / 1000.0),
    to_timestamp(x.past_due_at / 1000.0),
    to_timestamp(x.created_at / 1000.0),
    to_timestamp(x.updated_at / 1000.0),
    case when x.deleted then clock_timestamp() end,
    clock_timestamp(),
    x.version
  from jsonb_to_recordset(rows) as x (
    id text,
    user_id text,
    organization_id text,
    payer_id text,
    status text,
    active_at bigint,
    past_due_at bigint,
    created_at bigint,
    updated_at bigint,
    version text,
    deleted boolean
  )
$$;
--> statement-breakpoint
create or replace function clerk.upsert_subscriptions(rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  changed text[];
begin
  if 'subscriptions' <> all (told) then
    with written as (
      insert into clerk.subscriptions as t select * from clerk.given_subscriptions(rows) as x order by x.id
      on conflict (id) do update set
        user_id = excluded.user_id,
        organization_id = excluded.organization_id,
        payer_id = excluded.payer_id,
        status = excluded.status,
        active_at = excluded.active_at,
        past_due_at = excluded.past_due_at,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id
    )
    select array_agg('subscriptions:' || w.id) into changed from written as w;
  else
    with written as (
      insert into clerk.subscriptions as t select * from clerk.given_subscriptions(rows) as x order by x.id
      on conflict (id) do update set
        user_id = excluded.user_id,
        organization_id = excluded.organization_id,
        payer_id = excluded.payer_id,
        status = excluded.status,
        active_at = excluded.active_at,
        past_due_at = excluded.past_due_at,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id, t.version, t.deleted_at
    )
    select array_agg('subscriptions:' || w.id) || array_agg(w.news || 'subscriptions:' || w.id) filter (where w.news <> '')
    into changed
    from (
      select w.id, case
        when w.deleted_at is not null then
          case when b.deleted_at is not null then '' when b.version >= '1' then '!kd' else '!nd' end
        when w.version < '1' then ''
        when b.deleted_at is not null then '!dl'
        when b.version >= '1' then '!kl'
        else '!nl'
      end as news
      from written as w left join lateral (
        select o.version, o.deleted_at from clerk.subscriptions as o where o.id = w.id offset 0
      ) as b on true
    ) as w;
  end if;
  return changed;
end
$$;
--> statement-breakpoint
create or replace function clerk.given_subscription_items(rows jsonb) returns setof clerk.subscription_items language sql stable as $$
  select
    x.id,
    x.user_id,
    x.organization_id,
    x.status,
    x.interval,
    to_timestamp(x.period_start / 1000.0),
    to_timestamp(x.period_end / 1000.0),
    x.is_free_trial,
    x.plan_id,
    x.plan_name,
    x.plan_slug,
    x.seats,
    to_timestamp(x.created_at / 1000.0),
    to_timestamp(x.updated_at / 1000.0),
    case when x.deleted then clock_timestamp() end,
    clock_timestamp(),
    x.version
  from jsonb_to_recordset(rows) as x (
    id text,
    user_id text,
    organization_id text,
    status text,
    interval text,
    period_start bigint,
    period_end bigint,
    is_free_trial boolean,
    plan_id text,
    plan_name text,
    plan_slug text,
    seats bigint,
    created_at bigint,
    updated_at bigint,
    version text,
    deleted boolean
  )
$$;
--> statement-breakpoint
create or replace function clerk.upsert_subscription_items(rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  changed text[];
begin
  if 'subscription_items' <> all (told) then
    with written as (
      insert into clerk.subscription_items as t select * from clerk.given_subscription_items(rows) as x order by x.id
      on conflict (id) do update set
        user_id = excluded.user_id,
        organization_id = excluded.organization_id,
        status = excluded.status,
        interval = excluded.interval,
        period_start = excluded.period_start,
        period_end = excluded.period_end,
        is_free_trial = excluded.is_free_trial,
        plan_id = excluded.plan_id,
        plan_name = excluded.plan_name,
        plan_slug = excluded.plan_slug,
        seats = excluded.seats,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id
    )
    select array_agg('subscription_items:' || w.id) into changed from written as w;
  else
    with written as (
      insert into clerk.subscription_items as t select * from clerk.given_subscription_items(rows) as x order by x.id
      on conflict (id) do update set
        user_id = excluded.user_id,
        organization_id = excluded.organization_id,
        status = excluded.status,
        interval = excluded.interval,
        period_start = excluded.period_start,
        period_end = excluded.period_end,
        is_free_trial = excluded.is_free_trial,
        plan_id = excluded.plan_id,
        plan_name = excluded.plan_name,
        plan_slug = excluded.plan_slug,
        seats = excluded.seats,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id, t.version, t.deleted_at
    )
    select array_agg('subscription_items:' || w.id) || array_agg(w.news || 'subscription_items:' || w.id) filter (where w.news <> '')
    into changed
    from (
      select w.id, case
        when w.deleted_at is not null then
          case when b.deleted_at is not null then '' when b.version >= '1' then '!kd' else '!nd' end
        when w.version < '1' then ''
        when b.deleted_at is not null then '!dl'
        when b.version >= '1' then '!kl'
        else '!nl'
      end as news
      from written as w left join lateral (
        select o.version, o.deleted_at from clerk.subscription_items as o where o.id = w.id offset 0
      ) as b on true
    ) as w;
  end if;
  return changed;
end
$$;
--> statement-breakpoint
create or replace function clerk.given_payment_attempts(rows jsonb) returns setof clerk.payment_attempts language sql stable as $$
  select
    x.id,
    x.payment_id,
    x.statement_id,
    x.user_id,
    x.organization_id,
    x.gateway_external_id,
    x.status,
    x.charge_type,
    x.amount,
    x.currency,
    to_timestamp(x.paid_at / 1000.0),
    to_timestamp(x.failed_at / 1000.0),
    to_timestamp(x.created_at / 1000.0),
    to_timestamp(x.updated_at / 1000.0),
    case when x.deleted then clock_timestamp() end,
    clock_timestamp(),
    x.version
  from jsonb_to_recordset(rows) as x (
    id text,
    payment_id text,
    statement_id text,
    user_id text,
    organization_id text,
    gateway_external_id text,
    status text,
    charge_type text,
    amount bigint,
    currency text,
    paid_at bigint,
    failed_at bigint,
    created_at bigint,
    updated_at bigint,
    version text,
    deleted boolean
  )
$$;
--> statement-breakpoint
create or replace function clerk.upsert_payment_attempts(rows jsonb, told text[]) returns text[] language plpgsql volatile as $$
declare
  changed text[];
begin
  if 'payment_attempts' <> all (told) then
    with written as (
      insert into clerk.payment_attempts as t select * from clerk.given_payment_attempts(rows) as x order by x.id
      on conflict (id) do update set
        payment_id = excluded.payment_id,
        statement_id = excluded.statement_id,
        user_id = excluded.user_id,
        organization_id = excluded.organization_id,
        gateway_external_id = excluded.gateway_external_id,
        status = excluded.status,
        charge_type = excluded.charge_type,
        amount = excluded.amount,
        currency = excluded.currency,
        paid_at = excluded.paid_at,
        failed_at = excluded.failed_at,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id
    )
    select array_agg('payment_attempts:' || w.id) into changed from written as w;
  else
    with written as (
      insert into clerk.payment_attempts as t select * from clerk.given_payment_attempts(rows) as x order by x.id
      on conflict (id) do update set
        payment_id = excluded.payment_id,
        statement_id = excluded.statement_id,
        user_id = excluded.user_id,
        organization_id = excluded.organization_id,
        gateway_external_id = excluded.gateway_external_id,
        status = excluded.status,
        charge_type = excluded.charge_type,
        amount = excluded.amount,
        currency = excluded.currency,
        paid_at = excluded.paid_at,
        failed_at = excluded.failed_at,
        created_at = excluded.created_at,
        updated_at = excluded.updated_at,
        deleted_at = excluded.deleted_at,
        synced_at = clock_timestamp(),
        version = excluded.version
      where t.version < excluded.version
      returning t.id, t.version, t.deleted_at
    )
    select array_agg('payment_attempts:' || w.id) || array_agg(w.news || 'payment_attempts:' || w.id) filter (where w.news <> '')
    into changed
    from (
      select w.id, case
        when w.deleted_at is not null then
          case when b.deleted_at is not null then '' when b.version >= '1' then '!kd' else '!nd' end
        when w.version < '1' then ''
        when b.deleted_at is not null then '!dl'
        when b.version >= '1' then '!kl'
        else '!nl'
      end as news
      from written as w left join lateral (
        select o.version, o.deleted_at from clerk.payment_attempts as o where o.id = w.id offset 0
      ) as b on true
    ) as w;
  end if;
  return changed;
end
$$;
--> statement-breakpoint
revoke all on function clerk.given_users(jsonb) from public;
--> statement-breakpoint
revoke all on function clerk.upsert_users(jsonb, text[]) from public;
--> statement-breakpoint
revoke all on function clerk.given_organizations(jsonb) from public;
--> statement-breakpoint
revoke all on function clerk.upsert_organizations(jsonb, text[]) from public;
--> statement-breakpoint
revoke all on function clerk.given_sessions(jsonb) from public;
--> statement-breakpoint
revoke all on function clerk.upsert_sessions(jsonb, text[]) from public;
--> statement-breakpoint
revoke all on function clerk.cascade_sessions(text[], text[], jsonb, text[]) from public;
--> statement-breakpoint
revoke all on function clerk.given_organization_memberships(jsonb) from public;
--> statement-breakpoint
revoke all on function clerk.upsert_organization_memberships(jsonb, text[]) from public;
--> statement-breakpoint
revoke all on function clerk.cascade_organization_memberships(text[], text[], jsonb, text[]) from public;
--> statement-breakpoint
revoke all on function clerk.given_organization_invitations(jsonb) from public;
--> statement-breakpoint
revoke all on function clerk.upsert_organization_invitations(jsonb, text[]) from public;
--> statement-breakpoint
revoke all on function clerk.cascade_organization_invitations(text[], text[], jsonb, text[]) from public;
--> statement-breakpoint
revoke all on function clerk.given_organization_domains(jsonb) from public;
--> statement-breakpoint
revoke all on function clerk.upsert_organization_domains(jsonb, text[]) from public;
--> statement-breakpoint
revoke all on function clerk.cascade_organization_domains(text[], text[], jsonb, text[]) from public;
--> statement-breakpoint
revoke all on function clerk.given_roles(jsonb) from public;
--> statement-breakpoint
revoke all on function clerk.upsert_roles(jsonb, text[]) from public;
--> statement-breakpoint
revoke all on function clerk.given_permissions(jsonb) from public;
--> statement-breakpoint
revoke all on function clerk.upsert_permissions(jsonb, text[]) from public;
--> statement-breakpoint
revoke all on function clerk.given_waitlist_entries(jsonb) from public;
--> statement-breakpoint
revoke all on function clerk.upsert_waitlist_entries(jsonb, text[]) from public;
--> statement-breakpoint
revoke all on function clerk.given_subscriptions(jsonb) from public;
--> statement-breakpoint
revoke all on function clerk.upsert_subscriptions(jsonb, text[]) from public;
--> statement-breakpoint
revoke all on function clerk.given_subscription_items(jsonb) from public;
--> statement-breakpoint
revoke all on function clerk.upsert_subscription_items(jsonb, text[]) from public;
--> statement-breakpoint
revoke all on function clerk.given_payment_attempts(jsonb) from public;
--> statement-breakpoint
revoke all on function clerk.upsert_payment_attempts(jsonb, text[]) from public;
--> statement-breakpoint
-- Takes the locks of a call of clerk.merge_1, in one order: calls never wait for each other. An owner is either deleted by one
-- call, or named by the children of many. So is a child that is given by one call and not there yet, and that another one gives
-- too: a row that is not there cannot be locked in its order. An object that an app is told of is given by one call at a time,
-- so that each knows what it was before.
create or replace function clerk.take_locks(changes jsonb, told text[])
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $locks$
begin
  perform case when k.is_alone then pg_advisory_xact_lock(k.key) else pg_advisory_xact_lock_shared(k.key) end
  from (
    select hashtextextended('clerk.' || n.key, 0) as key, bool_or(n.is_alone) as is_alone
    from (
      select o.owner || ':' || (c ->> 'id'), true
      from (values ('users'), ('organizations')) as o (owner), jsonb_array_elements(changes -> o.owner) as c
      where c ? 'deleted'
      union all
      select o.owner || ':' || (c ->> o.named_by), false
      from (values
        ('sessions', 'user_id', 'users'),
        ('organization_memberships', 'user_id', 'users'),
        ('organization_memberships', 'organization_id', 'organizations'),
        ('organization_invitations', 'organization_id', 'organizations'),
        ('organization_domains', 'organization_id', 'organizations')
      ) as o (child, named_by, owner), jsonb_array_elements(changes -> o.child) as c
      union all
      select o.child || ':' || (c ->> 'id'), true
      from (values
        ('sessions'), ('organization_memberships'), ('organization_invitations'), ('organization_domains')
      ) as o (child), jsonb_array_elements(changes -> o.child) as c
      union all
      select 'told:' || t.name || ':' || (c ->> 'id'), true
      from unnest(told) as t (name), jsonb_array_elements(changes -> t.name) as c
    ) as n (key, is_alone)
    where n.key is not null
    group by 1
    order by 1
  ) as k;
end
$locks$;
--> statement-breakpoint
revoke all on function clerk.take_locks(jsonb, text[]) from public;
--> statement-breakpoint
-- The law of the copy: a row is a function of the set of what was observed of its object, never of the order, number or
-- timing of the observations. docs/law.md has the whole of it. This function is the only one that writes rows of the copy;
-- what follows the columns is in tables.sql.
--
--   changes     { "<table>": [ row, … ] }, one row per id; times in milliseconds since 1970. A row with "deleted": true
--               has only "id" and "version" besides
--   deliveries  [ { id, type, subject_id, instance_id, occurred_at, subject, otherwise } ], one per id;
--               "subject" is the "<table>:<id>" of a row: if it changes, the outcome is 'applied', else "otherwise"
--   notify      null, or what an app is told: { source, tables, since }. Changes of these tables are left in the outbox; if
--               there is a time "since", not what is new to the copy and was made before
--
-- Returns a row per delivery: its outcome in this call, how often it has been committed, and whether the call left anything in
-- the outbox.
create or replace function clerk.merge_1(changes jsonb, deliveries jsonb, notify jsonb default null)
returns table (id text, outcome text, attempts integer, is_told boolean)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- Below every deadline of the Worker's: whoever holds a row or a lock for long must not hold all connections with it.
set lock_timeout = '5s'
as $merge$
#variable_conflict use_column
declare
  -- The owners that this call deletes.
  users text[] := array(select c ->> 'id' from jsonb_array_elements(changes -> 'users') as c where c ? 'deleted');
  organizations text[] := array(
    select c ->> 'id' from jsonb_array_elements(changes -> 'organizations') as c where c ? 'deleted'
  );
  -- The tables that an app is told of.
  told text[] := '{}';
  -- What Clerk has made in them since a run began, as "<table>:<id>".
  fresh text[] := '{}';
  -- The rows that this call changes, as "<table>:<id>", and what the app is told: see tables.sql.
  changed text[] := '{}';
begin
  -- A snapshot that is older than the call would hide what another call has just written.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'clerk.merge_1 needs the isolation level "read committed", not "%"',
      current_setting('transaction_isolation')
      using errcode = '42000', hint = 'Set default_transaction_isolation of the role and the database to ''read committed''.';
  end if;

  if jsonb_typeof(notify) = 'object' then told := array(select jsonb_array_elements_text(notify -> 'tables')); end if;

  -- First the locks, in a statement before those that read what another call may be writing: see locks.sql. One object alone
  -- has no order.
  if users <> '{}' or organizations <> '{}'
    or changes ?| '{sessions,organization_memberships,organization_invitations,organization_domains}'
  then
    perform clerk.take_locks(changes, told);
  elsif told <> '{}' then
    if changes -> 'users' -> 1 is null and changes - 'users' = '{}' then
      perform pg_advisory_xact_lock(hashtextextended('clerk.told:users:' || (changes #>> '{users,0,id}'), 0));
    else
      perform clerk.take_locks(changes, told);
    end if;
  end if;

  -- The owners. In every table the newest observation is the row, a delete being an observation too: a row is replaced
  -- where its version is below the given one. A delete that was told has the version '2', above all others.
  if changes ? 'users' then changed := changed || clerk.upsert_users(changes -> 'users', told); end if;
  if changes ? 'organizations' then
    changed := changed || clerk.upsert_organizations(changes -> 'organizations', told);
  end if;
  users := array(select u from unnest(users) as u where 'users:' || u = any (changed));
  organizations := array(select o from unnest(organizations) as o where 'organizations:' || o = any (changed));

  -- Their children. A child is deleted while an owner of it is, its owners being those that its newest observation names.
  -- So in each table first those in the copy go with the owners that were deleted above; then come the given ones, which
  -- the upsert empties where an owner is deleted. Such a row keeps its version: an older observation does not bring it
  -- back, and a newer one under living owners does.
  if users <> '{}' then changed := changed || clerk.cascade_sessions(users, organizations, changes -> 'sessions', told); end if;
  if changes ? 'sessions' then changed := changed || clerk.upsert_sessions(changes -> 'sessions', told); end if;
  if users <> '{}' or organizations <> '{}' then
    changed := changed || clerk.cascade_organization_memberships(users, organizations, changes -> 'organization_memberships', told);
  end if;
  if changes ? 'organization_memberships' then
    changed := changed || clerk.upsert_organization_memberships(changes -> 'organization_memberships', told);
  end if;
  if organizations <> '{}' then
    changed := changed || clerk.cascade_organization_invitations(users, organizations, changes -> 'organization_invitations', told);
  end if;
  if changes ? 'organization_invitations' then
    changed := changed || clerk.upsert_organization_invitations(changes -> 'organization_invitations', told);
  end if;
  if organizations <> '{}' then
    changed := changed || clerk.cascade_organization_domains(users, organizations, changes -> 'organization_domains', told);
  end if;
  if changes ? 'organization_domains' then
    changed := changed || clerk.upsert_organization_domains(changes -> 'organization_domains', told);
  end if;

  -- What has no owner.
  if changes ? 'roles' then changed := changed || clerk.upsert_roles(changes -> 'roles', told); end if;
  if changes ? 'permissions' then changed := changed || clerk.upsert_permissions(changes -> 'permissions', told); end if;
  if changes ? 'waitlist_entries' then
    changed := changed || clerk.upsert_waitlist_entries(changes -> 'waitlist_entries', told);
  end if;
  if changes ? 'subscriptions' then
    changed := changed || clerk.upsert_subscriptions(changes -> 'subscriptions', told);
  end if;
  if changes ? 'subscription_items' then
    changed := changed || clerk.upsert_subscription_items(changes -> 'subscription_items', told);
  end if;
  if changes ? 'payment_attempts' then
    changed := changed || clerk.upsert_payment_attempts(changes -> 'payment_attempts', told);
  end if;

  -- The outbox, in the same transaction: all that waits for the app is one line per object. Whether the app knows the object
  -- stays as it was when the line was made. An object may be deleted with its owner and come back under another in one call.
  is_told := array_to_string(changed, ' ') like '%!%';
  if is_told then
    if notify ->> 'since' is not null then
      -- Clerk's clock may be behind.
      fresh := array(
        select t.name || ':' || (c ->> 'id')
        from unnest(told) as t (name), jsonb_array_elements(changes -> t.name) as c
        where to_timestamp((c ->> 'created_at')::bigint / 1000.0) >= (notify ->> 'since')::timestamptz - interval '5 minutes'
      );
    end if;
    insert into clerk.outbox as o (
      table_name, id, kind, is_known, source, first_at, last_at, generation, attempts, due_at
    )
    select
      n.table_name,
      n.id,
      case when n.is_deleted then 'deleted' when n.is_known then 'updated' else 'created' end,
      n.is_known,
      notify ->> 'source',
      clock_timestamp(),
      clock_timestamp(),
      nextval('clerk.outbox_generation'),
      0,
      clock_timestamp()
    from (
      select
        split_part(substr(c, 4), ':', 1) as table_name,
        substr(c, strpos(c, ':') + 1) as id,
        bool_or(c like '!k%') as is_known,
        bool_or(c not like '!n%') as was_there,
        bool_and(c like '!_d%') as is_deleted
      from unnest(changed) as c
      where c like '!%'
      group by 1, 2
    ) as n
    where notify ->> 'since' is null
      or n.was_there
      or n.table_name || ':' || n.id = any (fresh)
      or exists (select from clerk.outbox as w where w.table_name = n.table_name and w.id = n.id)
    order by 1, 2
    on conflict (table_name, id) do update set
      kind = case when excluded.kind = 'deleted' then 'deleted' when o.is_known then 'updated' else 'created' end,
      source = excluded.source,
      last_at = clock_timestamp(),
      generation = nextval('clerk.outbox_generation'),
      -- What has failed is tried anew. What is being handed over has no failure, and goes on.
      due_at = case when o.failure is null then o.due_at else clock_timestamp() end;
  end if;

  -- The ledger, in the same transaction: a delivery is all that it changes and its line here, or nothing.
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
    select g.id, g.outcome, c.attempts, is_told from given as g join committed as c on c.id = g.id;
end
$merge$;
--> statement-breakpoint
revoke all on function clerk.merge_1(jsonb, jsonb, jsonb) from public;
--> statement-breakpoint
do $grant$
begin
  if exists (select from pg_roles where rolname = 'clerk_mirror') then
    grant execute on function clerk.merge_1(jsonb, jsonb, jsonb) to clerk_mirror;
  end if;
end
$grant$;
--> statement-breakpoint
-- Compares objects from Clerk's Backend API with the copy, and merges those that differ: one that equals its row is not an
-- observation.
--
--   table_name  the table of the copy
--   given_rows  [ row, … ] as clerk.merge_1 takes them
--   span        null, or the part of the copy that the given rows stand for: { run, since, newest, oldest, owner, owners, ids,
--               seen }. Rows in that part that are not given are absent, except those in "ids" and those that the run has
--               seen: "seen" are more of them, for this call and later ones. "since" is when the run began: rows written
--               later are left alone. If it is null, no absent rows are looked for. created_at is at most "newest" and after "oldest", in milliseconds; null
--               means unbounded. "owners" are the ids in the column "owner" whose rows these are; null means all
--   is_dry      whether only to report
--   notify      as clerk.merge_1 takes it
--
-- Returns { missing, stale, restored, erased, repaired, refused, absentees, absent }: how many rows the copy did not have, how
-- many differed, how many were deleted without a word of Clerk's and are back, how many stay deleted though Clerk has them,
-- how many were merged; those that Postgres refuses, as [ { id, sqlstate } ]; and how many are absent: "absent" has up to
-- 2,000 of these, as [ { id, user_id, organization_id } ].
create or replace function clerk.compare_1(table_name text, given_rows jsonb, span jsonb, is_dry boolean, notify jsonb default null)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $compare$
declare
  missing integer;
  stale integer;
  restored integer;
  erased integer;
  repaired integer := 0;
  refused jsonb := '[]';
  one jsonb;
  news jsonb;
  returning_ids text[];
  absentees integer := 0;
  absent jsonb := '[]';
begin
  begin
    -- A statement that is built at run time is planned for its values: a first backfill grows a table from nothing, and a plan
    -- that was kept from its start would read the whole table for each page.
    execute format($sql$
      select
        count(*) filter (where c.state = 'missing'),
        count(*) filter (where c.state = 'stale'),
        count(*) filter (where c.state = 'deleted'),
        count(*) filter (where c.state = 'erased'),
        jsonb_agg(c.row) filter (where c.state in ('missing', 'stale', 'deleted')),
        array_agg(c.id) filter (where c.state = 'deleted')
      from (
        select g.row, x.id, case
          -- Told, or of an owner that is deleted: neither comes back by a list.
          when t.version = '2' or (x.deleted_at is not null and (t.id is null or t.deleted_at is not null)) then 'erased'
          -- An id that an app inserted has not been written by the copy yet.
          when t.id is null or (t.synced_at is null and t.deleted_at is null) then 'missing'
          when t.deleted_at is not null then 'deleted'
          -- A fragment that equals the whole object is still a fragment.
          when x.deleted_at is not null or t.version < '1'
            or to_jsonb(t) - '{version,synced_at}'::text[] is distinct from to_jsonb(x) - '{version,synced_at}'::text[] then 'stale'
        end as state
        from jsonb_array_elements($1) as g (row)
        cross join lateral clerk.given_%1$I(jsonb_build_array(g.row)) as x
        left join clerk.%1$I as t on t.id = x.id
      ) as c
    $sql$, table_name)
    into missing, stale, restored, erased, news, returning_ids
    using given_rows;

    if news is not null and not is_dry then
      perform from clerk.merge_1(jsonb_build_object(table_name, news), '[]', notify);
      -- Some may have been older than their row, or than a delete that came between.
      execute format($sql$
        select count(*), count(*) filter (where t.deleted_at is null and t.id = any ($2))
        from clerk.%I as t
        join jsonb_to_recordset($1) as x (id text, version text) on t.id = x.id and t.version = x.version collate "C"
      $sql$, table_name)
      into repaired, restored
      using news, returning_ids;
      stale := stale + coalesce(cardinality(returning_ids), 0) - restored;
    end if;
  exception when others then
    -- A value or a constraint, or what a trigger raises: the row would be refused again. It stops no other, so each is taken
    -- alone.
    if sqlstate !~ '^(21|22|23|54|P0)' then raise; end if;
    missing := 0;
    stale := 0;
    restored := 0;
    erased := 0;
    repaired := 0;
    if jsonb_array_length(given_rows) = 1 then
      refused := jsonb_build_array(jsonb_build_object('id', given_rows #>> '{0,id}', 'sqlstate', sqlstate));
    else
      -- All locks first, and then the rows in their order, as one call takes them.
      perform clerk.take_locks(
        jsonb_build_object(table_name, given_rows),
        array(select t from jsonb_array_elements_text(notify -> 'tables') as t)
      );
      for one in
        select clerk.compare_1(table_name, jsonb_build_array(g.row), null, is_dry, notify)
        from (select r as row from jsonb_array_elements(given_rows) as r order by r ->> 'id') as g
      loop
        missing := missing + (one ->> 'missing')::integer;
        stale := stale + (one ->> 'stale')::integer;
        restored := restored + (one ->> 'restored')::integer;
        erased := erased + (one ->> 'erased')::integer;
        repaired := repaired + (one ->> 'repaired')::integer;
        refused := refused || (one -> 'refused');
      end loop;
    end if;
  end;

  if span is not null then
    insert into clerk.seen (run_id, table_name, id)
    select span ->> 'run', compare_1.table_name, s.id from jsonb_array_elements_text(span -> 'seen') as s (id)
    on conflict do nothing;

    -- A run that makes headway keeps its lease.
    update clerk.leases as l set expires_at = clock_timestamp() + interval '10 minutes'
    where l.run_id = span ->> 'run' and l.expires_at < clock_timestamp() + interval '8 minutes';
  end if;

  if span ->> 'since' is not null then
    execute format($sql$
      select count(*), coalesce(jsonb_agg(jsonb_build_object(
        'id', a.id, 'user_id', to_jsonb(a) -> 'user_id', 'organization_id', to_jsonb(a) -> 'organization_id'
      )) filter (where a.number <= 2000), '[]')
      from (
        select t.*, row_number() over (order by t.id) as number
        from clerk.%I as t
        where t.deleted_at is null
          and t.synced_at < $1
          and ($2 is null or t.created_at > $2)
          -- A row without a time may be on any page: what was on one has a time now, and the rest are looked for at the end.
          and ($3 is null or t.created_at <= $3 or ($2 is null and t.created_at is null))
          and t.id <> all ($4)
          and not exists (select from clerk.seen as s where s.run_id = $6 and s.table_name = $7 and s.id = t.id)
          %s
      ) as a
    $sql$, table_name, case when span ->> 'owner' is not null then format('and t.%I = any ($5)', span ->> 'owner') end)
    into absentees, absent
    using
      (span ->> 'since')::timestamptz,
      to_timestamp((span ->> 'oldest')::bigint / 1000.0),
      to_timestamp((span ->> 'newest')::bigint / 1000.0),
      array(select r ->> 'id' from jsonb_array_elements(given_rows) as r) || array(select jsonb_array_elements_text(span -> 'ids')),
      array(select jsonb_array_elements_text(span -> 'owners')),
      span ->> 'run',
      table_name;
  end if;

  return jsonb_build_object(
    'missing', missing, 'stale', stale, 'restored', restored, 'erased', erased, 'repaired', repaired,
    'refused', refused, 'absentees', absentees, 'absent', absent
  );
end
$compare$;
--> statement-breakpoint
revoke all on function clerk.compare_1(text, jsonb, jsonb, boolean, jsonb) from public;
--> statement-breakpoint
do $grant$
begin
  if exists (select from pg_roles where rolname = 'clerk_mirror') then
    grant execute on function clerk.compare_1(text, jsonb, jsonb, boolean, jsonb) to clerk_mirror;
  end if;
end
$grant$;
--> statement-breakpoint
-- Takes down that one of the Worker's crons has come, so that clerk.health_1 can tell that it does not any more.
--
--   cron     'daily' or 'outbox'
--   pattern  its five fields, such as '17 3 * * *': minute, hour, day of the month, month, day of the week
--   has_key  whether the Worker can reconcile: it has a key for Clerk's Backend API, and the workflow
create or replace function clerk.cron_1(cron text, pattern text, has_key boolean)
returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $cron$
declare
  now constant timestamptz(3) := clock_timestamp();
  f constant text[] := string_to_array(btrim(regexp_replace(pattern, '\s+', ' ', 'g')), ' ');
begin
  insert into clerk.crons as c (name, patience, last_at, key_since) values (
    cron,
    -- It may miss one time, so two of its longest pauses and some more.
    case
      when f[4] not in ('*', '?') then interval '400 days'
      when f[3] not in ('*', '?') then interval '63 days'
      -- Or it has not five fields.
      when f[5] not in ('*', '?') or f[5] is null then interval '15 days'
      when f[2] <> '*' then interval '50 hours'
      when f[1] = '*' then interval '10 minutes'
      when f[1] ~ '^\*/\d\d?$' then greatest(interval '10 minutes', interval '2 minutes' * substr(f[1], 3)::integer)
      else interval '2 hours'
    end,
    now,
    case when has_key then now end
  )
  on conflict (name) do update set
    patience = excluded.patience,
    last_at = now,
    key_since = case when has_key then coalesce(c.key_since, now) end;
end
$cron$;
--> statement-breakpoint
revoke all on function clerk.cron_1(text, text, boolean) from public;
--> statement-breakpoint
-- Deletes the ledger's oldest lines, which the copy does not need, and with its first call of a day takes down that the daily cron has
-- come.
--
--   days  how long a line is kept
--   most  the most lines to delete
--   cron  { pattern, has_key }: see clerk.cron_1; null if this is not the first call
--
-- Returns how many lines it has deleted.
create or replace function clerk.prune_1(days integer, most integer, cron jsonb)
returns integer
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $prune$
declare
  deleted integer;
begin
  delete from clerk.refusals as r where r.last_at < now() - make_interval(days => days);
  delete from clerk.deliveries as d where d.id in (
    select l.id from clerk.deliveries as l
    where l.received_at < now() - make_interval(days => days)
      -- Clerk's last one stays, so that it is known when it came.
      and l.received_at < (
        select n.received_at from clerk.deliveries as n where n.type <> 'mirror.smoke' order by n.received_at desc limit 1
      )
    order by l.received_at limit most
  );
  get diagnostics deleted = row_count;
  if cron is not null then perform clerk.cron_1('daily', cron ->> 'pattern', (cron ->> 'has_key')::boolean); end if;
  return deleted;
end
$prune$;
--> statement-breakpoint
revoke all on function clerk.prune_1(integer, integer, jsonb) from public;
--> statement-breakpoint
do $grant$
begin
  if exists (select from pg_roles where rolname = 'clerk_mirror') then
    grant execute on function clerk.prune_1(integer, integer, jsonb) to clerk_mirror;
  end if;
end
$grant$;
--> statement-breakpoint
-- Hands what waits in the outbox to the app: takes down what became of the changes that were handed over before, and gives the
-- next ones, in one transaction.
--
--   settled  [ { table, id, kind, generation, attempt, failure } ]: as they were given, and "failure" is why the app has
--            not taken the change; null if it has
--   most     the most changes to give
--   app      { tables, is_backfill_told, cron }: what the app is told of, for commands to read, and the cron's pattern, if this
--            is its first call
--
-- Returns the changes that are due the longest: [ { table, id, kind, source, generation, attempt, row } ], with the row as it is
-- now, or null if it is deleted. A change that is given is not given again for a minute, unless it is settled.
create or replace function clerk.outbox_1(settled jsonb, most integer, app jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set lock_timeout = '5s'
as $outbox$
declare
  -- As the table has it.
  now constant timestamptz(3) := clock_timestamp();
  waits constant interval[] := '{5 s,30 s,2 min,10 min,1 h,6 h,1 day}';
  given jsonb;
  changes jsonb := '[]';
  part jsonb;
  first clerk.outbox;
  named text;
begin
  -- In the order in which clerk.merge_1 takes them.
  perform from clerk.outbox as o
  where (o.table_name, o.id) in (select s."table", s.id from jsonb_to_recordset(settled) as s ("table" text, id text))
  order by o.table_name, o.id for update;

  delete from clerk.outbox as o
  using jsonb_to_recordset(settled) as s ("table" text, id text, generation bigint, failure text)
  where o.table_name = s."table" and o.id = s.id and o.generation = s.generation and s.failure is null;

  -- What has changed again since, or was not taken. Of a change that was given out twice, since nobody had settled it in time,
  -- only the last one decides when it is due.
  update clerk.outbox as o set
    is_known = case when s.failure is null then s.kind <> 'deleted' else o.is_known end,
    kind = case
      when o.kind = 'deleted' or s.failure is not null then o.kind
      when s.kind = 'deleted' then 'created'
      else 'updated'
    end,
    attempts = case when s.failure is null then 0 else o.attempts end,
    due_at = case
      when s.failure is null then now
      -- The app may be working on it yet.
      when s.failure = 'timeout' then greatest(o.due_at, now + waits[least(o.attempts, cardinality(waits))])
      else now + waits[least(o.attempts, cardinality(waits))]
    end,
    failure = s.failure
  from jsonb_to_recordset(settled) as s (
    "table" text, id text, kind text, generation bigint, attempt integer, failure text
  )
  where o.table_name = s."table" and o.id = s.id and o.attempts = s.attempt;

  -- One change may be what an app stumbles over, and those that were told with it come again with it: each time in smaller calls.
  select o.* into first from clerk.outbox as o where o.due_at <= now order by o.due_at limit 1;
  if first.failure not in ('network', 'timeout', 'failed') then most := greatest(least(most, 1), most >> least(first.attempts, 7)); end if;

  with due as (
    select o.table_name, o.id from clerk.outbox as o where o.due_at <= now order by o.due_at limit most
    for update skip locked
  ), taken as (
    -- An app that was told of a delete may know of it, whatever it answers.
    update clerk.outbox as o set
      attempts = o.attempts + 1,
      due_at = now + interval '1 minute',
      is_known = o.is_known and o.kind <> 'deleted',
      failure = null
    from due as d
    where o.table_name = d.table_name and o.id = d.id
    returning o.*
  )
  select jsonb_agg(jsonb_build_object(
    'table', t.table_name, 'id', t.id, 'kind', t.kind, 'source', t.source, 'generation', t.generation,
    'attempt', t.attempts
  ) order by t.generation)
  into given
  from taken as t;

  -- In a statement of its own, so that it sees what was committed before the lines were locked: a row is never older than its
  -- line, and since a merge waits for the line, never newer.
  for named in select distinct g ->> 'table' from jsonb_array_elements(given) as g loop
    execute format($sql$
      select jsonb_agg(g || jsonb_build_object('row', to_jsonb(t) - 'version', 'kind', case
        -- Nothing was told while no app was, or none of this table.
        when t.id is null then 'deleted'
        when g ->> 'kind' = 'deleted' then 'created'
        else g ->> 'kind'
      end))
      from jsonb_array_elements($1) as g
      -- A fragment is nothing to tell of: one may have come after the delete of another.
      left join clerk.%I as t on t.id = g ->> 'id' and t.deleted_at is null and t.version >= '1'
      where g ->> 'table' = $2
    $sql$, named)
    into part
    using given, named;
    changes := changes || part;
  end loop;

  -- Looked for first: a row that is written over is locked, though nothing changes.
  if not exists (
    select from clerk.apps as a
    where a.name = 'app' and a.tables = app -> 'tables' and a.is_backfill_told = (app ->> 'is_backfill_told')::boolean
  ) then
    insert into clerk.apps as a (name, tables, is_backfill_told)
    values ('app', app -> 'tables', (app ->> 'is_backfill_told')::boolean)
    on conflict (name) do update set tables = excluded.tables, is_backfill_told = excluded.is_backfill_told;
  end if;
  if app ->> 'cron' is not null then perform clerk.cron_1('outbox', app ->> 'cron', false); end if;
  return changes;
end
$outbox$;
--> statement-breakpoint
revoke all on function clerk.outbox_1(jsonb, integer, jsonb) from public;
--> statement-breakpoint
do $grant$
begin
  if exists (select from pg_roles where rolname = 'clerk_mirror') then
    grant execute on function clerk.outbox_1(jsonb, integer, jsonb) to clerk_mirror;
  end if;
end
$grant$;
--> statement-breakpoint
-- Says why the copy is not healthy, for the Worker's alerts and `/health?deep`, `npm run status` and the console. It only reads, and
-- not much however large the tables are: it may be asked each minute.
--
--   instance  CLERK_INSTANCE_ID, or null
--
-- Returns [ { code, of, text, next } ]: what the reason is called, the table that it is of, if it is of one, what is wrong, and the
-- next command. Nothing personal is in it.
create or replace function clerk.health_1(instance text)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $health$
declare
  reasons jsonb := '[]';
  now constant timestamptz := clock_timestamp();
  minutes constant text := 'YYYY-MM-DD HH24:MI "UTC"';
  last_received timestamptz;
  known_since timestamptz;
  last_unheard timestamptz;
  late record;
  cron record;
  found record;
begin
  -- Whether Clerk has a user who signed up after the last delivery, and so long ago that a delivery is overdue: an hour is more than
  -- both clocks differ, and longer than most of Svix's attempts. Only users, since their events are always selected. The smoke test's
  -- delivery is the owner's.
  last_received := (
    select d.received_at from clerk.deliveries as d where d.type <> 'mirror.smoke' order by d.received_at desc limit 1
  );
  known_since := coalesce(last_received, (select min(r.started_at) from clerk.reconciliations as r));
  -- By the index on created_at, however the planner guesses.
  last_unheard := (
    select u.created_at from clerk.users as u
    where u.created_at < now - interval '1 hour' and u.synced_at is not null order by u.created_at desc limit 1
  );
  if last_unheard > known_since + interval '1 hour' then
    reasons := reasons || jsonb_build_object(
      'code', 'silent',
      'text', format(
        'no delivery has arrived %s, and Clerk has a user who signed up at %s',
        case when last_received is null then 'yet' else 'since ' || to_char(last_received at time zone 'UTC', minutes) end,
        to_char(last_unheard at time zone 'UTC', minutes)
      ),
      'next', 'Look at the endpoint in Clerk''s dashboard, under Webhooks: whether it is enabled, has the Worker''s address, and what its attempts were answered'
    );
  end if;

  instance := coalesce(instance, (
    select r.instance_id from clerk.reconciliations as r where r.instance_id is not null order by r.finished_at desc limit 1
  ));
  select count(*) as deliveries, min(d.instance_id) as other into found
  from (
    select l.instance_id from clerk.deliveries as l where l.instance_id is not null order by l.received_at desc limit 100
  ) as d
  having bool_and(d.instance_id <> instance);
  if found.deliveries > 0 then
    reasons := reasons || jsonb_build_object(
      'code', 'foreign',
      'text', format('the latest deliveries are all of %s, and the copy is of %s', found.other, instance),
      'next', 'Set CLERK_WEBHOOK_SIGNING_SECRET to the secret of the endpoint in the instance that is copied, or CLERK_SECRET_KEY to the key of the one that delivers'
    );
  end if;

  -- Of the last quarter of an hour: after an outage Svix delivers what waited, and then this is over.
  select count(*) as deliveries, percentile_cont(0.5) within group (order by extract(epoch from l.received_at - l.occurred_at)) as median
  into late
  from (
    select d.received_at, d.occurred_at from clerk.deliveries as d
    where d.received_at > now - interval '15 minutes' and d.occurred_at is not null order by d.received_at desc limit 500
  ) as l;
  if late.deliveries >= 5 and late.median > 120 then
    reasons := reasons || jsonb_build_object(
      'code', 'lag',
      'text', format('deliveries arrive late: half of the latest %s took more than %s s', late.deliveries, round(late.median::numeric)),
      'next', 'npx wrangler tail: errors are deliveries that Svix sends again; without errors, look at status.svix.com and at the queue, if there is one'
    );
  end if;

  -- As long as Svix tries, and a reconciliation comes.
  select count(*) as deliveries, max(r.last_at) as last_at, (array_agg(
    concat_ws(' ', r.error, r.details ->> 'sqlstate', r.details ->> 'field', r.details ->> 'setting') order by r.last_at desc
  ))[1] as error
  into found
  from clerk.refusals as r
  where r.last_at > now - interval '2 days' and not exists (select from clerk.deliveries as d where d.id = r.id)
    -- What may pass by itself has ten minutes for it.
    and (r.error <> 'unavailable' or r.first_at < now - interval '10 minutes');
  if found.deliveries > 0 then
    reasons := reasons || jsonb_build_object(
      'code', 'refused',
      'text', format(
        '%s refused and not committed since, the last at %s (%s)',
        case when found.deliveries = 1 then '1 delivery was' else found.deliveries || ' deliveries were' end,
        to_char(found.last_at at time zone 'UTC', minutes), found.error
      ),
      'next', 'select * from clerk.refusals order by last_at desc; then mend the cause and replay failed messages in Clerk''s dashboard'
    );
  end if;

  for found in
    select distinct on (r.table_name) r.table_name, r.note from clerk.reconciliations as r
    where r.finished_at > now - interval '3 days' order by r.table_name, r.finished_at desc
  loop
    if found.note like 'incomplete:%' then
      reasons := reasons || jsonb_build_object(
        'code', 'incomplete', 'of', found.table_name,
        'text', format('the last run over %s: %s', found.table_name, found.note),
        'next', 'npm run reconcile'
      );
    elsif found.note like 'left out:%' then
      reasons := reasons || jsonb_build_object(
        'code', 'left_out', 'of', found.table_name,
        'text', format('the last run over %s left objects out', found.table_name),
        'next', 'select note from clerk.reconciliations order by finished_at desc names them; then mend the cause and npm run reconcile'
      );
    elsif found.note like 'too many rows are missing%' then
      reasons := reasons || jsonb_build_object(
        'code', 'held', 'of', found.table_name,
        'text', format('the last run over %s: %s', found.table_name, found.note),
        'next', 'Check CLERK_SECRET_KEY. If the rows are really gone: npm run reconcile -- --force, and again tomorrow'
      );
    end if;
  end loop;

  -- Of a copy that no cron has come to, as one that was just upgraded, nothing is said.
  select c.last_at, c.key_since, c.patience into cron from clerk.crons as c where c.name = 'daily';
  if cron.last_at < now - cron.patience then
    reasons := reasons || jsonb_build_object(
      'code', 'stopped',
      'text', format('the Worker''s daily run has not come since %s: the Worker is gone, its cron was taken away, or its settings are wrong or of another database', to_char(cron.last_at at time zone 'UTC', minutes)),
      'next', 'npx wrangler deployments list'
    );
  -- Only a Worker that has a key reconciles. Its runs are named by the cron's time, and these lists are in each of them.
  elsif cron.key_since < now - cron.patience and 3 > (
    select count(distinct r.table_name) from clerk.reconciliations as r
    where r.finished_at > now - cron.patience and r.run_id ~ '^reconcile-\d{4}-\d\d-\d\d'
      and r.table_name in ('users', 'organizations', 'organization_memberships')
  ) then
    -- The latest of each, from the end of the index.
    select case when count(x.last_at) = 3 then min(x.last_at) end as last_at into found
    from (
      select (
        select r.finished_at from clerk.reconciliations as r
        where r.table_name = t and r.run_id ~ '^reconcile-\d{4}-\d\d-\d\d' order by r.finished_at desc limit 1
      ) as last_at
      from unnest(array['users', 'organizations', 'organization_memberships']) as t
    ) as x;
    reasons := reasons || jsonb_build_object(
      'code', 'unreconciled',
      'text', coalesce(
        'no daily reconciliation has finished since ' || to_char(found.last_at at time zone 'UTC', minutes),
        'no daily reconciliation has ever finished, and the Worker has had a key since ' || to_char(cron.key_since at time zone 'UTC', minutes)
      ),
      'next', 'npx wrangler workflows instances list clerk-mirror-reconcile'
    );
  end if;

  -- By its attempts, which go on counting while it is handed over again; they begin anew when it is taken. What nobody hands over
  -- was due long ago: by the cron that is shipped or a rarer one, if none has come yet.
  select c.last_at, c.patience into cron from clerk.crons as c where c.name = 'outbox';
  cron.patience := coalesce(cron.patience, interval '2 hours');
  select count(*) as changes, min(o.first_at) as since, max(o.failure) as failure, min(o.due_at) as due_at into found
  from clerk.outbox as o
  where (o.attempts >= 4 or o.due_at < now - cron.patience) and exists (select from clerk.apps);
  if found.changes > 0 then
    reasons := reasons || jsonb_build_object(
      'code', 'outbox',
      'text', format(
        'the app has not taken %s, the oldest of %s%s',
        case when found.changes = 1 then '1 change' else found.changes || ' changes' end,
        to_char(found.since at time zone 'UTC', minutes), concat(' (' || found.failure || ')', case
          when found.due_at >= now - cron.patience then null
          when cron.last_at >= now - cron.patience then ': more waits than the cron hands over'
          else ': the cron that hands it over has not come' || coalesce(' since ' || to_char(cron.last_at at time zone 'UTC', minutes), '')
        end)
      ),
      'next', 'npm run outbox'
    );
  end if;
  return reasons;
end
$health$;
--> statement-breakpoint
revoke all on function clerk.health_1(text) from public;
--> statement-breakpoint
do $grant$
begin
  if exists (select from pg_roles where rolname = 'clerk_mirror') then
    grant execute on function clerk.health_1(text) to clerk_mirror;
  end if;
end
$grant$;
--> statement-breakpoint
-- Decides whether there is something to say of the copy's health: when it turns bad, when another reason joins, and when it is good
-- again. What was said is kept here, so that it is said once.
--
--   instance  CLERK_INSTANCE_ID, or null
--   sent      null, or the alert that was given before, with "is_told": whether its address has taken it
--
-- Returns null, or the alert that is to be sent: { text, codes }. It is given to nobody else for 20 seconds, unless it is settled.
create or replace function clerk.alert_1(instance text, sent jsonb default null)
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $alert$
declare
  now constant timestamptz(3) := clock_timestamp();
  said clerk.alerts;
  reasons jsonb;
  keys text[];
  news text[];
begin
  insert into clerk.alerts (name, codes) values ('health', '{}') on conflict do nothing;
  select * into said from clerk.alerts as a where a.name = 'health' for update;
  if sent is not null then
    update clerk.alerts as a set
      codes = case
        when not (sent ->> 'is_told')::boolean then a.codes
        when sent -> 'codes' = '[]' then '{}'
        else a.codes || (select jsonb_object_agg(c, now) from jsonb_array_elements_text(sent -> 'codes') as c)
      end,
      told_at = case when (sent ->> 'is_told')::boolean then now else a.told_at end,
      claimed_until = null
    where a.name = 'health';
    return null;
  end if;
  if said.claimed_until > now then return null; end if;

  reasons := (
    select coalesce(jsonb_agg(r || jsonb_build_object('key', concat_ws(' ', r ->> 'code', r ->> 'of'))), '[]')
    from jsonb_array_elements(clerk.health_1(instance)) as r
  );
  keys := array(select distinct r ->> 'key' from jsonb_array_elements(reasons) as r order by 1);
  -- A reason that was said and is still there is not said again, nor one that was away for less than an hour.
  said.codes := (
    select coalesce(jsonb_object_agg(k.key, case when k.key = any (keys) then to_jsonb(now) else k.value end), '{}')
    from jsonb_each(said.codes) as k
    where k.key = any (keys) or keys = '{}' or (k.value #>> '{}')::timestamptz > now - interval '1 hour'
  );
  news := array(select c from unnest(keys) as c where not said.codes ? c);
  update clerk.alerts as a set
    codes = said.codes,
    claimed_until = case when news <> '{}' or (keys = '{}' and said.codes <> '{}') then now + interval '20 seconds' end
  where a.name = 'health' and (a.codes <> said.codes or news <> '{}' or keys = '{}' and said.codes <> '{}');
  if keys = '{}' and said.codes <> '{}' then
    return jsonb_build_object('codes', '[]'::jsonb, 'text', 'clerk-mirror: healthy again.');
  end if;
  if news = '{}' then return null; end if;
  return jsonb_build_object('codes', to_jsonb(news), 'text', (
    select string_agg(format('clerk-mirror: %s. Next: %s', r ->> 'text', r ->> 'next'), E'\n')
    from jsonb_array_elements(reasons) as r where r ->> 'key' = any (news)
  ));
end
$alert$;
--> statement-breakpoint
revoke all on function clerk.alert_1(text, jsonb) from public;
--> statement-breakpoint
do $grant$
begin
  if exists (select from pg_roles where rolname = 'clerk_mirror') then
    grant execute on function clerk.alert_1(text, jsonb) to clerk_mirror;
  end if;
end
$grant$;
--> statement-breakpoint
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
--> statement-breakpoint
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
--> statement-breakpoint
revoke all on function clerk.expect_user(text) from public;
--> statement-breakpoint
do $grant$
begin
  if exists (select from pg_roles where rolname = 'clerk_app') then
    grant execute on function clerk.expect_user(text) to clerk_app;
  end if;
end
$grant$;
--> statement-breakpoint
do $grant$
begin
  if exists (select from pg_roles where rolname = 'clerk_app_owner') then
    grant execute on function clerk.expect_user(text) to clerk_app_owner;
  end if;
end
$grant$;
--> statement-breakpoint
revoke all on function clerk.expect_organization(text) from public;
--> statement-breakpoint
do $grant$
begin
  if exists (select from pg_roles where rolname = 'clerk_app') then
    grant execute on function clerk.expect_organization(text) to clerk_app;
  end if;
end
$grant$;
--> statement-breakpoint
do $grant$
begin
  if exists (select from pg_roles where rolname = 'clerk_app_owner') then
    grant execute on function clerk.expect_organization(text) to clerk_app_owner;
  end if;
end
$grant$;
--> statement-breakpoint
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
--> statement-breakpoint
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
--> statement-breakpoint
revoke all on function clerk.reference(regclass, name, regclass, name) from public;
--> statement-breakpoint
do $grant$
begin
  if exists (select from pg_roles where rolname = 'clerk_app_owner') then
    grant execute on function clerk.reference(regclass, name, regclass, name) to clerk_app_owner;
  end if;
end
$grant$;
--> statement-breakpoint
revoke all on function clerk.reference_unchecked(regclass, name, regclass, name) from public;
--> statement-breakpoint
do $grant$
begin
  if exists (select from pg_roles where rolname = 'clerk_app_owner') then
    grant execute on function clerk.reference_unchecked(regclass, name, regclass, name) to clerk_app_owner;
  end if;
end
$grant$;
--> statement-breakpoint
-- For apps: the living rows alone, and Clerk's columns by name. A column that a later release adds to a table does not change its
-- view, so that `select *` stays what it was; src/schema.ts has what each column is. `deleted_at`, which is null here, and
-- `version`, which is the merge's own, are left out. `synced_at` is null for an id that an app expected before Clerk's event.
--
-- A view has its owner's rights by default, who may read every row. These have the asking role's (security_invoker): its grants
-- and its policies of row-level security hold as they do on the table. The planner sees through them to the table's indexes.
create or replace view clerk.living_users with (security_invoker = true) as
select
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
  deprovisioned,
  two_factor_enabled,
  totp_enabled,
  backup_code_enabled,
  password_enabled,
  delete_self_enabled,
  create_organization_enabled,
  create_organizations_limit,
  last_sign_in_at,
  last_active_at,
  legal_accepted_at,
  mfa_enabled_at,
  mfa_disabled_at,
  password_last_updated_at,
  primary_web3_wallet_id,
  email_addresses,
  phone_numbers,
  web3_wallets,
  passkeys,
  external_accounts,
  enterprise_accounts,
  public_metadata,
  private_metadata,
  unsafe_metadata,
  created_at,
  updated_at,
  synced_at
from clerk.users
where deleted_at is null;
--> statement-breakpoint
create or replace view clerk.living_organizations with (security_invoker = true) as
select
  id,
  name,
  slug,
  image_url,
  created_by,
  max_allowed_memberships,
  admin_delete_enabled,
  role_set_key,
  last_active_at,
  public_metadata,
  private_metadata,
  created_at,
  updated_at,
  synced_at
from clerk.organizations
where deleted_at is null;
--> statement-breakpoint
create or replace view clerk.living_memberships with (security_invoker = true) as
select
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
  synced_at
from clerk.organization_memberships
where deleted_at is null;
--> statement-breakpoint
comment on schema clerk is 'A copy of a Clerk instance. Only the function clerk.merge_1 writes its rows.';
--> statement-breakpoint
do $$
begin
  if to_regclass('clerk.migrations') is not null then
    comment on table clerk.migrations is 'Which migrations of this schema have run. It goes with the schema.';
  end if;
end
$$;
--> statement-breakpoint
comment on table clerk.users is 'Clerk''s users. Rows are never removed, so on delete cascade never fires: reference clerk.users (id) from your own tables.';
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
comment on column clerk.users.deprovisioned is 'Whether a company''s directory has taken the user out.';
--> statement-breakpoint
comment on column clerk.users.private_metadata is 'Only for your backend: never show it to the user.';
--> statement-breakpoint
comment on column clerk.users.unsafe_metadata is 'Written by the user''s browser: do not trust it.';
--> statement-breakpoint
comment on column clerk.users.deleted_at is 'When the copy learned that the object is deleted. Then only its id is left, and its owners'' if it went with one.';
--> statement-breakpoint
comment on column clerk.users.synced_at is 'When the copy last wrote the row; null if an app expected the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.users.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.organizations is 'Clerk''s organizations. Rows are never removed, so on delete cascade never fires: reference clerk.organizations (id) from your own tables.';
--> statement-breakpoint
comment on column clerk.organizations.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.organizations.created_by is 'The user who created it.';
--> statement-breakpoint
comment on column clerk.organizations.private_metadata is 'Only for your backend.';
--> statement-breakpoint
comment on column clerk.organizations.deleted_at is 'When the copy learned that the object is deleted. Then only its id is left, and its owners'' if it went with one.';
--> statement-breakpoint
comment on column clerk.organizations.synced_at is 'When the copy last wrote the row; null if an app expected the id before Clerk''s event arrived.';
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
comment on column clerk.sessions.deleted_at is 'When the copy learned that the object is deleted. Then only its id is left, and its owners'' if it went with one.';
--> statement-breakpoint
comment on column clerk.sessions.synced_at is 'When the copy last wrote the row; null if an app expected the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.sessions.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.organization_memberships is 'Who is in which organization. Deleted with the user or the organization. Joining again gives a new id.';
--> statement-breakpoint
comment on column clerk.organization_memberships.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.organization_memberships.deleted_at is 'When the copy learned that the object is deleted. Then only its id is left, and its owners'' if it went with one.';
--> statement-breakpoint
comment on column clerk.organization_memberships.synced_at is 'When the copy last wrote the row; null if an app expected the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.organization_memberships.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.organization_invitations is 'Invitations to an organization. Deleted with it.';
--> statement-breakpoint
comment on column clerk.organization_invitations.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.organization_invitations.email_address is 'Null once it is no longer pending.';
--> statement-breakpoint
comment on column clerk.organization_invitations.url is 'Null once it is no longer pending. Anybody who has it can sign up.';
--> statement-breakpoint
comment on column clerk.organization_invitations.public_metadata is 'Null once it is no longer pending.';
--> statement-breakpoint
comment on column clerk.organization_invitations.private_metadata is 'Null once it is no longer pending.';
--> statement-breakpoint
comment on column clerk.organization_invitations.deleted_at is 'When the copy learned that the object is deleted. Then only its id is left, and its owners'' if it went with one.';
--> statement-breakpoint
comment on column clerk.organization_invitations.synced_at is 'When the copy last wrote the row; null if an app expected the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.organization_invitations.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.organization_domains is 'Domains of an organization. Deleted with it.';
--> statement-breakpoint
comment on column clerk.organization_domains.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.organization_domains.deleted_at is 'When the copy learned that the object is deleted. Then only its id is left, and its owners'' if it went with one.';
--> statement-breakpoint
comment on column clerk.organization_domains.synced_at is 'When the copy last wrote the row; null if an app expected the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.organization_domains.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.roles is 'Roles that a member of an organization can have.';
--> statement-breakpoint
comment on column clerk.roles.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.roles.deleted_at is 'When the copy learned that the object is deleted. Then only its id is left, and its owners'' if it went with one.';
--> statement-breakpoint
comment on column clerk.roles.synced_at is 'When the copy last wrote the row; null if an app expected the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.roles.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.permissions is 'Permissions that a role can hold.';
--> statement-breakpoint
comment on column clerk.permissions.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.permissions.deleted_at is 'When the copy learned that the object is deleted. Then only its id is left, and its owners'' if it went with one.';
--> statement-breakpoint
comment on column clerk.permissions.synced_at is 'When the copy last wrote the row; null if an app expected the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.permissions.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.waitlist_entries is 'People who wait for an invitation to the application.';
--> statement-breakpoint
comment on column clerk.waitlist_entries.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.waitlist_entries.deleted_at is 'When the copy learned that the object is deleted. Then only its id is left, and its owners'' if it went with one.';
--> statement-breakpoint
comment on column clerk.waitlist_entries.synced_at is 'When the copy last wrote the row; null if an app expected the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.waitlist_entries.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.subscriptions is 'Billing: what a user or an organization has subscribed to. Stays when the payer is deleted.';
--> statement-breakpoint
comment on column clerk.subscriptions.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.subscriptions.user_id is 'The user who pays, or null.';
--> statement-breakpoint
comment on column clerk.subscriptions.organization_id is 'The organization that pays, or null.';
--> statement-breakpoint
comment on column clerk.subscriptions.deleted_at is 'When the copy learned that the object is deleted. Then only its id is left, and its owners'' if it went with one.';
--> statement-breakpoint
comment on column clerk.subscriptions.synced_at is 'When the copy last wrote the row; null if an app expected the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.subscriptions.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.subscription_items is 'Billing: the plans of a subscription, with their periods. Stays when the payer is deleted.';
--> statement-breakpoint
comment on column clerk.subscription_items.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.subscription_items.user_id is 'The user who pays, or null.';
--> statement-breakpoint
comment on column clerk.subscription_items.organization_id is 'The organization that pays, or null.';
--> statement-breakpoint
comment on column clerk.subscription_items.interval is 'month or annual.';
--> statement-breakpoint
comment on column clerk.subscription_items.seats is 'Null if unlimited, or if the plan does not count seats.';
--> statement-breakpoint
comment on column clerk.subscription_items.deleted_at is 'When the copy learned that the object is deleted. Then only its id is left, and its owners'' if it went with one.';
--> statement-breakpoint
comment on column clerk.subscription_items.synced_at is 'When the copy last wrote the row; null if an app expected the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.subscription_items.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.payment_attempts is 'Billing: payment attempts. Cards, names and addresses are not stored. Stays when the payer is deleted.';
--> statement-breakpoint
comment on column clerk.payment_attempts.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.payment_attempts.user_id is 'The user who pays, or null.';
--> statement-breakpoint
comment on column clerk.payment_attempts.organization_id is 'The organization that pays, or null.';
--> statement-breakpoint
comment on column clerk.payment_attempts.amount is 'The grand total, in the currency''s smallest unit.';
--> statement-breakpoint
comment on column clerk.payment_attempts.deleted_at is 'When the copy learned that the object is deleted. Then only its id is left, and its owners'' if it went with one.';
--> statement-breakpoint
comment on column clerk.payment_attempts.synced_at is 'When the copy last wrote the row; null if an app expected the id before Clerk''s event arrived.';
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
comment on column clerk.reconciliations.extra is 'Objects that the copy had and Clerk does not: it was asked for each.';
--> statement-breakpoint
comment on column clerk.reconciliations.repaired is 'Rows that were merged, or deleted since two runs missed the object.';
--> statement-breakpoint
comment on column clerk.reconciliations.restored is 'Of these, rows that had been deleted, by a run or with an owner, and are back since Clerk has the object.';
--> statement-breakpoint
comment on column clerk.reconciliations.held is 'Rows that were left unchanged: missed for the first time, or too many to be deleted.';
--> statement-breakpoint
comment on column clerk.reconciliations.erased_here is 'Objects in Clerk''s list that stay deleted in the copy: Clerk told so before, or they were erased.';
--> statement-breakpoint
comment on column clerk.reconciliations.note is 'Why rows were left unchanged, or why the list was not read.';
--> statement-breakpoint
comment on table clerk.absences is 'Objects that Clerk did not have in the latest run. A run that misses them again, 20 hours later, deletes them.';
--> statement-breakpoint
comment on column clerk.absences.since is 'When the run that first missed the object began.';
--> statement-breakpoint
comment on column clerk.absences.first_asked_at is 'When Clerk was first asked for it, by Clerk''s clock.';
--> statement-breakpoint
comment on column clerk.absences.asked_at is 'When Clerk was last asked for it, by Clerk''s clock.';
--> statement-breakpoint
comment on column clerk.absences.deleted_at is 'When a run deleted it. The line stays for seven days, since only so many may be deleted in them.';
--> statement-breakpoint
comment on table clerk.leases is 'Which run may look for what Clerk no longer has: one at a time.';
--> statement-breakpoint
comment on column clerk.leases.name is 'What it is for.';
--> statement-breakpoint
comment on column clerk.leases.since is 'When the run took it.';
--> statement-breakpoint
comment on column clerk.leases.expires_at is 'A run that makes headway puts it off.';
--> statement-breakpoint
comment on table clerk.seen is 'Objects of one moment, such as an import''s, that a run has seen in Clerk''s list. Gone when it is done with the table, or after seven days.';
--> statement-breakpoint
comment on table clerk.outbox is 'Changes that the app has not taken yet: one row per object, written in the transaction that changed it. Empty if no app is bound.';
--> statement-breakpoint
comment on column clerk.outbox.kind is '`created`, `updated` or `deleted`: all changes that wait, as one.';
--> statement-breakpoint
comment on column clerk.outbox.is_known is 'Whether the app knows the object as a living one.';
--> statement-breakpoint
comment on column clerk.outbox.source is 'Where the last change was learnt: `event`, `backfill`, `reconcile`, `ensure` or `erase`.';
--> statement-breakpoint
comment on column clerk.outbox.first_at is 'When the first change that waits was merged.';
--> statement-breakpoint
comment on column clerk.outbox.last_at is 'When the last one was.';
--> statement-breakpoint
comment on column clerk.outbox.generation is 'Grows with every change of every object.';
--> statement-breakpoint
comment on column clerk.outbox.attempts is 'How often it was handed to the app.';
--> statement-breakpoint
comment on column clerk.outbox.due_at is 'When it is handed over next. While it is, when that is given up.';
--> statement-breakpoint
comment on column clerk.outbox.failure is 'Why the app has not taken it.';
--> statement-breakpoint
comment on table clerk.apps is 'Which app the Worker tells of changes, by its settings: commands read it.';
--> statement-breakpoint
comment on column clerk.apps.tables is 'What it is told of.';
--> statement-breakpoint
comment on column clerk.apps.is_backfill_told is 'Whether it is told of what a backfill copies.';
--> statement-breakpoint
comment on table clerk.refusals is 'Deliveries with a valid signature that were refused. Those that were committed since are in deliveries. Pruned by last_at.';
--> statement-breakpoint
comment on column clerk.refusals.error is 'The error of the answer: refused, unprocessable, malformed or misconfigured.';
--> statement-breakpoint
comment on column clerk.refusals.details is 'What is known of it: the SQLSTATE, the field or the setting.';
--> statement-breakpoint
comment on column clerk.refusals.attempts is 'How often it was refused.';
--> statement-breakpoint
comment on table clerk.alerts is 'What was said at MIRROR_ALERT_URL of the copy''s health.';
--> statement-breakpoint
comment on column clerk.alerts.codes is 'The reasons that were said, and when each was last there: none if the copy is healthy.';
--> statement-breakpoint
comment on column clerk.alerts.told_at is 'When the last message was taken.';
--> statement-breakpoint
comment on column clerk.alerts.claimed_until is 'While one is being sent.';
--> statement-breakpoint
comment on table clerk.crons is 'When the Worker''s crons came: the health tells when one does not any more.';
--> statement-breakpoint
comment on column clerk.crons.name is '`daily`, or `outbox`, which tells the app what is due. Without an app that one leaves no row.';
--> statement-breakpoint
comment on column clerk.crons.patience is 'How long it may stay away, by its pattern in wrangler.toml.';
--> statement-breakpoint
comment on column clerk.crons.last_at is 'When it last came.';
--> statement-breakpoint
comment on column clerk.crons.key_since is 'Since when the Worker can reconcile: it has CLERK_SECRET_KEY and the workflow. Null if it cannot, and of the outbox.';
--> statement-breakpoint
comment on index clerk.users_email_index is 'where email = $1, as Clerk writes the address';
--> statement-breakpoint
comment on index clerk.users_email_lower_index is 'where lower(email) = lower($1), as somebody types it';
--> statement-breakpoint
comment on index clerk.users_username_index is 'where username = $1';
--> statement-breakpoint
comment on index clerk.users_phone_index is 'where phone = $1';
--> statement-breakpoint
comment on index clerk.users_external_id_index is 'where external_id = $1';
--> statement-breakpoint
comment on index clerk.users_created_at_index is 'where created_at is not null order by created_at desc limit 20';
--> statement-breakpoint
comment on index clerk.organizations_slug_index is 'where slug = $1';
--> statement-breakpoint
comment on index clerk.deliveries_subject_id_index is 'where subject_id = $1, an object''s id';
--> statement-breakpoint
comment on index clerk.deliveries_received_at_index is 'order by received_at desc limit 20';
--> statement-breakpoint
comment on view clerk.living_users is 'The users that are not deleted.';
--> statement-breakpoint
comment on view clerk.living_organizations is 'The organizations that are not deleted.';
--> statement-breakpoint
comment on view clerk.living_memberships is 'The rows of organization_memberships that are not deleted.';
