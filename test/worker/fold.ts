/**
 * What the copy has to be: a fold over all that was observed, in any order. It shares no line with the Worker,
 * and knows nothing of how the rows come to be written.
 */
type Json = Record<string, unknown>;
export type Delivered = { id: string; event: { type: string; timestamp: number; data: Json } };

/** The rows of `clerk.users` by id, as `World.users` gives them. */
export const foldUsers = (deliveries: Delivered[]): Record<string, Json> => {
  const gone = new Set<string>();
  const seen = new Map<string, { rank: [number, number, number, string]; user: Json }[]>();
  for (const { id, event } of deliveries) {
    const { type, data, timestamp } = event;
    if (type === "user.deleted") {
      gone.add(String(data.id));
      continue;
    }
    const isOwn = type.startsWith("user.");
    const user = (isOwn ? data : data.user) as Json | null;
    if (user === null) continue;
    const whole =
      isOwn ||
      ("private_metadata" in user &&
        finds(user, "email_address", "email_addresses") &&
        finds(user, "phone_number", "phone_numbers"));
    const key = String(user.id);
    const updated = typeof user.updated_at === "number" ? user.updated_at : timestamp;
    seen.set(key, [...(seen.get(key) ?? []), { rank: [whole ? 1 : 0, updated, timestamp, id], user }]);
  }

  const rows: Record<string, Json> = {};
  for (const id of new Set([...gone, ...seen.keys()])) {
    if (gone.has(id)) {
      rows[id] = { ...row({ id }), version: "", deleted: true };
      continue;
    }
    const best = (seen.get(id) ?? []).toSorted((a, b) => compare(b.rank, a.rank))[0];
    if (best === undefined) continue;
    const [whole, updated, at, delivery] = best.rank;
    rows[id] = { ...row(best.user), version: [whole, padded(updated), padded(at), delivery].join(""), deleted: false };
  }
  return rows;
};

const compare = (a: [number, number, number, string], b: [number, number, number, string]): number =>
  a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || (a[3] < b[3] ? -1 : a[3] > b[3] ? 1 : 0);

const padded = (value: number): string => `0000000000000${value}`.slice(-13);

const find = (user: Json, kind: string, list: string): Json | undefined =>
  ((user[list] ?? []) as Json[]).find(({ id }) => id === user[`primary_${kind}_id`]);

const finds = (user: Json, kind: string, list: string): boolean =>
  (user[`primary_${kind}_id`] ?? null) === null || find(user, kind, list) !== undefined;

/** Postgres's JSON for a time: no zeros at the end of the fraction. */
const instant = (value: unknown): string | null =>
  typeof value === "number" ? new Date(value).toISOString().replace(/\.?0*Z$/, "+00:00") : null;

const row = (user: Json): Json => {
  const email = find(user, "email_address", "email_addresses");
  const phone = find(user, "phone_number", "phone_numbers");
  const verified = (address: Json | undefined) =>
    address === undefined ? null : (address.verification as Json | null | undefined)?.status === "verified";
  const names = [user.first_name, user.last_name].flatMap((part) =>
    typeof part === "string" ? part.split(/\s+/) : [],
  );
  const same = [
    "id",
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
    "email_addresses",
    "phone_numbers",
    "web3_wallets",
    "external_accounts",
    "public_metadata",
    "private_metadata",
    "unsafe_metadata",
  ];
  const times = ["last_sign_in_at", "last_active_at", "legal_accepted_at", "created_at", "updated_at"];
  return {
    ...Object.fromEntries(same.map((name) => [name, user[name] ?? null])),
    ...Object.fromEntries(times.map((name) => [name, instant(user[name])])),
    email: email?.email_address ?? null,
    email_verified: verified(email),
    phone: phone?.phone_number ?? null,
    phone_verified: verified(phone),
    name: names.filter((part) => part !== "").join(" ") || null,
  };
};
