import { sql } from "drizzle-orm/sql";
import { type Database, type DatabaseFailure, databaseFailure, withinDeadline } from "./connect.ts";
import type { Change, TableName } from "../entities/entity.ts";
import type { Event } from "../webhook/delivery.ts";
import type { Fold } from "../webhook/batch.ts";
import { JsonText } from "./neon.ts";
import type { deliveries } from "../schema.ts";

/**
 * The law of the copy: a row is a function of the set of what was observed of it, never of the order, number or
 * timing of the deliveries.
 *
 * - The newest observation is the row, by its version, which is totally ordered (`versionOf`).
 * - A delete is final: the row keeps its id, and no observation brings the object back, whichever came first.
 * - A child of a deleted parent is deleted, whichever came first.
 * - A delivery is one transaction: every row that it changes and its line in the ledger, or nothing.
 *
 * It is kept by `clerk.merge_1` in Postgres, which dev/generate/merge-function.ts makes. There is no other way to write a row.
 */

/** Rows that `clerk.merge_1` takes in a call. */
export const maximumRows = 250;

type Outcome = (typeof deliveries.$inferSelect)["outcome"];

/** What became of a delivery in one call, and how often it has been committed by now. */
export type Merged = { id: string; outcome: Outcome; attempts: number };

export type Merge = {
  /** What a delivery says, and its line in the ledger. */
  event(event: Event): Promise<({ kind: "merged" } & Merged) | DatabaseFailure>;
  /** What several deliveries say together, and their lines in the ledger. */
  fold(fold: Fold): Promise<{ kind: "merged"; lines: Merged[] } | DatabaseFailure>;
  /** What no delivery says. At most `maximumRows`, one an id. */
  changes(changes: readonly Change[]): Promise<{ kind: "merged" } | DatabaseFailure>;
};

/**
 * Prepares the merge on a database: one round trip and one transaction a call. The statement is built here,
 * once, since building one costs as much CPU as all the rest of a delivery.
 *
 * @param deadline milliseconds that the database may take
 */
export const prepareMerge = (database: Database, deadline: number): Merge => {
  const statement = database
    .select({ id: sql<string>`id`, outcome: sql<Outcome>`outcome`, attempts: sql<number>`attempts` })
    .from(sql`clerk.merge_1(${sql.placeholder("changes")}, ${sql.placeholder("deliveries")})`)
    .prepare("merge");

  const call = async (
    changes: readonly Change[],
    deliveries: readonly object[],
  ): Promise<{ kind: "merged"; lines: Merged[] } | DatabaseFailure> => {
    try {
      const parameters = { changes: new JsonText(storable(byTable(changes))), deliveries: storable(deliveries) };
      return { kind: "merged", lines: await withinDeadline(statement.execute(parameters), deadline) };
    } catch (error) {
      // Metadata that is nested thousands deep. Postgres would refuse it as well.
      return error instanceof RangeError ? { kind: "refused", sqlstate: "54001" } : databaseFailure(error);
    }
  };

  return {
    event: async (event) => {
      const result = await call(event.changes, [delivery(event)]);
      if (result.kind !== "merged") return result;
      const [line] = result.lines;
      return line === undefined ? { kind: "unavailable", cause: "answer" } : { kind: "merged", ...line };
    },
    fold: (fold) =>
      call(
        fold.changes,
        fold.events.map((event) => (fold.isHeard(event) ? delivery(event) : { ...delivery(event), subject: null })),
      ),
    changes: async (changes) => {
      const result = await call(changes, []);
      return result.kind === "merged" ? { kind: "merged" } : result;
    },
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
  // Most texts have no escape of this form: finding that out so is several times faster than by the expression.
  return json.includes("\\u") && /\\u(?:0000|d)/.test(json)
    ? json.replace(/\\(?:u0000|ud[0-9a-f]{3}|.)/g, (escape) => (/^\\u(?:0000|d)/.test(escape) ? "\\ufffd" : escape))
    : json;
};
