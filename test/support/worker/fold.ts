/**
 * What the copy must be: a fold over the set of observations. It does not share a line with the Worker or the database's
 * function, and does not depend on how the rows are written.
 */
type Json = Record<string, unknown>;
export type Delivered = { id: string; event: Json & { type: string; timestamp: number; data: Json } };

/** A delete that nobody told: Clerk's lists no longer have the object. Times in milliseconds since 1970. */
export type Inferred = { table: string; id: string; updated_at: number | null; at: number; observation: string };

/** The rows by table and id, as `World.copy` gives them. */
export type Copy = Record<string, Record<string, Json>>;

/** One object's own columns: equal fields, times, and fields with another name or place. */
type Shape = {
  same: string[];
  times?: string[];
  made?: (data: Json) => Json;
  /** The columns that name its owners, and their tables. */
  owners?: Record<string, string>;
};

const inside = (data: Json, name: string): Json => (data[name] ?? {}) as Json;
const verified = (address: Json | undefined) =>
  address === undefined ? null : inside(address, "verification").status === "verified";
const primary = (user: Json, kind: string, list: string): Json | undefined =>
  ((user[list] ?? []) as Json[]).find(({ id }) => id === user[`primary_${kind}_id`]);
const payer = (data: Json): Json => ({
  user_id: inside(data, "payer").user_id || null,
  organization_id: inside(data, "payer").organization_id || null,
});

const shapes: Record<string, Shape> = {
  users: {
    same: [
      "primary_web3_wallet_id",
      "username",
      "first_name",
      "last_name",
      "image_url",
      "external_id",
      "locale",
      "banned",
      "locked",
      "deprovisioned",
      "two_factor_enabled",
      "totp_enabled",
      "backup_code_enabled",
      "password_enabled",
      "delete_self_enabled",
      "create_organization_enabled",
      "create_organizations_limit",
      "email_addresses",
      "phone_numbers",
      "web3_wallets",
      "external_accounts",
      "enterprise_accounts",
      "passkeys",
      "public_metadata",
      "private_metadata",
      "unsafe_metadata",
    ],
    times: [
      "last_sign_in_at",
      "last_active_at",
      "legal_accepted_at",
      "mfa_enabled_at",
      "mfa_disabled_at",
      "password_last_updated_at",
    ],
    made: (data) => {
      const email = primary(data, "email_address", "email_addresses");
      const phone = primary(data, "phone_number", "phone_numbers");
      const words = [data.first_name, data.last_name].flatMap((part) =>
        typeof part === "string" ? part.split(/\s+/) : [],
      );
      return {
        email: email?.email_address ?? null,
        email_verified: verified(email),
        phone: phone?.phone_number ?? null,
        phone_verified: verified(phone),
        name: words.filter((word) => word !== "").join(" ") || null,
      };
    },
  },
  organizations: {
    same: [
      "name",
      "slug",
      "image_url",
      "created_by",
      "max_allowed_memberships",
      "admin_delete_enabled",
      "role_set_key",
      "public_metadata",
      "private_metadata",
    ],
    times: ["last_active_at"],
  },
  sessions: {
    same: ["user_id", "client_id", "status", "last_active_organization_id", "actor", "latest_activity"],
    times: ["last_active_at", "expire_at", "abandon_at"],
    owners: { user_id: "users" },
  },
  organization_memberships: {
    same: ["role", "role_name", "permissions", "public_metadata", "private_metadata"],
    made: (data) => ({
      organization_id: inside(data, "organization").id ?? null,
      user_id: inside(data, "public_user_data").user_id ?? null,
    }),
    owners: { organization_id: "organizations", user_id: "users" },
  },
  organization_invitations: {
    same: ["organization_id", "inviter_id", "role", "role_name", "status"],
    times: ["expires_at"],
    made: (data) =>
      Object.fromEntries(
        ["email_address", "url", "public_metadata", "private_metadata"].map((name) => [
          name,
          ["pending", undefined, null].includes(data.status as string) ? (data[name] ?? null) : null,
        ]),
      ),
    owners: { organization_id: "organizations" },
  },
  organization_domains: {
    same: [
      "organization_id",
      "name",
      "enrollment_mode",
      "affiliation_email_address",
      "ownership_verification",
      "total_pending_invitations",
      "total_pending_suggestions",
    ],
    made: (data) => ({ affiliation_verification: data.affiliation_verification ?? data.verification ?? null }),
    owners: { organization_id: "organizations" },
  },
  roles: { same: ["name", "key", "description", "is_creator_eligible", "permissions"] },
  permissions: { same: ["name", "key", "description", "type"] },
  waitlist_entries: {
    same: ["email_address", "status", "is_locked"],
    made: (data) => ({ invitation_id: inside(data, "invitation").id ?? null }),
  },
  subscriptions: {
    same: ["payer_id", "status"],
    times: ["active_at", "past_due_at"],
    made: payer,
  },
  subscription_items: {
    same: ["status", "is_free_trial", "plan_id"],
    times: ["period_start", "period_end"],
    made: (data) => ({
      ...payer(data),
      plan_name: inside(data, "plan").name ?? null,
      plan_slug: inside(data, "plan").slug ?? null,
      seats: inside(data, "seats").quantity ?? null,
      interval: data.interval ?? data.plan_period ?? null,
    }),
  },
  payment_attempts: {
    same: ["payment_id", "statement_id", "gateway_external_id", "status", "charge_type"],
    times: ["paid_at", "failed_at"],
    made: (data) => {
      const total = inside(data, "totals").grand_total ?? data.amount ?? {};
      const { amount = null, currency = null } = total as Json;
      return { ...payer(data), amount, currency };
    },
  },
};

