/** `npm run db:migrate`: brings the schema `clerk` of a database up to date. */
import { faultsAfterMigration, messageOfFaults } from "./after-migration.ts";
import { readDevVars } from "./dev-vars.ts";
import { run } from "./lifetime.ts";
import { migrate } from "./migrate.ts";
import { readOptions } from "./options.ts";
import { databaseUrlOf, nameOf } from "./target.ts";

const help = `Brings the schema clerk of a database up to date, in one transaction.

  DATABASE_URL='postgresql://user:password@host/database' npm run db:migrate

DATABASE_URL is read from the environment, else from .dev.vars. Use the owner of the database.

  --json   print one line of JSON
  --help

Then it compares the schema with what this release expects, as npm run db:check does, but for rights.

Exit codes: 0 done, 1 stopped by an error, with its cause, or the schema is not as expected, 2 invalid option.
`;

const { values: options } = readOptions(help, { json: { type: "boolean", default: false } });

await run(async () => {
  const databaseUrl = databaseUrlOf(process.env.DATABASE_URL || readDevVars().DATABASE_URL, "db:migrate");
  const database = nameOf(databaseUrl);
  if (!options.json) console.log(`Migrating ${database} …`);
  await migrate(databaseUrl);
  const faults = await faultsAfterMigration(databaseUrl);
  const isRight = faults.length === 0;
  if (options.json) console.log(JSON.stringify({ database, migrated: true, isRight, faults }));
  else if (isRight) console.log("The schema clerk is up to date.");
  else console.error(messageOfFaults(faults));
  return isRight ? 0 : 1;
});
