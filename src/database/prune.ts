import { sql } from "drizzle-orm/sql";
import type { Failure } from "../result.ts";
import type { Database } from "./connect.ts";

/** Rows per statement: each ends well within the deadline. */
const batchSize = 10_000;

/** Statements per run, since a Worker on the Free plan may make 50 requests. The next run deletes the rest. */
const maximumBatches = 40;

/** How many lines were deleted, and why not all if so. */
export type Pruned = { pruned: number; isMoreLeft?: true; failure?: Failure };

/**
 * Deletes the ledger's lines that are older than `days`. The copy does not need them: a delivery that comes again later is
 * counted from one.
 */
export const prune = async (database: Database, days: number): Promise<Pruned> => {
  let pruned = 0;
  for (let batch = 0; batch < maximumBatches; batch += 1) {
    const deleted = await database.query<{ count: number }>(sql`
      with refusals as (
        delete from clerk.refusals where last_at < now() - make_interval(days => ${days})
      ), pruned as (
        delete from clerk.deliveries where id in (
          select id from clerk.deliveries
          where received_at < now() - make_interval(days => ${days})
          -- Clerk's last one stays, so that it is known when it came.
          and received_at < (
            select received_at from clerk.deliveries where type <> 'mirror.smoke' order by received_at desc limit 1
          )
          order by received_at limit ${batchSize}
        ) returning id
      )
      select count(*)::integer as count from pruned
    `);
    if (!deleted.ok) return { pruned, failure: deleted.failure };
    const count = deleted.value[0]?.count ?? 0;
    pruned += count;
    if (count < batchSize) return { pruned };
  }
  return { pruned, isMoreLeft: true };
};
