import type { Runs } from "../database/runs.ts";
import type { LinkColumn, SentRow } from "../entities/entity.ts";
import { Fields } from "../entities/fields.ts";
import { entities } from "../entities/index.ts";
import { rowWithoutOmitted } from "../entities/omit.ts";
import type { JsonObject } from "../json.ts";
import { type ClerkFailure, type DatabaseFailure, fail, ok, type Result } from "../result.ts";
import type { Settings } from "../settings.ts";
import type { Clerk } from "./clerk-api.ts";
import type { List } from "./lists.ts";

/** What is read of Clerk's lists, page by page. */

/** Where the next page begins. */
export type Cursor = {
  /** Some of what was read, the last one last: if it has been deleted since, the one before it is asked. */
  after: readonly { id: string; offset: number }[];
  /** How many were read: of the list, or of the next owner's if each has one. */
  offset: number;
  /** How many of these the next page reads again. */
  overlap: number;
  /** How many owners' lists were read, and whose is read in part. */
  owners: number;
  owner: string | null;
  /** How many the list had by its own word, at the last page. */
  total: number | null;
  /** When the first page was asked for, by Clerk's clock. */
  since: number | null;
  /** How often what was read before had to be read again. */
  setbacks: number;
  /** Whether something may have been passed over. */
  isUnsure: boolean;
};

export const beginning: Cursor = {
  after: [],
  offset: 0,
  overlap: 0,
  owners: 0,
  owner: null,
  total: null,
  since: null,
  setbacks: 0,
  isUnsure: false,
};

/** The rows of objects, and the objects that are not as Clerk writes them. */
export type Read = { rows: SentRow[]; unreadable: { id: string; field: string }[] };

export type Page = Read & {
  /** If each owner has a list: the column that names the owner, and those whose whole list this is. */
  owners: { column: LinkColumn | null; ids: string[] } | null;
  next: Cursor;
  isLast: boolean;
  /** Whether the list ended before all that Clerk says it has. */
  isIncomplete: boolean;
  /** How many objects the list has, if it says so. */
  total: number | null;
  /** The HTTP status by which the instance says that it does not have this list. */
  notOffered: number | null;
};

export type Source = {
  clerk: Clerk;
  runs: Pick<Runs, "usersAfter" | "payersAfter">;
  settings: Pick<Settings, "omitted" | "pageSize">;
};

export type PageResult = Result<Page, ClerkFailure | DatabaseFailure>;

/** The status of an answer that has no list: 404, or one by which Clerk refuses the request. */
export const refusalOf = (answer: Awaited<ReturnType<Clerk["get"]>>): number | undefined => {
  if (answer.ok) return answer.value.body === undefined ? 404 : undefined;
  return answer.failure.kind === "clerk_rejected" ? answer.failure.status : undefined;
};

export const emptyPage: Page = {
  rows: [],
  unreadable: [],
  owners: null,
  next: beginning,
  isLast: false,
  isIncomplete: false,
  total: null,
  notOffered: null,
};

/** How Clerk says that an instance does not have a list. */
const refusals = new Set([400, 402, 403, 404, 410, 422]);

export const notOffered = (list: List, next: Cursor, status: number): Result<Page, ClerkFailure> =>
  !list.isEverywhere && next.offset === 0 && next.owners === 0 && refusals.has(status)
    ? ok({ ...emptyPage, next, isLast: true, notOffered: status })
    : fail({ kind: "clerk_rejected", status });

/**
 * Reads the items of a list into rows. One that is there twice is one: an offset may show it again.
 *
 * @param at when the request was sent, in milliseconds since 1970
 */
export const readItems = (
  { omitted }: Pick<Settings, "omitted">,
  { table }: List,
  items: readonly JsonObject[],
  at: number,
): Read => {
  const observation = { at, id: `api_${crypto.randomUUID().replaceAll("-", "")}` };
  const rows = new Map<string, SentRow>();
  const unreadable: Read["unreadable"] = [];
  for (const item of items) {
    const data = new Fields(item);
    const row = entities[table].row(data, observation);
    if (data.wrong !== undefined) unreadable.push({ id: row.id, field: data.wrong });
    else rows.set(row.id, rowWithoutOmitted(table, row, omitted));
  }
  return { rows: [...rows.values()], unreadable };
};
