import pg from "pg";
import { readConnectionString } from "../src/connection-string.ts";
import { CommandError } from "./command-error.ts";
import { directUrlOf } from "./direct-url.ts";

/** A connection to the database with the rights of whoever its connection string names. */

/** The connection string of another role of the same database. */
export const asRole = (connectionString: string, role: string, password: string): string => {
  const url = new URL(connectionString);
  url.username = role;
  url.password = encodeURIComponent(password);
  return url.href;
};

/** Whether two connection strings are of one database, through a pooler or not. */
export const isSameDatabase = (one: string, other: string): boolean => {
  const [a, b] = [readConnectionString(one), readConnectionString(other)];
  if (!a.ok || !b.ok) return false;
  return placeOf(a.value) === placeOf(b.value);
};

const placeOf = (connectionString: string): string => {
  const { host, pathname } = new URL(directUrlOf(connectionString));
  return `${host}${pathname}`;
};

/**
 * Runs statements on one connection, and closes it. They find Postgres's own functions and operators alone: the role of the app's
 * migrations may make others in public, which would run with the rights of the database's owner.
 *
 * @throws what Postgres says, or that nothing answers
 */
export const withClient = async <Value>(
  directUrl: string,
  use: (client: pg.Client) => Promise<Value>,
): Promise<Value> => {
  const client = new pg.Client({ connectionString: directUrl, connectionTimeoutMillis: 20_000 });
  // The statement that a lost connection breaks says so.
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => {});
    if (error instanceof Error && /timeout/.test(error.message) && !("code" in error)) {
      throw new CommandError("The database of DATABASE_URL does not answer within 20 seconds");
    }
    throw error;
  }
  try {
    // Not as an option of the connection, which some poolers refuse.
    await client.query("set search_path to pg_catalog");
    return await use(client);
  } finally {
    // PGlite and some poolers give the same session to whoever comes next. One that is lost has nothing to reset.
    await client.query("reset search_path").catch(() => {});
    await client.end();
  }
};

/** The rows of one statement. */
export const rowsOf = <Row extends pg.QueryResultRow>(
  directUrl: string,
  statement: string,
  values: unknown[] = [],
): Promise<Row[]> => withClient(directUrl, async (client) => (await client.query<Row>(statement, values)).rows);
