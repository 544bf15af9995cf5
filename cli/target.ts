import { isNeon, readConnectionString } from "../src/connection-string.ts";
import { connect } from "../src/database/connect.ts";
import { outboxIn, type Told } from "../src/database/outbox.ts";
import { bindingNames, type Bindings, readSettings, type Settings } from "../src/settings.ts";
import { startGateway } from "../dev/gateway.ts";
import { CommandError } from "./command-error.ts";
import { newSigningSecret, readDevVars } from "./dev-vars.ts";
import type { Lifetime } from "./lifetime.ts";
import { migrate } from "./migrate.ts";
import { orThrow } from "./or-throw.ts";

/** What a command works on. Its settings come from the environment, else from `.dev.vars`. */
export type Target = {
  settings: Settings;
  /** For a person, and for telling targets apart: a host and a database, or the folder of a local Postgres. */
  name: string;
};

/** The options that say which database a command is for. */
export const targetOptions = {
  local: { type: "boolean", default: false },
  folder: { type: "string", default: ".local" },
} as const;

export type TargetOptions = { local: boolean; folder: string };

/**
 * Opens the database that is named: that of `DATABASE_URL`, or with `--local` the Postgres of `npm run dev`.
 *
 * @param needsClerk whether the command asks Clerk's Backend API
 * @throws if none is named, or a setting is wrong, with its name
 */
export const openTarget = async (
  life: Lifetime,
  { local: isLocal, folder }: TargetOptions,
  needsClerk = false,
): Promise<Target> => {
  const bindings: Bindings = readDevVars();
  for (const name of bindingNames) {
    bindings[name] = process.env[name] || bindings[name];
    // The Worker's alone, whose address may be in wrangler.toml.
    if (name.startsWith("MIRROR_NOTIFY_")) delete bindings[name];
  }
  // Commands do not use the signing secret, so they must run without it.
  bindings.CLERK_WEBHOOK_SIGNING_SECRET ||= newSigningSecret();
  if (isLocal) {
    // Only here, since it is for development.
    const { joinLocalClerk } = await import("../dev/local-clerk.ts");
    const simulated = bindings.CLERK_SECRET_KEY ? undefined : await joinLocalClerk(folder);
    if (simulated !== undefined) {
      bindings.CLERK_SECRET_KEY = simulated.secretKey;
      bindings.CLERK_API_URL = simulated.url;
    }
    bindings.DATABASE_URL = "postgresql://postgres:postgres@127.0.0.1/postgres";
    delete bindings.NEON_FETCH_ENDPOINT;
  } else if (!bindings.DATABASE_URL?.trim()) {
    throw new CommandError(
      `DATABASE_URL is not set; set it to the connection string of the database, or give --local for the Postgres in ${folder}`,
    );
  }
  // All settings are checked before anything is started. A Postgres that is not Neon's gets a gateway.
  const own = bindings.NEON_FETCH_ENDPOINT;
  const read = readConnectionString(bindings.DATABASE_URL ?? "");
  bindings.NEON_FETCH_ENDPOINT ||= read.ok && isNeon(read.value) ? undefined : "http://127.0.0.1/sql";
  const checked = orThrow(readSettings(bindings));
  if (needsClerk && checked.clerk === undefined) {
    throw new CommandError(
      "CLERK_SECRET_KEY is not set; copy it from API keys in Clerk's dashboard to .dev.vars or the environment",
    );
  }

  if (isLocal) {
    // Only here, since it is a development dependency.
    const { joinLocalDatabase } = await import("../dev/local-database.ts");
    bindings.DATABASE_URL = (await life.start(joinLocalDatabase(folder))).connectionString;
    await migrate(bindings.DATABASE_URL);
  }
  if (own === undefined && bindings.NEON_FETCH_ENDPOINT !== undefined) {
    // PGlite has one backend.
    bindings.NEON_FETCH_ENDPOINT = (await life.start(startGateway({ connections: isLocal ? 1 : 20 }))).url;
  }
  const settings = orThrow(readSettings(bindings));
  return { settings, name: isLocal ? `the Postgres in ${folder}` : nameOf(settings.databaseUrl) };
};

/** What the Worker's app is told of, as the database knows: a change that a command makes is the app's too. */
export const toldIn = async ({ databaseUrl, neonFetchEndpoint }: Settings): Promise<Told | undefined> =>
  orThrow(await outboxIn(connect(databaseUrl, neonFetchEndpoint)).told());

/** The connection string of `DATABASE_URL`, as it is used. @throws what is wrong with it */
export const databaseUrlOf = (pasted: string | undefined, command: string): string => {
  if (!pasted?.trim()) {
    throw new CommandError(
      "DATABASE_URL is not set. Set it to the connection string of the database, for example:\n" +
        `  DATABASE_URL='postgresql://user:password@host/database?sslmode=require' npm run ${command}`,
    );
  }
  const read = readConnectionString(pasted);
  if (!read.ok) throw new CommandError(`DATABASE_URL ${read.failure}`);
  return read.value;
};

/** A connection string without its secrets: its host and database. */
export const nameOf = (connectionString: string): string => {
  const { host, pathname } = new URL(connectionString);
  return `${decodeURIComponent(pathname.slice(1))} at ${host}`;
};
