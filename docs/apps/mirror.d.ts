// Made by dev/generate/app-types.ts of clerk-mirror. Do not edit: each release has its own.
//
// What an app gets of clerk-mirror: the binding `Mirror`, the answer of POST /api/ensure, and changes. Times are ISO 8601.

export interface UserRow {
  id: string;
  email: string | null;
  email_verified: boolean | null;
  phone: string | null;
  phone_verified: boolean | null;
  username: string | null;
  first_name: string | null;
  last_name: string | null;
  name: string | null;
  image_url: string | null;
  external_id: string | null;
  locale: string | null;
  banned: boolean | null;
  locked: boolean | null;
  deprovisioned: boolean | null;
  two_factor_enabled: boolean | null;
  totp_enabled: boolean | null;
  backup_code_enabled: boolean | null;
  password_enabled: boolean | null;
  delete_self_enabled: boolean | null;
  create_organization_enabled: boolean | null;
  create_organizations_limit: number | null;
  last_sign_in_at: string | null;
  last_active_at: string | null;
  legal_accepted_at: string | null;
  mfa_enabled_at: string | null;
  mfa_disabled_at: string | null;
  password_last_updated_at: string | null;
  primary_web3_wallet_id: string | null;
  email_addresses: object[] | null;
  phone_numbers: object[] | null;
  web3_wallets: object[] | null;
  passkeys: object[] | null;
  external_accounts: object[] | null;
  enterprise_accounts: object[] | null;
  public_metadata: object | null;
  private_metadata: object | null;
  unsafe_metadata: object | null;
  created_at: string | null;
  updated_at: string | null;
  deleted_at: string | null;
  synced_at: string | null;
}

export interface OrganizationRow {
  id: string;
  name: string | null;
  slug: string | null;
  image_url: string | null;
  created_by: string | null;
  max_allowed_memberships: number | null;
  admin_delete_enabled: boolean | null;
  role_set_key: string | null;
  last_active_at: string | null;
  public_metadata: object | null;
  private_metadata: object | null;
  created_at: string | null;
  updated_at: string | null;
  deleted_at: string | null;
  synced_at: string | null;
}

export interface SessionRow {
  id: string;
  user_id: string | null;
  client_id: string | null;
  status: string | null;
  last_active_organization_id: string | null;
  actor: object | null;
  latest_activity: object | null;
  last_active_at: string | null;
  expire_at: string | null;
  abandon_at: string | null;
  created_at: string | null;
  updated_at: string | null;
  deleted_at: string | null;
  synced_at: string | null;
}

export interface OrganizationMembershipRow {
  id: string;
  organization_id: string | null;
  user_id: string | null;
  role: string | null;
  role_name: string | null;
  permissions: string[] | null;
  public_metadata: object | null;
  private_metadata: object | null;
  created_at: string | null;
  updated_at: string | null;
  deleted_at: string | null;
  synced_at: string | null;
}

export interface OrganizationInvitationRow {
  id: string;
  organization_id: string | null;
  inviter_id: string | null;
  email_address: string | null;
  role: string | null;
  role_name: string | null;
  status: string | null;
  url: string | null;
  expires_at: string | null;
  public_metadata: object | null;
  private_metadata: object | null;
  created_at: string | null;
  updated_at: string | null;
  deleted_at: string | null;
  synced_at: string | null;
}

export interface OrganizationDomainRow {
  id: string;
  organization_id: string | null;
  name: string | null;
  enrollment_mode: string | null;
  affiliation_email_address: string | null;
  affiliation_verification: object | null;
  ownership_verification: object | null;
  total_pending_invitations: number | null;
  total_pending_suggestions: number | null;
  created_at: string | null;
  updated_at: string | null;
  deleted_at: string | null;
  synced_at: string | null;
}

export interface RoleRow {
  id: string;
  name: string | null;
  key: string | null;
  description: string | null;
  is_creator_eligible: boolean | null;
  permissions: object[] | null;
  created_at: string | null;
  updated_at: string | null;
  deleted_at: string | null;
  synced_at: string | null;
}

