/**
 * What a console's page is told. Each message is the whole of one part of the page, sent as a server-sent event of that name when
 * it has changed. All times are milliseconds since 1970, all spans milliseconds.
 */

/** A part of the page that is not known: the database is away, or not migrated. It says what to do. */
export type Unknown = { failure: string };

/** Why the copy is not healthy, as `npm run status` has it: what it is called, what is wrong, and the next command. */
export type Reason = { code: string; text: string; next: string };

export type Health = { isHealthy: boolean; reasons: Reason[]; checkedAt: number };

/** One list of times, and a value for each of them per line; null if there is none. */
export type Chart = { at: number[]; perMinute: (number | null)[]; lag: (number | null)[] };

/** The ledger's last 24 hours. */
export type Ledger = {
  total: number;
  lastAt: number | null;
  outcomes: { outcome: string; deliveries: number }[];
  /** Of the last hour: from Clerk's change to the commit. */
  lag: { median: number; p95: number; p99: number; longest: number } | null;
  types: { type: string; deliveries: number; applied: number; stale: number; ignored: number; medianLag: number }[];
  /** Deliveries that were refused and have not been committed since. */
  refused: { id: string; type: string | null; reason: string; lastAt: number; attempts: number }[];
};

/** `rows` of a large table are Postgres's estimate. */
export type TableSizes = { table: string; rows: number; bytes: number }[];

/** The latest runs over Clerk's lists, the newest first, and what they found. */
export type Reconciliations = {
  run: string;
  kind: "backfill" | "reconcile";
  startedAt: number;
  finishedAt: number;
  tables: {
    table: string;
    checked: number;
    missing: number;
    stale: number;
    extra: number;
    repaired: number;
    restored: number;
    held: number;
    erasedHere: number;
    note: string | null;
  }[];
}[];

export type Outbox = {
  /** Whether there is an app. */
  isBound: boolean;
  tables: string[];
  waiting: number;
  oldestAt: number | null;
  /** Those that wait longest. */
  changes: {
    table: string;
    id: string;
    kind: string;
    source: string;
    firstAt: number;
    attempts: number;
    dueAt: number;
    failure: string | null;
  }[];
};

/** What the page of `npm run console` is told. */
export type ProductionMessages = {
  database: { name: string; answers: number } | Unknown;
  health: Health | Unknown;
  chart: Chart | Unknown;
  ledger: Ledger | Unknown;
  tables: TableSizes | Unknown;
  reconciliations: Reconciliations | Unknown;
  outbox: Outbox | Unknown;
};
