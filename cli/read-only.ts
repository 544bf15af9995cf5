import pg from "pg";
import { directUrlOf } from "./direct-url.ts";

/** A database that is only read: each statement is a transaction of its own, which Postgres keeps from writing. */
export type ReadOnly = {
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
};

/** Milliseconds. Somebody waits for it, and a database at work is not to be held up. */
const statementTimeout = 10_000;

export const openReadOnly = (connectionString: string): ReadOnly => {
  const pool = new pg.Pool({
    connectionString: directUrlOf(connectionString),
    max: 2,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 10_000,
  });
  // The next statement opens another connection.
  pool.on("error", () => {});
  // A pool that has ended does not wait for its connections to close.
  pool.on("connect", (client) => client.on("error", () => {}));
  return {
    query: async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) => {
      const client = await pool.connect();
      let isBroken = true;
      try {
        // Not as settings of the session, which a pooler or PGlite shares with others.
        await client.query("begin transaction read only");
        // The app's migrations may make functions in public, which would run in place of Postgres's own.
        await client.query(`set local statement_timeout = ${statementTimeout}; set local search_path = pg_catalog`);
        const { rows } = await client.query<Row>(text, values);
        await client.query("commit");
        isBroken = false;
        return rows;
      } finally {
        client.release(isBroken);
      }
    },
    close: () => pool.end(),
  };
};
