import { sql } from "drizzle-orm/sql";
import type { Failure } from "../result.ts";
import { type Database, json } from "./connect.ts";

/** Rows per statement: each ends well within the deadline. */
const batchSize = 10_000;

/** Statements per run, since a Worker on the Free plan may make 50 requests. The next run deletes the rest. */
const maximumBatches = 40;

/** The cron that asks, and whether the Worker can reconcile: see `clerk.cron_1`. */
export type Cron = { pattern: string; has_key: boolean };

/** How many lines were deleted, and why not all if so. */
export type Pruned = { pruned: number; isMoreLeft?: true; failure?: Failure };

/**
 * Deletes the ledger's lines that are older than `days`. The copy does not need them: a delivery that comes again later is
 * counted from one. The first statement also takes down that the daily cron has come.
 */
export const prune = async (database: Database, days: number, cron: Cron): Promise<Pruned> => {
  let pruned = 0;
  for (let batch = 0; batch < maximumBatches; batch += 1) {
    const deleted = await database.query<{ count: number }>(
      sql`select clerk.prune_1(${days}, ${batchSize}, ${batch === 0 ? json(cron) : null}) as count`,
    );
    if (!deleted.ok) return { pruned, failure: deleted.failure };
    const count = deleted.value[0]?.count ?? 0;
    pruned += count;
    if (count < batchSize) return { pruned };
  }
  return { pruned, isMoreLeft: true };
};
