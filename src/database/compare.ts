import { sql } from "drizzle-orm/sql";
import { type Database, type DatabaseFailure, databaseFailure, withinDeadline } from "./connect.ts";
import type { SentRow, TableName } from "../entities/entity.ts";
import type { Known } from "../sync/lists.ts";
import { storable } from "./merge.ts";

/** Which part of the copy some rows stand for. */
export type Span = {
  /** When the run began, by the database's clock and as it writes it. */
  since: string;
  /** Bounds of `created_at` in milliseconds since 1970: at most the one, and after the other. */
  newest: number | null;
  oldest: number | null;
  /** Whose rows, where it is not anybody's. */
  users: string[] | null;
  /** Other rows that Clerk has. */
  ids: readonly string[];
};

/** How many rows the copy did not have, had otherwise, has as deleted, were merged, and are of the span alone. */
export type Observed = {
  missing: number;
  stale: number;
  erased: number;
  repaired: number;
  absentees: number;
  /** Up to 5,000 of these. */
  absent: Known[];
};

/**
 * Compares at most `maximumRows` of the Backend API with the copy, and merges those that differ: one that equals the copy's
 * is no observation. One round trip and one transaction.
 */
export type Observe = (
  table: TableName,
  rows: readonly SentRow[],
  span: Span | null,
  isDry: boolean,
) => Promise<({ kind: "observed" } & Observed) | DatabaseFailure>;

/** @param deadline milliseconds that the database may take */
export const prepareObserve = (database: Database, deadline: number): Observe => {
  const statement = database
    .select({ observed: sql<Observed>`observed` })
    .from(
      sql`clerk.observe_1(${sql.placeholder("table")}, ${sql.placeholder("rows")}, ${sql.placeholder("span")}, ${sql.placeholder("isDry")}) as observed`,
    )
    .prepare("observe");

  return async (table, rows, span, isDry) => {
    try {
      const parameters = { table, rows: storable(rows), span: span === null ? null : JSON.stringify(span), isDry };
      const [line] = await withinDeadline(statement.execute(parameters), deadline);
      return line === undefined ? { kind: "unavailable", cause: "answer" } : { kind: "observed", ...line.observed };
    } catch (error) {
      return error instanceof RangeError ? { kind: "refused", sqlstate: "54001" } : databaseFailure(error);
    }
  };
};
