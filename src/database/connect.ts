import { neon, neonConfig, types } from "@neondatabase/serverless";
import { NeonHttpSession } from "drizzle-orm/neon-http";
import { PgDialect, type PreparedQueryConfig } from "drizzle-orm/pg-core";
import { type Param, type SQL, sql } from "drizzle-orm/sql";
import { type DatabaseFailure, fail, ok, type Result } from "../result.ts";
import { AnswerError, databaseFailure, DeadlineError } from "./failure.ts";
import { storable } from "./storable.ts";

type Asked<Row> = Promise<Result<Row[], DatabaseFailure>>;
type AnyRow = Record<string, unknown>;

/**
 * The one way to Postgres: Drizzle on Neon's HTTP driver, a request per statement. So no statement can set a `search_path`, and
 * the owner's connection string has one with public, where the role of the app's migrations may make functions and operators.
 * Of those Postgres prefers its own only if their types are exactly those of the arguments: name it as `pg_catalog.…` for
 * arguments of any type (`anyelement`, `"any"`), of a parameter's or of another one, and cast the operands of an operator.
 * The Worker's own role has a `search_path` without public by drizzle/roles.sql.
 */
export type Database = {
  query<Row extends AnyRow>(statement: SQL): Asked<Row>;
  /** Builds a statement once, for what is asked often. Its placeholders are given by name each time. */
  prepare<Row extends AnyRow>(statement: SQL): (values: Record<string, unknown>) => Asked<Row>;
};

/** Milliseconds. Svix waits 15 s for an answer. */
export const databaseDeadline = 10_000;

type FetchOptions = {
  endpoint: string | undefined;
  deadline: number;
};

/**
 * @param endpoint where Neon's protocol is spoken, if not by the host in the connection string
 * @param deadline milliseconds for each statement, its answer included
 */
export const connect = (databaseUrl: string, endpoint?: string, deadline = databaseDeadline): Database => {
  const fetchOptions: FetchOptions = { endpoint, deadline };
  // Not `drizzle()`, which brings its query builders: every statement here is SQL.
  const session = new NeonHttpSession(neon(databaseUrl, { fetchOptions }), dialect, undefined);
  /** @returns a statement that can be asked often; the rows are the caller's word */
  const build = (statement: SQL) => {
    type Config = PreparedQueryConfig & { execute: { rows: never[] } };
    return session.prepareQuery<Config>(dialect.sqlToQuery(statement), undefined, undefined, false);
  };
  return {
    query: <Row extends AnyRow>(statement: SQL) => ask<Row>(() => build(statement).execute()),
    prepare: <Row extends AnyRow>(statement: SQL) => {
      const query = build(statement);
      return (values) => ask<Row>(() => query.execute(values));
    },
  };
};

const dialect = new PgDialect();

// As `drizzle()` does: a date, a timestamp, a timestamptz and an interval stay Postgres's own text.
for (const oid of [1082, 1114, 1184, 1186]) types.setTypeParser(oid, (text: string) => text);

const ask = async <Row extends AnyRow>(run: () => Promise<{ rows: Row[] }>): Asked<Row> => {
  try {
    return ok((await run()).rows);
  } catch (error) {
    return fail(databaseFailure(error));
  }
};

/** A parameter of a statement: any value, or a placeholder for one, as JSON that Postgres takes. */
export const json = (value: unknown): Param => sql.param(value, { mapToDriverValue: storable });

/**
 * The driver has one `fetch` for all clients, and passes it each client's own options: those of clients that are not made
 * here have no deadline, and none is set. The driver never gives up, so this does: the request is aborted at the deadline,
 * even while its answer arrives.
 */
const fetchWithinDeadline = async (url: string, options: RequestInit & Partial<FetchOptions>) => {
  const { endpoint, deadline, ...init } = options;
  if (deadline === undefined) return fetch(url, init);
  const signal = AbortSignal.timeout(deadline);
  try {
    const response = await fetch(endpoint ?? url, { ...init, signal });
    const text = await response.text().catch(() => {
      throw new AnswerError();
    });
    // All that the driver reads of a response. It awaits both.
    return { ok: response.ok, status: response.status, text: () => text, json: () => JSON.parse(text) };
  } catch (error) {
    throw signal.aborted ? new DeadlineError() : error;
  }
};
neonConfig.fetchFunction = fetchWithinDeadline;
