import type { Runs } from "../database/runs.ts";
import { type DatabaseFailure, fail, type FailureOf, ok, type Result } from "../result.ts";
import type { RunOptions } from "./state.ts";

/**
 * Takes the lease of a run that deletes, or keeps it: of two at once, each would forget what the other has missed. One that
 * does not come back within half an hour loses it.
 */
export const holdLease = async (
  runs: Runs,
  { id, kind, isDry }: RunOptions,
): Promise<Result<null, DatabaseFailure | FailureOf<"busy">>> => {
  if (kind === "backfill" || isDry) return ok(null);
  const held = await runs.holdLease(id);
  if (!held.ok) return held;
  return held.value.length > 0 ? ok(null) : fail({ kind: "busy" });
};
