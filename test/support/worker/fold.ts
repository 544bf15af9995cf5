/**
 * What the copy must be: a fold over the set of deliveries. It does not share a line with the Worker or the database's
 * function, and does not depend on how the rows are written.
 */
type Json = Record<string, unknown>;
export type Delivered = { id: string; event: Json & { type: string; timestamp: number; data: Json } };

/** The rows by table and id, as `World.copy` gives them. */
export type Copy = Record<string, Record<string, Json>>;

/** One object's own columns: equal fields, times, and fields with another name or place. */
type Shape = {
  same: string[];
  times?: string[];
  made?: (data: Json) => Json;
  kept?: string[];
  parents?: Record<string, string>;
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
      "username",
      "first_name",
      "last_name",
      "image_url",
      "external_id",
      "locale",
      "banned",
      "locked",
      "two_factor_enabled",
      "password_enabled",
      "create_organization_enabled",
      "email_addresses",
      "phone_numbers",
      "web3_wallets",
      "external_accounts",
      "public_metadata",
      "private_metadata",
      "unsafe_metadata",
    ],
    times: ["last_sign_in_at", "last_active_at", "legal_accepted_at"],
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
      "members_count",
      "max_allowed_memberships",
      "admin_delete_enabled",
      "role_set_key",
      "public_metadata",
      "private_metadata",
    ],
  },
  sessions: {
    same: ["user_id", "client_id", "status", "last_active_organization_id", "actor", "latest_activity"],
    times: ["last_active_at", "expire_at", "abandon_at"],
    kept: ["user_id"],
    parents: { user_id: "users" },
  },
  organization_memberships: {
    same: ["role", "role_name", "permissions", "public_metadata", "private_metadata"],
    made: (data) => ({
      organization_id: inside(data, "organization").id ?? null,
      user_id: inside(data, "public_user_data").user_id ?? null,
    }),
    kept: ["organization_id", "user_id"],
    parents: { organization_id: "organizations", user_id: "users" },
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
    kept: ["organization_id", "user_id"],
    parents: { organization_id: "organizations" },
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
    kept: ["organization_id"],
    parents: { organization_id: "organizations" },
  },
  roles: { same: ["name", "key", "description", "is_creator_eligible", "permissions"] },
  permissions: { same: ["name", "key", "description", "type"] },
  waitlist_entries: {
    same: ["email_address", "status", "is_locked"],
    made: (data) => ({ invitation_id: inside(data, "invitation").id ?? null }),
  },
  subscriptions: {
    same: ["payer_id", "status", "latest_payment_id", "payment_source_id"],
    times: ["active_at", "past_due_at", "canceled_at", "ended_at"],
    made: payer,
  },
  subscription_items: {
    same: ["status", "is_free_trial", "plan_id", "plan", "seats"],
    times: ["period_start", "period_end"],
    made: (data) => ({
      ...payer(data),
      subscription_id: data.subscription_id || null,
      interval: data.interval ?? data.plan_period ?? null,
    }),
    kept: ["subscription_id", "user_id", "organization_id"],
  },
  payment_attempts: {
    same: ["payment_id", "statement_id", "gateway_external_id", "status", "charge_type", "failed_reason", "totals"],
    times: ["billing_date", "paid_at", "failed_at"],
    made: payer,
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

type Rank = [whole: number, updated: number, at: number, delivery: string];
type Seen = { rank: Rank; row: Json };

/** Postgres's JSON for a time, without zeros at the end of the fraction. */
const instant = (value: unknown): string | null =>
  typeof value === "number" ? new Date(value).toISOString().replace(/\.?0*Z$/, "+00:00") : null;

const rowOf = (table: string, data: Json): Json => {
  const { same, times = [], made, kept = [] } = shapes[table] ?? { same: [] };
  return {
    ...Object.fromEntries([...same, ...kept].map((name) => [name, data[name] ?? null])),
    ...Object.fromEntries([...times, "created_at", "updated_at"].map((name) => [name, instant(data[name])])),
    ...made?.(data),
  };
};

const compare = (a: Rank, b: Rank): number =>
  a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || (a[3] < b[3] ? -1 : a[3] > b[3] ? 1 : 0);
const padded = (value: number): string => `0000000000000${value}`.slice(-13);

export const fold = (delivered: Delivered[]): Copy => {
  // As in JSON: an undefined field is absent.
  const deliveries = JSON.parse(JSON.stringify(delivered)) as Delivered[];
  const seen = new Map<string, Seen[]>();
  const gone = new Set<string>();

  const observe = (table: string, data: Json, whole: boolean, { id, event }: Delivered) => {
    const key = `${table} ${String(data.id)}`;
    const updated = typeof data.updated_at === "number" ? data.updated_at : event.timestamp;
    const rank: Rank = [whole ? 1 : 0, updated, event.timestamp, id];
    seen.set(key, [...(seen.get(key) ?? []), { rank, row: rowOf(table, data) }]);
  };

  for (const delivery of deliveries) {
    const { type, data } = delivery.event;
    const [kind = "", verb] = type.split(".");
    const table = tableOf[kind];
    if (table === undefined) continue;
    if (verb === "deleted") {
      if (data.id !== undefined) gone.add(`${table} ${String(data.id)}`);
      continue;
    }
    observe(table, data, true, delivery);
    const user = table === "sessions" ? (data.user as Json | null | undefined) : undefined;
    if (user) {
      const dangles =
        ((user.primary_email_address_id ?? null) !== null && !primary(user, "email_address", "email_addresses")) ||
        ((user.primary_phone_number_id ?? null) !== null && !primary(user, "phone_number", "phone_numbers"));
      observe("users", user, "private_metadata" in user && !dangles, delivery);
    }
    const organization = table === "organization_memberships" ? (data.organization as Json | undefined) : undefined;
    if (organization) {
      observe(
        "organizations",
        organization,
        "private_metadata" in organization && "created_by" in organization,
        delivery,
      );
    }
  }

  const isDead = (table: string, observations: Seen[]): boolean =>
    Object.entries(shapes[table]?.parents ?? {}).some(([column, parent]) =>
      observations.some(({ row }) => gone.has(`${parent} ${String(row[column])}`)),
    );

  const copy: Copy = Object.fromEntries(tableNames.map((table) => [table, {}]));
  for (const key of new Set([...gone, ...seen.keys()])) {
    const [table = "", id = ""] = key.split(" ");
    const observations = seen.get(key) ?? [];
    const newest = observations.toSorted((a, b) => compare(b.rank, a.rank))[0];
    const rows = copy[table];
    if (rows === undefined) continue;
    if (gone.has(key) || newest === undefined || isDead(table, observations)) {
      const empty = Object.fromEntries(Object.keys(rowOf(table, {})).map((name) => [name, null]));
      rows[id] = { ...empty, id, version: "", deleted: true };
      continue;
    }
    const kept = (shapes[table]?.kept ?? []).map((column) => [
      column,
      observations
        .map(({ row }) => row[column])
        .filter((value) => value !== null)
        .toSorted()[0] ?? null,
    ]);
    const [whole, updated, at, delivery] = newest.rank;
    rows[id] = {
      ...newest.row,
      ...Object.fromEntries(kept),
      id,
      version: `${whole}${padded(updated)}${padded(at)}${delivery}`,
      deleted: false,
    };
  }
  return copy;
};
