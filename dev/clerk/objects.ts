/**
 * Clerk's objects as its Backend API serves them. All times are in milliseconds since 1970.
 *
 * Source: Clerk's OpenAPI for the Backend API. Optional fields that are missing here are among those that Clerk may
 * leave out. A `readonly` field never changes after the object is made.
 */
export type Metadata = Record<string, unknown>;

type Stamped = { readonly created_at: number; updated_at: number };

export type Verification = {
  object: string;
  status: string;
  strategy: string;
  attempts: number | null;
  expire_at: number | null;
};

type Identification = Stamped & {
  readonly id: string;
  reserved: boolean;
  verification: Verification | null;
  linked_to: { type: string; id: string }[];
};

export type EmailAddress = Identification & {
  object: "email_address";
  email_address: string;
  matches_sso_connection: boolean;
};

export type PhoneNumber = Identification & {
  object: "phone_number";
  phone_number: string;
  reserved_for_second_factor: boolean;
  default_second_factor: boolean;
  backup_codes: string[] | null;
};

export type ExternalAccount = Stamped & {
  object: "external_account";
  readonly id: string;
  provider: string;
  identification_id: string;
  provider_user_id: string;
  approved_scopes: string;
  email_address: string;
  first_name: string;
  last_name: string;
  image_url: string;
  username: string | null;
  public_metadata: Metadata;
  label: string | null;
  verification: Verification | null;
};

export type User = Stamped & {
  readonly id: string;
  object: "user";
  external_id: string | null;
  primary_email_address_id: string | null;
  primary_phone_number_id: string | null;
  primary_web3_wallet_id: string | null;
  username: string | null;
  first_name: string | null;
  last_name: string | null;
  locale: string | null;
  profile_image_url: string;
  image_url: string;
  has_image: boolean;
  public_metadata: Metadata;
  private_metadata: Metadata;
  unsafe_metadata: Metadata;
  email_addresses: EmailAddress[];
  phone_numbers: PhoneNumber[];
  web3_wallets: Metadata[];
  passkeys: Metadata[];
  password_enabled: boolean;
  two_factor_enabled: boolean;
  totp_enabled: boolean;
  backup_code_enabled: boolean;
  mfa_enabled_at: number | null;
  mfa_disabled_at: number | null;
  password_last_updated_at: number | null;
  external_accounts: ExternalAccount[];
  saml_accounts: Metadata[];
  enterprise_accounts: Metadata[];
  last_sign_in_at: number | null;
  banned: boolean;
  locked: boolean;
  deprovisioned: boolean;
  lockout_expires_in_seconds: number | null;
  verification_attempts_remaining: number | null;
  delete_self_enabled: boolean;
  create_organization_enabled: boolean;
  create_organizations_limit: number | null;
  last_active_at: number | null;
  legal_accepted_at: number | null;
  bypass_client_trust: boolean;
};

export type Session = Stamped & {
  object: "session";
  readonly id: string;
  readonly user_id: string;
  readonly client_id: string;
  actor: Metadata | null;
  status: "active" | "ended" | "removed" | "revoked";
  last_active_organization_id: string | null;
  last_active_at: number;
  latest_activity: Metadata;
  expire_at: number;
  abandon_at: number;
  tasks: { key: string }[] | null;
};

/** Without `members_count`, which the API counts on request. */
export type Organization = Stamped & {
  object: "organization";
  readonly id: string;
  name: string;
  slug: string;
  image_url: string;
  has_image: boolean;
  max_allowed_memberships: number;
  admin_delete_enabled: boolean;
  public_metadata: Metadata;
  private_metadata: Metadata;
  created_by: string;
  role_set_key: string | null;
};

export type PublicUserData = {
  user_id: string;
  first_name: string | null;
  last_name: string | null;
  profile_image_url: string;
  image_url: string;
  has_image: boolean;
  identifier: string;
  username: string | null;
  banned: boolean;
  deprovisioned: boolean;
};

export type Membership = Stamped & {
  readonly id: string;
  object: "organization_membership";
  role: string;
  role_name: string;
  permissions: string[];
  public_metadata: Metadata;
  private_metadata: Metadata;
  /** The object itself, so that it is never out of date. */
  readonly organization: Organization;
  readonly public_user_data: PublicUserData;
};

/** An invitation. Only the event says who accepted it. */
export type Invitation = Stamped & {
  object: "organization_invitation";
  readonly id: string;
  email_address: string;
  role: string;
  role_name: string;
  readonly organization_id: string;
  inviter_id: string | null;
  public_inviter_data: Omit<PublicUserData, "profile_image_url" | "username" | "banned" | "deprovisioned"> | null;
  status: "pending" | "accepted" | "revoked";
  public_metadata: Metadata;
  private_metadata: Metadata;
  url: string | null;
  expires_at: number | null;
};

export type DomainVerification = {
  status: string;
  strategy: string;
  attempts: number | null;
  expire_at: number | null;
  verified_at: number | null;
};

export type PublicOrganizationData = { id: string; name: string; slug: string; image_url: string; has_image: boolean };

export type Domain = Stamped & {
  object: "organization_domain";
  readonly id: string;
  readonly organization_id: string;
  name: string;
  enrollment_mode: "manual_invitation" | "automatic_invitation" | "automatic_suggestion" | "enterprise_sso";
  affiliation_email_address: string | null;
  affiliation_verification: DomainVerification | null;
  ownership_verification: DomainVerification | null;
  verification: DomainVerification | null;
  total_pending_invitations: number;
  total_pending_suggestions: number;
  public_organization_data: PublicOrganizationData;
};

export type Permission = Stamped & {
  object: "permission";
  readonly id: string;
  name: string;
  key: string;
  description: string;
  type: "system" | "user";
};

export type Role = Stamped & {
  object: "role";
  readonly id: string;
  name: string;
  key: string;
  description: string | null;
  is_creator_eligible: boolean;
  /** The objects themselves, so that they are never out of date. */
  permissions: Permission[];
};

export type WaitlistEntry = Stamped & {
  object: "waitlist_entry";
  readonly id: string;
  readonly email_address: string;
  status: "pending" | "invited" | "rejected" | "completed";
  is_locked: boolean;
  invitation: Metadata | null;
};
