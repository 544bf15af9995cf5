/** `npm run db:check`: whether the schema `clerk` is as this release expects. */
import { styleText } from "node:util";
import { type Lifetime, run } from "./lifetime.ts";
import { readOptions } from "./options.ts";
import { openReadOnly } from "./read-only.ts";
import { readTarget, readTargetOptions } from "./read-target.ts";
import { checkSchema } from "./schema-check/check.ts";

const help = `Compares the schema clerk of a database with what this release expects: tables, columns, indexes, views, functions and rights.

  npm run db:check -- [options]

  --database-url URL  the database (default: DATABASE_URL of the environment, else of .dev.vars)
  --local             use the Postgres of \`npm run dev\`
  --folder FOLDER     where that is kept (default .local)
  --json              print one line of JSON
  --help

It only reads, and no row of yours. What you have added to the schema is noted.

Exit codes: 0 nothing is wrong, 1 something is, or stopped by an error, 2 invalid option.
`;

const { values: options } = readOptions(help, { ...readTargetOptions, json: { type: "boolean", default: false } });

const main = async (life: Lifetime): Promise<number> => {
  const { databaseUrl, name } = await readTarget(life, options, "db:check");
  const database = openReadOnly(databaseUrl);
  await life.start(Promise.resolve(database));
  const { faults, notes } = await checkSchema(database);
  const isRight = faults.length === 0;
  if (options.json) console.log(JSON.stringify({ database: name, isRight, faults, notes }));
  else {
    console.log(`Checking ${name} …`);
    for (const { what } of faults) console.log(styleText("red", `✗ ${what}`));
    for (const note of notes) console.log(`· ${note}`);
    for (const next of new Set(faults.map((fault) => fault.next))) console.log(`→ ${next}`);
    if (isRight) console.log(styleText("green", "The schema clerk is as this release expects."));
  }
  return isRight ? 0 : 1;
};

await run(main);
