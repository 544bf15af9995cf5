import { type ClerkFailure, fail, ok, type Result } from "../result.ts";
import type { Clerk, Query } from "./clerk-api.ts";
import { itemsOf, type List, type OneList, totalOf } from "./lists.ts";
import { readOwnersPage } from "./owners-pages.ts";
import { type Cursor, emptyPage, notOffered, type PageResult, readItems, refusalOf, type Source } from "./pages.ts";

/** Reads the next page of a list. */
export const readPage = (source: Source, list: List, cursor: Cursor): Promise<PageResult> =>
  list.owners === undefined ? readListPage(source, list, cursor) : readOwnersPage(source, list, cursor);

/** Ids that are kept of the pages before: two of each of the last five. */
const anchors = 10;

const readListPage = async ({ clerk, settings }: Source, list: OneList, cursor: Cursor): Promise<PageResult> => {
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
    next: { ...cursor, after: [...cursor.after, ...ids.slice(-2)].slice(-anchors), offset, total: own, since },
    isLast,
    total: total.value,
  });
};

const stepBack = (cursor: Cursor): Cursor => {
  const after = cursor.after.slice(0, -1);
  return { ...cursor, after, offset: after.length === 0 ? 0 : cursor.offset };
};

/** How many objects Clerk has that were made before the list was begun. */
const countOf = async (clerk: Clerk, path: string, before: number): Promise<Result<number, ClerkFailure>> => {
  const answer = await clerk.get(path, { created_at_before: before });
  if (!answer.ok) return answer;
  const count = totalOf(answer.value.body);
  return count === null ? fail({ kind: "clerk_unavailable", cause: "answer" }) : ok(count);
};
