import { sql } from "drizzle-orm/sql";
import { errorOf, log } from "../log.ts";
import { type DatabaseFailure, type Failure, ok, type Result } from "../result.ts";
import { type Database, json } from "./connect.ts";

/** What the database knows of the copy's health: see drizzle/functions/health.sql and alert.sql. */

/** Why the copy is not healthy: what it is called, what is wrong, and what to do next. */
export type Reason = { code: string; text: string; next: string };

/** A message that is to be sent, and what it says. */
export type Alert = { text: string; codes: string[] };

/** A delivery with a valid signature. */
type Refused = { id?: string; type?: string };

export const healthIn = (database: Database) => ({
  reasons: async (instanceId: string | undefined): Promise<Result<Reason[], DatabaseFailure>> => {
    const found = await database.query<{ reasons: Reason[] }>(
      sql`select clerk.health_1(${instanceId ?? null}) as reasons`,
    );
    return found.ok ? ok(found.value[0]?.reasons ?? []) : found;
  },

  /** The alert that is due, for this caller alone. */
  alert: async (instanceId: string | undefined): Promise<Result<Alert | null, DatabaseFailure>> => {
    const found = await database.query<{ alert: Alert | null }>(
      sql`select clerk.alert_1(${instanceId ?? null}) as alert`,
    );
    return found.ok ? ok(found.value[0]?.alert ?? null) : found;
  },

  /** Takes down what became of it. */
  settle: ({ codes }: Alert, is_told: boolean) =>
    database.query(sql`select clerk.alert_1(null, ${json({ codes, is_told })})`),

  /** Takes down that a delivery was refused, whose sender is told so and may send it again. */
  refuse: async (delivery: Refused, { kind, ...details }: Failure): Promise<void> => {
    const noted = await database.query(sql`
      insert into clerk.refusals as r (id, type, error, details, first_at, last_at, attempts)
      values (
        ${delivery.id}, ${delivery.type ?? null}, ${kind}, ${json(details)}, clock_timestamp(), clock_timestamp(), 1
      )
      on conflict (id) do update set
        error = excluded.error, details = excluded.details, last_at = excluded.last_at, attempts = r.attempts + 1
    `);
    if (!noted.ok) log({ job: "refusal", ...errorOf(noted.failure) }, "error");
  },
});

/**
 * Whether a failure of a delivery is taken down: not if the database, which has to do it, is away, shutting down or overloaded.
 * Who has waited for a lock in vain (55P03) may do so for long.
 */
export const isNoted = (failure: Failure): boolean =>
  failure.kind === "unavailable"
    ? "sqlstate" in failure && failure.sqlstate === "55P03"
    : !("setting" in failure && failure.setting === "DATABASE_URL") || failure.sqlstate !== undefined;

export type Health = ReturnType<typeof healthIn>;
