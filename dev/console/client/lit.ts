/** Which cells of the copy have changed while they were shown. */
import type { Copy, CopyRow } from "../protocol.ts";

/** What was last shown, and how often each cell has changed since its table came into sight, by the row's id. */
export type Seen = {
  list: string;
  rows: ReadonlyMap<string, { cells: CopyRow["cells"]; changes: readonly number[] }>;
};

export const nothingSeen: Seen = { list: "", rows: new Map() };

/** A row that comes in while its page is shown has changed as a whole. Nothing has if another page is shown. */
export const seen = (before: Seen, { table, page, rows }: Copy): Seen => {
  const list = `${table} ${page}`;
  const isSame = before.list === list;
  return {
    list,
    rows: new Map(
      rows.map(({ id, cells }) => {
        const last = before.rows.get(id);
        const changes = cells.map((cell, column) => {
          if (!isSame) return 0;
          if (last === undefined) return 1;
          const times = last.changes[column] ?? 0;
          return last.cells[column] === cell ? times : times + 1;
        });
        return [id, { cells, changes }];
      }),
    ),
  };
};
