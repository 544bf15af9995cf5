import pg from "pg";
import { tableNames } from "./copy-changes.ts";

const day = "interval '1 day'";

/**
 * Lets a day pass for what a run has missed, so that the next one deletes it: all that the copy has noted of it is a day older.
 * Only for a Postgres that is there to be played with.
 */
export const letDayPass = async (connectionString: string): Promise<void> => {
  const client = new pg.Client({ connectionString, query_timeout: 10_000 });
  client.on("error", () => {});
  await client.connect();
  try {
    for (const table of tableNames) {
      await client.query(`
        update clerk.${table} set synced_at = synced_at - ${day}
        where id in (select id from clerk.absences where table_name = '${table}')
      `);
    }
    await client.query(`
      update clerk.absences
      set since = since - ${day}, first_asked_at = first_asked_at - ${day}, deleted_at = deleted_at - ${day}
    `);
  } finally {
    await client.end();
  }
};
