import {
  beginning,
  type Cursor,
  type Edge,
  noEdge,
  type NotOffered,
  observePage,
  type Page,
  readPage,
  type Source,
} from "./pages.ts";
import type { Bookkeeping, Result } from "../database/runs.ts";
import type { Clerk } from "./clerk-api.ts";
import { tombstone } from "../entities/entity.ts";
import { type Failure, isTransient } from "../failure.ts";
import { isObject } from "../entities/fields.ts";
import { type Known, type List, listOf, lists, sessionsOfUsers } from "./lists.ts";
import { maximumRows, type Merge } from "../database/merge.ts";
import type { Observe } from "../database/compare.ts";

/**
 * A run over Clerk's lists: what differs is merged, and what Clerk no longer has is deleted after the second run that
 * missed it. It is a series of small steps, each of which takes what is known and gives what is known after it, as plain
 * data: whoever drives it may stop between any two, and may take one twice.
 */

export type Run = {
  id: string;
  /** A backfill reads and merges; a reconciliation looks for what Clerk has not any more as well. */
  kind: "backfill" | "reconcile";
  /** Only to report: nothing is written. */
  isDry: boolean;
  /** Whether even more may be deleted than the circuit breaker lets pass. */
  isForced: boolean;
  /** Whether users' sessions are read, a request a user. */
  hasSessions: boolean;
  /** Whether Clerk has none of the copy's users: the key of another instance, or one that was emptied. */
  isForeign: boolean;
  instanceId: string | null;
  /** By the database's clock, as it writes it. */
  startedAt: string;
};

/** What a run is begun with. */
export type RunOptions = Pick<Run, "id" | "kind" | "isDry" | "isForced" | "hasSessions">;

export type Counts = Pick<Result, "checked" | "missing" | "stale" | "extra" | "repaired" | "held" | "erased_here">;

/** How far the run is with one list. */
export type Progress = {
  table: List["table"];
  phase: "read" | "ask" | "settle" | "done";
  cursor: Cursor;
  isRead: boolean;
  edge: Edge;
  /** How many objects the copy had when the list was begun, counted up to `mostCounted`. */
  alive: number | null;
  /** Objects that Clerk's list did not have, to be asked for. */
  absent: readonly Known[];
  counts: Counts;
  note: string | null;
};

export type Context = Source & {
  kind: "context";
  observe: Observe;
  merge: Merge;
  books: Bookkeeping;
  /** The instance that is mirrored, where a setting says so. */
  expectedInstance: string | undefined;
};

const noProgress = (table: List["table"]): Progress => ({
  table,
  phase: "read",
  cursor: beginning,
  isRead: false,
  edge: noEdge,
  alive: null,
  absent: [],
  counts: { checked: 0, missing: 0, stale: 0, extra: 0, repaired: 0, held: 0, erased_here: 0 },
  note: null,
});

/** Begins a run: asks Clerk whose key this is, and the database for its clock. */
const begin = async (
  { clerk, books, expectedInstance: expected }: Context,
  options: RunOptions,
): Promise<{ kind: "begun"; run: Run } | Failure> => {
  const answer = await clerk.get("/instance");
  if (answer.kind === "not_found") return { kind: "rejected", status: 404 };
  if (answer.kind !== "found") return answer;
  const id = isObject(answer.body) ? answer.body.id : undefined;
  if (typeof id !== "string") return { kind: "wait", cause: "answer" };

  const known = await books.begin();
  if (known.kind !== "rows") return known;
  const [first] = known.rows;
  if (first === undefined) return { kind: "unavailable", cause: "answer" };
  // Clerk's dashboard sends samples, whose instance has a shorter id.
  const instances = first.instances.filter((instance) => instance.length > 20);
  const isOurs = expected === undefined ? instances.length === 0 || instances.includes(id) : expected === id;
  if (!isOurs) {
    return {
      kind: "misconfigured",
      setting: "CLERK_SECRET_KEY",
      reason:
        expected === undefined
          ? `is the key of the instance ${id}, and the copy is of ${instances.join(", ")}; if it is right, set CLERK_INSTANCE_ID to ${id}`
          : `is the key of the instance ${id}, and CLERK_INSTANCE_ID is ${expected}`,
    };
  }
  return { kind: "begun", run: { ...options, isForeign: false, instanceId: id, startedAt: first.now } };
};

type Advanced = { kind: "advanced"; progress: Progress };

