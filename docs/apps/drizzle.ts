// Made by dev/generate/app-types.ts of clerk-mirror. Do not edit: each release has its own.
//
// The tables of the schema clerk, for queries with Drizzle. Import them where you query, and never export them from a file that
// drizzle.config.ts names as your schema: drizzle-kit would take the tables for your own.
//
// Rows are never removed, so an `on delete cascade` of yours never fires: docs/apps.md#deletion of clerk-mirror has what to do.
import { bigint, boolean, jsonb, pgSchema, text, timestamp } from "drizzle-orm/pg-core";

type JsonObject = Record<string, unknown>;

const clerk = pgSchema("clerk");

export const users = clerk.table("users", {
  id: text().primaryKey(),
  email: text(),
  email_verified: boolean(),
  phone: text(),
  phone_verified: boolean(),
  username: text(),
  first_name: text(),
  last_name: text(),
  name: text(),
  image_url: text(),
  external_id: text(),
  locale: text(),
  banned: boolean(),
  locked: boolean(),
  deprovisioned: boolean(),
  two_factor_enabled: boolean(),
  totp_enabled: boolean(),
  backup_code_enabled: boolean(),
  password_enabled: boolean(),
  delete_self_enabled: boolean(),
  create_organization_enabled: boolean(),
  create_organizations_limit: bigint({ mode: "number" }),
  last_sign_in_at: timestamp({ withTimezone: true, precision: 3 }),
  last_active_at: timestamp({ withTimezone: true, precision: 3 }),
  legal_accepted_at: timestamp({ withTimezone: true, precision: 3 }),
  mfa_enabled_at: timestamp({ withTimezone: true, precision: 3 }),
  mfa_disabled_at: timestamp({ withTimezone: true, precision: 3 }),
  password_last_updated_at: timestamp({ withTimezone: true, precision: 3 }),
  primary_web3_wallet_id: text(),
  email_addresses: jsonb().$type<JsonObject[]>(),
  phone_numbers: jsonb().$type<JsonObject[]>(),
  web3_wallets: jsonb().$type<JsonObject[]>(),
  passkeys: jsonb().$type<JsonObject[]>(),
  external_accounts: jsonb().$type<JsonObject[]>(),
  enterprise_accounts: jsonb().$type<JsonObject[]>(),
  public_metadata: jsonb().$type<JsonObject>(),
  private_metadata: jsonb().$type<JsonObject>(),
  unsafe_metadata: jsonb().$type<JsonObject>(),
  created_at: timestamp({ withTimezone: true, precision: 3 }),
  updated_at: timestamp({ withTimezone: true, precision: 3 }),
  deleted_at: timestamp({ withTimezone: true, precision: 3 }),
  synced_at: timestamp({ withTimezone: true, precision: 3 }),
});

export const organizations = clerk.table("organizations", {
  id: text().primaryKey(),
  name: text(),
  slug: text(),
  image_url: text(),
  created_by: text(),
  max_allowed_memberships: bigint({ mode: "number" }),
  admin_delete_enabled: boolean(),
  role_set_key: text(),
  last_active_at: timestamp({ withTimezone: true, precision: 3 }),
  public_metadata: jsonb().$type<JsonObject>(),
  private_metadata: jsonb().$type<JsonObject>(),
  created_at: timestamp({ withTimezone: true, precision: 3 }),
  updated_at: timestamp({ withTimezone: true, precision: 3 }),
  deleted_at: timestamp({ withTimezone: true, precision: 3 }),
  synced_at: timestamp({ withTimezone: true, precision: 3 }),
});

export const sessions = clerk.table("sessions", {
  id: text().primaryKey(),
  user_id: text(),
  client_id: text(),
  status: text(),
  last_active_organization_id: text(),
  actor: jsonb().$type<JsonObject>(),
  latest_activity: jsonb().$type<JsonObject>(),
  last_active_at: timestamp({ withTimezone: true, precision: 3 }),
  expire_at: timestamp({ withTimezone: true, precision: 3 }),
  abandon_at: timestamp({ withTimezone: true, precision: 3 }),
  created_at: timestamp({ withTimezone: true, precision: 3 }),
  updated_at: timestamp({ withTimezone: true, precision: 3 }),
  deleted_at: timestamp({ withTimezone: true, precision: 3 }),
  synced_at: timestamp({ withTimezone: true, precision: 3 }),
});

