import { sql } from "drizzle-orm/sql";
import { type Database, type DatabaseFailure, databaseFailure } from "./database.ts";
import type { Change, Rows } from "./entities/entity.ts";
import type { Event } from "./event.ts";
import type { deliveries } from "./schema.ts";

/**
 * The law of the copy: a row is a function of the set of what was observed of it, never of the order, number or
 * timing of the deliveries.
 *
 * - The newest observation is the row, by its version, which is totally ordered (`versionOf`).
 * - A delete is final: the row keeps its id, and no observation brings the object back, whichever came first.
 * - A delivery is one transaction: every row that it changes and its line in the ledger, or nothing.
 *
 * It is kept by `clerk.merge_1` in Postgres (drizzle/0001_merge.sql, made by dev/merge-function.ts), and by
 * `newest` for what meets in one call. There is no other way to write a row.
 */

type Outcome = (typeof deliveries.$inferSelect)["outcome"];

/** What became of a delivery in one call, and how often it has been committed by now. */
export type Merged = { id: string; outcome: Outcome; attempts: number };

export type Merge = (event: Event) => Promise<({ kind: "merged" } & Merged) | DatabaseFailure>;

/**
 * Prepares the merge on a database: one round trip and one transaction an event. The statement is built here,
 * once, since building one costs as much CPU as all the rest of a delivery.
 */
export const prepareMerge = (database: Database): Merge => {
  const statement = database
    .select({ id: sql<string>`id`, outcome: sql<Outcome>`outcome`, attempts: sql<number>`attempts` })
    .from(sql`clerk.merge_1(${sql.placeholder("changes")}, ${sql.placeholder("deliveries")})`)
    .prepare("merge");

  return async (event) => {
    const changes = newest(event.changes);
    const parameters = {
      changes: storable(byTable(changes.values())),
      deliveries: storable([delivery(event, changes)]),
    };
    try {
      const [merged] = await statement.execute(parameters);
      return merged === undefined ? { kind: "unavailable" } : { kind: "merged", ...merged };
    } catch (error) {
      return databaseFailure(error);
    }
  };
};

/** Folds what was observed to one change an object: a delete, else the newest version. */
export const newest = (changes: readonly Change[]): Map<string, Change> => {
  const folded = new Map<string, Change>();
  for (const change of changes) {
    const key = keyOf(change);
    const known = folded.get(key);
    if (known === undefined || supersedes(change, known)) folded.set(key, change);
  }
  return folded;
};

/** The same rule as the `where` of the upserts in `clerk.merge_1`. */
const supersedes = (change: Change, known: Change): boolean =>
  !("deleted" in known.row) && ("deleted" in change.row || known.row.version < change.row.version);

const keyOf = ({ table, row }: Change): string => `${table}:${row.id}`;

const byTable = (changes: Iterable<Change>): { [Table in keyof Rows]?: Change["row"][] } => {
  const tables: { [Table in keyof Rows]?: Change["row"][] } = {};
  for (const { table, row } of changes) (tables[table] ??= []).push(row);
  return tables;
};

/** A line of the ledger. Where another event of the same call knew its subject better, it knew nothing new. */
const delivery = (event: Event, changes: ReadonlyMap<string, Change>) => {
  const subject = event.changes[0];
  return {
    id: event.id,
    type: event.type,
    subject_id: event.subjectId,
    instance_id: event.instanceId,
    occurred_at: event.occurredAt,
    subject: subject !== undefined && changes.get(keyOf(subject)) === subject ? keyOf(subject) : null,
    otherwise: (subject === undefined ? "ignored" : "stale") satisfies Outcome,
  };
};

/**
 * JSON that Postgres takes: it refuses U+0000 in text and lone surrogates in jsonb, so both become U+FFFD.
 * `JSON.stringify` writes both as escapes, and nothing else that begins with `\ud`; a `\\` before them is a
 * backslash of the text.
 */
export const storable = (value: unknown): string => {
  const json = JSON.stringify(value);
  return /\\u(?:0000|d)/.test(json)
    ? json.replace(/\\(?:u0000|ud[0-9a-f]{3}|.)/g, (escape) => (/^\\u(?:0000|d)/.test(escape) ? "\\ufffd" : escape))
    : json;
};