/** Takes one step: a page, ten objects to be asked for, or a batch of deletes. */
export const advance = async (context: Context, run: Run, progress: Progress): Promise<Advanced | Failure> => {
  const list = listOf(progress.table);
  switch (progress.phase) {
    case "read": {
      const page = await readPage(context, list, progress.cursor);
      return page.kind === "page" || page.kind === "not_offered" ? takePage(context, run, progress, page) : page;
    }
    case "ask":
      return ask(context, run, list, progress);
    case "settle":
      return settle(context, run, progress);
    case "done":
      return { kind: "advanced", progress };
  }
};

/** Takes a page that was read. */
export const takePage = async (
  context: Context,
  run: Run,
  progress: Progress,
  page: Page | NotOffered,
): Promise<Advanced | Failure> => {
  if (page.kind === "not_offered") {
    const note = `not offered (HTTP status ${page.status})`;
    return { kind: "advanced", progress: { ...progress, isRead: true, phase: "settle", note } };
  }
  let { alive } = progress;
  if (alive === null) {
    const counted = await context.books.countAlive(progress.table, mostCounted);
    if (counted.kind !== "rows") return counted;
    alive = counted.rows[0]?.alive ?? 0;
  }
  const since = run.kind === "reconcile" ? run.startedAt : null;
  const observed = await observePage(context.observe, listOf(progress.table), page, progress.edge, since, run.isDry);
  if (observed.kind !== "observed") return observed;

  const { counts } = progress;
  const next: Progress = {
    ...progress,
    alive,
    cursor: page.next,
    isRead: page.isLast,
    edge: observed.edge,
    absent: observed.absent,
    counts: {
      ...counts,
      checked: counts.checked + page.rows.length + page.unreadable.length,
      missing: counts.missing + observed.missing,
      stale: counts.stale + observed.stale,
      repaired: counts.repaired + observed.repaired,
      held: counts.held + page.unreadable.length,
      erased_here: counts.erased_here + observed.erased,
    },
    note: page.unreadable.length > 0 ? unreadableNote(page) : progress.note,
  };
  return { kind: "advanced", progress: afterAsking(run, next, observed.absentees) };
};

/** Clerk's ids and the paths of fields are safe to tell, and values are not. */
const unreadableNote = ({ unreadable }: Page): string =>
  `objects are not as Clerk writes them: ${unreadable[0]?.field}`;

/** A count of ten million rows takes longer than a query may, and ten thousand deletes that were missed are many. */
const mostCounted = 200_000;

/** What is allowed to be missing of a table before it is taken for a fault. */
const breakerLimit = ({ alive }: Progress): number => Math.max(100, Math.floor((alive ?? 0) * 0.05));

const breakerNote = "more is missing than can be true: nothing was deleted";

/**
 * What comes after a page or after questions.
 *
 * @param absentees how many objects are known to be absent, of which `absent` has the first
 */
const afterAsking = (run: Run, progress: Progress, absentees: number): Progress => {
  const { counts, absent } = progress;
  if (!run.isForced && counts.extra + absentees > breakerLimit(progress)) {
    // There is no need to ask for all of them.
    const extra = counts.extra + absentees;
    const next: Progress = { ...progress, absent: [], counts: { ...counts, extra }, note: breakerNote };
    return { ...next, phase: next.isRead ? "settle" : "read" };
  }
  if (absent.length > 0) return { ...progress, phase: "ask" };
  return { ...progress, phase: progress.isRead ? "settle" : "read" };
};

const questionsAStep = 10;

const ask = async (
  { clerk, books }: Context,
  run: Run,
  list: List,
  progress: Progress,
): Promise<Advanced | Failure> => {
  const gone: string[] = [];
  let asked = 0;
  let unknown = 0;
  for (const known of progress.absent.slice(0, questionsAStep)) {
    const state = await isThere(clerk, list, known);
    // What was answered before counts: else a step of many questions would hardly end while Clerk is shaky.
    if (typeof state !== "string") {
      if (asked === 0 || !isTransient(state)) return state;
      break;
    }
    asked += 1;
    if (state === "gone") gone.push(known.id);
    if (state === "unknown") unknown += 1;
  }
  if (gone.length > 0 && !run.isDry) {
    const recorded = await books.recordAbsences(list.table, gone, run.id, run.startedAt);
    if (recorded.kind !== "rows") return recorded;
  }
  const absent = progress.absent.slice(asked);
  const counts = {
    ...progress.counts,
    extra: progress.counts.extra + gone.length,
    held: progress.counts.held + unknown,
  };
  return { kind: "advanced", progress: afterAsking(run, { ...progress, absent, counts }, 0) };
};

const isThere = async (clerk: Clerk, list: List, known: Known): Promise<"there" | "gone" | "unknown" | Failure> => {
  const question = list.one(known);
  if (question === undefined) return "unknown";
  const answer = await clerk.get(question.path, question.query);
  if (answer.kind === "not_found") return "gone";
  if (answer.kind === "rejected") return "unknown";
  if (answer.kind !== "found") return answer;
  if (list.isIn === undefined) return "there";
  const isIn = list.isIn(answer.body, known.id);
  if (isIn === undefined) return "unknown";
  return isIn ? "there" : "gone";
};

