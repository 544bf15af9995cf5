import { getTableColumns } from "drizzle-orm";
import { deliveries, tables } from "../../src/schema.ts";
import type { CopyReader } from "./copy-reader.ts";
import type { Copy, CopyRow, Paged } from "./protocol.ts";

/** A page of one of the copy's tables, as a person reads it. */

const shown = { ...tables, deliveries };
export type ShownTable = keyof typeof shown;
export const shownTables = Object.keys(shown) as ShownTable[];
export const isShownTable = (name: string): name is ShownTable => Object.hasOwn(shown, name);

const pageSize = 25;
const longestCell = 200;

/** What a person looks at first. The other columns follow as the schema has them. */
const firstColumns: Readonly<Partial<Record<ShownTable, readonly string[]>>> = {
  users: ["name", "email", "email_addresses", "username", "phone", "last_sign_in_at", "updated_at"],
  organizations: ["name", "slug", "created_by", "updated_at"],
  sessions: ["user_id", "status", "created_at", "expire_at"],
  organization_memberships: ["organization_id", "user_id", "role", "updated_at"],
  organization_invitations: ["email_address", "status", "organization_id", "role", "updated_at"],
  organization_domains: ["name", "organization_id", "enrollment_mode", "updated_at"],
  roles: ["name", "key", "permissions", "updated_at"],
  permissions: ["name", "key", "type", "updated_at"],
  waitlist_entries: ["email_address", "status", "updated_at"],
  subscriptions: ["user_id", "organization_id", "status", "updated_at"],
  subscription_items: ["plan_name", "user_id", "organization_id", "status", "interval", "period_end", "updated_at"],
  payment_attempts: ["user_id", "organization_id", "status", "amount", "currency", "updated_at"],
  deliveries: ["type", "subject_id", "outcome", "attempts", "received_at", "occurred_at"],
};

const columnsOf = (table: ShownTable): string[] => {
  const all = Object.keys(getTableColumns(shown[table]));
  return [...new Set(["id", ...(firstColumns[table] ?? []), ...all.filter((name) => name !== "version"), ...all])];
};

/** Which columns are times: Postgres writes them as it likes. */
const isTime = (table: ShownTable, name: string): boolean =>
  Object.entries(getTableColumns(shown[table])).some(
    ([column, { dataType }]) => column === name && dataType === "date",
  );

/** What is left of a deleted object has no time of its own but that of its delete. */
const newestFirst = (table: ShownTable): string =>
  table === "deliveries"
    ? "t.received_at desc, t.id"
    : "coalesce(t.created_at, t.deleted_at, t.synced_at) desc nulls last, t.id";

/** @param total how many rows the table has */
export const readCopyPage = async (
  reader: CopyReader,
  table: ShownTable,
  asked: number,
  total: number,
): Promise<Pick<Copy, "table" | "columns"> & Paged<CopyRow>> => {
  const pages = Math.max(1, Math.ceil(total / pageSize));
  const page = Math.min(asked, pages - 1);
  const columns = columnsOf(table);
  const rows = await reader.read((ask) =>
    ask<{ row: Record<string, unknown> }>(
      `select to_jsonb(t) as row from clerk.${table} as t order by ${newestFirst(table)} limit ${pageSize} offset $1::integer`,
      [page * pageSize],
    ),
  );
  const times = new Set(columns.filter((column) => isTime(table, column)));
  return {
    table,
    columns,
    total,
    page,
    pages,
    rows: rows.map(({ row }) => ({
      id: String(row.id),
      isDeleted: row.deleted_at !== null && row.deleted_at !== undefined,
      cells: columns.map((column) => cellOf(row[column], times.has(column))),
    })),
  };
};

const cellOf = (value: unknown, isTimeValue: boolean): string | null => {
  if (value === null || value === undefined) return null;
  if (isTimeValue && typeof value === "string")
    return new Date(value)
      .toISOString()
      .replace("T", " ")
      .replace(/(\.000)?Z$/, "");
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > longestCell ? `${text.slice(0, longestCell - 1)}…` : text;
};
