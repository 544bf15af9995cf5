import pg from "pg";
import { outboxIn } from "../../cli/console/figures.ts";
import type { Outbox } from "../../cli/console/protocol.ts";
import type { CopyReader } from "./copy-reader.ts";

/** What waits for the app, and how it is handed over: locally nobody fires the Worker's cron. */

/** As the settings of the Worker say who is told: the database learns that only when somebody is. */
export const readOutbox = (reader: CopyReader, told: readonly string[] | undefined): Promise<Outbox> =>
  reader.read(async (ask) => ({
    ...(await outboxIn({ query: ask })),
    isBound: told !== undefined,
    tables: [...(told ?? [])],
  }));

/** Makes all that has failed due now, as `npm run outbox -- --retry` does. @throws what Postgres says */
export const retryOutbox = async (connectionString: string): Promise<void> => {
  const client = new pg.Client({ connectionString, query_timeout: 10_000 });
  client.on("error", () => {});
  await client.connect();
  try {
    // In the order in which all others take them.
    await client.query(`
      with chosen as materialized (
        select table_name, id from clerk.outbox where failure is not null order by table_name, id for update
      )
      update clerk.outbox as o set due_at = clock_timestamp(), failure = null
      from chosen as c where o.table_name = c.table_name and o.id = c.id
    `);
  } finally {
    await client.end();
  }
};

/** The Worker hands over a few hundred changes each time that its cron is fired: not all at once, as on Workers Free. */
const mostRounds = 50;

/** Has the Worker hand over what is due, until nothing is or its app takes no more. @returns whether the Worker answered */
export const tellAll = async (workerUrl: string, reader: CopyReader): Promise<boolean> => {
  let before = Number.POSITIVE_INFINITY;
  for (let round = 1; round <= mostRounds; round += 1) {
    if (!(await fireCron(workerUrl))) return false;
    const left = await dueIn(reader);
    if (left === 0 || left >= before) break;
    before = left;
  }
  return true;
};

const dueIn = async (reader: CopyReader): Promise<number> => {
  try {
    const [counted] = await reader.read((ask) =>
      ask<{ due: number }>("select count(*)::integer as due from clerk.outbox where due_at <= clock_timestamp()"),
    );
    return counted?.due ?? 0;
  } catch {
    return 0;
  }
};

/** Nobody fires the Worker's cron locally. */
const fireCron = async (workerUrl: string): Promise<boolean> => {
  try {
    const response = await fetch(`${workerUrl}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`, {
      signal: AbortSignal.timeout(30_000),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
};
