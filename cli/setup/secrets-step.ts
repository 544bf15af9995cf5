import { hashOf, writeKept } from "./kept.ts";
import { loginIfNeeded } from "./deploy-step.ts";
import { knownWorkerUrl, rolesHere } from "./roles-step.ts";
import type { Session } from "./session.ts";
import { already, done, failed, type Outcome, skipped, type Step } from "./step.ts";
import type { NoNames } from "./wrangler.ts";

/** 7. The Worker's secrets, but for the endpoint's. */
export const secretsStep: Step = {
  name: "secrets",
  title: "Secrets",
  plan: "Gives the Worker DATABASE_URL, and CLERK_SECRET_KEY if there is one, by the\nstandard input of wrangler secret bulk.",
  run: async (session) => {
    const lacking = await loginIfNeeded(session);
    if (lacking !== undefined) return lacking;
    const there = await session.wrangler.secretNames();
    if (!(there instanceof Set)) return noList(there);
    const databaseUrl = await databaseUrlFor(session, there);
    if (databaseUrl === "unknown") {
      return failed(
        "The Worker has no DATABASE_URL, and the password of its role clerk_mirror is not known here.",
        "Make a new one: npm run setup -- --new-passwords",
      );
    }
    const secrets = {
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
      ...(session.clerk === undefined ? {} : { CLERK_SECRET_KEY: session.clerk.secretKey }),
    };
    return putMissing(session, there, secrets);
  },
};

export const noList = ({ said }: NoNames): Outcome =>
  said === undefined
    ? failed("The Worker is not deployed yet.", "Deploy it (the step before Secrets), then try again.")
    : failed(
        ["wrangler cannot list the Worker's secrets.", ...(said === "" ? [] : ["It says:", said])].join("\n"),
        "Mend that, or see what `npx wrangler secret list` says. Then try again.",
      );

/** Sets those that the Worker does not have, or has with another value. */
const putMissing = async (
  session: Session,
  there: ReadonlySet<string>,
  secrets: Readonly<Record<string, string>>,
): Promise<Outcome> => {
  const missing = Object.entries(secrets).filter(([name, value]) => !isSet(session, there, name, value));
  if (missing.length === 0) {
    return there.has("DATABASE_URL")
      ? already("The Worker has its secrets already.")
      : skipped("Skipped: there is no database.");
  }
  const names = missing.map(([name]) => name).join(" and ");
  if (!(await session.ask.agree(`Give the Worker ${names}?`))) {
    return skipped("Skipped. Later: npx wrangler secret put NAME");
  }
  if (!(await putSecrets(session, Object.fromEntries(missing)))) {
    return failed("wrangler could not set the secrets. What it says is above.", "Mend that, then try again.");
  }
  return done(`The Worker has ${names}.`);
};

/** Sets secrets, and remembers that it did. */
export const putSecrets = async (session: Session, secrets: Readonly<Record<string, string>>): Promise<boolean> => {
  if (!(await session.wrangler.putSecrets(secrets))) return false;
  for (const [name, value] of Object.entries(secrets)) session.kept.hashes[name] = hashOf(name, value);
  writeKept(session.kept);
  return true;
};

/** Whether the Worker has a secret with this value, as far as setup knows. */
export const isSet = ({ kept }: Session, there: ReadonlySet<string>, name: string, value: string): boolean =>
  there.has(name) && kept.hashes[name] === hashOf(name, value);

/** Undefined leaves the one that the Worker has. */
const databaseUrlFor = async (
  { workerDatabaseUrl, database }: Session,
  there: ReadonlySet<string>,
): Promise<string | undefined> => {
  if (workerDatabaseUrl !== undefined || database === undefined) return workerDatabaseUrl;
  const known = await knownWorkerUrl(database);
  if (known !== undefined) return known;
  // With its role the Worker may have a password that is written down nowhere else: the owner's does not replace it.
  if ((await rolesHere(database)).has("clerk_mirror")) return there.has("DATABASE_URL") ? undefined : "unknown";
  return database.url;
};
