import type { Runs } from "../database/runs.ts";
import type { SentRow } from "../entities/entity.ts";
import { Fields } from "../entities/fields.ts";
import { entities } from "../entities/index.ts";
import { rowWithoutOmitted } from "../entities/omit.ts";
import type { JsonObject } from "../json.ts";
import { type ClerkFailure, type DatabaseFailure, fail, ok, type Result } from "../result.ts";
import type { Settings } from "../settings.ts";
import type { Clerk, Query } from "./clerk-api.ts";
import { itemsOf, type List, totalOf } from "./lists.ts";

/** Reads Clerk's lists, page by page. */

/** Where the next page begins. */
export type Cursor = {
  /** Ids of what was read, the last one last: if it has been deleted since, the one before it is asked. */
  after: readonly string[];
  /** How many were read: of the list, or of the next owner's if each has one. */
  offset: number;
  /** How many the list had by its own word, at the last page. */
  total: number | null;
  /** When the first page was asked for, by Clerk's clock. */
  since: number | null;
};

export const beginning: Cursor = { after: [], offset: 0, total: null, since: null };

/** The rows of objects, and the objects that are not as Clerk writes them. */
export type Read = { rows: SentRow[]; unreadable: { id: string; field: string }[] };

export type Page = Read & {
  /** Whose objects these are, each's whole list, if it is a page of users' lists. */
  users: string[] | null;
  next: Cursor;
  isLast: boolean;
  /** How many objects the list has, if it says so. */
  total: number | null;
  /** The HTTP status by which the instance says that it does not have this list. */
  notOffered: number | null;
};

export type Source = {
  clerk: Clerk;
  runs: Pick<Runs, "usersAfter">;
  settings: Pick<Settings, "omitted" | "pageSize">;
};

type PageResult = Result<Page, ClerkFailure | DatabaseFailure>;

/** The most requests for a page of users' lists. */
export const requestsPerPage = 10;

/** Ids that are kept of the pages before: two of each of the last five. */
const anchors = 10;

export const readPage = async (source: Source, list: List, cursor: Cursor): Promise<PageResult> => {
  if (list.paging === "by_user") return readUsersLists(source, list, cursor);
  const { clerk, settings } = source;
  const { pageSize } = settings;
  const after = list.paging === "cursor" ? cursor.after.at(-1) : undefined;
  const start: Query = after === undefined ? { offset: cursor.offset } : { starting_after: after };
  const answer = await clerk.get(list.path, { ...list.query, limit: pageSize, ...start });
  const status = refusalOf(answer);
  if (status !== undefined) {
    // What the cursor points at was deleted: what was read before it is read again, from the beginning if need be.
    if (after !== undefined && [400, 404, 422].includes(status)) return ok({ ...emptyPage, next: stepBack(cursor) });
    return notOffered(list, cursor, status);
  }
  if (!answer.ok) return answer;
  const { body, sentAt } = answer.value;
  const items = itemsOf(body);
  if (items === undefined) return fail({ kind: "clerk_unavailable", cause: "answer" });

  const ids = items.flatMap(({ id }) => (typeof id === "string" ? [id] : []));
  const last = ids.at(-1);
  const since = cursor.since ?? sentAt;
  const own = totalOf(body);
  // Where objects were deleted since the last page, those after them have moved up, some of them past this page's start.
  const moved = own === null || cursor.total === null ? 0 : Math.max(0, cursor.total - own);
  const offset = moved > 0 ? Math.max(0, cursor.offset - moved) : cursor.offset + items.length;
  // A short page may be a fault of Clerk's, and one that does not go on would never end.
  const isLast =
    own === null || moved === 0
      ? items.length === 0 || (own !== null && offset >= own) || (last !== undefined && last === after)
      : own === 0;
  const total = isLast && own === null && list.count !== undefined ? await countOf(clerk, list.count, since) : ok(own);
  if (!total.ok) return total;
  return ok({
    ...emptyPage,
    ...readItems(settings, list, items, sentAt),
    next: { after: [...cursor.after, ...ids.slice(-2)].slice(-anchors), offset, total: own, since },
    isLast,
    total: total.value,
  });
};

