import { itemsOf, type List } from "./lists.ts";
import { maximumRows } from "../database/merge.ts";
import type { Clerk, ClerkFailure, Query } from "./clerk-api.ts";
import type { DatabaseFailure } from "../database/connect.ts";
import { type SentRow, versionOf } from "../entities/entity.ts";
import { entityOfTable } from "../entities/index.ts";
import { Fields, isObject, type JsonObject } from "../entities/fields.ts";
import type { Observe, Observed, Span } from "../database/compare.ts";
import { type Omitted, rowWithoutOmitted } from "../entities/omit.ts";

/** Reads Clerk's lists, page by page, and lets the copy observe each: what backfill and reconcile have in common. */

/** Where the next page begins. */
export type Cursor = {
  /** Ids of what was read, the last one last: where that has been deleted since, the one before it is asked. */
  after: readonly string[];
  /** How many were read. */
  offset: number;
};

export const beginning: Cursor = { after: [], offset: 0 };

export type Page = {
  kind: "page";
  rows: SentRow[];
  /** Objects that are not as Clerk writes them: their ids, as far as they have one. */
  unreadable: { id: string; field: string }[];
  /** Whose objects these are, where it is a page of users' lists. */
  users: string[] | null;
  next: Cursor;
  isLast: boolean;
  /** How many objects the list has, where it says so. */
  total: number | null;
};

export type NotOffered = { kind: "not_offered"; status: number };

export type Source = {
  clerk: Clerk;
  omitted: Omitted;
  /** Objects a page, up to 500. */
  pageSize: number;
  /** The copy's users whose id comes after one, in their order. */
  usersAfter(id: string, limit: number): Promise<{ kind: "users"; ids: string[] } | DatabaseFailure>;
};

/** A request each. */
const usersAPage = 10;

/** Ids that are kept of the pages before: two of each of the last five. */
const anchors = 10;

export const readPage = async (
  source: Source,
  list: List,
  cursor: Cursor,
): Promise<Page | NotOffered | ClerkFailure | DatabaseFailure> => {
  if (list.paging === "by_user") return readUsersLists(source, list, cursor);
  const after = list.paging === "cursor" ? cursor.after.at(-1) : undefined;
  const start: Query =
    after === undefined ? { offset: list.paging === "cursor" ? 0 : cursor.offset } : { starting_after: after };
  const answer = await source.clerk.get(list.path, { ...list.query, limit: source.pageSize, ...start });
  if (answer.kind === "not_found" || answer.kind === "rejected") {
    const status = answer.kind === "rejected" ? answer.status : 404;
    // What the cursor points at was deleted: what was read before it is read again, from the beginning if need be.
    return after !== undefined && [400, 404, 422].includes(status)
      ? { ...emptyPage, next: { ...cursor, after: cursor.after.slice(0, -1) } }
      : notOffered(list, status);
  }
  if (answer.kind !== "found") return answer;

  const items = itemsOf(answer.body);
  if (items === undefined) return { kind: "wait", cause: "answer" };
  const ids = items.flatMap(({ id }) => (typeof id === "string" ? [id] : []));
  return {
    kind: "page",
    ...rowsOf(source, list, items, answer.sentAt),
    users: null,
    next: { after: [...cursor.after, ...ids.slice(-2)].slice(-anchors), offset: cursor.offset + items.length },
    isLast: items.length < source.pageSize,
    total: totalOf(answer.body),
  };
};

const emptyPage: Omit<Page, "next"> = {
  kind: "page",
  rows: [],
  unreadable: [],
  users: null,
  isLast: false,
  total: null,
};

const totalOf = (body: unknown): number | null =>
  isObject(body) && typeof body.total_count === "number" ? body.total_count : null;

const notOffered = (list: List, status: number): NotOffered | ClerkFailure =>
  !list.isEverywhere && [402, 403, 404].includes(status)
    ? { kind: "not_offered", status }
    : { kind: "rejected", status };

const readUsersLists = async (
  source: Source,
  list: List,
  cursor: Cursor,
): Promise<Page | NotOffered | ClerkFailure | DatabaseFailure> => {
  const known = await source.usersAfter(cursor.after.at(-1) ?? "", usersAPage);
  if (known.kind !== "users") return known;
  const users: string[] = [];
  const rows: SentRow[] = [];
  const unreadable: Page["unreadable"] = [];
  for (const user of known.ids) {
    const read = await readUsersList(source, list, user);
    if (read.kind !== "read") {
      // The users before are a page of their own.
      if (users.length === 0 || read.kind !== "wait") return read;
      break;
    }
    users.push(user);
    rows.push(...read.rows);
    unreadable.push(...read.unreadable);
  }
  return {
    kind: "page",
    rows,
    unreadable,
    users,
    next: { after: users.length === 0 ? cursor.after : users.slice(-1), offset: cursor.offset + users.length },
    isLast: users.length === known.ids.length && known.ids.length < usersAPage,
    total: null,
  };
};

