import { sql } from "drizzle-orm/sql";
import type { Known, LinkColumn, SentRow, TableName } from "../entities/entity.ts";
import { type DatabaseFailure, fail, ok, type Result } from "../result.ts";
import { type Database, json } from "./connect.ts";
import { type Cause, notifyOf, type Told } from "./outbox.ts";

/** Which part of the copy some rows stand for, for the run that looks for absent ones. */
export type Span = {
  /** Whose lease this prolongs. */
  run: string;
  /** When the run began, by the database's clock and as it writes it; null if nothing can be said of absent rows. */
  since: string | null;
  /** Bounds of `created_at` in milliseconds since 1970: at most the one, and after the other. */
  newest: number | null;
  oldest: number | null;
  /** The column of the owners whose rows these are; null if anybody's. */
  owner: LinkColumn | null;
  owners: readonly string[];
  /** Other rows that Clerk has. */
  ids: readonly string[];
  /** More of them, which the database keeps until the run is done with the table. */
  seen: readonly string[];
};

/**
 * How many rows the copy lacked, had with other values, had as deleted and has back, keeps as deleted, were merged, and are
 * in the span alone.
 */
export type Compared = {
  missing: number;
  stale: number;
  restored: number;
  erased: number;
  repaired: number;
  /** Those that Postgres refuses, each by itself: the others are merged. */
  refused: { id: string; sqlstate: string }[];
  absentees: number;
  /** Up to 2,000 of these. */
  absent: Known[];
};

/**
 * Compares at most `maximumRows` objects of the Backend API with the copy, and merges those that differ: one that equals
 * its row is not an observation. One round trip and one transaction.
 */
export type Compare = (
  table: TableName,
  rows: readonly SentRow[],
  span: Span | null,
  isDry: boolean,
  cause: Cause,
) => Promise<Result<Compared, DatabaseFailure>>;

export const compareWith =
  (database: Database, told?: Told): Compare =>
  async (table, rows, span, isDry, cause) => {
    const given = span === null ? null : json(span);
    const answer = await database.query<{ compared: Compared }>(
      sql`select clerk.compare_1(${table}, ${json(rows)}, ${given}, ${isDry}, ${json(notifyOf(told, cause))}) as compared`,
    );
    if (!answer.ok) return answer;
    const [line] = answer.value;
    return line === undefined ? fail({ kind: "unavailable", cause: "answer" }) : ok(line.compared);
  };
