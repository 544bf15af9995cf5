import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { notes } from "../../src/database/runs.ts";
import { bindingNames } from "../../src/settings.ts";
import { lists } from "../../src/sync/lists.ts";
import { ago } from "../spans.ts";
import { rowsOf } from "../own-database.ts";
import { knownWorkerUrl } from "./roles-step.ts";
import type { OwnClerk, OwnDatabase, Session } from "./session.ts";
import { readToml } from "./settings-step.ts";
import { already, done, failed, skipped, type Step } from "./step.ts";
import { tableIn } from "./wrangler-toml.ts";

/** 10. What exists in Clerk already. */
export const backfillStep: Step = {
  name: "backfill",
  title: "Existing data",
  plan: "Copies all that exists in Clerk already (npm run backfill).\nCtrl-C stops it; it can go on later.",
  run: async (session) => {
    const { database, clerk, ask } = session;
    if (database === undefined) return skipped("Skipped: there is no database.");
    if (clerk === undefined) return skipped("Skipped: it needs CLERK_SECRET_KEY.");
    const earlier = await completedAt(database, clerk);
    if (earlier !== undefined) return already(`A backfill was done ${ago(earlier)}. Again: npm run backfill`);
    if (!(await ask.agree("Copy them now?"))) return skipped("Skipped. Later: npm run backfill");
    switch (await backfill(session, database, clerk)) {
      case 0:
        return done("All that Clerk lists is in the database.");
      case 3:
        return failed("A list of Clerk's was incomplete. What it had was copied.", "Try again in a few minutes.");
      default:
        return failed(
          "The backfill stopped. What it says is above.",
          "Mend that, then try again: it goes on where it stopped.",
        );
    }
  },
};

/**
 * When the latest backfill ended, in milliseconds since 1970; undefined if there is none, or it has not copied all. Each list writes
 * its line as it ends, so one that was interrupted has some of the lines, and one that was incomplete says so in a note.
 */
const completedAt = async ({ directUrl }: OwnDatabase, { instanceId }: OwnClerk): Promise<number | undefined> => {
  const lines = await rowsOf<{ table_name: string; note: string | null; at: number }>(
    directUrl,
    `select table_name, note, (extract(epoch from finished_at) * 1000)::float8 as at from clerk.reconciliations
     where kind = 'backfill' and instance_id = $1 and run_id = (
       select run_id from clerk.reconciliations where kind = 'backfill' and instance_id = $1
       order by finished_at desc limit 1
     )`,
    [instanceId],
  );
  const copied = new Set(
    lines.flatMap(({ table_name, note }) => (note?.startsWith(notes.incomplete) ? [] : [table_name])),
  );
  return lists.every(({ table }) => copied.has(table)) ? Math.max(...lines.map(({ at }) => at)) : undefined;
};

const backfill = async (
  { life, given, workerDatabaseUrl }: Session,
  database: OwnDatabase,
  { secretKey, instanceId }: OwnClerk,
): Promise<number> => {
  // The Worker's own settings, such as the columns that it omits.
  const vars = Object.entries(tableIn(readToml(), "vars")).filter(([name]) =>
    (bindingNames as readonly string[]).includes(name),
  );
  const child = spawn(process.execPath, [fileURLToPath(new URL("../sync.ts", import.meta.url)), "backfill"], {
    stdio: "inherit",
    env: {
      ...process.env,
      ...Object.fromEntries(vars.map(([name, value]) => [name, String(value)])),
      // The Worker's role has the rights that it takes, and no more.
      DATABASE_URL: workerDatabaseUrl ?? (await knownWorkerUrl(database)) ?? database.url,
      CLERK_SECRET_KEY: secretKey,
      CLERK_INSTANCE_ID: instanceId,
      ...(given.neonFetchEndpoint === undefined ? {} : { NEON_FETCH_ENDPOINT: given.neonFetchEndpoint }),
      ...(given.clerkApiUrl === undefined ? {} : { CLERK_API_URL: given.clerkApiUrl }),
    },
  });
  const exited = once(child, "exit");
  await life.start(
    Promise.resolve({
      close: async () => {
        // A terminal has sent it the signal already, and it writes down where it is.
        if (child.exitCode === null && child.signalCode === null) child.kill("SIGINT");
        await exited;
      },
    }),
  );
  await exited;
  return child.exitCode ?? 1;
};
