import type { Compare, Compared } from "../database/compare.ts";
import { maximumRows, type Merge } from "../database/merge.ts";
import { notes, type Runs } from "../database/runs.ts";
import { inferredTombstone } from "../entities/entity.ts";
import { isTransient, ok, type Result } from "../result.ts";
import type { Settings } from "../settings.ts";
import { ask } from "./absence.ts";
import type { Clerk } from "./clerk-api.ts";
import { holdLease } from "./lease.ts";
import { listOf } from "./lists.ts";
import { readPage } from "./list-pages.ts";
import type { Page } from "./pages.ts";
import { comparePage } from "./spans.ts";
import { causeOf, type Progress, questionsPerStep, type Run } from "./state.ts";

/**
 * The steps of a run over one list. Each takes what is known and gives what is known after it; whoever drives it may take
 * one twice.
 */

/** What a run works with. */
export type RunServices = {
  clerk: Clerk;
  merge: Merge;
  compare: Compare;
  runs: Runs;
  settings: Pick<Settings, "instanceId" | "omitted" | "pageSize">;
};

type Step = Promise<Result<Progress>>;

/** Takes one step: a page, some questions, or a batch of deletes. */
export const advance = async (services: RunServices, run: Run, progress: Progress): Step => {
  switch (progress.phase) {
    case "read": {
      const page = await readPage(services, listOf(progress.table), progress.cursor);
      return page.ok ? takePage(services, run, progress, page.value) : page;
    }
    case "ask":
      return askForAbsent(services, run, progress);
    case "settle":
      return settle(services, run, progress);
    case "done":
      return ok(progress);
  }
};

/** Takes a page that was read. */
export const takePage = async ({ compare, runs }: RunServices, run: Run, progress: Progress, page: Page): Step => {
  if (page.notOffered !== null) {
    const note = `${notes.notOffered} (HTTP status ${page.notOffered})`;
    return ok({ ...progress, isRead: true, phase: "settle", note });
  }
  let { alive } = progress;
  if (alive === null) {
    const counted = await runs.countAlive(progress.table, mostCounted);
    if (!counted.ok) return counted;
    alive = counted.value[0]?.alive ?? 0;
  }
  const compared = await comparePage(compare, progress.table, page, progress.edge, run, causeOf(run, progress.table));
  if (!compared.ok) return compared;

  const { counts } = progress;
  const { missing, stale, repaired, restored, erased, refused, edge, absent, absentees } = compared.value;
  const leftOut = withLeftOut(progress.leftOut, page, refused);
  const next: Progress = {
    ...progress,
    alive,
    cursor: page.next,
    isRead: page.isLast,
    isIncomplete: page.isIncomplete,
    edge,
    absent,
    counts: {
      ...counts,
      checked: counts.checked + page.rows.length + page.unreadable.length,
      missing: counts.missing + missing,
      stale: counts.stale + stale,
      repaired: counts.repaired + repaired,
      restored: counts.restored + restored,
      held: counts.held + page.unreadable.length + refused.length,
      erased_here: counts.erased_here + erased,
    },
    leftOut,
    note: page.isIncomplete ? incompleteNote(page) : leftOut.sum > 0 ? leftOutNote(leftOut) : progress.note,
  };
  return ok(afterAsking(run, next, absentees));
};

const incompleteNote = ({ next, total }: Page): string =>
  `${notes.incomplete} Clerk listed ${amount(next.offset)} of ${amount(total ?? 0)} objects, so nothing was deleted`;

/** Clerk's ids, the paths of fields and SQLSTATEs are safe to tell, and values are not. */
const withLeftOut = (
  { named, sum }: Progress["leftOut"],
  { unreadable }: Page,
  refused: Compared["refused"],
): Progress["leftOut"] => {
  const more = [
    ...unreadable.map(({ id, field }) => `${id} (${field} is not as Clerk writes it)`),
    ...refused.map(({ id, sqlstate }) => `${id} (Postgres refuses it, SQLSTATE ${sqlstate})`),
  ];
  return { named: [...named, ...more].slice(0, mostNamed), sum: sum + more.length };
};

const leftOutNote = ({ named, sum }: Progress["leftOut"]): string =>
  `left out: ${named.join(", ")}${sum > named.length ? ` and ${amount(sum - named.length)} more` : ""}`;

const mostNamed = 10;

/** A count of ten million rows takes longer than a query may, and ten thousand missed deletes are many. */
const mostCounted = 200_000;

/** How many rows of a table may be deleted in seven days before it is taken for a fault. */
const breakerLimit = ({ table, alive }: Progress): number =>
  listOf(table).isShortLived ? Number.POSITIVE_INFINITY : Math.max(100, Math.floor((alive ?? 0) * 0.05));