const tableOf: Record<string, string> = {
  user: "users",
  session: "sessions",
  organization: "organizations",
  organizationMembership: "organization_memberships",
  organizationInvitation: "organization_invitations",
  organizationDomain: "organization_domains",
  role: "roles",
  permission: "permissions",
  waitlistEntry: "waitlist_entries",
  subscription: "subscriptions",
  subscriptionItem: "subscription_items",
  paymentAttempt: "payment_attempts",
};

export const tableNames = Object.keys(shapes);

/** How new an observation is: compared from left to right. A delete that Clerk told is above all others. */
type Rank = [told: 0 | 1, whole: 0 | 1, updated: number, at: number, observation: string];
/** What one observation says of an object: its columns, or that it is gone. */
type Observed = { rank: Rank; row: Json | "gone" };

const day = 24 * 60 * 60 * 1000;

/** An `updated_at` that is more than a day after it was seen is a clock that is wrong, and is not believed. */
const rankOf = (isWhole: boolean, updated: unknown, at: number, observation: string): Rank => {
  const believed = typeof updated === "number" && updated - at <= day ? updated : at;
  return [0, isWhole ? 1 : 0, believed, at, observation];
};

const toldRank: Rank = [1, 0, 0, 0, ""];

const compare = (a: Rank, b: Rank): number =>
  a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3] || (a[4] < b[4] ? -1 : a[4] > b[4] ? 1 : 0);

const padded = (value: number): string => `0000000000000${value}`.slice(-13);

/** The column `version`, which Postgres compares by its bytes. */
const textOf = ([told, whole, updated, at, observation]: Rank): string =>
  told === 1 ? "2" : `${whole}${padded(updated)}${padded(at)}${observation}`;

/** Postgres's JSON for a time, without zeros at the end of the fraction. */
const instant = (value: unknown): string | null =>
  typeof value === "number" ? new Date(value).toISOString().replace(/\.?0*Z$/, "+00:00") : null;

const rowOf = (table: string, data: Json): Json => {
  const { same, times = [], made } = shapes[table] ?? { same: [] };
  return {
    ...Object.fromEntries(same.map((name) => [name, data[name] ?? null])),
    ...Object.fromEntries([...times, "created_at", "updated_at"].map((name) => [name, instant(data[name])])),
    ...made?.(data),
  };
};

