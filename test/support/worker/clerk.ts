/** Clerk's events, for tests. Written separately from `dev/clerk`, so that a mistake is not in both. */

/** The first moment of every test's history, in milliseconds since 1970. */
export const epoch = 1_760_000_000_000;

/** A user with every field that Clerk's OpenAPI lists, and a few that it does not. */
export const userData = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  object: "user",
  id: "user_1",
  external_id: "external-1",
  primary_email_address_id: "idn_second",
  primary_phone_number_id: "idn_phone",
  primary_web3_wallet_id: "idn_wallet",
  username: "grace",
  first_name: "Grace",
  last_name: "Hopper",
  locale: "en-US",
  profile_image_url: "https://img.example/old",
  image_url: "https://img.example/grace",
  has_image: true,
  public_metadata: { plan: "pro", nested: { list: [1, "two", null, true] } },
  private_metadata: { note: "secret" },
  unsafe_metadata: { theme: "dark" },
  email_addresses: [
    { id: "idn_first", object: "email_address", email_address: "old@example.com", verification: null, linked_to: [] },
    {
      id: "idn_second",
      object: "email_address",
      email_address: "grace@example.com",
      verification: {
        object: "verification_otp",
        status: "verified",
        strategy: "email_code",
        attempts: 1,
        expire_at: null,
      },
      linked_to: [],
    },
  ],
  phone_numbers: [
    {
      id: "idn_phone",
      object: "phone_number",
      phone_number: "+12025550100",
      verification: {
        object: "verification_otp",
        status: "unverified",
        strategy: "phone_code",
        attempts: 0,
        expire_at: null,
      },
      linked_to: [],
    },
  ],
  web3_wallets: [{ object: "web3_wallet", id: "idn_wallet", web3_wallet: "0x00" }],
  passkeys: [{ object: "passkey", id: "idn_passkey" }],
  password_enabled: true,
  two_factor_enabled: false,
  totp_enabled: false,
  backup_code_enabled: false,
  mfa_enabled_at: epoch + 6,
  mfa_disabled_at: epoch + 7,
  password_last_updated_at: epoch + 4,
  external_accounts: [{ object: "external_account", id: "eac_1", provider: "oauth_google" }],
  saml_accounts: [],
  enterprise_accounts: [{ object: "enterprise_account", id: "entacc_1", protocol: "saml" }],
  last_sign_in_at: epoch + 1,
  banned: false,
  locked: false,
  deprovisioned: false,
  lockout_expires_in_seconds: null,
  verification_attempts_remaining: 100,
  updated_at: epoch + 5,
  created_at: epoch,
  delete_self_enabled: true,
  create_organization_enabled: true,
  create_organizations_limit: 4,
  last_active_at: epoch + 2,
  legal_accepted_at: epoch + 3,
  a_field_of_tomorrow: { anything: true },
  ...fields,
});

export const event = (
  type: string,
  data: unknown,
  timestamp: number = epoch,
  envelope: Record<string, unknown> = {},
) => ({
  type,
  object: "event",
  data,
  timestamp,
  instance_id: "ins_1",
  event_attributes: { http_request: { client_ip: "192.0.2.7", user_agent: "Mozilla/5.0" } },
  ...envelope,
});

export const sessionData = (user: unknown, fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  object: "session",
  id: "sess_1",
  user_id: "user_1",
  client_id: "client_1",
  status: "active",
  last_active_at: epoch,
  expire_at: epoch + 1000,
  abandon_at: epoch + 2000,
  created_at: epoch,
  updated_at: epoch,
  user,
  ...fields,
});

export const deletion = (id: string) => ({ object: "user", id, deleted: true });
