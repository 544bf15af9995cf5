import type { ClerkFailure } from "./sync/clerk-api.ts";
import type { DatabaseFailure } from "./database/connect.ts";
import type { Misconfigured } from "./settings.ts";

/** What Clerk, Postgres or the settings did not do. */
export type Failure = ClerkFailure | DatabaseFailure | Misconfigured;

/** Whether the same may succeed later. */
export const isTransient = ({ kind }: Failure): boolean => kind === "wait" || kind === "unavailable";

/** Says it to a person. It holds no object's data and no secret. */
export const describe = (failure: Failure): string => {
  switch (failure.kind) {
    case "misconfigured":
      return `${failure.setting} ${failure.reason}`;
    case "unauthorized":
      return "CLERK_SECRET_KEY is refused by Clerk; copy it from API keys in Clerk's dashboard";
    case "rejected":
      return `Clerk's Backend API refuses the request (HTTP status ${failure.status})`;
    case "wait":
      return failure.cause === "http_429"
        ? "Clerk's Backend API is asked too often (HTTP status 429)"
        : `Clerk's Backend API does not answer as it should (${failure.cause})`;
    case "refused":
      return `Postgres refuses the rows (SQLSTATE ${failure.sqlstate})`;
    case "unavailable":
      return `The Postgres of DATABASE_URL does not answer as it should (${"sqlstate" in failure ? `SQLSTATE ${failure.sqlstate}` : failure.cause})`;
  }
};

const longestWaitMilliseconds = 600_000;

/**
 * As long as Clerk asks for, or longer each time. There is no chance in it: a workflow that is played again must agree.
 *
 * @param waits how often it failed, with this time
 */
export const waitMilliseconds = (failure: Failure, waits: number): number =>
  failure.kind === "wait" && failure.seconds !== undefined
    ? Math.min(longestWaitMilliseconds, failure.seconds * 1000 + 1000)
    : Math.min(longestWaitMilliseconds, 1000 * 2 ** waits);
