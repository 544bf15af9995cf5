// Made by dev/generate/app-types.ts of clerk-mirror. Do not edit: each release has its own.
//
// The tables of the schema clerk, for Kysely: `new Kysely<ClerkTables & YourTables>(…)`, and `selectFrom("clerk.users")`. They can
// be read and not updated. A bigint is a string, as pg returns it.
//
// Rows are never removed, so an `on delete cascade` of yours never fires: docs/apps.md#deletion of clerk-mirror has what to do.
import type { ColumnType } from "kysely";

type JsonObject = Record<string, unknown>;

/** A column that only Clerk changes. */
type Read<Value> = ColumnType<Value, never, never>;

export interface ClerkUser {
  id: Read<string>;
  email: Read<string | null>;
  email_verified: Read<boolean | null>;
  phone: Read<string | null>;
  phone_verified: Read<boolean | null>;
  username: Read<string | null>;
  first_name: Read<string | null>;
  last_name: Read<string | null>;
  name: Read<string | null>;
  image_url: Read<string | null>;
  external_id: Read<string | null>;
  locale: Read<string | null>;
  banned: Read<boolean | null>;
  locked: Read<boolean | null>;
  deprovisioned: Read<boolean | null>;
  two_factor_enabled: Read<boolean | null>;
  totp_enabled: Read<boolean | null>;
  backup_code_enabled: Read<boolean | null>;
  password_enabled: Read<boolean | null>;
  delete_self_enabled: Read<boolean | null>;
  create_organization_enabled: Read<boolean | null>;
  create_organizations_limit: Read<string | null>;
  last_sign_in_at: Read<Date | null>;
  last_active_at: Read<Date | null>;
  legal_accepted_at: Read<Date | null>;
  mfa_enabled_at: Read<Date | null>;
  mfa_disabled_at: Read<Date | null>;
  password_last_updated_at: Read<Date | null>;
  primary_web3_wallet_id: Read<string | null>;
  email_addresses: Read<JsonObject[] | null>;
  phone_numbers: Read<JsonObject[] | null>;
  web3_wallets: Read<JsonObject[] | null>;
  passkeys: Read<JsonObject[] | null>;
  external_accounts: Read<JsonObject[] | null>;
  enterprise_accounts: Read<JsonObject[] | null>;
  public_metadata: Read<JsonObject | null>;
  private_metadata: Read<JsonObject | null>;
  unsafe_metadata: Read<JsonObject | null>;
  created_at: Read<Date | null>;
  updated_at: Read<Date | null>;
  deleted_at: Read<Date | null>;
  synced_at: Read<Date | null>;
}

export interface ClerkOrganization {
  id: Read<string>;
  name: Read<string | null>;
  slug: Read<string | null>;
  image_url: Read<string | null>;
  created_by: Read<string | null>;
  max_allowed_memberships: Read<string | null>;
  admin_delete_enabled: Read<boolean | null>;
  role_set_key: Read<string | null>;
  last_active_at: Read<Date | null>;
  public_metadata: Read<JsonObject | null>;
  private_metadata: Read<JsonObject | null>;
  created_at: Read<Date | null>;
  updated_at: Read<Date | null>;
  deleted_at: Read<Date | null>;
  synced_at: Read<Date | null>;
}

export interface ClerkSession {
  id: Read<string>;
  user_id: Read<string | null>;
  client_id: Read<string | null>;
  status: Read<string | null>;
  last_active_organization_id: Read<string | null>;
  actor: Read<JsonObject | null>;
  latest_activity: Read<JsonObject | null>;
  last_active_at: Read<Date | null>;
  expire_at: Read<Date | null>;
  abandon_at: Read<Date | null>;
  created_at: Read<Date | null>;
  updated_at: Read<Date | null>;
  deleted_at: Read<Date | null>;
  synced_at: Read<Date | null>;
}

export interface ClerkOrganizationMembership {
  id: Read<string>;
  organization_id: Read<string | null>;
  user_id: Read<string | null>;
  role: Read<string | null>;
  role_name: Read<string | null>;
  permissions: Read<string[] | null>;
  public_metadata: Read<JsonObject | null>;
  private_metadata: Read<JsonObject | null>;
  created_at: Read<Date | null>;
  updated_at: Read<Date | null>;
  deleted_at: Read<Date | null>;
  synced_at: Read<Date | null>;
}