const emptyRowOf = (table: string): Json =>
  Object.fromEntries(Object.keys(rowOf(table, {})).map((name) => [name, null]));

const ownersOf = (table: string): [column: string, ownerTable: string][] => Object.entries(shapes[table]?.owners ?? {});

/** The version of an inferred delete, which its reconciliation sends with it. */
export const versionOf = ({ updated_at, at, observation }: Inferred): string =>
  textOf(rankOf(true, updated_at, at, observation));

/**
 * The copy that a set of observations makes.
 *
 * One thing is no function of the set: a child whose owner was deleted by inference and came back stays deleted until its
 * own next observation. For such a child this is what the copy holds after that.
 */
export const fold = (delivered: Delivered[], inferred: Inferred[] = []): Copy => {
  // As in JSON: an undefined field is absent.
  const deliveries = JSON.parse(JSON.stringify(delivered)) as Delivered[];
  const seen = new Map<string, Observed[]>();

  const note = (table: string, id: unknown, observed: Observed) => {
    const key = `${table} ${String(id)}`;
    seen.set(key, [...(seen.get(key) ?? []), observed]);
  };
  const observe = (table: string, data: Json, isWhole: boolean, { id, event }: Delivered) => {
    const row = rowOf(table, data);
    note(table, data.id, { rank: rankOf(isWhole, data.updated_at, event.timestamp, id), row });
  };

  for (const delivery of deliveries) {
    const { type, data } = delivery.event;
    const [kind = "", verb] = type.split(".");
    const table = tableOf[kind];
    // Users that were merged have events of their own.
    if (table === undefined || type === "user.merged") continue;
    if (verb === "deleted") {
      if (data.id !== undefined) note(table, data.id, { rank: toldRank, row: "gone" });
      continue;
    }
    const row = rowOf(table, data);
    // A child that leaves out an owner cannot say whether it is deleted with it: it is a fragment.
    observe(
      table,
      data,
      ownersOf(table).every(([column]) => row[column] !== null),
      delivery,
    );
    const user = table === "sessions" ? (data.user as Json | null | undefined) : undefined;
    if (user) {
      const dangles =
        ((user.primary_email_address_id ?? null) !== null && !primary(user, "email_address", "email_addresses")) ||
        ((user.primary_phone_number_id ?? null) !== null && !primary(user, "phone_number", "phone_numbers"));
      observe("users", user, "private_metadata" in user && !dangles, delivery);
    }
    const organization =
      table === "organization_memberships" ? (data.organization as Json | null | undefined) : undefined;
    if (organization) {
      const isWhole = "private_metadata" in organization && "created_by" in organization;
      observe("organizations", organization, isWhole, delivery);
    }
  }
  for (const { table, id, updated_at, at, observation } of inferred) {
    note(table, id, { rank: rankOf(true, updated_at, at, observation), row: "gone" });
  }

  const newestOf = new Map(
    [...seen].map(([key, observations]) => [key, observations.toSorted((a, b) => compare(b.rank, a.rank))[0]]),
  );
  const isGone = (table: string, id: unknown): boolean => newestOf.get(`${table} ${String(id)}`)?.row === "gone";

  const copy: Copy = Object.fromEntries(tableNames.map((table) => [table, {}]));
  for (const [key, newest] of newestOf) {
    const [table = "", id = ""] = key.split(" ");
    const rows = copy[table];
    if (rows === undefined || newest === undefined) continue;
    const { row } = newest;
    const own = { id, version: textOf(newest.rank) };
    if (row === "gone") {
      rows[id] = { ...emptyRowOf(table), ...own, deleted: true };
    } else if (ownersOf(table).some(([column, ownerTable]) => isGone(ownerTable, row[column]))) {
      const owners = Object.fromEntries(ownersOf(table).map(([column]) => [column, row[column]]));
      rows[id] = { ...emptyRowOf(table), ...owners, ...own, deleted: true };
    } else {
      rows[id] = { ...row, ...own, deleted: false };
    }
  }
  return copy;
};
