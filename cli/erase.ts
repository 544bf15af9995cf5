/** `npm run erase -- --user ID`: for a person who asks to be forgotten. */
import { connect } from "../src/database/connect.ts";
import { mergeInto } from "../src/database/merge.ts";
import { isId } from "../src/json.ts";
import { runsIn } from "../src/database/runs.ts";
import { connectToClerk } from "../src/sync/clerk-api.ts";
import { knownInstance } from "../src/sync/run.ts";
import { confirm } from "./confirm.ts";
import { addressesAtClerk, addressesInCopy, deletedSince, erase, find, type Found } from "./erasure.ts";
import { type Lifetime, run } from "./lifetime.ts";
import { misused, readOptions } from "./options.ts";
import { orThrow } from "./or-throw.ts";
import { openTarget, targetOptions, toldIn } from "./target.ts";

const help = `Erases a user from the copy for good, with the user's memberships and sessions, and invitations and waitlist entries
for the user's addresses. It does not matter whether Clerk still has the user.

  npm run erase -- --user ID [options]

  --user ID         Clerk's id of the user, user_…
  --email ADDRESS   an address of the user's, besides those that the copy and Clerk know (repeatable)
  --dry-run         only print what would be erased
  --yes             do not ask first
  --local           use the Postgres of \`npm run dev\` in place of DATABASE_URL
  --folder FOLDER   where that is kept (default .local)
  --json            print the receipt as one line of JSON
  --help

DATABASE_URL and, to ask Clerk for the addresses, CLERK_SECRET_KEY come from the environment, else from .dev.vars. Only the id
of each row is left, and no later event or backfill brings the rest back. Nothing changes in Clerk itself.

Exit codes: 0 done, 1 stopped by an error, 2 invalid option, 3 done, but no address of the user is known, so that invitations
and waitlist entries may be left.
`;

const { values: options } = readOptions(help, {
  user: { type: "string" },
  email: { type: "string", multiple: true, default: [] as string[] },
  "dry-run": { type: "boolean", default: false },
  yes: { type: "boolean", default: false },
  ...targetOptions,
  json: { type: "boolean", default: false },
});
const user = options.user ?? misused(`--user is missing\n\n${help}`);
if (!isId(user) || !user.startsWith("user_")) misused("--user must be Clerk's id of a user, user_…");
if (options.email.some((address) => !address.includes("@"))) misused("--email must be an address");

/** Milliseconds per statement: addresses have no index. */
const deadline = 60_000;

/** What stays, and who must erase it. */
const beyond = [
  "deliveries that wait in the queue or among its dead letters: an invitation or a waitlist entry in one comes after this, so run it again when they are empty",
  "the ledger's lines (ids and types of events), payments and subscriptions (ids and amounts)",
  "an address by which an organization's domain was verified",
  "backups and Neon's history of the database, your own tables, your logs, and Clerk",
];

type Receipt = {
  database: string;
  user: string;
  at: string;
  dry: boolean;
  /** How many addresses were looked for, by who knew them; null if Clerk was not asked. They themselves are in no receipt. */
  addresses: { copy: number; clerk: number | null; given: number };
  /** Since when the copy had the user as deleted before this. */
  deleted_before: string | null;
  erased: Found;
  not_erased: readonly string[];
};

const main = async (life: Lifetime): Promise<number> => {
  const { settings, name } = await openTarget(life, options);
  if (!options.json) console.log(`In ${name}`);
  const isDry = options["dry-run"];
  if (!isDry) await confirm(`Erase ${user} for good from ${name}?`, options.yes);

  const database = connect(settings.databaseUrl, settings.neonFetchEndpoint, deadline);
  const inCopy = await addressesInCopy(database, user);
  const clerk = settings.clerk && connectToClerk({ ...settings.clerk, deadline });
  // Another instance's "no such user" would look like an answer.
  if (clerk !== undefined) orThrow(await knownInstance({ clerk, runs: runsIn(database), settings }));
  const atClerk = clerk && ((await addressesAtClerk(clerk, user)) ?? []);
  const addresses = [...new Set([...inCopy, ...(atClerk ?? []), ...options.email].map((one) => one.toLowerCase()))];

  const before = await deletedSince(database, user);
  const found = await find(database, user, addresses);
  if (!isDry) await erase(database, mergeInto(database, await toldIn(settings)), user, addresses, found);

  const receipt: Receipt = {
    database: name,
    user,
    at: new Date().toISOString(),
    dry: isDry,
    addresses: {
      copy: new Set(inCopy).size,
      clerk: atClerk === undefined ? null : new Set(atClerk).size,
      given: options.email.length,
    },
    deleted_before: before ?? null,
    erased: found,
    not_erased: beyond,
  };
  if (options.json) console.log(JSON.stringify(receipt));
  else print(receipt, before === undefined, addresses.length);
  return addresses.length === 0 ? 3 : 0;
};

const print = (
  { database, at, dry, addresses, deleted_before, erased }: Receipt,
  isNew: boolean,
  sum: number,
): void => {
  console.log(
    dry ? `\nWhat would be erased of ${user}, in ${database}:\n` : `\nErased of ${user}, in ${database}, at ${at}:\n`,
  );
  for (const [table, ids] of Object.entries(erased)) {
    console.log(`  clerk.${table.padEnd(26)} ${ids.length}${ids.map((id) => `\n    ${id}`).join("")}`);
  }
  if (deleted_before !== null) console.log(`\nThe copy has had the user as deleted since ${deleted_before}.`);
  if (isNew)
    console.log(`\nThe copy did not have the user.${dry ? "" : " A deleted row with this id now keeps the user out."}`);
  const { copy, clerk, given } = addresses;
  console.log(
    `\nLooked for ${sum} addresses: ${copy} that the copy has, ${
      clerk === null ? "none of Clerk's, since CLERK_SECRET_KEY is not set," : `${clerk} that Clerk has,`
    } and ${given} that you gave.`,
  );
  if (sum === 0) {
    console.log(
      "No address of the user is known, so invitations and waitlist entries may be left: give each with --email.",
    );
  }
  if (!dry)
    console.log(`\nNot erased, so erase it yourself if you must:\n${beyond.map((one) => `- ${one}`).join("\n")}`);
};

await run(main);
