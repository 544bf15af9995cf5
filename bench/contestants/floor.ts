import { Hono } from "hono/tiny";

/**
 * The least that the same row and the same line in the ledger can cost: Hono, Web Crypto, and one hand-written
 * statement over plain `fetch`. It keeps the law only for users, trusts that every event is as Clerk writes it, and has
 * neither classes of failures, nor a deadline, nor a log.
 */

type Bindings = { DATABASE_URL: string; CLERK_WEBHOOK_SIGNING_SECRET: string; NEON_FETCH_ENDPOINT: string };

type Address = { id: string; verification: { status: string } | null };

type User = {
  [field: string]: unknown;
  id: string;
  primary_email_address_id: string | null;
  primary_phone_number_id: string | null;
  email_addresses: (Address & { email_address: string })[];
  phone_numbers: (Address & { phone_number: string })[];
  first_name: string | null;
  last_name: string | null;
  updated_at: number;
};

type ClerkEvent = { type: string; timestamp: number; instance_id: string; data: User };

/** Columns that equal a field of the user. Times are milliseconds since 1970. */
const asTheyAre = [
  "id",
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
  "primary_web3_wallet_id",
  "email_addresses",
  "phone_numbers",
  "web3_wallets",
  "passkeys",
  "external_accounts",
  "enterprise_accounts",
  "public_metadata",
  "private_metadata",
  "unsafe_metadata",
] as const;
const times = [
  "last_sign_in_at",
  "last_active_at",
  "legal_accepted_at",
  "mfa_enabled_at",
  "mfa_disabled_at",
  "password_last_updated_at",
  "created_at",
  "updated_at",
] as const;
const made = ["email", "email_verified", "phone", "phone_verified", "name", "version"] as const;

const columns = [...asTheyAre, ...times, ...made];
const isTime = new Set<string>(times);
const typeOf = (column: string): string =>
  isTime.has(column)
    ? "bigint"
    : /verified|banned|locked|deprovisioned|enabled/.test(column)
      ? "boolean"
      : /metadata|addresses|numbers|wallets|accounts|passkeys/.test(column)
        ? "jsonb"
        : column === "create_organizations_limit"
          ? "integer"
          : "text";

const statement = JSON.stringify(`
  with row as (
    insert into clerk.users as t (${columns.join(", ")}, deleted_at, synced_at)
    select ${columns.map((column) => (isTime.has(column) ? `to_timestamp(${column} / 1000.0)` : column)).join(", ")},
      case when deleted then clock_timestamp() end, clock_timestamp()
    from jsonb_to_record($1) as x (${columns.map((column) => `${column} ${typeOf(column)}`).join(", ")}, deleted boolean)
    on conflict (id) do update set
      ${[...columns.slice(1), "deleted_at", "synced_at"].map((column) => `${column} = excluded.${column}`).join(", ")}
    where t.deleted_at is null and (excluded.deleted_at is not null or t.version < excluded.version)
    returning id
  )
  insert into clerk.deliveries as d (id, type, subject_id, instance_id, occurred_at, received_at, attempts, outcome)
  values ($2, $3, $4, $5, to_timestamp($6::bigint / 1000.0), clock_timestamp(), 1,
    case when exists (select from row) then 'applied' else 'stale' end)
  on conflict (id) do update set attempts = d.attempts + 1
  returning outcome, attempts
`);

const encoder = new TextEncoder();
const decoder = new TextDecoder();
let key: ReturnType<typeof crypto.subtle.importKey> | undefined;

const app = new Hono<{ Bindings: Bindings }>();

app.post("/api/webhook", async (c) => {
  const id = c.req.header("svix-id") ?? "";
  const timestamp = c.req.header("svix-timestamp") ?? "";
  const signature = c.req.header("svix-signature") ?? "";
  const body = new Uint8Array(await c.req.arrayBuffer());
  key ??= crypto.subtle.importKey(
    "raw",
    Uint8Array.fromBase64(c.env.CLERK_WEBHOOK_SIGNING_SECRET.slice(6)),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );
  const prefix = encoder.encode(`${id}.${timestamp}.`);
  const signed = new Uint8Array(prefix.length + body.length);
  signed.set(prefix);
  signed.set(body, prefix.length);
  const isFresh = Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300;
  const isSigned = await crypto.subtle.verify("HMAC", await key, Uint8Array.fromBase64(signature.slice(3)), signed);
  if (!isFresh || !isSigned) return c.json({ error: "unverified" }, 401);

  const event = JSON.parse(decoder.decode(body)) as ClerkEvent;
  const { type, timestamp: at, instance_id, data } = event;
  const row = type === "user.deleted" ? { id: data.id, version: "", deleted: true } : rowOf(data, at, id);
  const delivery = `${JSON.stringify(id)},${JSON.stringify(type)},${JSON.stringify(data.id)},${JSON.stringify(instance_id)},${at}`;
  const answer = await fetch(c.env.NEON_FETCH_ENDPOINT, {
    method: "POST",
    headers: { "Neon-Connection-String": c.env.DATABASE_URL },
    body: `{"query":${statement},"params":[${JSON.stringify(row)},${delivery}]}`,
  });
  if (!answer.ok) return c.json({ error: "unavailable" }, 503);
  const { rows } = (await answer.json()) as { rows: [{ outcome: string; attempts: number }] };
  return c.json(rows[0]);
});

const rowOf = (user: User, at: number, id: string): Record<string, unknown> => {
  const email = user.email_addresses.find((address) => address.id === user.primary_email_address_id);
  const phone = user.phone_numbers.find((number) => number.id === user.primary_phone_number_id);
  const row: Record<string, unknown> = {
    email: email?.email_address,
    email_verified: email && email.verification?.status === "verified",
    phone: phone?.phone_number,
    phone_verified: phone && phone.verification?.status === "verified",
    name: [user.first_name, user.last_name].filter(Boolean).join(" ") || null,
    version: `1${user.updated_at}${at}${id}`,
  };
  for (const column of asTheyAre) row[column] = user[column];
  for (const column of times) row[column] = user[column];
  return row;
};

export default app;
