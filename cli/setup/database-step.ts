import { directUrlOf } from "../direct-url.ts";
import { isNeon, readConnectionString } from "../../src/connection-string.ts";
import { nameOf } from "../target.ts";
import { rowsOf } from "../own-database.ts";
import type { Session } from "./session.ts";
import { done, failed, type Outcome, skipped, type Step } from "./step.ts";

/** 1. The database, as its owner. */
export const databaseStep: Step = {
  name: "database",
  title: "Database",
  plan: "Connects to your Neon database as its owner, and changes nothing yet.",
  run: async (session, isAgain) => {
    const text = await connectionString(session, isAgain);
    if (text === undefined) return skipped("Skipped: the steps that need the database are skipped too.");
    const wrong = wrongIn(text, session.given.neonFetchEndpoint);
    if (wrong !== undefined) return failed(`DATABASE_URL ${wrong}.`, copyIt);
    const read = readConnectionString(text);
    return read.ok ? check(session, read.value) : failed(`DATABASE_URL ${read.failure}.`, copyIt);
  },
};

const copyIt = "Copy the connection string from Neon's console, Connect, with the owner of the database as its role.";

const connectionString = async (
  { ask, given: { databaseUrl, neonFetchEndpoint } }: Session,
  isAgain: boolean,
): Promise<string | undefined> => {
  if (databaseUrl !== undefined && !(isAgain && ask.isTerminal)) {
    const read = readConnectionString(databaseUrl.text);
    if (!read.ok || databaseUrl.from === "--database-url" || !ask.isTerminal) return databaseUrl.text;
    if (await ask.agree(`Use ${nameOf(read.value)}, the DATABASE_URL of ${databaseUrl.from}?`)) return read.value;
  }
  return ask.secret(
    "Connection string, from Neon's console, Connect",
    "DATABASE_URL is not set. Set it in the environment or .dev.vars, or give --database-url.\n" + copyIt,
    (text) => wrongIn(text, neonFetchEndpoint),
  );
};

const wrongIn = (text: string, neonFetchEndpoint: string | undefined): string | undefined => {
  const read = readConnectionString(text);
  if (!read.ok) return read.failure;
  // A Worker reaches any other Postgres by a gateway only.
  return isNeon(read.value) || neonFetchEndpoint !== undefined
    ? undefined
    : "has a host that is not Neon's (….neon.tech)";
};

const rights = `select current_user as name, pg_is_in_recovery() as is_replica,
    has_database_privilege(current_database(), 'create') as may_create,
    (select rolcreaterole or rolsuper from pg_roles where rolname = current_user) as may_create_roles,
    coalesce((select pg_has_role(nspowner, 'usage') from pg_namespace where nspname = 'clerk'), true) as is_owner`;

type Rights = {
  name: string;
  is_replica: boolean;
  may_create: boolean;
  may_create_roles: boolean;
  is_owner: boolean;
};

const check = async (session: Session, url: string): Promise<Outcome> => {
  const directUrl = directUrlOf(url);
  const [found] = await rowsOf<Rights>(directUrl, rights);
  if (found === undefined || found.is_replica) {
    return failed("DATABASE_URL is a replica, which may only be read.", "Use the branch's primary compute.");
  }
  if (!found.may_create || !found.is_owner) {
    return failed(`DATABASE_URL has the role ${found.name}, which is not the owner of the database.`, copyIt);
  }
  session.database = { url, directUrl, name: nameOf(url), mayCreateRoles: found.may_create_roles };
  return done(`Connected to ${session.database.name} as ${found.name}.`);
};
