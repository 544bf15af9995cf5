import {
  bigint,
  boolean,
  customType,
  type ExtraConfigColumn,
  index,
  integer,
  interval,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
} from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm/sql";
import type { JsonObject } from "./json.ts";

/**
 * The copy's tables. Primary keys are Clerk's ids and columns have Clerk's field names.
 *
 * The schema has neither foreign keys nor unique constraints, except primary keys: a child may arrive before its
 * parent, and an address may change hands.
 *
 * The Worker imports this file for its types only; the migrations and `clerk.merge_1` are made from it.
 */
export const clerk = pgSchema("clerk");

/** Postgres sorts it by bytes, whatever the database's locale, as JavaScript's `<` does for ASCII. */
const version = customType<{ data: string }>({ dataType: () => 'text collate "C"' });

const time = () => timestamp({ withTimezone: true, precision: 3 });

/** Clerk's open-ended objects and lists, stored unchanged. */
const object = () => jsonb().$type<JsonObject>();
const objects = () => jsonb().$type<JsonObject[]>();
const texts = () => jsonb().$type<string[]>();

/** What every mirrored table has. */
const mirrored = () => ({
  created_at: time(),
  updated_at: time(),
  /** When the copy learned that the object is deleted. Such a row keeps its id, and the ids of the owners it went with. */
  deleted_at: time(),
  /** When the copy last wrote the row; null if an app expected the id before Clerk's event arrived. */
  synced_at: time(),
  /** Orders the observations of one object: see `versionOf`. "0" is below each. */
  version: version().notNull().default("0"),
});

/** An index for `=` on text of any length: a btree refuses rows whose text is longer than 2,700 bytes. Null has no entry. */
const anyLength = (column: ExtraConfigColumn) => index().using("hash", column);

/**
 * The same for `lower(column) = …`. A hash of the column alone does not serve that, nor does this one serve `column = …`.
 *
 * Postgres compares columns, not expressions: an update that leaves the column as it is may still stay in its page.
 */
const anyCase = (name: string, column: ExtraConfigColumn) => index(name).using("hash", sql`lower(${column})`);

export const users = clerk.table(
  "users",
  {
    id: text().primaryKey(),
    /** The primary email address, by `primary_email_address_id`; null if that id matches no address. */
    email: text(),
    email_verified: boolean(),
    /** The primary phone number, by `primary_phone_number_id`; null if that id matches no number. */
    phone: text(),
    phone_verified: boolean(),
    username: text(),
    first_name: text(),
    last_name: text(),
    /** First and last name, or the one that is set. */
    name: text(),
    image_url: text(),
    external_id: text(),
    locale: text(),
    banned: boolean(),
    locked: boolean(),
    /** Whether a directory has taken the user out. */
    deprovisioned: boolean(),
    two_factor_enabled: boolean(),
    totp_enabled: boolean(),
    backup_code_enabled: boolean(),
    password_enabled: boolean(),
    delete_self_enabled: boolean(),
    create_organization_enabled: boolean(),
    create_organizations_limit: bigint({ mode: "number" }),
    last_sign_in_at: time(),
    last_active_at: time(),
    legal_accepted_at: time(),
    mfa_enabled_at: time(),
    mfa_disabled_at: time(),
    password_last_updated_at: time(),
    primary_web3_wallet_id: text(),
    email_addresses: objects(),
    phone_numbers: objects(),
    web3_wallets: objects(),
    passkeys: objects(),
    external_accounts: objects(),
    enterprise_accounts: objects(),
    public_metadata: object(),
    private_metadata: object(),
    unsafe_metadata: object(),
    ...mirrored(),
  },
  // What changes at each sign-in, such as last_sign_in_at, has none: such an update would then write every index.
  (table) => [
    // where email = …, as Clerk writes it
    anyLength(table.email),
    // where lower(email) = lower(…), as somebody types it
    anyCase("users_email_lower_index", table.email),
    // where username = …
    anyLength(table.username),
    // where phone = …
    anyLength(table.phone),
    // where external_id = …
    anyLength(table.external_id),
    // where created_at is not null order by created_at desc: the newest
    index().on(table.created_at),
  ],
);

export const organizations = clerk.table(
  "organizations",
  {
    id: text().primaryKey(),
    name: text(),
    slug: text(),
    image_url: text(),
    created_by: text(),
    max_allowed_memberships: bigint({ mode: "number" }),
    admin_delete_enabled: boolean(),
    role_set_key: text(),
    last_active_at: time(),
    public_metadata: object(),
    private_metadata: object(),
    ...mirrored(),
  },
  (table) => [anyLength(table.slug), index().on(table.created_at)],
);

export const sessions = clerk.table(
  "sessions",
  {
    id: text().primaryKey(),
    user_id: text(),
    client_id: text(),
    status: text(),
    last_active_organization_id: text(),
    actor: object(),
    latest_activity: object(),
    last_active_at: time(),
    expire_at: time(),
    abandon_at: time(),
    ...mirrored(),
  },
  (table) => [index().on(table.user_id)],
);

