import type { EmailAddress, ExternalAccount, Session, User, Verification } from "./objects.ts";
import type { Random } from "./random.ts";
import type { State } from "./state.ts";

export const firstNames = [
  "Ada",
  "Grace",
  "Alan",
  "Edsger",
  "Barbara",
  "Donald",
  "Radia",
  "Ken",
  "Zoë",
  "José",
  "Łukasz",
  "美咲",
];
export const lastNames = [
  "Lovelace",
  "Hopper",
  "Turing",
  "Dijkstra",
  "Liskov",
  "Knuth",
  "Perlman",
  "O'Neill",
  "Müller",
  "田中",
];
const locales = ["en-US", "de-DE", "ja-JP", null];
const dayMilliseconds = 86_400_000;

export type Names = { first_name: string | null; last_name: string | null };

/** An invented name, or none. */
export const randomNames = (random: Random): Names => ({
  first_name: random.chance(0.95) ? random.pick(firstNames) : null,
  last_name: random.chance(0.95) ? random.pick(lastNames) : null,
});

const verified = (strategy: string): Verification => ({
  object: "verification_otp",
  status: "verified",
  strategy,
  attempts: 1,
  expire_at: null,
});

/** A new address: the given one, or one that nobody else has. */
export const newAddress = (
  state: State,
  at: number,
  email_address = `person.${state.count()}@example.com`,
): EmailAddress => ({
  id: state.newId("idn"),
  object: "email_address",
  email_address,
  reserved: false,
  verification: verified("email_code"),
  linked_to: [],
  matches_sso_connection: false,
  created_at: at,
  updated_at: at,
});

const googleAccount = (state: State, at: number, names: Names, email: EmailAddress): ExternalAccount => ({
  object: "external_account",
  id: state.newId("eac"),
  provider: "oauth_google",
  identification_id: state.newId("idn"),
  provider_user_id: String(state.random.below(1_000_000_000)),
  approved_scopes: "email openid profile",
  email_address: email.email_address,
  first_name: names.first_name ?? "",
  last_name: names.last_name ?? "",
  image_url: "",
  username: null,
  public_metadata: {},
  label: null,
  verification: {
    object: "verification_oauth",
    status: "verified",
    strategy: "oauth_google",
    attempts: null,
    expire_at: at + 600_000,
  },
  created_at: at,
  updated_at: at,
});

/** Somebody who signs up: mostly with an address, sometimes with Google, rarely with only a phone. */
export const newUser = (state: State, at: number, email?: string): User => {
  const { random } = state;
  const id = state.newId("user");
  const number = state.count();
  const names = randomNames(random);
  const address = email === undefined && random.chance(0.03) ? undefined : newAddress(state, at, email);
  const phone = address === undefined || random.chance(0.1) ? state.newId("idn") : null;
  const image_url = `https://img.clerk.com/${id}`;
  return {
    id,
    object: "user",
    external_id: random.chance(0.1) ? `external-${number}` : null,
    primary_email_address_id: address?.id ?? null,
    primary_phone_number_id: phone,
    primary_web3_wallet_id: null,
    username: random.chance(0.3) ? `user_${number}` : null,
    ...names,
    locale: random.pick(locales),
    profile_image_url: image_url,
    image_url,
    has_image: random.chance(0.3),
    public_metadata: random.chance(0.3) ? { plan: random.pick(["free", "pro"]), seen: random.below(100) } : {},
    private_metadata: random.chance(0.2) ? { score: random.below(1000) } : {},
    unsafe_metadata: random.chance(0.2) ? { theme: random.pick(["dark", "light"]) } : {},
    email_addresses: address === undefined ? [] : [address],
    phone_numbers:
      phone === null
        ? []
        : [
            {
              id: phone,
              object: "phone_number",
              phone_number: `+1202555${String(number % 10_000).padStart(4, "0")}`,
              reserved_for_second_factor: false,
              default_second_factor: false,
              reserved: false,
              verification: verified("phone_code"),
              linked_to: [],
              backup_codes: null,
              created_at: at,
              updated_at: at,
            },
          ],
    web3_wallets: [],
    passkeys: [],
    password_enabled: address !== undefined,
    two_factor_enabled: false,
    totp_enabled: false,
    backup_code_enabled: false,
    mfa_enabled_at: null,
    mfa_disabled_at: null,
    password_last_updated_at: null,
    external_accounts: address !== undefined && random.chance(0.1) ? [googleAccount(state, at, names, address)] : [],
    saml_accounts: [],
    enterprise_accounts: [],
    last_sign_in_at: null,
    banned: false,
    locked: false,
    deprovisioned: false,
    lockout_expires_in_seconds: null,
    verification_attempts_remaining: 100,
    delete_self_enabled: true,
    create_organization_enabled: true,
    create_organizations_limit: null,
    last_active_at: null,
    legal_accepted_at: random.chance(0.5) ? at : null,
    bypass_client_trust: false,
    created_at: at,
    updated_at: at,
  };
};

/** A user's new session. */
export const newSession = (state: State, userId: string, at: number): Session => {
  const memberships = state.memberships.of(userId);
  return {
    object: "session",
    id: state.newId("sess"),
    user_id: userId,
    client_id: state.newId("client"),
    actor: null,
    status: "active",
    last_active_organization_id: memberships.length === 0 ? null : state.random.pick(memberships).organization.id,
    last_active_at: at,
    latest_activity: {
      object: "session_activity",
      id: state.newId("sess_activity"),
      device_type: "desktop",
      is_mobile: false,
      browser_name: state.random.pick(["Firefox", "Chromium", "Safari"]),
      browser_version: "140.0",
      ip_address: "192.0.2.1",
      city: "Example",
      country: "US",
    },
    expire_at: at + 7 * dayMilliseconds,
    abandon_at: at + 30 * dayMilliseconds,
    tasks: null,
    created_at: at,
    updated_at: at,
  };
};