const readUsersList = async (
  source: Source,
  list: List,
  user_id: string,
): Promise<({ kind: "read" } & Pick<Page, "rows" | "unreadable">) | ClerkFailure> => {
  const items: JsonObject[] = [];
  for (let at: number | undefined; ;) {
    const query = { ...list.query, user_id, limit: source.pageSize, offset: items.length };
    const answer = await source.clerk.get(list.path, query);
    if (answer.kind === "not_found") return { kind: "read", rows: [], unreadable: [] };
    if (answer.kind !== "found") return answer;
    const more = itemsOf(answer.body);
    if (more === undefined) return { kind: "wait", cause: "answer" };
    items.push(...more);
    at ??= answer.sentAt;
    if (more.length < source.pageSize) return { kind: "read", ...rowsOf(source, list, items, at) };
  }
};

/**
 * Reads objects of a list into rows. One that is there twice is one: an offset may show it again.
 *
 * @param at when the request was sent, in milliseconds since 1970
 */
export const rowsOf = (
  { omitted }: Pick<Source, "omitted">,
  { table, isTimedByRequest }: List,
  items: readonly JsonObject[],
  at: number,
): Pick<Page, "rows" | "unreadable"> => {
  const entity = entityOfTable.get(table);
  if (entity === undefined) throw new Error(table);
  const observation = { at, id: `api_${crypto.randomUUID().replaceAll("-", "")}` };
  const rows = new Map<string, SentRow>();
  const unreadable: Page["unreadable"] = [];
  for (const item of items) {
    const data = new Fields(item);
    const row = entity.row(data, observation);
    if (data.wrong !== undefined) unreadable.push({ id: row.id, field: data.wrong });
    else {
      const version = isTimedByRequest ? versionOf(true, null, observation) : row.version;
      rows.set(row.id, rowWithoutOmitted(table, { ...row, version }, omitted));
    }
  }
  return { rows: [...rows.values()], unreadable };
};

/** Where a page meets the next one: objects of one moment may be on both sides. */
export type Edge = {
  /** The `created_at` of the last object; null before the first page. */
  newest: number | null;
  tied: readonly string[];
  /** Whether an object had no time, so that nothing can be said of the spans after it. */
  isLost: boolean;
};

export const noEdge: Edge = { newest: null, tied: [], isLost: false };

/**
 * Lets the copy observe a page.
 *
 * @param since when the run began, by the database's clock; null where absent rows are not looked for
 * @param edge of the page before
 */
export const observePage = async (
  observe: Observe,
  { table }: List,
  page: Page,
  edge: Edge,
  since: string | null,
  isDry: boolean,
): Promise<({ kind: "observed"; edge: Edge } & Observed) | DatabaseFailure> => {
  const total: Observed = { missing: 0, stale: 0, erased: 0, repaired: 0, absentees: 0, absent: [] };
  let reached = edge;
  for (let from = 0; from === 0 || from < page.rows.length; from += maximumRows) {
    const rows = page.rows.slice(from, from + maximumRows);
    const isEnd = from + maximumRows >= page.rows.length;
    const next = edgeAfter(reached, rows);
    const span = since === null ? null : spanOf(page, reached, isEnd ? (page.isLast ? "list" : "page") : "no", next);
    const observed = await observe(table, rows, span === null || since === null ? null : { since, ...span }, isDry);
    if (observed.kind !== "observed") return observed;

    for (const count of ["missing", "stale", "erased", "repaired", "absentees"] as const)
      total[count] += observed[count];
    total.absent = [...total.absent, ...observed.absent];
    reached = next;
  }
  return { kind: "observed", edge: reached, ...total };
};

const edgeAfter = (edge: Edge, rows: readonly SentRow[]): Edge => {
  if (rows.length === 0) return edge;
  const newest = timeOf(rows.at(-1));
  if (newest === null) return { newest, tied: [], isLost: true };
  const tied = rows.filter((row) => timeOf(row) === newest).map(({ id }) => id);
  return { newest, tied: newest === edge.newest ? [...edge.tied, ...tied] : tied, isLost: edge.isLost };
};

/** The part of the copy that the rows between two edges stand for, or null where that is not known. */
const spanOf = (page: Page, from: Edge, endOf: "no" | "page" | "list", to: Edge): Omit<Span, "since"> | null => {
  const unreadable = page.unreadable.map(({ id }) => id);
  // A page of users' lists stands for these users' rows, whenever they were made.
  if (page.users !== null) {
    if (endOf === "no") return null;
    return { newest: null, oldest: null, users: page.users, ids: [...page.rows.map(({ id }) => id), ...unreadable] };
  }
  if (from.isLost || (endOf !== "list" && to.isLost)) return null;
  const oldest = endOf === "list" ? null : to.newest;
  return { newest: from.newest, oldest, users: null, ids: [...from.tied, ...unreadable] };
};

const timeOf = (row: SentRow | undefined): number | null =>
  typeof row?.created_at === "number" ? row.created_at : null;
