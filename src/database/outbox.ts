import { sql } from "drizzle-orm/sql";
import type { TableName } from "../entities/entity.ts";
import { type DatabaseFailure, ok, type Result } from "../result.ts";
import type { outbox } from "../schema.ts";
import { type Database, json } from "./connect.ts";
import type { Change } from "./change.ts";

/** Changes that wait for the app: see docs/outbox.md. `clerk.merge_1` writes them, and `clerk.outbox_1` hands them over. */

type Line = typeof outbox.$inferSelect;

/** What the app is told of. */
export type Told = { tables: readonly TableName[]; isBackfillTold: boolean };

/**
 * What brings changes. With `since`, when a run began by the database's clock and as it writes it, what is new to the copy but
 * not to Clerk is not told, unless a setting says so.
 */
export type Cause = { source: Line["source"]; since?: string };

/** The parameter `notify` of `clerk.merge_1`; null if there is no app. */
export const notifyOf = (told: Told | undefined, cause: Cause) =>
  told === undefined
    ? null
    : {
        source: cause.source,
        tables: told.tables,
        since: told.isBackfillTold ? null : (cause.since ?? null),
      };

/** What became of a change that was handed over; `failure` is null if the app has taken it. */
export type Settled = Pick<Change, "table" | "id" | "kind" | "generation" | "attempt"> & { failure: string | null };

export const outboxIn = (database: Database) => ({
  /**
   * Takes down what became of the changes that were handed over before, and gives at most so many others that are due.
   *
   * @param cron the pattern of the cron that asks, for the first time: that it has come is taken down too
   */
  exchange: async (
    settled: readonly Settled[],
    most: number,
    { tables, isBackfillTold }: Told,
    cron?: string,
  ): Promise<Result<Change[], DatabaseFailure>> => {
    const app = { tables, is_backfill_told: isBackfillTold, cron };
    const answer = await database.query<{ given: Change[] }>(
      sql`select clerk.outbox_1(${json(settled)}, ${most}, ${json(app)}) as given`,
    );
    return answer.ok ? ok(answer.value[0]?.given ?? []) : answer;
  },

  /** What the Worker's app was last told of; undefined if it has none. */
  told: async (): Promise<Result<Told | undefined, DatabaseFailure>> => {
    const found = await database.query<Told>(sql`select tables, is_backfill_told as "isBackfillTold" from clerk.apps`);
    return found.ok ? ok(found.value[0]) : found;
  },

  /** The Worker has no app any more. */
  forget: () => database.query(sql`delete from clerk.apps`),
});

export type Outbox = ReturnType<typeof outboxIn>;
