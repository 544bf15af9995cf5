import type { Runs } from "../database/runs.ts";
import { type SentRow, versionOf } from "../entities/entity.ts";
import { Fields } from "../entities/fields.ts";
import { entities } from "../entities/index.ts";
import { rowWithoutOmitted } from "../entities/omit.ts";
import { isObject, type JsonObject } from "../json.ts";
import { type ClerkFailure, type DatabaseFailure, fail, ok, type Result } from "../result.ts";
import type { Settings } from "../settings.ts";
import type { Clerk, Query } from "./clerk-api.ts";
import { itemsOf, type List } from "./lists.ts";

/** Reads Clerk's lists, page by page. */

/** Where the next page begins. */
export type Cursor = {
  /** Ids of what was read, the last one last: if it has been deleted since, the one before it is asked. */
  after: readonly string[];
  /** How many were read. */
  offset: number;
};

export const beginning: Cursor = { after: [], offset: 0 };

/** The rows of objects, and the objects that are not as Clerk writes them. */
export type Read = { rows: SentRow[]; unreadable: { id: string; field: string }[] };

export type Page = Read & {
  /** Whose objects these are, if it is a page of users' lists. */
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

/** Users per page of their lists: a request each. */
export const usersPerPage = 10;

/** Ids that are kept of the pages before: two of each of the last five. */
const anchors = 10;

export const readPage = async (source: Source, list: List, cursor: Cursor): Promise<PageResult> => {
  if (list.paging === "by_user") return readUsersLists(source, list, cursor);
  const { pageSize } = source.settings;
  const after = list.paging === "cursor" ? cursor.after.at(-1) : undefined;
  const start: Query =
    after === undefined ? { offset: list.paging === "cursor" ? 0 : cursor.offset } : { starting_after: after };
  const answer = await source.clerk.get(list.path, { ...list.query, limit: pageSize, ...start });
  const status = statusOf(answer);
  if (status !== undefined) {
    // What the cursor points at was deleted: what was read before it is read again, from the beginning if need be.
    return after !== undefined && [400, 404, 422].includes(status)
      ? ok({ ...emptyPage, next: { ...cursor, after: cursor.after.slice(0, -1) } })
      : notOffered(list, cursor, status);
  }
  if (!answer.ok) return answer;

  const items = itemsOf(answer.value?.body);
  if (items === undefined || answer.value === null) return fail({ kind: "clerk_unavailable", cause: "answer" });
  const ids = items.flatMap(({ id }) => (typeof id === "string" ? [id] : []));
  return ok({
    ...emptyPage,
    ...readItems(source.settings, list, items, answer.value.sentAt),
    next: { after: [...cursor.after, ...ids.slice(-2)].slice(-anchors), offset: cursor.offset + items.length },
    isLast: items.length < pageSize,
    total: totalOf(answer.value.body),
  });
};

/** The status of an answer that has no list: 404, or one by which Clerk refuses the request. */
const statusOf = (answer: Awaited<ReturnType<Clerk["get"]>>): number | undefined => {
  if (answer.ok) return answer.value === null ? 404 : undefined;
  return answer.failure.kind === "clerk_rejected" ? answer.failure.status : undefined;
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

const totalOf = (body: unknown): number | null =>
  isObject(body) && typeof body.total_count === "number" ? body.total_count : null;

const notOffered = (list: List, next: Cursor, status: number): Result<Page, ClerkFailure> =>
  !list.isEverywhere && [402, 403, 404].includes(status)
    ? ok({ ...emptyPage, next, isLast: true, notOffered: status })
    : fail({ kind: "clerk_rejected", status });

const readUsersLists = async (source: Source, list: List, cursor: Cursor): Promise<PageResult> => {
  const known = await source.runs.usersAfter(cursor.after.at(-1) ?? "", usersPerPage);
  if (!known.ok) return known;
  const users: string[] = [];
  const rows: SentRow[] = [];
  const unreadable: Page["unreadable"] = [];
  for (const { id: user } of known.value) {
    const read = await readUsersList(source, list, user);
    if (!read.ok) {
      // The users before are a page of their own.
      if (users.length === 0 || read.failure.kind !== "clerk_unavailable") return read;
      break;
    }
    users.push(user);
    rows.push(...read.value.rows);
    unreadable.push(...read.value.unreadable);
  }
  return ok({
    ...emptyPage,
    rows,
    unreadable,
    users,
    next: { after: users.length === 0 ? cursor.after : users.slice(-1), offset: cursor.offset + users.length },
    isLast: users.length === known.value.length && known.value.length < usersPerPage,
  });
};

const readUsersList = async (
  { clerk, settings }: Source,
  list: List,
  user_id: string,
): Promise<Result<Read, ClerkFailure>> => {
  const items: JsonObject[] = [];
  for (let at: number | undefined; ;) {
    const query = { ...list.query, user_id, limit: settings.pageSize, offset: items.length };
    const answer = await clerk.get(list.path, query);
    if (!answer.ok) return answer;
    if (answer.value === null) return ok({ rows: [], unreadable: [] });
    const more = itemsOf(answer.value.body);
    if (more === undefined) return fail({ kind: "clerk_unavailable", cause: "answer" });
    items.push(...more);
    at ??= answer.value.sentAt;
    if (more.length < settings.pageSize) return ok(readItems(settings, list, items, at));
  }
};

/**
 * Reads the items of a list into rows. One that is there twice is one: an offset may show it again.
 *
 * @param at when the request was sent, in milliseconds since 1970
 */
export const readItems = (
  { omitted }: Pick<Settings, "omitted">,
  { table, isTimedByRequest }: List,
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
    else {
      const version = isTimedByRequest ? versionOf(true, null, observation) : row.version;
      rows.set(row.id, rowWithoutOmitted(table, { ...row, version }, omitted));
    }
  }
  return { rows: [...rows.values()], unreadable };
};
