import type { Runs } from "../database/runs.ts";
import { type DatabaseFailure, fail, type FailureOf, ok, type Result } from "../result.ts";
import type { RunOptions } from "./state.ts";

/**
 * One run at a time notes what is absent, and deletes: of two, each would forget what the other has missed. A run that makes
 * no headway for ten minutes may lose the lease to another, and does not go on then: what it has read is older.
 *
 * @param isNew whether the run begins, and takes the lease; else it keeps it
 */
export const holdLease = async (
  runs: Runs,
  { id, kind, isDry }: RunOptions,
  isNew: boolean,
): Promise<Result<null, DatabaseFailure | FailureOf<"busy">>> => {
  if (kind === "backfill" || isDry) return ok(null);
  const held = await runs.holdLease(id, isNew);
  if (!held.ok) return held;
  const [lease] = held.value;
  return lease === undefined || lease.is_held
    ? ok(null)
    : fail({ kind: "busy", run: lease.run_id, since: lease.since });
};
