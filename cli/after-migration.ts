import { openReadOnly } from "./read-only.ts";
import { checkSchema } from "./schema-check/check.ts";
import type { Fault } from "./schema-check/findings.ts";

/**
 * What a migration did not bring back, such as a table that was dropped: the migrations that have run are not run again. Rights are
 * left out: drizzle/roles.sql gives and takes them, and it runs after the migrations.
 *
 * @throws what Postgres says
 */
export const faultsAfterMigration = async (databaseUrl: string): Promise<Fault[]> => {
  const database = openReadOnly(databaseUrl);
  try {
    const { faults } = await checkSchema(database);
    return faults.filter(({ isOfRights }) => !isOfRights);
  } finally {
    await database.close();
  }
};

/** The same as an error's message: what is wrong, then what to do about it, each once. */
export const messageOfFaults = (faults: readonly Fault[]): string =>
  [
    "The migrations have run, and the schema clerk is not as this release expects:",
    ...faults.map(({ what }) => `✗ ${what}`),
    ...new Set(faults.map(({ next }) => `→ ${next}`)),
  ].join("\n");
