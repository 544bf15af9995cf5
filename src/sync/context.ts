import { bookkeeping } from "../database/runs.ts";
import { connectToClerk } from "./clerk-api.ts";
import { connect, deadlineMilliseconds } from "../database/connect.ts";
import { prepareMerge } from "../database/merge.ts";
import { prepareObserve } from "../database/compare.ts";
import type { Context } from "./run.ts";
import type { Misconfigured, Settings } from "../settings.ts";

/** What a run works with, made of the settings. */
export const contextOf = (
  settings: Settings,
  { deadline = deadlineMilliseconds, clerkDeadline }: { deadline?: number; clerkDeadline?: number } = {},
): Context | Misconfigured => {
  if (settings.clerk === undefined) {
    return {
      kind: "misconfigured",
      setting: "CLERK_SECRET_KEY",
      reason: "is not set; set it with `npx wrangler secret put CLERK_SECRET_KEY`",
    };
  }
  const database = connect(settings.databaseUrl, settings.neonFetchEndpoint);
  const books = bookkeeping(database, deadline);
  return {
    kind: "context",
    clerk: connectToClerk({ ...settings.clerk, deadline: clerkDeadline }),
    expectedInstance: settings.instanceId,
    omitted: settings.omitted,
    pageSize: settings.pageSize,
    observe: prepareObserve(database, deadline),
    merge: prepareMerge(database, deadline),
    books,
    usersAfter: async (id, limit) => {
      const users = await books.usersAfter(id, limit);
      return users.kind === "rows" ? { kind: "users", ids: users.rows.map((row) => row.id) } : users;
    },
  };
};
