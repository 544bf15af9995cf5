import { maximumLength } from "../database/merge.ts";
import type { Cause } from "../database/outbox.ts";
import type { RunResult } from "../database/runs.ts";
import type { Known } from "../entities/entity.ts";
import { billing, type List, listOf, lists, sessionsOfUsers } from "./lists.ts";
import { requestsPerPage } from "./owners-pages.ts";
import { beginning, type Cursor } from "./pages.ts";
import { type Edge, noEdge } from "./spans.ts";

/**
 * A run over Clerk's lists as plain data, so that it may be kept between any two steps and gone on with.
 *
 *     read ⇄ ask      a page is compared with the copy, then Clerk is asked for each row that it lacks
 *       └─▶ settle    what two runs have missed is deleted, and the result is written
 *             └─▶ done
 */

/** What a run is begun with. */
export type RunOptions = {
  id: string;
  /** A backfill reads and merges; a reconciliation also looks for what Clerk no longer has. */
  kind: "backfill" | "reconcile";
  /** Only report: nothing is written. */
  isDry: boolean;
  /** Delete even more than the circuit breaker lets pass. */
  isForced: boolean;
  /** Read users' sessions, a request per user. */
  hasSessions: boolean;
  /** Read subscriptions and payment attempts, a request per user, organization and statement. */
  hasBilling: boolean;
};

export type Run = RunOptions & {
  /** Whether Clerk has none of the copy's users: the key of another instance, or one that was emptied. */
  isForeign: boolean;
  instanceId: string | null;
  /** By the database's clock, as it writes it. */
  startedAt: string;
  /** Tables whose list an earlier run has read to the end. */
  copied: readonly List["table"][];
};

/** What an app is told of what a run finds: the first one over a list is a backfill, whatever it is called. */
export const causeOf = ({ kind, startedAt, copied }: Run, table: List["table"]): Cause =>
  copied.includes(table) ? { source: kind } : { source: "backfill", since: startedAt };

export type Counts = Pick<
  RunResult,
  "checked" | "missing" | "stale" | "extra" | "repaired" | "restored" | "held" | "erased_here"
>;

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
  /** Whether the circuit breaker kept rows from being deleted. */
  isHeld: boolean;
  /** Whether Clerk says that there are more objects than it listed. */
  isIncomplete: boolean;
  /** Objects that were left out, since they are not as Clerk writes them or Postgres refuses them: the first are named. */
  leftOut: { named: readonly string[]; sum: number };
  /** For a person: why rows were left, or why the list was not read. */
  note: string | null;
};

export type State = {
  options: RunOptions;
  /** Null before it has begun. */
  run: Run | null;
  lists: Progress[];
};

const noProgress = (table: List["table"]): Progress => ({
  table,
  phase: "read",
  cursor: beginning,
  isRead: false,
  edge: noEdge,
  alive: null,
  absent: [],
  counts: { checked: 0, missing: 0, stale: 0, extra: 0, repaired: 0, restored: 0, held: 0, erased_here: 0 },
  isHeld: false,
  isIncomplete: false,
  leftOut: { named: [], sum: 0 },
  note: null,
});

export const newState = (options: RunOptions): State => ({
  options,
  run: null,
  lists: [...lists, ...(options.hasSessions ? [sessionsOfUsers] : []), ...(options.hasBilling ? billing : [])].map(
    ({ table }) => noProgress(table),
  ),
});

/** The list that is next; undefined if all are done. */
export const current = ({ lists: all }: State): Progress | undefined => all.find(({ phase }) => phase !== "done");

/** The name of the next step; undefined if there is none. */
export const nextStep = (state: State): string | undefined => {
  const progress = current(state);
  if (progress === undefined) return undefined;
  return state.run === null ? "begin" : `${progress.phase} ${progress.table}`;
};

/** A run with the new progress of one list. */
export const withProgress = (state: State, run: Run, progress: Progress): State => ({
  ...state,
  run: { ...run, isForeign: run.isForeign || isForeign(progress) },
  lists: state.lists.map((one) => (one.table === progress.table ? progress : one)),
});

/** Whether Clerk, after all its users were read, turns out to have none of the copy's. */
const isForeign = ({ table, isRead, alive, counts, leftOut }: Progress): boolean =>
  table === "users" &&
  isRead &&
  (alive ?? 0) > 0 &&
  counts.checked - leftOut.sum - counts.missing - counts.erased_here === 0;

export const questionsPerStep = 8;

/** One question, and two for counts where its answer is empty. */
const requestsPerQuestion = 3;

/** Characters of an object with all the metadata that Clerk takes. */
const longestObject = 45_000;

/** The most calls that compare so many objects. */
const callsFor = (objects: number): number => Math.ceil(objects / Math.floor(maximumLength / longestObject));

/**
 * The most requests that the next step makes, to Clerk and to the database.
 *
 * @param pageSize objects per page
 */
export const costOf = (state: State, pageSize: number): number => {
  const progress = current(state);
  if (progress === undefined || progress.phase === "done") return 1;
  // Clerk's instance, and the database: what it knows, the lease, the samples.
  if (state.run === null) return 5;
  switch (progress.phase) {
    case "ask":
      return questionsPerStep * requestsPerQuestion + 2;
    case "settle":
      return 5;
    case "read":
      // Those of the last owner may be a page more.
      return listOf(progress.table).owners === undefined
        ? 3 + callsFor(pageSize)
        : 2 + requestsPerPage + callsFor(2 * pageSize);
  }
};

/** What a run comes to, by table. It holds only counts. */
export const summaryOf = ({ options, run, lists: all }: State) => ({
  job: options.kind,
  run: options.id,
  ...(options.isDry ? { dry: true } : {}),
  instance: run?.instanceId,
  tables: Object.fromEntries(
    all.map(({ table, counts, note }) => [table, { ...counts, ...(note === null ? {} : { note }) }]),
  ),
});
