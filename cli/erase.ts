/** `npm run erase -- --user ID`: for a person who asks to be forgotten. */
import { type SQL, sql } from "drizzle-orm/sql";
import { connect, type Database, json } from "../src/database/connect.ts";
import { type Change, tombstone } from "../src/entities/entity.ts";
import { entities } from "../src/entities/index.ts";
import { maximumRows, mergeInto } from "../src/database/merge.ts";
import { isId } from "../src/json.ts";
import { type Lifetime, run } from "./lifetime.ts";
import { misused, readOptions } from "./options.ts";
import { orThrow } from "./or-throw.ts";
import { openTarget } from "./target.ts";

const help = `Erases a user from the copy for good, with the user's memberships and sessions, and invitations and waitlist entries
for the user's addresses. It does not matter whether Clerk still has the user.

  npm run erase -- --user ID [options]

  --user ID         Clerk's id of the user, user_…
  --dry-run         only print what would be erased
  --folder FOLDER   where the local Postgres is kept (default .local)
  --json            print the receipt as one line of JSON
  --help

The database is DATABASE_URL from the environment, else from .dev.vars, else the local Postgres. Only the id of each row
is left, and no later event or backfill brings the rest back. Nothing changes in Clerk itself.
`;

const { values: options } = readOptions(help, {
  user: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  folder: { type: "string", default: ".local" },
  json: { type: "boolean", default: false },
});
const user = options.user ?? misused(`--user is missing\n\n${help}`);
if (!isId(user) || !user.startsWith("user_")) misused(`--user must be Clerk's id of a user, user_…, not ${user}`);

/** The user's rows of a table. */
type Owned = { table: string; isOwned: SQL };

/** Rows that are deleted with a user, whoever deletes the user. */
const ofUser: readonly Owned[] = [
  { table: "users", isOwned: sql`id = ${user}` },
  ...Object.values(entities).flatMap(({ table, owners }) =>
    Object.entries(owners).flatMap(([column, owner]) =>
      owner === "users" ? [{ table, isOwned: sql`${sql.identifier(column)} = ${user}` }] : [],
    ),
  ),
];

/** Rows that name an address instead of a user. They stay if only Clerk deletes the user. */
const byAddress = ["organization_invitations", "waitlist_entries"] as const;

/** Milliseconds per statement: addresses have no index. */
const deadline = 60_000;

const main = async (life: Lifetime): Promise<number> => {
  const { settings } = await openTarget(life, options.folder);
  const database = connect(settings.databaseUrl, settings.neonFetchEndpoint, deadline);

  const addresses = await addressesOf(database);
  const isAddressed = sql`lower(email_address) in (select jsonb_array_elements_text(${json(addresses)}))`;
  const owned: readonly Owned[] = [...ofUser, ...byAddress.map((table) => ({ table, isOwned: isAddressed }))];

  const found = new Map<string, string[]>();
  for (const { table, isOwned } of owned) found.set(table, await living(database, table, isOwned));
  if (!options["dry-run"]) {
    const merge = mergeInto(database);
    // The user last: if this is interrupted, the next run still finds rows by the user's addresses.
    const rows: Change[] = [
      ...byAddress.flatMap((table) => (found.get(table) ?? []).map((id) => ({ table, row: tombstone(id) }))),
      { table: "users", row: tombstone(user) },
    ];
    for (let from = 0; from < rows.length; from += maximumRows) {
      orThrow(await merge(rows.slice(from, from + maximumRows), []));
    }
    // The receipt is only for rows that are verified to be gone.
    for (const { table, isOwned } of owned) {
      const left = await living(database, table, isOwned);
      if (left.length > 0)
        throw new Error(`clerk.${table} still has ${left.length} rows of the user; run the same command again`);
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

/** All the user's addresses in the copy, in lower case. */
const addressesOf = async (database: Database): Promise<string[]> => {
  const rows = await database.query<{ address: string }>(sql`
    select lower(email) as address from clerk.users where id = ${user} and email is not null
    union
    select lower(one ->> 'email_address') from clerk.users, jsonb_array_elements(email_addresses) as one
    where id = ${user} and one ->> 'email_address' is not null
  `);
  return orThrow(rows).map(({ address }) => address);
};

/** Ids of the rows that hold more than their id: an app may have inserted only the user's id. */
const living = async (database: Database, table: string, isOwned: SQL): Promise<string[]> => {
  const rows = await database.query<{ id: string }>(sql`
    select id from clerk.${sql.identifier(table)}
    where ${isOwned} and deleted_at is null and synced_at is not null order by id
  `);
  return orThrow(rows).map(({ id }) => id);
};

const print = ({ at, dry, erased }: { at: string; dry: boolean; erased: Record<string, string[]> }): void => {
  console.log(dry ? `What would be erased of ${user}:\n` : `Erased of ${user}, at ${at}:\n`);
  for (const [table, ids] of Object.entries(erased)) {
    console.log(`  clerk.${table.padEnd(26)} ${ids.length}${ids.map((id) => `\n    ${id}`).join("")}`);
  }
  if (dry) return;
  if (erased.users?.length === 0)
    console.log("\nThe copy did not have the user. A deleted row with this id now keeps the user out.");
  console.log(`
Only the ids are left, with deleted_at set, and nothing brings the rows back. Not erased, so erase it yourself if you
must: the ledger's lines (ids and types of events), payments and subscriptions (ids and amounts), an address by which an
organization's domain was verified, backups and Neon's history of the database, your own tables, and Clerk.`);
};

await run(main);
