import type { UserJSON } from "@clerk/backend";
import type { JsonObject } from "../../src/json.ts";
import type { users } from "../../src/schema.ts";

/** A user of Clerk's as this Worker's row, as one would write it with the guide. */

export type User = typeof users.$inferInsert;

/** What Clerk sends and its package does not name yet. */
type Newer = { mfa_enabled_at: number | null; mfa_disabled_at: number | null; passkeys: object[] };

export const userRow = (data: UserJSON, version: string): User => {
  const user = data as UserJSON & Newer;
  const email = user.email_addresses.find((address) => address.id === user.primary_email_address_id);
  const phone = user.phone_numbers.find((number) => number.id === user.primary_phone_number_id);
  return {
    id: user.id,
    email: email?.email_address,
    email_verified: email && email.verification?.status === "verified",
    phone: phone?.phone_number,
    phone_verified: phone && phone.verification?.status === "verified",
    username: user.username,
    first_name: user.first_name,
    last_name: user.last_name,
    name: [user.first_name, user.last_name].filter(Boolean).join(" ") || null,
    image_url: user.image_url,
    external_id: user.external_id,
    locale: user.locale,
    banned: user.banned,
    locked: user.locked,
    deprovisioned: user.deprovisioned,
    two_factor_enabled: user.two_factor_enabled,
    totp_enabled: user.totp_enabled,
    backup_code_enabled: user.backup_code_enabled,
    password_enabled: user.password_enabled,
    delete_self_enabled: user.delete_self_enabled,
    create_organization_enabled: user.create_organization_enabled,
    create_organizations_limit: user.create_organizations_limit,
    last_sign_in_at: time(user.last_sign_in_at),
    last_active_at: time(user.last_active_at),
    legal_accepted_at: time(user.legal_accepted_at),
    mfa_enabled_at: time(user.mfa_enabled_at),
    mfa_disabled_at: time(user.mfa_disabled_at),
    password_last_updated_at: time(user.password_last_updated_at),
    primary_web3_wallet_id: user.primary_web3_wallet_id,
    email_addresses: user.email_addresses as object[] as JsonObject[],
    phone_numbers: user.phone_numbers as object[] as JsonObject[],
    web3_wallets: user.web3_wallets as object[] as JsonObject[],
    passkeys: user.passkeys as JsonObject[],
    external_accounts: user.external_accounts as object[] as JsonObject[],
    enterprise_accounts: user.enterprise_accounts as object[] as JsonObject[],
    public_metadata: user.public_metadata,
    private_metadata: user.private_metadata,
    unsafe_metadata: user.unsafe_metadata,
    created_at: time(user.created_at),
    updated_at: time(user.updated_at),
    synced_at: new Date(),
    version,
  };
};

const time = (milliseconds: number | null): Date | null => (milliseconds === null ? null : new Date(milliseconds));
