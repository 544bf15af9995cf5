/** `npm run erase -- --user ID`: for a person who asks to be forgotten. */
import { sql } from "drizzle-orm/sql";
import { connect, type Database, deadlineMilliseconds } from "../src/database.ts";
import { tombstone } from "../src/entities/entity.ts";
import { describe } from "../src/failure.ts";
import { isId } from "../src/fields.ts";
import { prepareMerge } from "../src/merge.ts";
import { type Lifetime, run } from "./lifetime.ts";
import { all } from "./mirrored-tables.ts";
import { misused, readOptions } from "./options.ts";
import { openTarget } from "./target.ts";

const help = `Erases a user from the copy, for good, with everything that is the user's, whether or not Clerk still has the user.

  npm run erase -- --user ID [options]

  --user ID         Clerk's id of the user, user_…
  --dry-run         only print what would be erased
  --folder FOLDER   where the local Postgres is kept; .local without it
  --json            print the receipt as one line of JSON
  --help

The database is DATABASE_URL of the environment, else of .dev.vars, else the local Postgres. What is left of each row is
its id, and no later event or backfill brings it back. In Clerk itself nothing changes.
`;

const { values: options } = readOptions(help, {
  user: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  folder: { type: "string", default: ".local" },
  json: { type: "boolean", default: false },
});
const user = options.user ?? misused(`--user is missing\n\n${help}`);
if (!isId(user)) misused("--user takes an id of Clerk's, user_…");

/** The tables whose rows go with a user, and how they name the user. */
const owned = [
  { table: "users", column: "id" },
  ...all.flatMap(({ name, parents }) =>
    Object.entries(parents).flatMap(([column, parent]) => (parent === "users" ? [{ table: name, column }] : [])),
  ),
];

const main = async (life: Lifetime): Promise<number> => {
  const { settings } = await openTarget(life, options.folder);
  const database = connect(settings.databaseUrl, settings.neonFetchEndpoint);

  const found = new Map<string, string[]>();
  for (const { table, column } of owned) found.set(table, await living(database, table, column));
  if (!options["dry-run"]) {
    const merged = await prepareMerge(database, deadlineMilliseconds).changes([
      { table: "users", row: tombstone(user) },
    ]);
    if (merged.kind !== "merged") throw new Error(describe(merged));
    // A receipt is for what was seen to be gone.
    for (const { table, column } of owned) {
      const left = await living(database, table, column);
      if (left.length > 0) throw new Error(`clerk.${table} still has ${left.length} rows of the user; run it again`);
    }
  }

  const receipt = {
    user,
    at: new Date().toISOString(),
    dry: options["dry-run"],
    erased: Object.fromEntries([...found].map(([table, ids]) => [table, ids])),
  };
  if (options.json) console.log(JSON.stringify(receipt));
  else print(receipt);
  return 0;
};

/** Ids of rows that hold more than their id. An app may have inserted the user's alone. */
const living = async (database: Database, table: string, column: string): Promise<string[]> => {
  const { rows } = await database.execute<{ id: string }>(sql`
    select id from clerk.${sql.identifier(table)}
    where ${sql.identifier(column)} = ${user} and deleted_at is null and synced_at is not null order by id
  `);
  return rows.map(({ id }) => id);
};

const print = ({ at, dry, erased }: { at: string; dry: boolean; erased: Record<string, string[]> }): void => {
  console.log(dry ? `What would be erased of ${user}:\n` : `Erased of ${user}, at ${at}:\n`);
  for (const [table, ids] of Object.entries(erased)) {
    console.log(`  clerk.${table.padEnd(26)} ${ids.length}${ids.map((id) => `\n    ${id}`).join("")}`);
  }
  if (dry) return;
  if (erased.users?.length === 0)
    console.log("\nThe copy did not have the user. A row that says so keeps the user out.");
  console.log(`
What is left is the ids, with deleted_at set; nothing brings the rows back. Not erased: the ledger's lines (ids and
types of events), payments and subscriptions (ids and amounts), your own tables, and Clerk.`);
};

await run(main);