/** The status of an answer that has no list: 404, or one by which Clerk refuses the request. */
const refusalOf = (answer: Awaited<ReturnType<Clerk["get"]>>): number | undefined => {
  if (answer.ok) return answer.value.body === undefined ? 404 : undefined;
  return answer.failure.kind === "clerk_rejected" ? answer.failure.status : undefined;
};

const stepBack = (cursor: Cursor): Cursor => {
  const after = cursor.after.slice(0, -1);
  return { ...cursor, after, offset: after.length === 0 ? 0 : cursor.offset };
};

const emptyPage: Page = {
  rows: [],
  unreadable: [],
  users: null,
  next: beginning,
  isLast: false,
  total: null,
  notOffered: null,
};

/** How many objects Clerk has that were made before the list was begun. */
const countOf = async (clerk: Clerk, path: string, before: number): Promise<Result<number, ClerkFailure>> => {
  const answer = await clerk.get(path, { created_at_before: before });
  if (!answer.ok) return answer;
  const count = totalOf(answer.value.body);
  return count === null ? fail({ kind: "clerk_unavailable", cause: "answer" }) : ok(count);
};

/** How Clerk says that an instance does not have a list. */
const refusals = new Set([400, 402, 403, 404, 410, 422]);

const notOffered = (list: List, next: Cursor, status: number): Result<Page, ClerkFailure> =>
  !list.isEverywhere && next.offset === 0 && refusals.has(status)
    ? ok({ ...emptyPage, next, isLast: true, notOffered: status })
    : fail({ kind: "clerk_rejected", status });

const readUsersLists = async (source: Source, list: List, cursor: Cursor): Promise<PageResult> => {
  const known = await source.runs.usersAfter(cursor.after.at(-1) ?? "", requestsPerPage);
  if (!known.ok) return known;
  let next = cursor;
  let requests = 0;
  const page: Page = { ...emptyPage, users: [], rows: [], unreadable: [] };
  for (const { id: user_id } of known.value) {
    const begun = next.offset;
    for (let isWhole = false; !isWhole;) {
      // The rest is a page of its own.
      if (requests === requestsPerPage || page.rows.length >= source.settings.pageSize) return ok({ ...page, next });
      requests += 1;
      const read = await readUsersPage(source, list, user_id, next.offset);
      if (!read.ok) {
        // So is what was read before.
        return next !== cursor && read.failure.kind === "clerk_unavailable" ? ok({ ...page, next }) : read;
      }
      page.rows.push(...read.value.rows);
      page.unreadable.push(...read.value.unreadable);
      ({ isWhole } = read.value);
      next = isWhole ? { ...cursor, after: [user_id], offset: 0 } : { ...next, offset: read.value.offset };
    }
    // Of a list that was read in several pages nothing is known to be absent.
    if (begun === 0) page.users?.push(user_id);
  }
  return ok({ ...page, next, isLast: known.value.length < requestsPerPage });
};

/** A page of one user's list. */
const readUsersPage = async (
  { clerk, settings }: Source,
  list: List,
  user_id: string,
  from: number,
): Promise<Result<Read & { offset: number; isWhole: boolean }, ClerkFailure>> => {
  const answer = await clerk.get(list.path, { ...list.query, user_id, limit: settings.pageSize, offset: from });
  if (!answer.ok) return answer;
  const { body, sentAt } = answer.value;
  // The user is gone.
  if (body === undefined) return ok({ rows: [], unreadable: [], offset: from, isWhole: true });
  const items = itemsOf(body);
  const total = totalOf(body);
  if (items === undefined || total === null) return fail({ kind: "clerk_unavailable", cause: "answer" });
  const offset = from + items.length;
  return ok({ ...readItems(settings, list, items, sentAt), offset, isWhole: offset >= total || items.length === 0 });
};

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
