import type { Runs } from "../database/runs.ts";
import { type DatabaseFailure, fail, type FailureOf, ok, type Result } from "../result.ts";
import type { RunOptions } from "./state.ts";

/**
 * One run at a time notes what is absent, and deletes: of two, each would forget what the other has missed. A run that makes
 * no headway for ten minutes may lose the lease to another, and does not go on then: what it has read is older.
 */
type Held = Promise<Result<null, DatabaseFailure | FailureOf<"busy">>>;

export const takeLease = (runs: Runs, run: RunOptions): Held => hold(run, runs.takeLease);

export const keepLease = (runs: Runs, run: RunOptions): Held => hold(run, runs.keepLease);

const hold = async ({ id, kind, isDry }: RunOptions, ask: Runs["takeLease"]): Held => {
  if (kind === "backfill" || isDry) return ok(null);
  const held = await ask(id);
  if (!held.ok) return held;
  return held.value.length > 0 ? ok(null) : fail({ kind: "busy" });
};