const heldBack = (progress: Progress, missing: string): Pick<Progress, "isHeld" | "note"> => {
  const alive = progress.alive ?? 0;
  const all = `${alive < mostCounted ? "" : "at least "}${amount(alive)}`;
  return { isHeld: true, note: `too many rows are missing (${missing} of ${all}): nothing was deleted` };
};

export const amount = (number: number): string => number.toLocaleString("en-US");

/**
 * What comes after a page or after questions.
 *
 * @param absentees how many objects are known to be absent, of which `absent` has the first
 */
const afterAsking = (run: Run, progress: Progress, absentees: number): Progress => {
  const { counts, absent } = progress;
  if (!run.isForced && counts.extra + absentees > breakerLimit(progress)) {
    // There is no need to ask for all of them.
    const next: Progress = { ...progress, absent: [], counts: { ...counts, extra: counts.extra + absentees } };
    return { ...next, ...heldBack(next, amount(next.counts.extra)), phase: next.isRead ? "settle" : "read" };
  }
  if (absent.length > 0) return { ...progress, phase: "ask" };
  return { ...progress, phase: progress.isRead ? "settle" : "read" };
};

const askForAbsent = async ({ clerk, runs }: RunServices, run: Run, progress: Progress): Step => {
  const list = listOf(progress.table);
  const gone: { id: string; asked_at: number }[] = [];
  let asked = 0;
  let unknown = 0;
  for (const known of progress.absent.slice(0, questionsPerStep)) {
    const found = await ask(clerk, list, known);
    // What was answered before counts: else a step of many questions would hardly end while Clerk is shaky.
    if (!found.ok) {
      if (asked === 0 || !isTransient(found.failure)) return found;
      break;
    }
    asked += 1;
    if (found.value === "unknown") unknown += 1;
    else if (found.value !== "there") gone.push({ id: known.id, asked_at: found.value.goneAt });
  }
  if (gone.length > 0 && !run.isDry) {
    const held = await holdLease(runs, run, false);
    if (!held.ok) return held;
    const recorded = await runs.recordAbsences(list.table, gone, run.id, run.startedAt);
    if (!recorded.ok) return recorded;
  }
  const counts = {
    ...progress.counts,
    extra: progress.counts.extra + gone.length,
    held: progress.counts.held + unknown,
  };
  return ok(afterAsking(run, { ...progress, absent: progress.absent.slice(asked), counts }, 0));
};

/** Deletes what two runs of two days have missed, a batch per step, and writes the result. */
const settle = async ({ runs, merge }: RunServices, run: Run, progress: Progress): Step => {
  const { table, counts, isIncomplete } = progress;
  const held = await holdLease(runs, run, false);
  if (!held.ok) return held;
  const limit = run.isForced ? Number.POSITIVE_INFINITY : breakerLimit(progress);
  const isForeign = run.isForeign && !run.isForced;
  let missing = counts.extra > 0 && (isForeign || counts.extra > limit) ? amount(counts.extra) : null;
  let deleted = 0;
  if (run.kind === "reconcile" && !run.isDry && counts.extra > 0 && missing === null && !isIncomplete) {
    const found = await runs.due(table, run.id, maximumRows);
    if (!found.ok) return found;
    const due = found.value;
    const inAWeek = due[0]?.in_a_week ?? 0;
    if (inAWeek > limit) missing = `${amount(inAWeek)} in seven days`;
    else if (due.length > 0) {
      // Before they are deleted: one that is killed in between counts too many, and not too few.
      const marked = await runs.markDeleted(
        table,
        due.map(({ id }) => id),
      );
      if (!marked.ok) return marked;
      const changes = due.map(({ id, updated_at, asked_at }) => ({
        table,
        row: inferredTombstone(id, updated_at, { at: asked_at, id: `api_${run.id}` }),
      }));
      const merged = await merge(changes, [], { source: "reconcile" });
      return merged.ok ? ok(progress) : merged;
    }
    // Counted when all is done, so that a step that is taken twice counts nothing twice.
    const counted = await runs.countDeleted(table, run.id);
    if (!counted.ok) return counted;
    deleted = counted.value[0]?.deleted ?? 0;
  }
  const done: Progress = {
    ...progress,
    ...(missing === null ? {} : heldBack(progress, missing)),
    phase: "done",
    counts: {
      ...counts,
      repaired: counts.repaired + deleted,
      held: counts.held + counts.extra - deleted,
    },
  };
  if (!run.isDry) {
    const finished = await runs.finish({
      run_id: run.id,
      table_name: table,
      kind: run.kind,
      instance_id: run.instanceId,
      started_at: run.startedAt,
      ...done.counts,
      note: done.note,
    });
    if (!finished.ok) return finished;
  } else {
    const forgotten = await runs.forgetSeen(run.id, table);
    if (!forgotten.ok) return forgotten;
  }
  return ok(done);
};