export interface ClerkOrganizationInvitation {
  id: Read<string>;
  organization_id: Read<string | null>;
  inviter_id: Read<string | null>;
  email_address: Read<string | null>;
  role: Read<string | null>;
  role_name: Read<string | null>;
  status: Read<string | null>;
  url: Read<string | null>;
  expires_at: Read<Date | null>;
  public_metadata: Read<JsonObject | null>;
  private_metadata: Read<JsonObject | null>;
  created_at: Read<Date | null>;
  updated_at: Read<Date | null>;
  deleted_at: Read<Date | null>;
  synced_at: Read<Date | null>;
}

export interface ClerkOrganizationDomain {
  id: Read<string>;
  organization_id: Read<string | null>;
  name: Read<string | null>;
  enrollment_mode: Read<string | null>;
  affiliation_email_address: Read<string | null>;
  affiliation_verification: Read<JsonObject | null>;
  ownership_verification: Read<JsonObject | null>;
  total_pending_invitations: Read<string | null>;
  total_pending_suggestions: Read<string | null>;
  created_at: Read<Date | null>;
  updated_at: Read<Date | null>;
  deleted_at: Read<Date | null>;
  synced_at: Read<Date | null>;
}

export interface ClerkRole {
  id: Read<string>;
  name: Read<string | null>;
  key: Read<string | null>;
  description: Read<string | null>;
  is_creator_eligible: Read<boolean | null>;
  permissions: Read<JsonObject[] | null>;
  created_at: Read<Date | null>;
  updated_at: Read<Date | null>;
  deleted_at: Read<Date | null>;
  synced_at: Read<Date | null>;
}

export interface ClerkPermission {
  id: Read<string>;
  name: Read<string | null>;
  key: Read<string | null>;
  description: Read<string | null>;
  type: Read<string | null>;
  created_at: Read<Date | null>;
  updated_at: Read<Date | null>;
  deleted_at: Read<Date | null>;
  synced_at: Read<Date | null>;
}

export interface ClerkWaitlistEntry {
  id: Read<string>;
  email_address: Read<string | null>;
  status: Read<string | null>;
  is_locked: Read<boolean | null>;
  invitation_id: Read<string | null>;
  created_at: Read<Date | null>;
  updated_at: Read<Date | null>;
  deleted_at: Read<Date | null>;
  synced_at: Read<Date | null>;
}

export interface ClerkSubscription {
  id: Read<string>;
  user_id: Read<string | null>;
  organization_id: Read<string | null>;
  payer_id: Read<string | null>;
  status: Read<string | null>;
  active_at: Read<Date | null>;
  past_due_at: Read<Date | null>;
  created_at: Read<Date | null>;
  updated_at: Read<Date | null>;
  deleted_at: Read<Date | null>;
  synced_at: Read<Date | null>;
}

export interface ClerkSubscriptionItem {
  id: Read<string>;
  user_id: Read<string | null>;
  organization_id: Read<string | null>;
  status: Read<string | null>;
  interval: Read<string | null>;
  period_start: Read<Date | null>;
  period_end: Read<Date | null>;
  is_free_trial: Read<boolean | null>;
  plan_id: Read<string | null>;
  plan_name: Read<string | null>;
  plan_slug: Read<string | null>;
  seats: Read<string | null>;
  created_at: Read<Date | null>;
  updated_at: Read<Date | null>;
  deleted_at: Read<Date | null>;
  synced_at: Read<Date | null>;
}

export interface ClerkPaymentAttempt {
  id: Read<string>;
  payment_id: Read<string | null>;
  statement_id: Read<string | null>;
  user_id: Read<string | null>;
  organization_id: Read<string | null>;
  gateway_external_id: Read<string | null>;
  status: Read<string | null>;
  charge_type: Read<string | null>;
  amount: Read<string | null>;
  currency: Read<string | null>;
  paid_at: Read<Date | null>;
  failed_at: Read<Date | null>;
  created_at: Read<Date | null>;
  updated_at: Read<Date | null>;
  deleted_at: Read<Date | null>;
  synced_at: Read<Date | null>;
}

