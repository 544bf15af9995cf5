import { neon, neonConfig } from "@neondatabase/serverless";
import { drizzle } from "drizzle-orm/neon-http";
import { type Param, type SQL, sql } from "drizzle-orm/sql";
import { type DatabaseFailure, fail, ok, type Result } from "../result.ts";
import { AnswerError, databaseFailure, DeadlineError } from "./failure.ts";
import { storable } from "./storable.ts";

/** The one way to Postgres: Drizzle on Neon's HTTP driver, a request per statement. */
export type Database = {
  query<Row extends Record<string, unknown>>(statement: SQL): Promise<Result<Row[], DatabaseFailure>>;
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
  const database = drizzle({ client: neon(databaseUrl, { fetchOptions }) });
  return {
    query: async <Row extends Record<string, unknown>>(statement: SQL): Promise<Result<Row[], DatabaseFailure>> => {
      try {
        return ok((await database.execute<Row>(statement)).rows);
      } catch (error) {
        return fail(databaseFailure(error));
      }
    },
  };
};

/** A parameter of a statement: any value, as JSON that Postgres takes. */
export const json = (value: unknown): Param => sql.param(value, { mapToDriverValue: storable });

/**
 * The driver has one `fetch` for all clients, and passes it each client's own options. The driver never gives up, so this
 * does: the request is aborted at the deadline, even while its answer arrives. The timer is cleared, which
 * `AbortSignal.timeout` cannot be: a runtime has room for only so many.
 */
const fetchWithinDeadline = async (url: string, { endpoint, deadline, ...init }: RequestInit & FetchOptions) => {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), deadline);
  try {
    const response = await fetch(endpoint ?? url, { ...init, signal: abort.signal });
    const text = await response.text().catch(() => {
      throw new AnswerError();
    });
    // All that the driver reads of a response.
    return { ok: response.ok, status: response.status, text: async () => text, json: async () => JSON.parse(text) };
  } catch (error) {
    throw abort.signal.aborted ? new DeadlineError() : error;
  } finally {
    clearTimeout(timer);
  }
};
neonConfig.fetchFunction = fetchWithinDeadline;
