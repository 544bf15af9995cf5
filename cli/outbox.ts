/** `npm run outbox`: what the app has not taken yet, and why. */
import { sql } from "drizzle-orm/sql";
import { connect } from "../src/database/connect.ts";
import { entities, isTableName } from "../src/entities/index.ts";
import { amount } from "../src/sync/steps.ts";
import { confirm } from "./confirm.ts";
import { type Lifetime, run } from "./lifetime.ts";
import { misused, readOptions } from "./options.ts";
import { orThrow } from "./or-throw.ts";
import { openTarget, targetOptions } from "./target.ts";

const help = `Lists the changes that your app has not taken, and why.

  npm run outbox -- [options]

  --retry           hand those that failed over again, within a minute
  --drop            forget those that failed: the app is never told of them
  --table TABLE     only those of this table
  --id ID           only that of this object
  --yes             do not ask before --drop
  --local           use the Postgres of \`npm run dev\` in place of DATABASE_URL
  --folder FOLDER   where that is kept (default .local)
  --json            print one line of JSON
  --help

DATABASE_URL comes from the environment, else from .dev.vars.

Exit codes: 0 nothing has failed, or it was done, 1 stopped by an error, 2 invalid option, 3 the app has failed to take changes.
`;

const { values: options } = readOptions(help, {
  retry: { type: "boolean", default: false },
  drop: { type: "boolean", default: false },
  table: { type: "string" },
  id: { type: "string" },
  yes: { type: "boolean", default: false },
  ...targetOptions,
  json: { type: "boolean", default: false },
});
if (options.retry && options.drop) misused("--retry or --drop, not both");
if (options.table !== undefined && !isTableName(options.table))
  misused(`--table must be one of ${Object.keys(entities).join(", ")}`);

/** What each cause means, and what to do. */
const causes: Readonly<Record<string, string>> = {
  timeout: "the app did not answer within 15 s",
  network: "nothing answered at MIRROR_NOTIFY_URL",
  answer: 'the app answered with a "failed" that is not a list of { table, id }',
  missing: "the Worker that is bound as APP has no method `changed`; see `entrypoint` of the binding",
  threw: "the app threw, as its own log says, or does not run",
  failed: "the app named it as failed; its own log says why",
  http_401:
    "the app refuses the signature: MIRROR_NOTIFY_SECRET is not the secret that it verifies with, or the route wants a login",
  http_403: "the app refuses the request; its route must let this Worker in",
  http_404: "MIRROR_NOTIFY_URL has no such route, or the app hides it from who has no login",
  http_405: "the route of MIRROR_NOTIFY_URL takes no POST",
};

const meaning = (cause: string): string => {
  if (cause in causes) return `${causes[cause]} (${cause})`;
  const status = cause.replace("http_", "HTTP status ");
  return cause.startsWith("http_3")
    ? `MIRROR_NOTIFY_URL redirects (${status}); set it to where that leads`
    : `the app answered with ${status}`;
};

const changes = (count: number): string => `${amount(count)} change${count === 1 ? "" : "s"}`;

/** What runs no cron by itself. */
const atLocal = "To hand them over: curl 'http://localhost:8787/cdn-cgi/handler/scheduled?cron=*+*+*+*+*'";

type Failed = {
  table: string;
  id: string;
  kind: string;
  source: string;
  since: string;
  attempts: number;
  due: string;
  cause: string;
};

/** Lines that are printed. */
const mostShown = 50;

const main = async (life: Lifetime): Promise<number> => {
  const { settings, name } = await openTarget(life, options);
  const database = connect(settings.databaseUrl, settings.neonFetchEndpoint);
  const { table = null, id = null } = options;
  const named = sql`table_name = coalesce(${table}, table_name) and id = coalesce(${id}, id)`;
  // What is being handed over has no failure.
  const chosen = sql`failure is not null and ${named}`;
  const counted = await database.query<{ waiting: number; failed: number; oldest: string | null }>(sql`
    select count(*)::integer as waiting, count(*) filter (where ${chosen})::integer as failed,
      pg_catalog.to_char(min(first_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as oldest
    from clerk.outbox where ${named}
  `);
  const { waiting, failed, oldest } = orThrow(counted)[0] ?? { waiting: 0, failed: 0, oldest: null };
  // In the order in which all others take them.
  const locked = sql`(select table_name, id from clerk.outbox where ${chosen} order by table_name, id for update)`;

  if (options.retry || options.drop) {
    if (options.drop) await confirm(`Drop ${changes(failed)} of ${name}? The app is never told of them.`, options.yes);
    const changed = options.drop
      ? sql`with chosen as materialized ${locked} delete from clerk.outbox as o using chosen as c where o.table_name = c.table_name and o.id = c.id returning 1`
      : sql`with chosen as materialized ${locked} update clerk.outbox as o set due_at = clock_timestamp(), failure = null from chosen as c where o.table_name = c.table_name and o.id = c.id returning 1`;
    const count = orThrow(await database.query(changed)).length;
    const done = options.drop ? "dropped" : "retried";
    if (options.json) console.log(JSON.stringify({ database: name, [done]: count }));
    else
      console.log(
        count === 0
          ? `In ${name}: no such change has failed.`
          : `In ${name}: ${options.drop ? `dropped ${changes(count)}` : `${changes(count)} due now. ${options.local ? atLocal : "The Worker hands them over within a minute"}`}.`,
      );
    return 0;
  }

  const rows = await database.query<Failed>(sql`
    select table_name as table, id, kind, source, attempts, failure as cause,
      pg_catalog.to_char(first_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since,
      pg_catalog.to_char(due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as due
    from clerk.outbox where ${chosen} order by first_at, table_name, id limit ${mostShown}
  `);
  const shown = orThrow(rows);
  if (options.json) console.log(JSON.stringify({ database: name, waiting, failed, oldest, changes: shown }));
  else print(name, waiting, failed, oldest, shown);
  return failed === 0 ? 0 : 3;
};

const print = (name: string, waiting: number, failed: number, oldest: string | null, shown: Failed[]): void => {
  console.log(`In ${name}: ${changes(waiting)} waiting${oldest === null ? "" : `, the oldest since ${oldest}`}.`);
  if (failed === 0) return;
  console.table(shown);
  if (failed > shown.length) console.log(`And ${amount(failed - shown.length)} more.`);
  for (const cause of new Set(shown.map((one) => one.cause))) console.log(`- ${meaning(cause)}`);
  console.log("When the cause is mended: `npm run outbox -- --retry`, or wait until they are due.");
};

await run(main);