export const organization_memberships = clerk.table("organization_memberships", {
  id: text().primaryKey(),
  organization_id: text(),
  user_id: text(),
  role: text(),
  role_name: text(),
  permissions: jsonb().$type<string[]>(),
  public_metadata: jsonb().$type<JsonObject>(),
  private_metadata: jsonb().$type<JsonObject>(),
  created_at: timestamp({ withTimezone: true, precision: 3 }),
  updated_at: timestamp({ withTimezone: true, precision: 3 }),
  deleted_at: timestamp({ withTimezone: true, precision: 3 }),
  synced_at: timestamp({ withTimezone: true, precision: 3 }),
});

export const organization_invitations = clerk.table("organization_invitations", {
  id: text().primaryKey(),
  organization_id: text(),
  inviter_id: text(),
  email_address: text(),
  role: text(),
  role_name: text(),
  status: text(),
  url: text(),
  expires_at: timestamp({ withTimezone: true, precision: 3 }),
  public_metadata: jsonb().$type<JsonObject>(),
  private_metadata: jsonb().$type<JsonObject>(),
  created_at: timestamp({ withTimezone: true, precision: 3 }),
  updated_at: timestamp({ withTimezone: true, precision: 3 }),
  deleted_at: timestamp({ withTimezone: true, precision: 3 }),
  synced_at: timestamp({ withTimezone: true, precision: 3 }),
});

export const organization_domains = clerk.table("organization_domains", {
  id: text().primaryKey(),
  organization_id: text(),
  name: text(),
  enrollment_mode: text(),
  affiliation_email_address: text(),
  affiliation_verification: jsonb().$type<JsonObject>(),
  ownership_verification: jsonb().$type<JsonObject>(),
  total_pending_invitations: bigint({ mode: "number" }),
  total_pending_suggestions: bigint({ mode: "number" }),
  created_at: timestamp({ withTimezone: true, precision: 3 }),
  updated_at: timestamp({ withTimezone: true, precision: 3 }),
  deleted_at: timestamp({ withTimezone: true, precision: 3 }),
  synced_at: timestamp({ withTimezone: true, precision: 3 }),
});

export const roles = clerk.table("roles", {
  id: text().primaryKey(),
  name: text(),
  key: text(),
  description: text(),
  is_creator_eligible: boolean(),
  permissions: jsonb().$type<JsonObject[]>(),
  created_at: timestamp({ withTimezone: true, precision: 3 }),
  updated_at: timestamp({ withTimezone: true, precision: 3 }),
  deleted_at: timestamp({ withTimezone: true, precision: 3 }),
  synced_at: timestamp({ withTimezone: true, precision: 3 }),
});

export const permissions = clerk.table("permissions", {
  id: text().primaryKey(),
  name: text(),
  key: text(),
  description: text(),
  type: text(),
  created_at: timestamp({ withTimezone: true, precision: 3 }),
  updated_at: timestamp({ withTimezone: true, precision: 3 }),
  deleted_at: timestamp({ withTimezone: true, precision: 3 }),
  synced_at: timestamp({ withTimezone: true, precision: 3 }),
});

export const waitlist_entries = clerk.table("waitlist_entries", {
  id: text().primaryKey(),
  email_address: text(),
  status: text(),
  is_locked: boolean(),
  invitation_id: text(),
  created_at: timestamp({ withTimezone: true, precision: 3 }),
  updated_at: timestamp({ withTimezone: true, precision: 3 }),
  deleted_at: timestamp({ withTimezone: true, precision: 3 }),
  synced_at: timestamp({ withTimezone: true, precision: 3 }),
});

export const subscriptions = clerk.table("subscriptions", {
  id: text().primaryKey(),
  user_id: text(),
  organization_id: text(),
  payer_id: text(),
  status: text(),
  active_at: timestamp({ withTimezone: true, precision: 3 }),
  past_due_at: timestamp({ withTimezone: true, precision: 3 }),
  created_at: timestamp({ withTimezone: true, precision: 3 }),
  updated_at: timestamp({ withTimezone: true, precision: 3 }),
  deleted_at: timestamp({ withTimezone: true, precision: 3 }),
  synced_at: timestamp({ withTimezone: true, precision: 3 }),
});

export const subscription_items = clerk.table("subscription_items", {
  id: text().primaryKey(),
  user_id: text(),
  organization_id: text(),
  status: text(),
  interval: text(),
  period_start: timestamp({ withTimezone: true, precision: 3 }),
  period_end: timestamp({ withTimezone: true, precision: 3 }),
  is_free_trial: boolean(),
  plan_id: text(),
  plan_name: text(),
  plan_slug: text(),
  seats: bigint({ mode: "number" }),
  created_at: timestamp({ withTimezone: true, precision: 3 }),
  updated_at: timestamp({ withTimezone: true, precision: 3 }),
  deleted_at: timestamp({ withTimezone: true, precision: 3 }),
  synced_at: timestamp({ withTimezone: true, precision: 3 }),
});

