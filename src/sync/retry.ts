import type { Failure } from "../result.ts";

const longestWait = 600_000;

/**
 * Milliseconds to wait before a step is tried again: as long as Clerk asks for, or longer each time. It does not depend on
 * chance, since a workflow that is played again must agree.
 *
 * @param waits how often it failed, this time included
 */
export const waitMilliseconds = (failure: Failure, waits: number): number =>
  failure.kind === "clerk_unavailable" && failure.seconds !== undefined
    ? Math.min(longestWait, failure.seconds * 1000 + 1000)
    : Math.min(longestWait, 1000 * 2 ** waits);
