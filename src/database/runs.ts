import { type SQL, sql } from "drizzle-orm/sql";
import { type Database, type DatabaseFailure, databaseFailure, type RowsOf, withinDeadline } from "./connect.ts";
import type { ReadRows } from "../sync/ensure.ts";
import type { TableName } from "../entities/entity.ts";
import type { reconciliations } from "../schema.ts";

/** What a run writes down besides the copy: who was missed, and what became of it. */

export type Result = Omit<typeof reconciliations.$inferSelect, "started_at" | "finished_at"> & {
  /** By the database's clock, as it writes it. */
  started_at: string;
};

type Rows<Row extends Record<string, unknown>> = { kind: "rows"; rows: RowsOf<Row> } | DatabaseFailure;

const run = async <Row extends Record<string, unknown>>(
  database: Database,
  deadline: number,
  query: SQL,
): Promise<Rows<Row>> => {
  try {
    return { kind: "rows", rows: await withinDeadline(database.execute<Row>(query).execute(), deadline) };
  } catch (error) {
    return databaseFailure(error);
  }
};

const mirrored = (table: TableName): SQL => sql`clerk.${sql.identifier(table)}`;

/** @param deadline milliseconds that the database may take */
export const bookkeeping = (database: Database, deadline: number) => ({
  /** The database's clock, and the instances whose deliveries and lists the copy has had, as far as they are known. */
  begin: () =>
    run<{ now: string; instances: string[] }>(
      database,
      deadline,
      sql`
        select date_trunc('milliseconds', clock_timestamp())::text as now, array(
          (select distinct instance_id from (
            select instance_id from clerk.deliveries where outcome <> 'ignored' order by received_at desc limit 1000
          ) as latest where instance_id is not null)
          union
          select instance_id from clerk.reconciliations where instance_id is not null
        ) as instances
      `,
    ),

  /** A row as JSON, with its times in ISO 8601, and whether it is of a whole object: see `versionOf`. */
  row: <Table extends keyof ReadRows>(table: Table, id: string) =>
    run<{ row: ReadRows[Table]; is_whole: boolean }>(
      database,
      deadline,
      sql`select to_jsonb(t) - 'version' as row, version like '1%' as is_whole from ${mirrored(table)} as t where id = ${id}`,
    ),

  /** How many objects of a table the copy has, as Clerk's, counted up to a limit. */
  countAlive: (table: TableName, limit: number) =>
    run<{ alive: number }>(
      database,
      deadline,
      sql`
        select count(*)::integer as alive
        from (select from ${mirrored(table)} where deleted_at is null and synced_at is not null limit ${limit}) as living
      `,
    ),

  usersAfter: (id: string, limit: number) =>
    run<{ id: string }>(
      database,
      deadline,
      sql`select id from clerk.users where deleted_at is null and id > ${id} order by id limit ${limit}`,
    ),

  /**
   * Writes down objects that Clerk answered with 404. One that was written since the run which missed it first is
   * missed for the first time.
   */
  recordAbsences: (table: TableName, ids: readonly string[], runId: string, since: string) =>
    run(
      database,
      deadline,
      sql`
        insert into clerk.absences as a (table_name, id, run_id, since)
        select ${table}, id, ${runId}, ${since}::timestamptz from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) as id
        order by id
        on conflict (table_name, id) do update set run_id = excluded.run_id, since = case
          when exists (select from ${mirrored(table)} as t where t.id = a.id and t.synced_at >= a.since) then excluded.since
          else a.since
        end
      `,
    ),

  /** Some of those that an earlier run has missed as well, and that are not deleted yet. */
  due: (table: TableName, runId: string, since: string, limit: number) =>
    run<{ id: string }>(
      database,
      deadline,
      sql`
        select t.id from clerk.absences as a join ${mirrored(table)} as t on t.id = a.id
        where a.table_name = ${table} and a.run_id = ${runId} and a.since < ${since}::timestamptz
          and t.deleted_at is null and t.synced_at < a.since
        order by t.id limit ${limit}
      `,
    ),

  /** How many of those are deleted now. */
  countDeleted: (table: TableName, runId: string, since: string) =>
    run<{ deleted: number }>(
      database,
      deadline,
      sql`
        select count(*)::integer as deleted from clerk.absences as a join ${mirrored(table)} as t on t.id = a.id
        where a.table_name = ${table} and a.run_id = ${runId} and a.since < ${since}::timestamptz
          and t.deleted_at is not null
      `,
    ),

  /** Writes a table's result, and forgets those that were not missed again. */
  finish: (result: Result) =>
    run(
      database,
      deadline,
      sql`
        with forgotten as (
          delete from clerk.absences
          where ${result.kind} = 'reconcile' and table_name = ${result.table_name} and run_id <> ${result.run_id}
        )
        insert into clerk.reconciliations as r
        select x.* from jsonb_populate_record(
          null::clerk.reconciliations,
          ${JSON.stringify(result)}::jsonb || jsonb_build_object('finished_at', clock_timestamp())
        ) as x
        on conflict (run_id, table_name) do nothing
      `,
    ),
});

export type Bookkeeping = ReturnType<typeof bookkeeping>;
