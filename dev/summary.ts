import { styleText } from "node:util";
import type { StartedClerk } from "./local-clerk.ts";

export type Summary = {
  /** Where the page is; null if there is none. */
  page: string | null;
  /** Of the local Postgres; undefined if the owner has another. */
  databaseUrl: string | undefined;
  port: number;
  clerk: StartedClerk | undefined;
  /** Whether .dev.vars has a key for Clerk's Backend API. */
  hasKey: boolean;
};

/** What is printed when everything answers: one address to open, and what there is besides. */
export const summaryOf = ({ page, databaseUrl, port, clerk, hasKey }: Summary): string => {
  const users = clerk?.instance.users.size;
  const key = clerk === undefined ? (hasKey ? "CLERK_SECRET_KEY of .dev.vars" : "no key") : undefined;
  const url = port === 8787 ? "" : ` --url http://localhost:${port}/api/webhook`;
  return [
    "",
    styleText(
      "bold",
      `Console   ${page ?? `npm run console${databaseUrl === undefined ? "" : " -- --local"}, in another terminal`}`,
    ),
    "",
    `Postgres  ${databaseUrl ?? "DATABASE_URL of .dev.vars"}`,
    `Worker    http://localhost:${port}/api/webhook`,
    `Clerk     ${key ?? `${clerk?.url}, simulated, with ${users} users; its key is ${clerk?.secretKey}`}`,
    "",
    "In another terminal:",
    ...(databaseUrl === undefined
      ? []
      : ["  npm run status -- --local", `  DATABASE_URL=${databaseUrl} npm run db:studio`]),
    ...(clerk === undefined
      ? [`  npm run trigger -- user.created --id user_1${url}`]
      : [
          "  npm run backfill -- --local",
          "  npm run trigger -- --help    # events that the simulated Clerk does not know of",
        ]),
    "",
    "Ctrl-C stops everything.",
    "",
  ].join("\n");
};
