/** What the schema's SQL functions are generated from: the tables of src/schema.ts, and the wire form of their rows. */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import type { Entity } from "../../src/entities/entity.ts";
import { entities } from "../../src/entities/index.ts";
import { tables } from "../../src/schema.ts";

export const isTime = (column: PgColumn) => column.getSQLType().startsWith("timestamp");

/** The type of a column inside `changes`: times travel as milliseconds since 1970. */
export const wireType = (column: PgColumn) => {
  if (isTime(column)) return "bigint";
  return column.getSQLType().replace(/ collate .*/, "");
};

export type Table = Entity & { name: string; columns: PgColumn[] };

/** Every mirrored table with its entity, in the order in which `clerk.merge_1` writes them. */
export const all: Table[] = Object.values(entities).map((entity) => ({
  ...entity,
  name: entity.table,
  columns: Object.values(getTableColumns(tables[entity.table] as PgTable)),
}));

/** Whether other objects are deleted together with a table's. */
export const isOwner = ({ name }: Table) =>
  all.some(({ owners }) => Object.values(owners).some((owner) => owner === name));

/** A column of the recordset `x`, as the tables store it. */
export const stored = (column: PgColumn) =>
  isTime(column) ? `to_timestamp(x.${column.name} / 1000.0)::timestamptz(3)` : `x.${column.name}`;

/** The columns that are sent with a row: all except the receipts. */
export const sent = ({ columns }: Table): PgColumn[] =>
  columns.filter((column) => column.name !== "deleted_at" && column.name !== "synced_at");

/** The columns of the recordset `x`, with their types. */
export const recordset = (table: Table): string[] => [
  ...sent(table).map((column) => `${column.name} ${wireType(column)}`),
  "deleted boolean",
];

export const lines = (items: string[], indent: string, separator = ",") =>
  items.map((item) => indent + item).join(`${separator}\n`);
