import { type SQL, sql } from "drizzle-orm/sql";
import { type Database, json } from "../src/database/connect.ts";
import { maximumRows, type Merge } from "../src/database/merge.ts";
import { type Change, type TableName, tombstone } from "../src/entities/entity.ts";
import { entities } from "../src/entities/index.ts";
import { isObject, type JsonObject } from "../src/json.ts";
import type { Clerk } from "../src/sync/clerk-api.ts";
import { CommandError } from "./command-error.ts";
import { orThrow } from "./or-throw.ts";

/** A person's data in the copy: the rows of the user, and those that name one of the user's addresses. */

/** The ids of rows, by table. */
export type Found = Readonly<Record<string, string[]>>;

/** Rows that are deleted with a user, whoever deletes the user. */
const ofUser: readonly { table: TableName; column: string }[] = [
  { table: "users", column: "id" },
  ...Object.values(entities).flatMap(({ table, owners }) =>
    Object.entries(owners).flatMap(([column, owner]) => (owner === "users" ? [{ table, column }] : [])),
  ),
];

/** Rows that name an address instead of a user. They stay if only Clerk deletes the user. */
const ofAddress = ["organization_invitations", "waitlist_entries"] as const;

/** The user's addresses in the copy, in lower case: also those of accounts elsewhere. */
export const addressesInCopy = async (database: Database, user: string): Promise<string[]> => {
  const rows = await database.query<JsonObject>(
    sql`select email, email_addresses, external_accounts, enterprise_accounts from clerk.users where id = ${user}`,
  );
  return orThrow(rows).flatMap((row) => [...(typeof row.email === "string" ? [row.email] : []), ...addressesOf(row)]);
};

/** The same, as Clerk has them; undefined if Clerk has no such user. */
export const addressesAtClerk = async (clerk: Clerk, user: string): Promise<string[] | undefined> => {
  const { body } = orThrow(await clerk.get(`/users/${user}`));
  return isObject(body) ? addressesOf(body) : undefined;
};

const addressesOf = (user: JsonObject): string[] =>
  [user.email_addresses, user.external_accounts, user.enterprise_accounts]
    .flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []))
    .flatMap((one) => (isObject(one) && typeof one.email_address === "string" ? [one.email_address] : []));

/** The rows that hold more than their id: an app may have inserted only the user's id. */
export const find = async (database: Database, user: string, addresses: readonly string[]): Promise<Found> => {
  const lower = json(addresses.map((address) => address.toLowerCase()));
  const parts: [string, SQL][] = [
    ...ofUser.map(({ table, column }): [string, SQL] => [table, sql`${sql.identifier(column)} = ${user}`]),
    ...ofAddress.map((table): [string, SQL] => [
      table,
      sql`lower(email_address) in (select pg_catalog.jsonb_array_elements_text(${lower}))`,
    ]),
  ];
  const found: Record<string, string[]> = {};
  for (const [table, isOne] of parts) {
    const rows = await database.query<{ id: string }>(sql`
      select id from clerk.${sql.identifier(table)}
      where ${isOne} and deleted_at is null and synced_at is not null order by id
    `);
    found[table] = orThrow(rows).map(({ id }) => id);
  }
  return found;
};

/** Erases the user and what was found. @throws if anything of it is left */
export const erase = async (
  database: Database,
  merge: Merge,
  user: string,
  addresses: readonly string[],
  found: Found,
): Promise<void> => {
  // The user last: if this is interrupted, the next run still finds rows by the user's addresses.
  const rows: Change[] = [
    ...ofAddress.flatMap((table) => (found[table] ?? []).map((id) => ({ table, row: tombstone(id) }))),
    { table: "users", row: tombstone(user) },
  ];
  for (let from = 0; from < rows.length; from += maximumRows) {
    orThrow(await merge(rows.slice(from, from + maximumRows), [], { source: "erase" }));
  }
  for (const [table, left] of Object.entries(await find(database, user, addresses))) {
    if (left.length === 0) continue;
    throw new CommandError(`clerk.${table} still has ${left.length} rows of the user; run the same command again`);
  }
};

/** Since when the user is deleted in the copy; null if not, undefined if the copy has no row of the user. */
export const deletedSince = async (database: Database, user: string): Promise<string | null | undefined> => {
  const rows = await database.query<{ at: string | null }>(
    sql`select pg_catalog.to_char(deleted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at from clerk.users where id = ${user}`,
  );
  return orThrow(rows)[0]?.at;
};