export const organization_memberships = clerk.table(
  "organization_memberships",
  {
    id: text().primaryKey(),
    organization_id: text(),
    user_id: text(),
    role: text(),
    role_name: text(),
    permissions: texts(),
    public_metadata: object(),
    private_metadata: object(),
    ...mirrored(),
  },
  (table) => [index().on(table.organization_id), index().on(table.user_id), index().on(table.created_at)],
);

export const organization_invitations = clerk.table(
  "organization_invitations",
  {
    id: text().primaryKey(),
    organization_id: text(),
    inviter_id: text(),
    email_address: text(),
    role: text(),
    role_name: text(),
    status: text(),
    url: text(),
    expires_at: time(),
    public_metadata: object(),
    private_metadata: object(),
    ...mirrored(),
  },
  (table) => [index().on(table.organization_id)],
);

export const organization_domains = clerk.table(
  "organization_domains",
  {
    id: text().primaryKey(),
    organization_id: text(),
    name: text(),
    enrollment_mode: text(),
    affiliation_email_address: text(),
    affiliation_verification: object(),
    ownership_verification: object(),
    total_pending_invitations: bigint({ mode: "number" }),
    total_pending_suggestions: bigint({ mode: "number" }),
    ...mirrored(),
  },
  (table) => [index().on(table.organization_id)],
);

export const roles = clerk.table("roles", {
  id: text().primaryKey(),
  name: text(),
  key: text(),
  description: text(),
  is_creator_eligible: boolean(),
  permissions: objects(),
  ...mirrored(),
});

export const permissions = clerk.table("permissions", {
  id: text().primaryKey(),
  name: text(),
  key: text(),
  description: text(),
  type: text(),
  ...mirrored(),
});

export const waitlist_entries = clerk.table("waitlist_entries", {
  id: text().primaryKey(),
  email_address: text(),
  status: text(),
  is_locked: boolean(),
  invitation_id: text(),
  ...mirrored(),
});

/** Who pays: a user or an organization, by its id. Names and addresses of payers are not stored. */
const payer = () => ({ user_id: text(), organization_id: text() });

export const subscriptions = clerk.table(
  "subscriptions",
  {
    id: text().primaryKey(),
    ...payer(),
    payer_id: text(),
    status: text(),
    active_at: time(),
    past_due_at: time(),
    ...mirrored(),
  },
  (table) => [index().on(table.user_id), index().on(table.organization_id)],
);

export const subscription_items = clerk.table(
  "subscription_items",
  {
    id: text().primaryKey(),
    ...payer(),
    status: text(),
    interval: text(),
    period_start: time(),
    period_end: time(),
    is_free_trial: boolean(),
    plan_id: text(),
    plan_name: text(),
    plan_slug: text(),
    /** Null if unlimited, or if the plan does not count seats. */
    seats: bigint({ mode: "number" }),
    ...mirrored(),
  },
  (table) => [index().on(table.user_id), index().on(table.organization_id)],
);

export const payment_attempts = clerk.table(
  "payment_attempts",
  {
    id: text().primaryKey(),
    payment_id: text(),
    statement_id: text(),
    ...payer(),
    gateway_external_id: text(),
    status: text(),
    charge_type: text(),
    /** The grand total, in the currency's smallest unit. */
    amount: bigint({ mode: "number" }),
    currency: text(),
    paid_at: time(),
    failed_at: time(),
    ...mirrored(),
  },
  (table) => [index().on(table.user_id), index().on(table.organization_id)],
);

/** What became of a delivery: its subject's row changed, it had nothing new, or it is not mirrored (type, instance). */
export const outcomes = ["applied", "stale", "ignored"] as const;

/** The ledger: one row per committed delivery, without its payload. */
export const deliveries = clerk.table(
  "deliveries",
  {
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
  },
  (table) => [
    // order by received_at: the latest, and those that are pruned
    index().on(table.received_at),
    // where subject_id = …: what happened to an object. An id is short, and one of them may have many lines.
    index().on(table.subject_id),
  ],
);

/** What became of a run over one of Clerk's lists: one row per table and run. */
export const reconciliations = clerk.table(
  "reconciliations",
  {
    run_id: text().notNull(),
    table_name: text().notNull(),
    kind: text({ enum: ["backfill", "reconcile"] }).notNull(),
    /** Clerk's instance, which the secret key belongs to. */
    instance_id: text(),
    started_at: time().notNull(),
    finished_at: time().notNull(),
    /** Objects in Clerk's list. */
    checked: integer().notNull(),
    /** Those that the copy did not have. */
    missing: integer().notNull(),
    /** Those that differed in the copy. */
    stale: integer().notNull(),
    /** Objects that the copy had and Clerk does not: it was asked for each. */
    extra: integer().notNull(),
    /** Rows that were merged, or deleted since two runs missed the object. */
    repaired: integer().notNull(),
    /** Of these, rows that were deleted, by a run or with an owner, and are back since Clerk has the object. */
    restored: integer().notNull(),
    /** Rows that were left unchanged: missed for the first time, or too many to be deleted. */
    held: integer().notNull(),
    /** Objects in Clerk's list that stay deleted in the copy: Clerk told so before, or they were erased. */
    erased_here: integer().notNull(),
    /** Why rows were left, or why the list was not read. */
    note: text(),
  },
  (table) => [primaryKey({ columns: [table.run_id, table.table_name] }), index().on(table.finished_at)],
);

