import { readFileSync } from "node:fs";

/** drizzle/roles.sql as psql would run it; passwords are the roles' names. */
export const rolesSql = (): string =>
  readFileSync(new URL("../../drizzle/roles.sql", import.meta.url), "utf8")
    .replace(":worker_password;", "'clerk_mirror';")
    .replace(":app_password;", "'clerk_app';")
    .replace(":app_owner_password;", "'clerk_app_owner';");

export type Role = "clerk_mirror" | "clerk_app" | "clerk_app_owner";

/** A connection string of one of the roles. */
export const asRole = (url: string, role: Role): string => {
  const own = new URL(url);
  own.username = role;
  own.password = role;
  return own.href;
};

/** A connection string of the Worker's role, with the rights that it has in production, and no more. */
export const asWorker = (url: string): string => asRole(url, "clerk_mirror");
