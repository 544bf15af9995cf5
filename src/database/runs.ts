import { type SQL, sql } from "drizzle-orm/sql";
import type { TableName } from "../entities/entity.ts";
import type { reconciliations } from "../schema.ts";
import { type Database, json } from "./connect.ts";

/** What a run keeps in the database besides the copy: which objects it missed, and its result. */

export type RunResult = Omit<typeof reconciliations.$inferSelect, "started_at" | "finished_at"> & {
  /** By the database's clock, as it writes it. */
  started_at: string;
};

const mirrored = (table: TableName): SQL => sql`clerk.${sql.identifier(table)}`;

export const runsIn = (database: Database) => ({
  /** The database's clock, and the instances whose deliveries and lists the copy has had, as far as they are known. */
  begin: () =>
    database.query<{ now: string; instances: string[] }>(sql`
      select date_trunc('milliseconds', clock_timestamp())::text as now, array(
        (select distinct instance_id from (
          select instance_id from clerk.deliveries where outcome <> 'ignored' order by received_at desc limit 1000
        ) as latest where instance_id is not null)
        union
        select instance_id from clerk.reconciliations where instance_id is not null
      ) as instances
    `),

  /** How many objects of a table the copy has from Clerk, counted up to a limit. */
  countAlive: (table: TableName, limit: number) =>
    database.query<{ alive: number }>(sql`
      select count(*)::integer as alive
      from (select from ${mirrored(table)} where deleted_at is null and synced_at is not null limit ${limit}) as living
    `),

  usersAfter: (id: string, limit: number) =>
    database.query<{ id: string }>(
      sql`select id from clerk.users where deleted_at is null and id > ${id} order by id limit ${limit}`,
    ),

  /**
   * Notes objects that Clerk answered with 404. One that was written since the run that missed it first is missed for the
   * first time.
   */
  recordAbsences: (table: TableName, ids: readonly string[], runId: string, since: string) =>
    database.query(sql`
      insert into clerk.absences as a (table_name, id, run_id, since)
      select ${table}, id, ${runId}, ${since}::timestamptz from jsonb_array_elements_text(${json(ids)}) as id
      order by id
      on conflict (table_name, id) do update set run_id = excluded.run_id, since = case
        when exists (select from ${mirrored(table)} as t where t.id = a.id and t.synced_at >= a.since) then excluded.since
        else a.since
      end
    `),

  /** Some of those that an earlier run missed too, and that are not deleted yet. */
  due: (table: TableName, runId: string, since: string, limit: number) =>
    database.query<{ id: string }>(sql`
      select t.id from clerk.absences as a join ${mirrored(table)} as t on t.id = a.id
      where a.table_name = ${table} and a.run_id = ${runId} and a.since < ${since}::timestamptz
        and t.deleted_at is null and t.synced_at < a.since
      order by t.id limit ${limit}
    `),

  /** How many of those are deleted now. */
  countDeleted: (table: TableName, runId: string, since: string) =>
    database.query<{ deleted: number }>(sql`
      select count(*)::integer as deleted from clerk.absences as a join ${mirrored(table)} as t on t.id = a.id
      where a.table_name = ${table} and a.run_id = ${runId} and a.since < ${since}::timestamptz
        and t.deleted_at is not null
    `),

  /** Writes a table's result, and forgets the absences that this run did not meet again. */
  finish: (result: RunResult) =>
    database.query(sql`
      with forgotten as (
        delete from clerk.absences
        where ${result.kind} = 'reconcile' and table_name = ${result.table_name} and run_id <> ${result.run_id}
      )
      insert into clerk.reconciliations as r
      select x.* from jsonb_populate_record(
        null::clerk.reconciliations,
        ${json(result)}::jsonb || jsonb_build_object('finished_at', clock_timestamp())
      ) as x
      on conflict (run_id, table_name) do nothing
    `),
});

export type Runs = ReturnType<typeof runsIn>;
