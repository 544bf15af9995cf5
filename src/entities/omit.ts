import { type Change, linkColumns, type SentRow, type TableName } from "./entity.ts";
import { Fields } from "./fields.ts";
import { entities, isTableName } from "./index.ts";

/** Columns that are never stored, by table. */
export type Omitted = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Reads `MIRROR_OMIT`, for example `users.private_metadata, sessions.latest_activity`.
 *
 * @returns the columns, or the first name that is not a column or that the law needs, and what it may have meant
 */
export const parseOmitted = (text: string): { omitted: Omitted } | { wrong: string; meant: string[] } => {
  const omitted = new Map<string, Set<string>>();
  for (const name of text.split(/[\s,]+/).filter(Boolean)) {
    const [table = "", column = "", ...rest] = name.split(".");
    if (!isTableName(table) || rest.length > 0 || !optionalColumns(table).includes(column)) {
      return { wrong: name, meant: Object.values(entities).flatMap((one) => namesOf(one.table, name)) };
    }
    omitted.set(table, (omitted.get(table) ?? new Set()).add(column));
  }
  return { omitted };
};

const namesOf = (table: TableName, column: string): string[] =>
  optionalColumns(table).includes(column) ? [`${table}.${column}`] : [];

/** All columns except those that the law needs: which object a row is, what it belongs to, and how new it is. */
const optionalColumns = (table: TableName): string[] => {
  const needed = new Set<string>(["id", "version", "created_at", "updated_at", ...linkColumns]);
  const columns = Object.keys(entities[table].row(new Fields({}), { at: 0, id: "" }));
  return columns.filter((column) => !needed.has(column));
};

/** Takes the omitted columns out of changes. */
export const withoutOmitted = (changes: Change[], omitted: Omitted): Change[] =>
  omitted.size === 0
    ? changes
    : changes.map(({ table, row }) => ({
        table,
        row: "deleted" in row ? row : rowWithoutOmitted(table, row, omitted),
      }));

export const rowWithoutOmitted = (table: TableName, row: SentRow, omitted: Omitted): SentRow => {
  const columns = omitted.get(table);
  if (columns === undefined) return row;
  const { id, version, ...rest } = row;
  const stored = Object.fromEntries(Object.entries(rest).filter(([column]) => !columns.has(column)));
  return { ...stored, id, version };
};
