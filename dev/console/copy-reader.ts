import pg from "pg";

/** Runs a statement within the transaction that was opened for the caller. */
export type Ask = <Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

/**
 * Reads the copy. PGlite has one backend, which all connections share: while a transaction is open everybody else waits, and what
 * a session sets is set for all. So each reading is one short transaction, and nothing is set outside of it.
 */
export type CopyReader = {
  /** @throws what Postgres, or the connection to it, says */
  read<Value>(work: (ask: Ask) => Promise<Value>): Promise<Value>;
  close(): Promise<void>;
};

/** One that breaks during a statement fails that statement, which says so. */
const broken = (): void => {};

/** Milliseconds. Another program's open transaction holds this one up. */
const patience = 10_000;

export const openCopy = (connectionString: string): CopyReader => {
  const pool = new pg.Pool({
    connectionString,
    max: 1,
    connectionTimeoutMillis: patience,
    query_timeout: patience,
    allowExitOnIdle: true,
  });
  // An idle connection that breaks ends the process if nobody listens. The next reading opens another.
  pool.on("error", broken);
  return {
    read: async (work) => {
      const client = await pool.connect();
      client.on("error", broken);
      let isSound = false;
      try {
        await client.query("begin transaction isolation level repeatable read read only");
        const value = await work(
          async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) => {
            const { rows } = await client.query<Row>(text, [...values]);
            return rows;
          },
        );
        await client.query("commit");
        isSound = true;
        return value;
      } finally {
        client.off("error", broken);
        // One that is closed rolls back what it had begun.
        client.release(!isSound);
      }
    },
    close: () => pool.end(),
  };
};
