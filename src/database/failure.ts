import { NeonDbError } from "@neondatabase/serverless";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { type DatabaseFailure, misconfigured } from "../result.ts";

/** The answer did not arrive in time. */
export class DeadlineError extends Error {}

/** The answer broke off. */
export class AnswerError extends Error {}

/**
 * Classifies a failed query. Only its SQLSTATE or a word of our own is kept, since messages may hold parameters or the
 * connection string.
 *
 * Source: https://www.postgresql.org/docs/current/errcodes-appendix.html; for what Neon's proxy answers before it reaches
 * Postgres, `sql_over_http.rs` of github.com/neondatabase/neon
 */
export const databaseFailure = (error: unknown): DatabaseFailure => {
  // Metadata nested thousands deep cannot be written as JSON. Postgres would refuse it too.
  if (error instanceof RangeError) return { kind: "refused", sqlstate: "54001" };
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  if (!(cause instanceof NeonDbError)) return { kind: "unavailable", cause: "answer" };

  const { code: sqlstate, sourceError, message } = cause;
  if (sourceError instanceof DeadlineError) return { kind: "unavailable", cause: "timeout" };
  if (sourceError instanceof AnswerError) return { kind: "unavailable", cause: "answer" };
  if (!sqlstate) return withoutSqlstate(message, sourceError !== undefined);
  // invalid authorization; no such database; no such schema; no such table or function, or no right to it; read-only
  if (/^(28|3D|3F|42)|25006/.test(sqlstate)) return misconfigured("DATABASE_URL", remedy(sqlstate, message), sqlstate);
  // cardinality; data; integrity; a limit of Postgres; what a trigger raises
  if (/^(21|22|23|54|P0)/.test(sqlstate)) return { kind: "refused", sqlstate };
  return { kind: "unavailable", sqlstate };
};

/** What Neon's proxy refuses for good, by its own words, which are fixed: it gives it no SQLSTATE. */
const settled: readonly [RegExp, string][] = [
  [/password authentication failed|missing authentication cred/, "has a user or password that Neon refuses"],
  [/endpoint c(annot|ould not) be found|Endpoint ID is not/, "names an endpoint that Neon does not have"],
  [/endpoint (is|has been) disabled/, "names an endpoint that is disabled; enable it in Neon's console"],
  [
    /address \S+ is not allowed|VPC endpoint|blocked network/,
    "names an endpoint that does not let Workers in; a Worker has no address of its own, so take the IP list off",
  ],
];

/** The driver tells an HTTP status only by its message. */
const withoutSqlstate = (message: string, isUnsent: boolean): DatabaseFailure => {
  if (isUnsent) return { kind: "unavailable", cause: "network" };
  // Its words come first: what follows may be of anybody.
  const words = message.slice(0, 300);
  const known = settled.find(([phrase]) => phrase.test(words));
  if (known !== undefined) return misconfigured("DATABASE_URL", known[1]);
  if (/quota/.test(words)) return { kind: "unavailable", cause: "quota" };
  if (/[Tt]oo many (database )?connection/.test(words)) return { kind: "unavailable", cause: "connections" };
  return { kind: "unavailable", cause: `http_${/^Server error \(HTTP status (\d+)\)/.exec(message)?.[1] ?? 400}` };
};

const remedy = (sqlstate: string, message: string): string => {
  // Not of the copy's, which are named with their schema. Nothing else of a message is told.
  const [, own] = sqlstate === "42P01" ? (/^relation "([a-z_]\w{0,62})" does/i.exec(message) ?? []) : [];
  if (own !== undefined) {
    return `has a trigger that names the relation ${own}, which does not exist; write it with its schema in the trigger or function of your own`;
  }
  switch (sqlstate) {
    case "42501":
      return "has a role that may not call clerk.merge_1; run drizzle/roles.sql again, or grant execute on the function";
    case "25006":
      return "is a replica, or a database that may only be read";
    case "42000":
      return "has a database or role whose default isolation level is not read committed";
    default:
      return /^(28|3D)/.test(sqlstate)
        ? "has a user, password or database that Postgres refuses"
        : "has a database without this Worker's tables; run `npm run db:migrate`";
  }
};
