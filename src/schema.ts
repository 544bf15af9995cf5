import { boolean, customType, integer, jsonb, pgSchema, text, timestamp } from "drizzle-orm/pg-core";
import type { JsonObject } from "./fields.ts";

/**
 * The copy's tables. Primary keys are Clerk's ids and columns have Clerk's field names.
 *
 * There is no foreign key inside the schema and no unique constraint but the primary key:
 * a child may arrive before its parent, and an address may change hands.
 *
 * The Worker imports this file for its types only; the migrations and `clerk.merge_1` are made from it.
 */
export const clerk = pgSchema("clerk");

/** Postgres sorts it by bytes, whatever the database's locale, as JavaScript's `<` does for ASCII. */
const version = customType<{ data: string }>({ dataType: () => 'text collate "C"' });

const time = () => timestamp({ withTimezone: true, precision: 3 });

/** An open-ended object of Clerk's, and a list of objects, as they are. */
const object = () => jsonb().$type<JsonObject>();
const objects = () => jsonb().$type<JsonObject[]>();

/** What every mirrored table has. */
const mirrored = () => ({
  created_at: time(),
  updated_at: time(),
  /** When the copy learned that Clerk deleted the object. Such a row keeps its id and nothing else of Clerk's. */
  deleted_at: time(),
  /** When the copy last wrote the row; null where an app inserted the id before Clerk's event arrived. */
  synced_at: time(),
  /** Orders the observations of one object: see `versionOf`. */
  version: version().notNull().default(""),
});

export const users = clerk.table("users", {
  id: text().primaryKey(),
  /** The primary email address: by `primary_email_address_id`, null where that id dangles. */
  email: text(),
  email_verified: boolean(),
  /** The primary phone number: by `primary_phone_number_id`, null where that id dangles. */
  phone: text(),
  phone_verified: boolean(),
  username: text(),
  first_name: text(),
  last_name: text(),
  /** First and last name, as many as there are. */
  name: text(),
  image_url: text(),
  external_id: text(),
  locale: text(),
  banned: boolean(),
  locked: boolean(),
  two_factor_enabled: boolean(),
  password_enabled: boolean(),
  last_sign_in_at: time(),
  last_active_at: time(),
  legal_accepted_at: time(),
  email_addresses: objects(),
  phone_numbers: objects(),
  web3_wallets: objects(),
  external_accounts: objects(),
  public_metadata: object(),
  private_metadata: object(),
  unsafe_metadata: object(),
  ...mirrored(),
});

/** What became of a delivery: its subject's row changed, it knew nothing new, or it is of a kind that is not mirrored. */
export const outcomes = ["applied", "stale", "ignored"] as const;

/** The ledger: a row for every committed delivery, and never a payload. */
export const deliveries = clerk.table("deliveries", {
  /** The `svix-id`: the same for every attempt and replay of one delivery. */
  id: text().primaryKey(),
  type: text().notNull(),
  /** Clerk's id of the object that the event is about. */
  subject_id: text(),
  instance_id: text(),
  /** The event's own time. */
  occurred_at: time(),
  received_at: time().notNull(),
  /** How many times it was committed. */
  attempts: integer().notNull(),
  /** Fixed by the first commit. */
  outcome: text({ enum: outcomes }).notNull(),
});
