import { sql } from "drizzle-orm/sql";
import { type Database, type DatabaseFailure, databaseFailure, withinDeadline } from "./database.ts";
import type { Change, TableName } from "./entities/entity.ts";
import type { Event } from "./event.ts";
import type { deliveries } from "./schema.ts";

/**
 * The law of the copy: a row is a function of the set of what was observed of it, never of the order, number or
 * timing of the deliveries.
 *
 * - The newest observation is the row, by its version, which is totally ordered (`versionOf`).
 * - A delete is final: the row keeps its id, and no observation brings the object back, whichever came first.
 * - A child of a deleted parent is deleted, whichever came first.
 * - A delivery is one transaction: every row that it changes and its line in the ledger, or nothing.
 *
 * It is kept by `clerk.merge_1` in Postgres, which dev/merge-function.ts makes. There is no other way to write a row.
 */

type Outcome = (typeof deliveries.$inferSelect)["outcome"];

/** What became of a delivery in one call, and how often it has been committed by now. */
export type Merged = { id: string; outcome: Outcome; attempts: number };

export type Merge = (event: Event) => Promise<({ kind: "merged" } & Merged) | DatabaseFailure>;

/**
 * Prepares the merge on a database: one round trip and one transaction an event. The statement is built here,
 * once, since building one costs as much CPU as all the rest of a delivery.
 *
 * @param deadline milliseconds that the database may take
 */
export const prepareMerge = (database: Database, deadline: number): Merge => {
  const statement = database
    .select({ id: sql<string>`id`, outcome: sql<Outcome>`outcome`, attempts: sql<number>`attempts` })
    .from(sql`clerk.merge_1(${sql.placeholder("changes")}, ${sql.placeholder("deliveries")})`)
    .prepare("merge");

  return async (event) => {
    let changes: string;
    try {
      changes = storable(byTable(event.changes));
    } catch (error) {
      // Metadata that is nested thousands deep. Postgres would refuse it as well.
      if (error instanceof RangeError) return { kind: "refused", sqlstate: "54001" };
      throw error;
    }
    try {
      const parameters = { changes, deliveries: storable([delivery(event)]) };
      const [merged] = await withinDeadline(statement.execute(parameters), deadline);
      return merged === undefined ? { kind: "unavailable", cause: "answer" } : { kind: "merged", ...merged };
    } catch (error) {
      return databaseFailure(error);
    }
  };
};

const byTable = (changes: readonly Change[]): { [Table in TableName]?: Change["row"][] } => {
  const tables: { [Table in TableName]?: Change["row"][] } = {};
  for (const { table, row } of changes) (tables[table] ??= []).push(row);
  return tables;
};

/** A line of the ledger: its outcome is "applied" where the row of its subject changed, else what `otherwise` says. */
const delivery = ({ id, type, subjectId, instanceId, occurredAt, changes: [subject] }: Event) => ({
  id,
  type,
  subject_id: subjectId,
  instance_id: instanceId,
  occurred_at: occurredAt,
  subject: subject === undefined ? null : `${subject.table}:${subject.row.id}`,
  otherwise: (subject === undefined ? "ignored" : "stale") satisfies Outcome,
});

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
