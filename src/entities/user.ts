import type { Fields } from "../fields.ts";
import { type Change, type Entity, type Observation, type UserRow, versionOf } from "./entity.ts";

export const user: Entity = {
  table: "users",
  types: ["user.created", "user.updated", "user.deleted"],
  changes: (data, observation) => [userChange(data, observation, true)],
};

/** A user as it is embedded in the events of another object: whole or a fragment, by its key fields. */
export const embeddedUser = (data: Fields, observation: Observation): Change =>
  userChange(data, observation, data.has("private_metadata") && !dangles(data));

const userChange = (data: Fields, observation: Observation, whole: boolean): Change => ({
  table: "users",
  row: userRow(data, observation, whole),
});

const userRow = (data: Fields, observation: Observation, whole: boolean): UserRow => {
  const email = primaryEmailAddress(data);
  const phone = primaryPhoneNumber(data);
  const updated_at = data.time("updated_at");
  const first_name = data.text("first_name");
  const last_name = data.text("last_name");
  return {
    id: data.id("id"),
    email: email?.address ?? null,
    email_verified: email?.verified ?? null,
    phone: phone?.address ?? null,
    phone_verified: phone?.verified ?? null,
    username: data.text("username"),
    first_name,
    last_name,
    name: fullName(first_name, last_name),
    image_url: data.text("image_url"),
    external_id: data.text("external_id"),
    locale: data.text("locale"),
    banned: data.flag("banned"),
    locked: data.flag("locked"),
    two_factor_enabled: data.flag("two_factor_enabled"),
    password_enabled: data.flag("password_enabled"),
    last_sign_in_at: data.time("last_sign_in_at"),
    last_active_at: data.time("last_active_at"),
    legal_accepted_at: data.time("legal_accepted_at"),
    email_addresses: data.list("email_addresses"),
    phone_numbers: data.list("phone_numbers"),
    web3_wallets: data.list("web3_wallets"),
    external_accounts: data.list("external_accounts"),
    public_metadata: data.json("public_metadata"),
    private_metadata: data.json("private_metadata"),
    unsafe_metadata: data.json("unsafe_metadata"),
    created_at: data.time("created_at"),
    updated_at,
    version: versionOf(whole, updated_at, observation),
  };
};

type Address = { address: string | null; verified: boolean };

/** By id: the first of the list need not be the primary one, and the id may name none of it. */
const primaryEmailAddress = (data: Fields): Address | null =>
  data.inList("email_addresses", data.text("primary_email_address_id"), (email) => ({
    address: email.text("email_address"),
    verified: isVerified(email),
  }));

const primaryPhoneNumber = (data: Fields): Address | null =>
  data.inList("phone_numbers", data.text("primary_phone_number_id"), (phone) => ({
    address: phone.text("phone_number"),
    verified: isVerified(phone),
  }));

const isVerified = (address: Fields): boolean =>
  address.inside("verification", (verification) => verification.text("status")) === "verified";

const dangles = (data: Fields): boolean =>
  (data.text("primary_email_address_id") !== null && primaryEmailAddress(data) === null) ||
  (data.text("primary_phone_number_id") !== null && primaryPhoneNumber(data) === null);

const fullName = (first: string | null, last: string | null): string | null => {
  const name = `${first ?? ""} ${last ?? ""}`.trim().replace(/\s+/g, " ");
  return name === "" ? null : name;
};
