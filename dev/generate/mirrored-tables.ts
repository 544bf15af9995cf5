/** What the schema's SQL functions are generated from: the tables of src/schema.ts, and the wire form of their rows. */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import type { Entity } from "../../src/entities/entity.ts";
import { entities } from "../../src/entities/index.ts";
import { tables } from "../../src/schema.ts";

export const isTime = (column: PgColumn) => column.getSQLType().startsWith("timestamp");

/** The type of a column inside `changes`: times travel as milliseconds since 1970. */
const wireType = (column: PgColumn) => {
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

/** The columns of the recordset `x`, with their types: all that is sent with a row. */
export const recordset = ({ columns }: Table): string[] => [
  ...columns
    .filter(({ name }) => name !== "deleted_at" && name !== "synced_at")
    .map((column) => `${column.name} ${wireType(column)}`),
  "deleted boolean",
];

export const lines = (items: string[], indent: string, separator = ",") =>
  items.map((item) => indent + item).join(`${separator}\n`);
