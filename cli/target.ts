import { bindingNames, type Bindings, readSettings, type Settings } from "../src/settings.ts";
import { newSigningSecret, readDevVars } from "./dev-vars.ts";
import { startGateway } from "../dev/gateway.ts";
import type { Lifetime } from "./lifetime.ts";
import { migrate } from "./migrate.ts";
import { orThrow } from "./or-throw.ts";

/** What a command works on: settings from the environment, else from `.dev.vars`, else the local Postgres. */
export type Target = {
  settings: Settings;
  databaseUrl: string;
  /** Whether it is the local Postgres, whose address differs each time. */
  isLocal: boolean;
};

/**
 * @param folder where the local Postgres is kept
 * @param needsClerk whether the command asks Clerk's Backend API
 * @throws if a setting is wrong, with its name
 */
export const openTarget = async (life: Lifetime, folder: string, needsClerk = false): Promise<Target> => {
  const bindings: Bindings = readDevVars();
  for (const name of bindingNames) bindings[name] = process.env[name] || bindings[name];
  // Commands do not use the signing secret, so they must run without it.
  bindings.CLERK_WEBHOOK_SIGNING_SECRET ||= newSigningSecret();
  const isLocal = !bindings.DATABASE_URL;
  // Check the settings before anything is started.
  const checked = orThrow(
    readSettings({ ...bindings, DATABASE_URL: bindings.DATABASE_URL || "postgresql://a:b@127.0.0.1/c" }),
  );
  if (needsClerk && checked.clerk === undefined) {
    throw new Error(
      "CLERK_SECRET_KEY is not set; copy it from API keys in Clerk's dashboard to .dev.vars or the environment",
    );
  }

  if (isLocal) {
    // Only here, since it is a development dependency.
    const { startLocalDatabase } = await import("../dev/local-database.ts");
    bindings.DATABASE_URL = (await life.start(startLocalDatabase(folder))).connectionString;
    await migrate(bindings.DATABASE_URL);
  }
  const databaseUrl = bindings.DATABASE_URL ?? "";
  if (!bindings.NEON_FETCH_ENDPOINT && !new URL(databaseUrl).hostname.endsWith(".neon.tech")) {
    // PGlite has one backend.
    bindings.NEON_FETCH_ENDPOINT = (await life.start(startGateway({ connections: isLocal ? 1 : 20 }))).url;
  }
  return { settings: orThrow(readSettings(bindings)), databaseUrl, isLocal };
};
