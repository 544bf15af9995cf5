import type { TableName } from "../../src/entities/entity.ts";
import { tables } from "../../src/schema.ts";
import type { Ask } from "./copy-reader.ts";

export const tableNames = Object.keys(tables) as TableName[];

/** The ids of a table's rows, and whether each is only what is left of a deleted object. */
export type Ids = ReadonlyMap<string, boolean>;

/** A moment of the database: `next` is the first transaction that has not begun, `open` the first that has not ended. */
export type Moment = { next: string; open: string };

/** As long as `next` is the same, nobody has written anything. */
export const momentOf = async (ask: Ask): Promise<Moment> => {
  const [moment] = await ask<Moment>(
    "select pg_snapshot_xmax(s)::text as next, pg_snapshot_xmin(s)::text as open from pg_current_snapshot() as s",
  );
  return moment ?? { next: "0", open: "0" };
};

type Row = { table: TableName; id: string; deleted: boolean };

/** By the transaction that wrote a row, and not by `synced_at`: what a person writes by hand is found too. */
const changedQuery = tableNames
  .map(
    (table) =>
      `select '${table}' as table, id, deleted_at is not null as deleted from clerk.${table} where xmin::text::bigint >= $1::bigint % 4294967296`,
  )
  .join(" union all ");

const countQuery = tableNames
  .map((table) => `select '${table}' as table, count(*)::integer as count from clerk.${table}`)
  .join(" union all ");

/** Keeps the ids of all tables up to date. */
export type CopyIds = {
  of(table: TableName): Ids;
  /** Reads what was written since the last call. @returns the rows that were written */
  follow(ask: Ask): Promise<{ table: TableName; id: string }[]>;
};

export const createCopyIds = (): CopyIds => {
  const ids = new Map<TableName, Map<string, boolean>>(tableNames.map((table) => [table, new Map()]));
  const of = (table: TableName): Map<string, boolean> => ids.get(table) ?? new Map<string, boolean>();
  let open = "0";
  return {
    of,
    follow: async (ask) => {
      const moment = await momentOf(ask);
      const changed = await ask<Row>(changedQuery, [open]);
      for (const { table, id, deleted } of changed) of(table).set(id, deleted);
      for (const { table, count } of await ask<{ table: TableName; count: number }>(countQuery)) {
        if (count === of(table).size) continue;
        // Rows were removed, which the copy itself never does.
        const rows = await ask<Row>(`select id, deleted_at is not null as deleted from clerk.${table}`);
        ids.set(table, new Map(rows.map(({ id, deleted }) => [id, deleted])));
      }
      open = moment.open;
      return changed;
    },
  };
};
