import { type ClerkFailure, fail, ok, type Result } from "../result.ts";
import type { Clerk, Query } from "./clerk-api.ts";
import { itemsOf, type List, type OneList, totalOf } from "./lists.ts";
import { readOwnersPage } from "./owners-pages.ts";
import { type Cursor, emptyPage, notOffered, type PageResult, readItems, refusalOf, type Source } from "./pages.ts";

/** Reads the next page of a list. */
export const readPage = (source: Source, list: List, cursor: Cursor): Promise<PageResult> => {
  if (list.owners !== undefined) return readOwnersPage(source, list, cursor);
  return list.paging === "cursor" ? readAfter(source, list, cursor) : readFrom(source, list, cursor);
};

/** Ids that are kept of the pages before: two of each of the last five. */
const anchors = 10;

/** How often a list may be read again from an earlier place. A list that never stands still would have no end. */
const mostSetbacks = 100;

/** By the id of the last object. */
const readAfter = async ({ clerk, settings }: Source, list: OneList, cursor: Cursor): Promise<PageResult> => {
  const after = cursor.after.at(-1)?.id;
  const start: Query = after === undefined ? { offset: 0 } : { starting_after: after };
  const answer = await clerk.get(list.path, { ...list.query, limit: settings.pageSize, ...start });
  const status = refusalOf(answer);
  if (status !== undefined) {
    const isGone = after !== undefined && [400, 404, 422].includes(status) && cursor.setbacks < mostSetbacks;
    return isGone ? ok({ ...emptyPage, next: stepBack(cursor) }) : notOffered(list, cursor, status);
  }
  if (!answer.ok) return answer;
  const { body, sentAt } = answer.value;
  const items = itemsOf(body);
  if (items === undefined) return fail({ kind: "clerk_unavailable", cause: "answer" });

  const kept = items.flatMap(({ id }, index) =>
    typeof id === "string" ? [{ id, offset: cursor.offset + index + 1 }] : [],
  );
  const offset = cursor.offset + items.length;
  const since = cursor.since ?? sentAt;
  // A short page may be a fault of Clerk's, and one that does not go on would never end.
  const isLast = items.length === 0 || kept.at(-1)?.id === after;
  const total = isLast && list.count !== undefined ? await countOf(clerk, list.count, since) : ok(null);
  if (!total.ok) return total;
  return ok({
    ...emptyPage,
    ...readItems(settings, list, items, sentAt),
    next: { ...cursor, after: [...cursor.after, ...kept.slice(-2)].slice(-anchors), offset, since },
    isLast,
    isIncomplete: total.value !== null && offset < total.value,
    total: total.value,
  });
};

/** What the cursor points at was deleted: what was read before it is read again, from the beginning if need be. */
const stepBack = (cursor: Cursor): Cursor => {
  const after = cursor.after.slice(0, -1);
  return { ...cursor, after, offset: after.at(-1)?.offset ?? 0, setbacks: cursor.setbacks + 1 };
};

/** How many objects Clerk has that were made before the list was begun. */
const countOf = async (clerk: Clerk, path: string, before: number): Promise<Result<number, ClerkFailure>> => {
  const answer = await clerk.get(path, { created_at_before: before });
  if (!answer.ok) return answer;
  const count = totalOf(answer.value.body);
  return count === null ? fail({ kind: "clerk_unavailable", cause: "answer" }) : ok(count);
};

/** By how many were read. */
const readFrom = async ({ clerk, settings }: Source, list: OneList, cursor: Cursor): Promise<PageResult> => {
  const { pageSize } = settings;
  const from = Math.max(0, cursor.offset - cursor.overlap);
  const answer = await clerk.get(list.path, { ...list.query, limit: pageSize, offset: from });
  const status = refusalOf(answer);
  if (status !== undefined) return notOffered(list, cursor, status);
  if (!answer.ok) return answer;
  const { body, sentAt } = answer.value;
  const items = itemsOf(body);
  if (items === undefined) return fail({ kind: "clerk_unavailable", cause: "answer" });

  const total = totalOf(body);
  // Where objects were deleted since the last page, those after them have moved up, some of them perhaps past the start of
  // this page. Then they are read again, and from now on pages overlap.
  const moved = Math.max(0, (cursor.total ?? 0) - (total ?? 0));
  const known = Math.max(0, cursor.offset - moved);
  const hasGap = total !== null && known < from;
  const isAgain = hasGap && cursor.setbacks < mostSetbacks;
  const reached = from + items.length;
  const offset = isAgain ? known : reached;
  // Nothing that was not read before, or the rest of what Clerk says it has.
  const isLast =
    !isAgain && (reached <= cursor.offset || (total !== null && reached >= total && items.length < pageSize));
  const isUnsure = cursor.isUnsure || (hasGap && !isAgain);
  return ok({
    ...emptyPage,
    ...readItems(settings, list, items, sentAt),
    next: {
      ...cursor,
      offset,
      total,
      isUnsure,
      overlap: isAgain ? Math.min(Math.floor(pageSize / 2), 2 * moved) : cursor.overlap,
      setbacks: cursor.setbacks + (isAgain ? 1 : 0),
    },
    isLast,
    isIncomplete: isLast && (isUnsure || (total !== null && offset < total)),
    total,
  });
};
