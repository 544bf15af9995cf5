import { readFileSync } from "node:fs";

/** drizzle/roles.sql as psql would run it; passwords are the roles' names. */
export const rolesSql = (): string =>
  readFileSync(new URL("../../drizzle/roles.sql", import.meta.url), "utf8")
    .replace(":worker_password", "'clerk_mirror'")
    .replace(":app_password", "'clerk_app'");

/** A connection string of one of the two roles. */
export const asRole = (url: string, role: "clerk_mirror" | "clerk_app"): string => {
  const own = new URL(url);
  own.username = role;
  own.password = role;
  return own.href;
};

/** A connection string of the Worker's role, with the rights that it has in production, and no more. */
export const asWorker = (url: string): string => asRole(url, "clerk_mirror");
