import type { Compare, Compared, Span } from "../database/compare.ts";
import { maximumRows } from "../database/merge.ts";
import type { SentRow, TableName } from "../entities/entity.ts";
import { type DatabaseFailure, ok, type Result } from "../result.ts";
import type { Page } from "./pages.ts";

/**
 * Compares pages with the copy. Lists are newest first, so a page stands for a span of time: a row of the copy in that span
 * that the page does not have is one that Clerk may not have.
 */

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
 * @param edge of the page before
 * @param since when the run began, by the database's clock; null if absent rows are not looked for
 */
export const comparePage = async (
  compare: Compare,
  table: TableName,
  page: Page,
  edge: Edge,
  since: string | null,
  isDry: boolean,
): Promise<Result<Compared & { edge: Edge }, DatabaseFailure>> => {
  const counted = { missing: 0, stale: 0, restored: 0, erased: 0, repaired: 0, absentees: 0 };
  const total: Compared = { ...counted, refused: [], absent: [] };
  let reached = edge;
  for (let from = 0; from === 0 || from < page.rows.length; from += maximumRows) {
    const rows = page.rows.slice(from, from + maximumRows);
    const isEnd = from + maximumRows >= page.rows.length;
    const next = edgeAfter(reached, rows);
    const span = since === null ? null : spanOf(page, reached, isEnd ? (page.isLast ? "list" : "page") : "no", next);
    const compared = await compare(table, rows, span === null || since === null ? null : { since, ...span }, isDry);
    if (!compared.ok) return compared;

    for (const count of ["missing", "stale", "restored", "erased", "repaired", "absentees"] as const)
      total[count] += compared.value[count];
    total.absent = [...total.absent, ...compared.value.absent];
    total.refused = [...total.refused, ...compared.value.refused];
    reached = next;
  }
  return ok({ ...total, edge: reached });
};

const edgeAfter = (edge: Edge, rows: readonly SentRow[]): Edge => {
  if (rows.length === 0) return edge;
  const newest = timeOf(rows.at(-1));
  if (newest === null) return { newest, tied: [], isLost: true };
  const tied = rows.filter((row) => timeOf(row) === newest).map(({ id }) => id);
  return { newest, tied: newest === edge.newest ? [...edge.tied, ...tied] : tied, isLost: edge.isLost };
};

/** The part of the copy that the rows between two edges stand for, or null if that is not known. */
const spanOf = (page: Page, from: Edge, endOf: "no" | "page" | "list", to: Edge): Omit<Span, "since"> | null => {
  const unreadable = page.unreadable.map(({ id }) => id);
  // A page of owners' lists stands for these owners' rows, whenever they were made.
  if (page.owners !== null) {
    const { column, ids: owners } = page.owners;
    if (endOf === "no" || column === null) return null;
    const ids = [...page.rows.map(({ id }) => id), ...unreadable];
    return { newest: null, oldest: null, owner: column, owners, ids };
  }
  if (from.isLost || (endOf !== "list" && to.isLost)) return null;
  const oldest = endOf === "list" ? null : to.newest;
  return { newest: from.newest, oldest, owner: null, owners: [], ids: [...from.tied, ...unreadable] };
};

const timeOf = (row: SentRow | undefined): number | null =>
  typeof row?.created_at === "number" ? row.created_at : null;
