import type { Fields } from "./fields.ts";
import { type Change, common, entity, type Observation, type Rows } from "./entity.ts";

export const user = entity({
  table: "users",
  events: ["user.created", "user.updated", "user.deleted"],
  row: (data, observation) => userRow(data, observation, () => true),
});

/**
 * A user inside another object's event: whole if it has `private_metadata` and its primary ids name addresses that it
 * has, else a fragment.
 */
export const embeddedUser = (data: Fields, observation: Observation): Change => ({
  table: "users",
  row: userRow(data, observation, (email, phone) => data.has("private_metadata") && !email.dangles && !phone.dangles),
});

const userRow = (
  data: Fields,
  observation: Observation,
  isWhole: (email: Primary, phone: Primary) => boolean,
): Rows["users"] => {
  const email = primary(data, "primary_email_address_id", "email_addresses", "email_address");
  const phone = primary(data, "primary_phone_number_id", "phone_numbers", "phone_number");
  const first_name = data.text("first_name");
  const last_name = data.text("last_name");
  return {
    email: email.address,
    email_verified: email.verified,
    phone: phone.address,
    phone_verified: phone.verified,
    username: data.text("username"),
    first_name,
    last_name,
    name: fullName(first_name, last_name),
    image_url: data.text("image_url"),
    external_id: data.text("external_id"),
    locale: data.text("locale"),
    banned: data.flag("banned"),
    locked: data.flag("locked"),
    deprovisioned: data.flag("deprovisioned"),
    two_factor_enabled: data.flag("two_factor_enabled"),
    totp_enabled: data.flag("totp_enabled"),
    backup_code_enabled: data.flag("backup_code_enabled"),
    password_enabled: data.flag("password_enabled"),
    delete_self_enabled: data.flag("delete_self_enabled"),
    create_organization_enabled: data.flag("create_organization_enabled"),
    create_organizations_limit: data.integer("create_organizations_limit"),
    last_sign_in_at: data.time("last_sign_in_at"),
    last_active_at: data.time("last_active_at"),
    legal_accepted_at: data.time("legal_accepted_at"),
    mfa_enabled_at: data.time("mfa_enabled_at"),
    mfa_disabled_at: data.time("mfa_disabled_at"),
    password_last_updated_at: data.time("password_last_updated_at"),
    primary_web3_wallet_id: data.text("primary_web3_wallet_id"),
    email_addresses: data.list("email_addresses"),
    phone_numbers: data.list("phone_numbers"),
    web3_wallets: data.list("web3_wallets"),
    passkeys: data.list("passkeys"),
    external_accounts: data.list("external_accounts"),
    enterprise_accounts: data.list("enterprise_accounts"),
    public_metadata: data.json("public_metadata"),
    private_metadata: data.json("private_metadata"),
    unsafe_metadata: data.json("unsafe_metadata"),
    // Last: V8 makes a long literal in one piece only up to its first spread.
    ...common(data, observation, isWhole(email, phone)),
  };
};

type Primary = { address: string | undefined; verified: boolean | undefined; dangles: boolean };

/** The primary address in a list, by its id: it need not be the first, and the id may match none of them. */
const primary = (data: Fields, idField: string, list: string, addressField: string): Primary => {
  const id = data.text(idField);
  const found = data.inList(list, id, (inside) => ({
    address: inside.text(addressField),
    verified: inside.inside("verification", (verification) => verification.text("status")) === "verified",
    dangles: false,
  }));
  return found ?? { address: undefined, verified: undefined, dangles: id !== undefined };
};

const fullName = (first: string | undefined, last: string | undefined): string | undefined => {
  const name = `${first ?? ""} ${last ?? ""}`.trim().replace(/\s+/g, " ");
  return name === "" ? undefined : name;
};
