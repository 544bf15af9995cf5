import { sql } from "drizzle-orm/sql";
import { connect, type DatabaseFailure, databaseFailure, deadlineMilliseconds, withinDeadline } from "./connect.ts";
import { type Bindings, type Misconfigured, readSettings } from "../settings.ts";

/** Rows a statement: each ends well within the deadline. */
const batchSize = 10_000;

/** Statements a run: a Worker on the Free plan may ask 50 times. What is left, the next run finds. */
const maximumBatches = 40;

/**
 * Deletes the lines of the ledger that are older than `MIRROR_LEDGER_DAYS`, and logs how many they were.
 * The copy does not need them: a delivery that comes again after that is counted from one.
 */
export const prune = async (bindings: Bindings): Promise<void> => {
  const settings = readSettings(bindings);
  if (settings.kind === "misconfigured") return log({ pruned: 0 }, settings);

  const database = connect(settings.databaseUrl, settings.neonFetchEndpoint);
  let pruned = 0;
  for (let batch = 0; batch < maximumBatches; batch += 1) {
    try {
      const query = database.execute<{ count: number }>(sql`
        with pruned as (
          delete from clerk.deliveries where id in (
            select id from clerk.deliveries
            where received_at < now() - make_interval(days => ${settings.ledgerDays})
            order by received_at limit ${batchSize}
          ) returning id
        )
        select count(*)::integer as count from pruned
      `);
      const rows = await withinDeadline(query.execute(), deadlineMilliseconds);
      const count = rows[0]?.count ?? 0;
      pruned += count;
      if (count < batchSize) return log({ pruned });
    } catch (error) {
      return log({ pruned }, databaseFailure(error));
    }
  }
  return log({ pruned, isMoreLeft: true });
};

const log = (result: { pruned: number; isMoreLeft?: true }, failure?: Misconfigured | DatabaseFailure): void => {
  if (failure === undefined) return console.log(JSON.stringify({ job: "prune", ...result }));
  const { kind: error, ...details } = failure;
  console.error(JSON.stringify({ job: "prune", ...result, error, ...details }));
};
