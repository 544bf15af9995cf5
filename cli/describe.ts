import type { Failure } from "../src/result.ts";

/** Tells a person what is wrong, and what to do if that is known. */
export const describe = (failure: Failure): string => {
  switch (failure.kind) {
    case "misconfigured":
      return `${failure.setting} ${failure.reason}`;
    case "refused":
      return `Postgres refuses the rows (SQLSTATE ${failure.sqlstate})`;
    case "unavailable":
      return `The database of DATABASE_URL does not answer as expected (${"sqlstate" in failure ? `SQLSTATE ${failure.sqlstate}` : failure.cause})`;
    case "clerk_unauthorized":
      return "Clerk refuses CLERK_SECRET_KEY; copy it from API keys in Clerk's dashboard";
    case "clerk_rejected":
      return `Clerk's Backend API refuses the request (HTTP status ${failure.status})`;
    case "clerk_unavailable":
      return failure.cause === "http_429"
        ? "Clerk's Backend API limits the rate (HTTP status 429)"
        : `Clerk's Backend API does not answer as expected (${failure.cause})`;
    case "busy":
      return `Another reconciliation, ${failure.run}, has begun at ${failure.since}. Wait until it is done, and start over with --restart; one that was killed is given up after ten minutes`;
    case "malformed":
    case "unverified":
      return failure.reason;
    case "unprocessable":
      return `${failure.field} is not as Clerk writes it`;
    case "too_large":
      return "the body is too large";
    case "internal":
      return `a bug (${failure.name})`;
  }
};