export const payment_attempts = clerk.table("payment_attempts", {
  id: text().primaryKey(),
  payment_id: text(),
  statement_id: text(),
  user_id: text(),
  organization_id: text(),
  gateway_external_id: text(),
  status: text(),
  charge_type: text(),
  amount: bigint({ mode: "number" }),
  currency: text(),
  paid_at: timestamp({ withTimezone: true, precision: 3 }),
  failed_at: timestamp({ withTimezone: true, precision: 3 }),
  created_at: timestamp({ withTimezone: true, precision: 3 }),
  updated_at: timestamp({ withTimezone: true, precision: 3 }),
  deleted_at: timestamp({ withTimezone: true, precision: 3 }),
  synced_at: timestamp({ withTimezone: true, precision: 3 }),
});

// The rows that are not deleted. These columns stay what they are.

export const living_users = clerk
  .view("living_users", {
    id: text().notNull(),
    email: text(),
    email_verified: boolean(),
    phone: text(),
    phone_verified: boolean(),
    username: text(),
    first_name: text(),
    last_name: text(),
    name: text(),
    image_url: text(),
    external_id: text(),
    locale: text(),
    banned: boolean(),
    locked: boolean(),
    deprovisioned: boolean(),
    two_factor_enabled: boolean(),
    totp_enabled: boolean(),
    backup_code_enabled: boolean(),
    password_enabled: boolean(),
    delete_self_enabled: boolean(),
    create_organization_enabled: boolean(),
    create_organizations_limit: bigint({ mode: "number" }),
    last_sign_in_at: timestamp({ withTimezone: true, precision: 3 }),
    last_active_at: timestamp({ withTimezone: true, precision: 3 }),
    legal_accepted_at: timestamp({ withTimezone: true, precision: 3 }),
    mfa_enabled_at: timestamp({ withTimezone: true, precision: 3 }),
    mfa_disabled_at: timestamp({ withTimezone: true, precision: 3 }),
    password_last_updated_at: timestamp({ withTimezone: true, precision: 3 }),
    primary_web3_wallet_id: text(),
    email_addresses: jsonb().$type<JsonObject[]>(),
    phone_numbers: jsonb().$type<JsonObject[]>(),
    web3_wallets: jsonb().$type<JsonObject[]>(),
    passkeys: jsonb().$type<JsonObject[]>(),
    external_accounts: jsonb().$type<JsonObject[]>(),
    enterprise_accounts: jsonb().$type<JsonObject[]>(),
    public_metadata: jsonb().$type<JsonObject>(),
    private_metadata: jsonb().$type<JsonObject>(),
    unsafe_metadata: jsonb().$type<JsonObject>(),
    created_at: timestamp({ withTimezone: true, precision: 3 }),
    updated_at: timestamp({ withTimezone: true, precision: 3 }),
    synced_at: timestamp({ withTimezone: true, precision: 3 }),
  })
  .existing();

export const living_organizations = clerk
  .view("living_organizations", {
    id: text().notNull(),
    name: text(),
    slug: text(),
    image_url: text(),
    created_by: text(),
    max_allowed_memberships: bigint({ mode: "number" }),
    admin_delete_enabled: boolean(),
    role_set_key: text(),
    last_active_at: timestamp({ withTimezone: true, precision: 3 }),
    public_metadata: jsonb().$type<JsonObject>(),
    private_metadata: jsonb().$type<JsonObject>(),
    created_at: timestamp({ withTimezone: true, precision: 3 }),
    updated_at: timestamp({ withTimezone: true, precision: 3 }),
    synced_at: timestamp({ withTimezone: true, precision: 3 }),
  })
  .existing();

export const living_memberships = clerk
  .view("living_memberships", {
    id: text().notNull(),
    organization_id: text(),
    user_id: text(),
    role: text(),
    role_name: text(),
    permissions: jsonb().$type<string[]>(),
    public_metadata: jsonb().$type<JsonObject>(),
    private_metadata: jsonb().$type<JsonObject>(),
    created_at: timestamp({ withTimezone: true, precision: 3 }),
    updated_at: timestamp({ withTimezone: true, precision: 3 }),
    synced_at: timestamp({ withTimezone: true, precision: 3 }),
  })
  .existing();
