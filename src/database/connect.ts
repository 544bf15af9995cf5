import { DrizzleQueryError } from "drizzle-orm/errors";
import type { PgQueryResultKind } from "drizzle-orm/pg-core/session";
import { drizzle, type PgRemoteDatabase, type PgRemoteQueryResultHKT } from "drizzle-orm/pg-proxy";
import { neon, NeonError, NetworkError } from "./neon.ts";

export type Database = PgRemoteDatabase;

/** Svix waits 15 s for an answer. */
export const deadlineMilliseconds = 10_000;

/** What Postgres, or the way to it, did not do. */
export type DatabaseFailure =
  /** Away, slow or overloaded: the same call may succeed later. Whether this one was committed is unknown. */
  | ({ kind: "unavailable" } & Unavailable)
  /** Postgres refuses these rows, now and later. Nothing was written. */
  | { kind: "refused"; sqlstate: string }
  /** The database or the role is not what this Worker needs. Nothing was written. */
  | { kind: "misconfigured"; setting: "DATABASE_URL"; reason: string; sqlstate?: string };

type Unavailable =
  | { sqlstate: string }
  /** No error of Postgres was read: the deadline passed, there was no answer, it was an HTTP status, or no JSON. */
  | { cause: "timeout" | "network" | `http_${string}` | "answer" };

/**
 * Drizzle over Neon's HTTP protocol. It neither retries nor times out: see `withinDeadline`.
 *
 * @param endpoint where Neon's protocol is spoken, if not by the host in the connection string
 */
export const connect = (databaseUrl: string, endpoint?: string): Database => {
  const query = neon(databaseUrl, endpoint);
  return drizzle((statement, parameters, method) => query(statement, parameters, method === "all"));
};

/** What a statement gives that Drizzle has no builder for: a list of `Row`, by another name. */
export type RowsOf<Row extends Record<string, unknown>> = PgQueryResultKind<PgRemoteQueryResultHKT, Row>;

class DeadlineError extends Error {}

/**
 * Rejects where a query takes longer, its answer's body included. The request that is still under way ends with the
 * Worker's own. A timer that can be cleared, and not `AbortSignal.timeout`: those pile up where one invocation asks often.
 */
export const withinDeadline = <Result>(query: Promise<Result>, milliseconds: number): Promise<Result> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new DeadlineError()), milliseconds);
    query.finally(() => clearTimeout(timer)).then(resolve, reject);
  });

/**
 * Classes a failure of a query. What is logged of it is the SQLSTATE or a word of our own: messages may hold
 * parameters or the connection string.
 *
 * Source: https://www.postgresql.org/docs/current/errcodes-appendix.html; for what Neon's proxy answers before
 * Postgres is reached, `sql_over_http.rs` of github.com/neondatabase/neon
 */
export const databaseFailure = (error: unknown): DatabaseFailure => {
  if (error instanceof DeadlineError) return { kind: "unavailable", cause: "timeout" };
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  if (cause instanceof NetworkError) return { kind: "unavailable", cause: "network" };
  if (!(cause instanceof NeonError)) return { kind: "unavailable", cause: "answer" };

  const { sqlstate, status } = cause;
  if (sqlstate === "") {
    // Neon's proxy gives no SQLSTATE to what it refuses itself.
    return /^(password authentication failed|missing authentication credentials)/.test(cause.message)
      ? misconfigured("Neon refuses its user or password")
      : { kind: "unavailable", cause: `http_${status}` };
  }

  // invalid authorization; no such database; no such schema; no such table or function, no right to it
  if (/^(28|3D|3F|42)/.test(sqlstate)) return misconfigured(remedy(sqlstate), sqlstate);
  // cardinality; data; integrity; a limit of Postgres
  if (/^(21|22|23|54)/.test(sqlstate)) return { kind: "refused", sqlstate };
  return { kind: "unavailable", sqlstate };
};

const misconfigured = (reason: string, sqlstate?: string): DatabaseFailure => ({
  kind: "misconfigured",
  setting: "DATABASE_URL",
  reason,
  ...(sqlstate === undefined ? {} : { sqlstate }),
});

const remedy = (sqlstate: string): string => {
  switch (sqlstate) {
    case "42501":
      return "its role may not call clerk.merge_1; grant it usage on schema clerk and execute on the function";
    case "42000":
      return "its database or role does not default to the isolation level read committed";
    default:
      return /^(28|3D)/.test(sqlstate)
        ? "Postgres refuses its user, password or database"
        : "its database does not have this Worker's tables; run `npm run db:migrate`";
  }
};
