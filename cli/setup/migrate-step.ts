import { readFileSync } from "node:fs";
import { isObject } from "../../src/json.ts";
import { faultsAfterMigration } from "../after-migration.ts";
import { journal as journalTable, migrate } from "../migrate.ts";
import { rowsOf } from "../own-database.ts";
import { already, done, failed, type Outcome, skipped, type Step } from "./step.ts";

/** 2. The schema `clerk`. */
export const migrateStep: Step = {
  name: "migrate",
  title: "Tables",
  plan: "Creates the schema clerk, or brings it up to date (npm run db:migrate).\nNo table outside it changes.",
  run: async ({ database, ask }) => {
    if (database === undefined) return skipped("Skipped: there is no database.");
    if ((await latestIn(database.directUrl)) === latestHere()) {
      return checked(database.directUrl, already("The tables are up to date already."));
    }
    if (!(await ask.agree(`Migrate ${database.name}?`))) return skipped("Skipped. Later: npm run db:migrate");
    await migrate(database.directUrl);
    return checked(database.directUrl, done("The tables are up to date."));
  },
};

/** The outcome, if nothing of the schema is lost or another. */
const checked = async (directUrl: string, outcome: Outcome): Promise<Outcome> => {
  const faults = await faultsAfterMigration(directUrl);
  if (faults.length === 0) return outcome;
  const all = faults.map(({ what }) => what).join("; ");
  return failed(
    `The migrations have run, and the schema clerk is not as this release expects: ${all}.`,
    [...new Set(faults.map(({ next }) => next))].join("\n"),
  );
};

/** When the newest migration of this release was made. */
const latestHere = (): number | undefined => {
  const journal: unknown = JSON.parse(
    readFileSync(new URL("../../drizzle/meta/_journal.json", import.meta.url), "utf8"),
  );
  const entries: unknown[] = isObject(journal) && Array.isArray(journal.entries) ? journal.entries : [];
  return Math.max(...entries.map((entry) => (isObject(entry) ? Number(entry.when) : 0)));
};

const latestIn = async (directUrl: string): Promise<number | undefined> => {
  const table = `${journalTable.schema}.${journalTable.table}`;
  const [found] = await rowsOf<{ is_there: boolean }>(directUrl, "select to_regclass($1) is not null as is_there", [
    table,
  ]);
  if (!found?.is_there) return undefined;
  const [latest] = await rowsOf<{ at: string | null }>(directUrl, `select max(created_at)::text as at from ${table}`);
  return Number(latest?.at);
};