/** Deletes what was missed twice, a batch a step, and writes the result. */
const settle = async ({ books, merge }: Context, run: Run, progress: Progress): Promise<Advanced | Failure> => {
  const { table, counts } = progress;
  const isHeld = !run.isForced && (run.isForeign || counts.extra > breakerLimit(progress));
  const deletes = run.kind === "reconcile" && !run.isDry && counts.extra > 0 && !isHeld;
  let deleted = 0;
  if (deletes) {
    const due = await books.due(table, run.id, run.startedAt, maximumRows);
    if (due.kind !== "rows") return due;
    if (due.rows.length > 0) {
      const merged = await merge.changes(due.rows.map(({ id }) => ({ table, row: tombstone(id) })));
      return merged.kind === "merged" ? { kind: "advanced", progress } : merged;
    }
    // Counted when all is done, so that a step that is taken twice counts nothing twice.
    const counted = await books.countDeleted(table, run.id, run.startedAt);
    if (counted.kind !== "rows") return counted;
    deleted = counted.rows[0]?.deleted ?? 0;
  }
  const done: Progress = {
    ...progress,
    phase: "done",
    counts: {
      ...counts,
      repaired: counts.repaired + deleted,
      held: counts.held + counts.extra - deleted,
    },
    note: counts.extra > 0 && isHeld ? breakerNote : progress.note,
  };
  if (!run.isDry) {
    const finished = await books.finish({
      run_id: run.id,
      table_name: table,
      kind: run.kind,
      instance_id: run.instanceId,
      started_at: run.startedAt,
      ...done.counts,
      note: done.note,
    });
    if (finished.kind !== "rows") return finished;
  }
  return { kind: "advanced", progress: done };
};

/** A whole run, as plain data: it may be kept, and gone on with. */
export type State = {
  options: RunOptions;
  /** Null before it has begun. */
  run: Run | null;
  lists: Progress[];
};

export const newState = (options: RunOptions): State => ({
  options,
  run: null,
  lists: [...lists, ...(options.hasSessions ? [sessionsOfUsers] : [])].map(({ table }) => noProgress(table)),
});

/** The list that is next; undefined where all are done. */
export const current = ({ lists: all }: State): Progress | undefined => all.find(({ phase }) => phase !== "done");

/** What the next step is; undefined where there is none. */
export const nextStep = (state: State): string | undefined => {
  const progress = current(state);
  if (progress === undefined) return undefined;
  return state.run === null ? "begin" : `${progress.phase} ${progress.table}`;
};

/** Takes the next step. */
export const advanceRun = async (
  context: Context,
  state: State,
): Promise<{ kind: "advanced"; state: State } | Failure> => {
  if (state.run === null) {
    const begun = await begin(context, state.options);
    return begun.kind === "begun" ? { kind: "advanced", state: { ...state, run: begun.run } } : begun;
  }
  const progress = current(state);
  if (progress === undefined) return { kind: "advanced", state };
  const result = await advance(context, state.run, progress);
  return result.kind === "advanced"
    ? { kind: "advanced", state: withProgress(state, state.run, result.progress) }
    : result;
};

/** A run with the new progress of one list. */
export const withProgress = (state: State, run: Run, progress: Progress): State => ({
  ...state,
  run: { ...run, isForeign: run.isForeign || isForeign(progress) },
  lists: state.lists.map((one) => (one.table === progress.table ? progress : one)),
});

/** Whether Clerk, after all its users were read, turns out to have none of the copy's. */
const isForeign = ({ table, isRead, alive, counts }: Progress): boolean =>
  table === "users" && isRead && (alive ?? 0) > 0 && counts.checked - counts.missing - counts.erased_here === 0;

/** The most requests that the next step makes, to Clerk and to the database. */
export const costOf = (state: State): number => {
  const progress = current(state);
  if (progress?.phase === "ask") return questionsAStep + 1;
  return progress?.phase === "read" && listOf(progress.table).paging === "by_user" ? 14 : 4;
};

/** What a run comes to, a line a table. It holds counts alone. */
export const summaryOf = ({ options, run, lists: all }: State) => ({
  job: options.kind,
  run: options.id,
  ...(options.isDry ? { dry: true } : {}),
  instance: run?.instanceId,
  tables: Object.fromEntries(
    all.map(({ table, counts, note }) => [table, { ...counts, ...(note === null ? {} : { note }) }]),
  ),
});
