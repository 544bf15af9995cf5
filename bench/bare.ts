import type { NeonQueryFunction } from "@neondatabase/serverless";

/**
 * The simplest way to copy Clerk's users once: read a page, insert it with one statement, then read the next. It does
 * not check or compare, cannot continue after an interruption, and needs an empty table.
 */
export type Bare = {
  /** For example `http://127.0.0.1:40123/v1`. */
  clerkUrl: string;
  secretKey: string;
  sql: NeonQueryFunction<false, false>;
  pageSize: number;
  /** Whether to read the next page while one is inserted. */
  readsAhead: boolean;
};

type User = {
  id: string;
  primary_email_address_id: string | null;
  primary_phone_number_id: string | null;
  email_addresses: (Address & { email_address: string })[];
  phone_numbers: (Address & { phone_number: string })[];
  username: string | null;
  first_name: string | null;
  last_name: string | null;
  image_url: string | null;
  external_id: string | null;
  locale: string | null;
  banned: boolean;
  locked: boolean;
  deprovisioned: boolean;
  two_factor_enabled: boolean;
  totp_enabled: boolean;
  backup_code_enabled: boolean;
  password_enabled: boolean;
  delete_self_enabled: boolean;
  create_organization_enabled: boolean;
  create_organizations_limit: number | null;
  last_sign_in_at: number | null;
  last_active_at: number | null;
  legal_accepted_at: number | null;
  mfa_enabled_at: number | null;
  mfa_disabled_at: number | null;
  password_last_updated_at: number | null;
  primary_web3_wallet_id: string | null;
  web3_wallets: object[];
  passkeys: object[];
  external_accounts: object[];
  enterprise_accounts: object[];
  public_metadata: object;
  private_metadata: object;
  unsafe_metadata: object;
  created_at: number;
  updated_at: number;
};

type Address = { id: string; verification: { status: string } | null };

export const copyBare = async ({ clerkUrl, secretKey, sql, pageSize, readsAhead }: Bare): Promise<void> => {
  const read = async (after: string | undefined): Promise<User[]> => {
    const cursor = after === undefined ? "&offset=0" : `&starting_after=${after}`;
    const response = await fetch(`${clerkUrl}/users?order_by=-created_at&limit=${pageSize}${cursor}`, {
      headers: { Authorization: `Bearer ${secretKey}` },
    });
    if (!response.ok) throw new Error(`Clerk answered with ${response.status}`);
    return (await response.json()) as User[];
  };

  let reading = read(undefined);
  for (;;) {
    const users = await reading;
    const isLast = users.length < pageSize;
    if (!isLast && readsAhead) reading = read(users.at(-1)?.id);
    if (users.length > 0) await sql.query(insertOf(users.length), users.flatMap(valuesOf));
    if (isLast) return;
    if (!readsAhead) reading = read(users.at(-1)?.id);
  }
};

const columns = [
  "id",
  "email",
  "email_verified",
  "phone",
  "phone_verified",
  "username",
  "first_name",
  "last_name",
  "name",
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
  "last_sign_in_at",
  "last_active_at",
  "legal_accepted_at",
  "mfa_enabled_at",
  "mfa_disabled_at",
  "password_last_updated_at",
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
  "created_at",
  "updated_at",
  "synced_at",
  "version",
];

const valuesOf = (user: User): unknown[] => {
  const email = user.email_addresses.find(({ id }) => id === user.primary_email_address_id);
  const phone = user.phone_numbers.find(({ id }) => id === user.primary_phone_number_id);
  return [
    user.id,
    email?.email_address ?? null,
    email === undefined ? null : email.verification?.status === "verified",
    phone?.phone_number ?? null,
    phone === undefined ? null : phone.verification?.status === "verified",
    user.username,
    user.first_name,
    user.last_name,
    [user.first_name, user.last_name].filter(Boolean).join(" ") || null,
    user.image_url,
    user.external_id,
    user.locale,
    user.banned,
    user.locked,
    user.deprovisioned,
    user.two_factor_enabled,
    user.totp_enabled,
    user.backup_code_enabled,
    user.password_enabled,
    user.delete_self_enabled,
    user.create_organization_enabled,
    user.create_organizations_limit,
    time(user.last_sign_in_at),
    time(user.last_active_at),
    time(user.legal_accepted_at),
    time(user.mfa_enabled_at),
    time(user.mfa_disabled_at),
    time(user.password_last_updated_at),
    user.primary_web3_wallet_id,
    JSON.stringify(user.email_addresses),
    JSON.stringify(user.phone_numbers),
    JSON.stringify(user.web3_wallets),
    JSON.stringify(user.passkeys),
    JSON.stringify(user.external_accounts),
    JSON.stringify(user.enterprise_accounts),
    JSON.stringify(user.public_metadata),
    JSON.stringify(user.private_metadata),
    JSON.stringify(user.unsafe_metadata),
    time(user.created_at),
    time(user.updated_at),
    time(Date.now()),
    // As long as the mirror's own version.
    String(user.updated_at).padEnd(63, "0"),
  ];
};

const time = (milliseconds: number | null): string | null =>
  milliseconds === null ? null : new Date(milliseconds).toISOString();

let statement = { rows: 0, text: "" };

/** The last statement is kept: nearly every page has as many rows as the one before. */
const insertOf = (rows: number): string => {
  if (statement.rows !== rows) {
    let parameter = 0;
    const row = () => `(${columns.map(() => `$${(parameter += 1)}`).join(", ")})`;
    const values = Array.from({ length: rows }, row).join(", ");
    statement = { rows, text: `insert into bare.users (${columns.join(", ")}) values ${values}` };
  }
  return statement.text;
};
