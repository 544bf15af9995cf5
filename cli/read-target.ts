import { existsSync } from "node:fs";
import { CommandError } from "./command-error.ts";
import { readDevVars } from "./dev-vars.ts";
import type { Lifetime } from "./lifetime.ts";
import { databaseUrlOf, nameOf } from "./target.ts";

/** The options of a command that only reads: which database it is for. */
export const readTargetOptions = {
  "database-url": { type: "string" },
  local: { type: "boolean", default: false },
  folder: { type: "string", default: ".local" },
} as const;

type Options = { "database-url"?: string | undefined; local: boolean; folder: string };

export type ReadTarget = { databaseUrl: string; name: string; instanceId: string | undefined };

/** Finds the database, without a word to it. @throws if none is named, or the connection string is wrong */
export const readTarget = async (life: Lifetime, options: Options, command: string): Promise<ReadTarget> => {
  const vars = readDevVars();
  const instanceId = (process.env.CLERK_INSTANCE_ID || vars.CLERK_INSTANCE_ID)?.trim() || undefined;
  if (options.local) {
    // Only here, since it is a development dependency.
    const { joinLocalDatabase } = await import("../dev/local-database.ts");
    if (!existsSync(options.folder)) {
      throw new CommandError(`There is no local Postgres in ${options.folder} yet. Start one with \`npm run dev\`.`);
    }
    const { connectionString } = await life.start(joinLocalDatabase(options.folder));
    return { databaseUrl: connectionString, name: `the Postgres in ${options.folder}`, instanceId };
  }
  const databaseUrl = databaseUrlOf(options["database-url"] || process.env.DATABASE_URL || vars.DATABASE_URL, command);
  return { databaseUrl, name: nameOf(databaseUrl), instanceId };
};
