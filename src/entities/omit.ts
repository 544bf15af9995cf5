import { entities } from "./index.ts";
import { type Change, type SentRow, ties } from "./entity.ts";

/** Columns that are never stored, by table. */
export type Omitted = ReadonlyMap<string, ReadonlySet<string>>;

/** Without these the law cannot be kept: they say which object a row is, and which are its parents. */
const needed = new Set<string>(["id", "version", ...ties]);

/**
 * Reads `MIRROR_OMIT`, for example `users.private_metadata, sessions.latest_activity`.
 *
 * @returns the columns, or the first name that is none or that the law needs
 */
export const parseOmitted = (text: string): Omitted | { wrong: string } => {
  const omitted = new Map<string, Set<string>>();
  for (const name of text.split(/[\s,]+/).filter(Boolean)) {
    const [table = "", column = "", ...rest] = name.split(".");
    const columns = entities.find((entity) => entity.table === table)?.columns();
    if (columns === undefined || !columns.includes(column) || needed.has(column) || rest.length > 0) {
      return { wrong: name };
    }
    omitted.set(table, (omitted.get(table) ?? new Set()).add(column));
  }
  return omitted;
};

/** Takes the omitted columns out of a change: Postgres reads a column that is absent as null. */
export const withoutOmitted = (change: Change, omitted: Omitted): Change =>
  "deleted" in change.row ? change : { ...change, row: rowWithoutOmitted(change.table, change.row, omitted) };

export const rowWithoutOmitted = (table: string, row: SentRow, omitted: Omitted): SentRow => {
  const columns = omitted.get(table);
  if (columns === undefined) return row;
  const { id, version, ...rest } = row;
  const stored = Object.fromEntries(Object.entries(rest).filter(([column]) => !columns.has(column)));
  return { ...stored, id, version };
};