/** Objects that Clerk did not have in the latest run. A second run that misses them, 20 hours later, deletes them. */
export const absences = clerk.table(
  "absences",
  {
    table_name: text().notNull(),
    id: text().notNull(),
    run_id: text().notNull(),
    /** When the run that first missed the object began: if something was written since, it is missed for the first time. */
    since: time().notNull(),
    /** When Clerk was first asked for it, and when last, by Clerk's clock. */
    first_asked_at: time().notNull(),
    asked_at: time().notNull(),
    /** When a run deleted it. The line stays for seven days: so many may be deleted in them, and no more. */
    deleted_at: time(),
  },
  (table) => [primaryKey({ columns: [table.table_name, table.id] })],
);

/** Which run may look for what Clerk no longer has: one at a time. */
export const leases = clerk.table("leases", {
  name: text().primaryKey(),
  run_id: text().notNull(),
  since: time().notNull(),
  /** By the database's clock. A run that makes headway puts it off. */
  expires_at: time().notNull(),
});

/** Objects of one moment, such as an import's, that a run has seen in Clerk's list, where they are too many to be handed on. */
export const seen = clerk.table(
  "seen",
  {
    run_id: text().notNull(),
    table_name: text().notNull(),
    id: text().notNull(),
    seen_at: time()
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (table) => [primaryKey({ columns: [table.run_id, table.table_name, table.id] })],
);

export const changeKinds = ["created", "updated", "deleted"] as const;

/** Where a change was learnt: by a delivery, by a run, since somebody asked for the object, or by an erasure. */
export const changeSources = ["event", "backfill", "reconcile", "ensure", "erase"] as const;

/** Grows with every change of every object. */
export const outboxGeneration = clerk.sequence("outbox_generation");

/** What has changed and the app has not taken yet: one row per object, written by the merge that changed it. */
export const outbox = clerk.table(
  "outbox",
  {
    table_name: text().notNull(),
    id: text().notNull(),
    /** All changes that wait, as one. */
    kind: text({ enum: changeKinds }).notNull(),
    /** Whether the app knows the object as a living one: what is created and updated before it is taken is created. */
    is_known: boolean().notNull(),
    source: text({ enum: changeSources }).notNull(),
    /** When the first and the last of the changes were merged. */
    first_at: time().notNull(),
    last_at: time().notNull(),
    /** Of the last of them. */
    generation: bigint({ mode: "number" }).notNull(),
    /** How often it was handed to the app. */
    attempts: integer().notNull(),
    /** When it is handed over next. While it is, when that is given up. */
    due_at: time().notNull(),
    /** Why the app has not taken it: a word, and nothing of what it answered. Null while it is handed over. */
    failure: text(),
  },
  (table) => [primaryKey({ columns: [table.table_name, table.id] }), index().on(table.due_at)],
);

/** Which app is told, as the Worker that tells it last said: for commands, which do not see the Worker's bindings. */
export const apps = clerk.table("apps", {
  name: text().primaryKey(),
  tables: texts().notNull(),
  is_backfill_told: boolean().notNull(),
});

/** Verified deliveries that were refused: whatever was sent again and committed since is in the ledger. */
export const refusals = clerk.table(
  "refusals",
  {
    /** The `svix-id`. */
    id: text().primaryKey(),
    type: text(),
    /** What the answer was, and what is known of it: the field, the setting or the SQLSTATE. */
    error: text().notNull(),
    details: object().notNull(),
    first_at: time().notNull(),
    last_at: time().notNull(),
    attempts: integer().notNull(),
  },
  (table) => [index().on(table.last_at)],
);

/** What was said of the copy's health: see `clerk.alert_1`. */
export const alerts = clerk.table("alerts", {
  name: text().primaryKey(),
  codes: object().notNull(),
  told_at: time(),
  /** Until when one who was given the alert may settle it. */
  claimed_until: time(),
});

/** When the Worker's crons came: see `clerk.cron_1`, which `clerk.prune_1` and `clerk.outbox_1` call. */
export const crons = clerk.table("crons", {
  name: text({ enum: ["daily", "outbox"] }).primaryKey(),
  /** How long it may stay away, by its pattern. */
  patience: interval().notNull(),
  last_at: time().notNull(),
  /** Since when the Worker can reconcile: it has a key for Clerk's Backend API, and the workflow. Null if it cannot. */
  key_since: time(),
});

/** Every mirrored table, in the order in which `clerk.merge_1` writes them: owners before what they own. */
export const tables = {
  users,
  organizations,
  sessions,
  organization_memberships,
  organization_invitations,
  organization_domains,
  roles,
  permissions,
  waitlist_entries,
  subscriptions,
  subscription_items,
  payment_attempts,
};
