import type { Compare, Compared, Span } from "../database/compare.ts";
import { maximumLength, maximumRows } from "../database/merge.ts";
import type { Cause } from "../database/outbox.ts";
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
  /** Those of that moment, and unreadable ones. If they are many, as after an import, the database keeps them instead. */
  tied: readonly string[];
  /** Whether an object had no time, so that nothing can be said of the spans after it. */
  isLost: boolean;
};

export const noEdge: Edge = { newest: null, tied: [], isLost: false };

const noSpan = { newest: null, oldest: null, owner: null, owners: [], ids: [] };

/** A workflow's step may give 1 MiB. */
const mostTied = 1000;

/** What a page is compared for. `startedAt` is by the database's clock, as it writes it. */
type Comparing = { id: string; kind: "backfill" | "reconcile"; startedAt: string; isDry: boolean };

/**
 * Compares a page. Rows that it does not have are looked for by a reconciliation alone.
 *
 * @param edge of the page before
 * @param cause for the app that is told of the changes
 */
export const comparePage = async (
  compare: Compare,
  table: TableName,
  page: Page,
  edge: Edge,
  run: Comparing,
  cause: Cause,
): Promise<Result<Compared & { edge: Edge }, DatabaseFailure>> => {
  const counted = { missing: 0, stale: 0, restored: 0, erased: 0, repaired: 0, absentees: 0 };
  const total: Compared = { ...counted, refused: [], absent: [] };
  let reached = edge;
  const unreadable = page.unreadable.map(({ id }) => id);
  const calls = callsOf(page.rows);
  for (const [number, rows] of calls.entries()) {
    const isEnd = number === calls.length - 1;
    const after = edgeAfter(reached, rows);
    // Those at the end of a page are beyond its edge, and nobody knows their times.
    if (isEnd) after.tied = [...after.tied, ...unreadable];
    const seen = after.tied.length > mostTied ? after.tied : [];
    const next = seen.length > 0 ? { ...after, tied: [] } : after;
    const span = spanOf(page, unreadable, reached, isEnd ? (page.isLast ? "list" : "page") : "no", next);
    const given = { run: run.id, seen, since: span === null ? null : run.startedAt, ...(span ?? noSpan) };
    const compared = await compare(table, rows, run.kind === "backfill" ? null : given, run.isDry, cause);
    if (!compared.ok) return compared;

    for (const count of ["missing", "stale", "restored", "erased", "repaired", "absentees"] as const)
      total[count] += compared.value[count];
    total.absent = [...total.absent, ...compared.value.absent];
    total.refused = [...total.refused, ...compared.value.refused];
    reached = next;
  }
  return ok({ ...total, edge: reached });
};

/** Objects as calls: of at most so many rows and characters. There is one call at least. */
const callsOf = (rows: readonly SentRow[]): SentRow[][] => {
  const calls: SentRow[][] = [[]];
  let length = 0;
  for (const row of rows) {
    const own = JSON.stringify(row).length;
    const last = calls.at(-1);
    if (last !== undefined && last.length < maximumRows && (last.length === 0 || length + own <= maximumLength)) {
      last.push(row);
      length += own;
    } else {
      calls.push([row]);
      length = own;
    }
  }
  return calls;
};

const edgeAfter = (edge: Edge, rows: readonly SentRow[]): Edge => {
  if (rows.length === 0) return { ...edge };
  const newest = timeOf(rows.at(-1));
  if (newest === null) return { newest, tied: [], isLost: true };
  const tied = rows.filter((row) => timeOf(row) === newest).map(({ id }) => id);
  return { newest, tied: newest === edge.newest ? [...edge.tied, ...tied] : tied, isLost: edge.isLost };
};

/** The part of the copy that the rows between two edges stand for, or null if that is not known. */
const spanOf = (
  page: Page,
  unreadable: readonly string[],
  from: Edge,
  endOf: "no" | "page" | "list",
  to: Edge,
): Omit<Span, "run" | "since" | "seen"> | null => {
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