export interface PermissionRow {
  id: string;
  name: string | null;
  key: string | null;
  description: string | null;
  type: string | null;
  created_at: string | null;
  updated_at: string | null;
  deleted_at: string | null;
  synced_at: string | null;
}

export interface WaitlistEntryRow {
  id: string;
  email_address: string | null;
  status: string | null;
  is_locked: boolean | null;
  invitation_id: string | null;
  created_at: string | null;
  updated_at: string | null;
  deleted_at: string | null;
  synced_at: string | null;
}

export interface SubscriptionRow {
  id: string;
  user_id: string | null;
  organization_id: string | null;
  payer_id: string | null;
  status: string | null;
  active_at: string | null;
  past_due_at: string | null;
  created_at: string | null;
  updated_at: string | null;
  deleted_at: string | null;
  synced_at: string | null;
}

export interface SubscriptionItemRow {
  id: string;
  user_id: string | null;
  organization_id: string | null;
  status: string | null;
  interval: string | null;
  period_start: string | null;
  period_end: string | null;
  is_free_trial: boolean | null;
  plan_id: string | null;
  plan_name: string | null;
  plan_slug: string | null;
  seats: number | null;
  created_at: string | null;
  updated_at: string | null;
  deleted_at: string | null;
  synced_at: string | null;
}

export interface PaymentAttemptRow {
  id: string;
  payment_id: string | null;
  statement_id: string | null;
  user_id: string | null;
  organization_id: string | null;
  gateway_external_id: string | null;
  status: string | null;
  charge_type: string | null;
  amount: number | null;
  currency: string | null;
  paid_at: string | null;
  failed_at: string | null;
  created_at: string | null;
  updated_at: string | null;
  deleted_at: string | null;
  synced_at: string | null;
}

/** A row that is older than this is asked of Clerk again: a Date, or milliseconds since 1970. */
export interface EnsureOptions {
  updatedAfter?: Date | number;
}

/** The service binding with the entrypoint `Mirror`: `type Env = { MIRROR: Mirror }`. Both throw an Error named EnsureError. */
export interface Mirror {
  /** The row; null if Clerk has no such user. */
  ensureUser(id: string, options?: EnsureOptions): Promise<UserRow | null>;
  ensureOrganization(id: string, options?: EnsureOptions): Promise<OrganizationRow | null>;
}

/** The body of POST /api/ensure, and its answer with status 200. */
export type EnsureRequest =
  | { user: string; organization?: never; updatedAfter?: number }
  | { organization: string; user?: never; updatedAfter?: number };
export interface EnsureAnswer<Row extends UserRow | OrganizationRow = UserRow> {
  row: Row | null;
}

export interface Rows {
  users: UserRow;
  organizations: OrganizationRow;
  sessions: SessionRow;
  organization_memberships: OrganizationMembershipRow;
  organization_invitations: OrganizationInvitationRow;
  organization_domains: OrganizationDomainRow;
  roles: RoleRow;
  permissions: PermissionRow;
  waitlist_entries: WaitlistEntryRow;
  subscriptions: SubscriptionRow;
  subscription_items: SubscriptionItemRow;
  payment_attempts: PaymentAttemptRow;
}

/** What `changed(changes)` of your app, or its address as `{"changes": […]}`, is told. */
export type Change<Table extends keyof Rows = keyof Rows> = {
  [One in Table]: {
    table: One;
    /** Clerk's id of the object. */
    id: string;
    /** All that has changed since the app last took a change of this object, as one. */
    kind: "created" | "updated" | "deleted";
    /** Where the last change was learnt. */
    source: "event" | "backfill" | "reconcile" | "ensure" | "erase";
    /** Greater with every change of the object. A change that comes again has the same one. */
    generation: number;
    /** How often it has been told, this time included. */
    attempt: number;
    /** The row as it is now; null if the object is deleted. */
    row: Rows[One] | null;
  };
}[Table];

/** What the app has not taken: it comes again. */
export interface Taken {
  failed?: { table: string; id: string }[];
}
