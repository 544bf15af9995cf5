import { type ClerkFailure, type DatabaseFailure, fail, ok, type Result } from "../result.ts";
import { itemsOf, type OwnersList, statementsPath, totalOf } from "./lists.ts";
import {
  type Cursor,
  emptyPage,
  notOffered,
  type Page,
  type PageResult,
  type Read,
  readItems,
  refusalOf,
  type Source,
} from "./pages.ts";

/** Reads lists of which each owner has one: some owners' at a time. */

/** The most requests for a page, besides the one for the owners. */
export const requestsPerPage = 10;

export const readOwnersPage = async (source: Source, list: OwnersList, cursor: Cursor): Promise<PageResult> => {
  const owners = await nextOwners(source, list, cursor);
  if (!owners.ok) {
    return owners.failure.kind === "clerk_rejected" ? notOffered(list, cursor, owners.failure.status) : owners;
  }
  const whole: string[] = [];
  const page: Page = { ...emptyPage, rows: [], unreadable: [], owners: { column: list.column, ids: whole } };
  const next = { ...cursor };
  let requests = 0;
  for (const owner of owners.value) {
    // The one whose list was read in part may be gone.
    if (next.owner !== owner) Object.assign(next, { owner, offset: 0 });
    const begun = next.offset;
    for (let isEnd = false; !isEnd;) {
      // The rest is a page of its own.
      if (requests === requestsPerPage || page.rows.length >= source.settings.pageSize) return ok({ ...page, next });
      requests += 1;
      const read = await readOwnersList(source, list, owner, next.offset);
      if (!read.ok) {
        if (read.failure.kind === "clerk_rejected") return notOffered(list, next, read.failure.status);
        // So is what was read before.
        return requests > 1 && read.failure.kind === "clerk_unavailable" ? ok({ ...page, next }) : read;
      }
      page.rows.push(...read.value.rows);
      page.unreadable.push(...read.value.unreadable);
      const { offset, total } = read.value;
      isEnd = offset >= total || offset === next.offset;
      // Of a list that was read in several pages, or that is not all there, nothing is known to be absent.
      if (isEnd && begun === 0 && offset >= total) whole.push(owner);
      const done = { after: [{ id: owner, offset: 0 }], owner: null, offset: 0, owners: next.owners + 1 };
      Object.assign(next, isEnd ? done : { offset });
    }
  }
  return ok({ ...page, next, isLast: owners.value.length < requestsPerPage });
};

/** The ids of the owners that are next. */
const nextOwners = async (
  { clerk, runs }: Source,
  list: OwnersList,
  { after, owners }: Cursor,
): Promise<Result<string[], ClerkFailure | DatabaseFailure>> => {
  if (list.owners === "statements") {
    const query = { paginated: "true", limit: requestsPerPage, offset: owners };
    const answer = await clerk.get(statementsPath, query);
    if (!answer.ok) return answer;
    const { body } = answer.value;
    if (body === undefined) return fail({ kind: "clerk_rejected", status: 404 });
    const items = itemsOf(body);
    if (items === undefined) return fail({ kind: "clerk_unavailable", cause: "answer" });
    return ok(items.flatMap(({ id }) => (typeof id === "string" ? [id] : [])));
  }
  const from = after.at(-1)?.id ?? "";
  const known =
    list.owners === "users"
      ? await runs.usersAfter(from, requestsPerPage)
      : await runs.payersAfter(from, requestsPerPage);
  return known.ok ? ok(known.value.map(({ id }) => id)) : known;
};

/** A page of one owner's list. */
const readOwnersList = async (
  { clerk, settings }: Source,
  list: OwnersList,
  owner: string,
  from: number,
): Promise<Result<Read & { offset: number; total: number }, ClerkFailure>> => {
  const { path, query } = list.of(owner);
  const answer = await clerk.get(path, list.isOne ? query : { ...query, limit: settings.pageSize, offset: from });
  // The owner is gone, or has none.
  if (refusalOf(answer) === 404) return ok({ rows: [], unreadable: [], offset: from, total: 0 });
  if (!answer.ok) return answer;
  const { body, sentAt } = answer.value;
  const items = list.itemsIn(body, owner);
  const total = list.isOne ? items?.length : totalOf(body);
  if (items === undefined || typeof total !== "number") return fail({ kind: "clerk_unavailable", cause: "answer" });
  return ok({ ...readItems(settings, list, items, sentAt), offset: from + items.length, total });
};