export interface ClerkLivingUser {
  id: Read<string>;
  email: Read<string | null>;
  email_verified: Read<boolean | null>;
  phone: Read<string | null>;
  phone_verified: Read<boolean | null>;
  username: Read<string | null>;
  first_name: Read<string | null>;
  last_name: Read<string | null>;
  name: Read<string | null>;
  image_url: Read<string | null>;
  external_id: Read<string | null>;
  locale: Read<string | null>;
  banned: Read<boolean | null>;
  locked: Read<boolean | null>;
  deprovisioned: Read<boolean | null>;
  two_factor_enabled: Read<boolean | null>;
  totp_enabled: Read<boolean | null>;
  backup_code_enabled: Read<boolean | null>;
  password_enabled: Read<boolean | null>;
  delete_self_enabled: Read<boolean | null>;
  create_organization_enabled: Read<boolean | null>;
  create_organizations_limit: Read<string | null>;
  last_sign_in_at: Read<Date | null>;
  last_active_at: Read<Date | null>;
  legal_accepted_at: Read<Date | null>;
  mfa_enabled_at: Read<Date | null>;
  mfa_disabled_at: Read<Date | null>;
  password_last_updated_at: Read<Date | null>;
  primary_web3_wallet_id: Read<string | null>;
  email_addresses: Read<JsonObject[] | null>;
  phone_numbers: Read<JsonObject[] | null>;
  web3_wallets: Read<JsonObject[] | null>;
  passkeys: Read<JsonObject[] | null>;
  external_accounts: Read<JsonObject[] | null>;
  enterprise_accounts: Read<JsonObject[] | null>;
  public_metadata: Read<JsonObject | null>;
  private_metadata: Read<JsonObject | null>;
  unsafe_metadata: Read<JsonObject | null>;
  created_at: Read<Date | null>;
  updated_at: Read<Date | null>;
  synced_at: Read<Date | null>;
}

export interface ClerkLivingOrganization {
  id: Read<string>;
  name: Read<string | null>;
  slug: Read<string | null>;
  image_url: Read<string | null>;
  created_by: Read<string | null>;
  max_allowed_memberships: Read<string | null>;
  admin_delete_enabled: Read<boolean | null>;
  role_set_key: Read<string | null>;
  last_active_at: Read<Date | null>;
  public_metadata: Read<JsonObject | null>;
  private_metadata: Read<JsonObject | null>;
  created_at: Read<Date | null>;
  updated_at: Read<Date | null>;
  synced_at: Read<Date | null>;
}

export interface ClerkLivingMembership {
  id: Read<string>;
  organization_id: Read<string | null>;
  user_id: Read<string | null>;
  role: Read<string | null>;
  role_name: Read<string | null>;
  permissions: Read<string[] | null>;
  public_metadata: Read<JsonObject | null>;
  private_metadata: Read<JsonObject | null>;
  created_at: Read<Date | null>;
  updated_at: Read<Date | null>;
  synced_at: Read<Date | null>;
}

export interface ClerkTables {
  "clerk.users": ClerkUser;
  "clerk.organizations": ClerkOrganization;
  "clerk.sessions": ClerkSession;
  "clerk.organization_memberships": ClerkOrganizationMembership;
  "clerk.organization_invitations": ClerkOrganizationInvitation;
  "clerk.organization_domains": ClerkOrganizationDomain;
  "clerk.roles": ClerkRole;
  "clerk.permissions": ClerkPermission;
  "clerk.waitlist_entries": ClerkWaitlistEntry;
  "clerk.subscriptions": ClerkSubscription;
  "clerk.subscription_items": ClerkSubscriptionItem;
  "clerk.payment_attempts": ClerkPaymentAttempt;
  "clerk.living_users": ClerkLivingUser;
  "clerk.living_organizations": ClerkLivingOrganization;
  "clerk.living_memberships": ClerkLivingMembership;
}
