import { sql } from "drizzle-orm/sql";
import type { Change, TableName } from "../entities/entity.ts";
import { type DatabaseFailure, fail, type Result } from "../result.ts";
import type { deliveries } from "../schema.ts";
import { type Database, json } from "./connect.ts";
import { type Cause, notifyOf, type Told } from "./outbox.ts";

/**
 * The one way to write a row of the copy: `clerk.merge_1` in Postgres (drizzle/functions/merge.sql), which keeps the law
 * (docs/law.md).
 */

/** The most rows per call of `clerk.merge_1`. */
export const maximumRows = 250;

/**
 * The most characters of a call's rows as JSON, unless one row alone has more. Neon takes ten million bytes per request, and a
 * character may come to three.
 */
export const maximumLength = 2_000_000;

type Outcome = (typeof deliveries.$inferSelect)["outcome"];

/** A delivery's line in the ledger; `occurred_at` in milliseconds since 1970. */
export type LedgerLine = {
  id: string;
  type: string;
  subject_id: string | undefined;
  instance_id: string | undefined;
  occurred_at: number | undefined;
  /** `<table>:<id>` of the row whose change makes the outcome `applied`. */
  subject: string | undefined;
  /** The outcome if that row did not change. */
  otherwise: Outcome;
};

/** What became of a delivery in this call, how often it has been committed, and whether the call has news for the app. */
export type Merged = { id: string; outcome: Outcome; attempts: number; is_told?: boolean };

/**
 * Merges changes, and writes the lines of the deliveries that brought them, in one round trip and one transaction.
 *
 * @param changes at most `maximumRows`, one per object
 * @param lines one per delivery; none if no delivery brought the changes
 * @param cause for the app that is told of the changes: a delivery if it is left out
 * @returns what became of each delivery
 */
export type Merge = (
  changes: readonly Change[],
  lines: readonly LedgerLine[],
  cause?: Cause,
) => Promise<Result<Merged[], DatabaseFailure>>;

/** @param told what the app is told of, if there is one */
export const mergeInto = (database: Database, told?: Told): Merge => {
  const merge = database.prepare<Merged>(sql`
    select id, outcome, attempts, is_told from clerk.merge_1(
      ${json(sql.placeholder("changes"))}, ${json(sql.placeholder("lines"))}, ${json(sql.placeholder("notify"))}
    )
  `);
  return async (changes, lines, cause = { source: "event" }) => {
    const merged = await merge({ changes: byTable(changes), lines, notify: notifyOf(told, cause) });
    if (!merged.ok) return merged;
    const isAnswer =
      merged.value.length === lines.length && lines.every(({ id }) => merged.value.some((one) => one.id === id));
    return isAnswer ? merged : fail({ kind: "unavailable", cause: "answer" });
  };
};

const byTable = (changes: readonly Change[]): { [Table in TableName]?: Change["row"][] } => {
  const tables: { [Table in TableName]?: Change["row"][] } = {};
  for (const { table, row } of changes) (tables[table] ??= []).push(row);
  return tables;
};
