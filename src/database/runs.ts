import { type SQL, sql } from "drizzle-orm/sql";
import type { TableName } from "../entities/entity.ts";
import type { reconciliations } from "../schema.ts";
import { type Database, json } from "./connect.ts";

/** What a run keeps in the database besides the copy: which objects it missed, and its result. */

export type RunResult = Omit<typeof reconciliations.$inferSelect, "started_at" | "finished_at"> & {
  /** By the database's clock, as it writes it. */
  started_at: string;
};

/**
 * What was missed twice. `updated_at` is as the row's version has it, and 0 for a fragment, which any whole object must be
 * able to replace again; `asked_at` is when Clerk was asked last; both in milliseconds since 1970.
 */
type Due = { id: string; updated_at: number; asked_at: number; in_a_week: number };

/** How the notes of runs begin that have not read a list to its end. */
export const notes = { incomplete: "incomplete:", notOffered: "this instance does not have the list" } as const;
const unreadNotes = Object.values(notes).join("|");

type Named = { table: TableName; id: string };

const mirrored = (table: TableName): SQL => sql`clerk.${sql.identifier(table)}`;

export const runsIn = (database: Database) => ({
  /**
   * The database's clock, the instances whose deliveries and lists the copy has had, as far as they are known, and the tables
   * whose lists a run has read to the end.
   */
  begin: () =>
    database.query<{ now: string; instances: string[]; copied: TableName[] }>(sql`
      with left_behind as (delete from clerk.seen where seen_at < clock_timestamp() - interval '7 days')
      select pg_catalog.date_trunc('milliseconds', clock_timestamp())::text as now, array(
        (select distinct instance_id from (
          select instance_id from clerk.deliveries where outcome <> 'ignored' order by received_at desc limit 1000
        ) as latest where instance_id is not null)
        union
        select instance_id from clerk.reconciliations where instance_id is not null
      ) as instances, array(
        select distinct table_name from clerk.reconciliations
        where note is null or note !~ '^(${sql.raw(unreadNotes)})'
      ) as copied
    `),

  /** Keeps the lease, or takes it if the run is new and nobody has it. If another run has it, that run is returned. */
  holdLease: (runId: string, isNew: boolean) =>
    database.query<{ is_held: boolean; run_id: string; since: string }>(sql`
      with held as (
        insert into clerk.leases as l (name, run_id, since, expires_at)
        values ('reconcile', ${runId}, clock_timestamp(), clock_timestamp() + interval '10 minutes')
        on conflict (name) do update set
          run_id = excluded.run_id,
          since = case when l.run_id = excluded.run_id then l.since else excluded.since end,
          expires_at = excluded.expires_at
        where l.run_id = excluded.run_id or (${isNew} and l.expires_at < clock_timestamp())
        returning run_id
      )
      select exists (select from held) as is_held, run_id, since::text
      from (select) as one left join clerk.leases on true
    `),

  releaseLease: (runId: string) =>
    database.query(sql`update clerk.leases set expires_at = '-infinity' where run_id = ${runId}`),

  forgetSeen: (runId: string, table: TableName) =>
    database.query(sql`delete from clerk.seen where run_id = ${runId} and table_name = ${table}`),

  /** Those of some objects that the copy has, and not as deleted. */
  living: (objects: readonly Named[]) =>
    database.query<Named>(
      sql.join(
        objects.map(
          ({ table, id }) =>
            sql`select ${table} as table, id from ${mirrored(table)} where id = ${id} and deleted_at is null`,
        ),
        sql` union all `,
      ),
    ),

  /** How many objects of a table the copy has from Clerk, counted up to a limit. */
  countAlive: (table: TableName, limit: number) =>
    database.query<{ alive: number }>(sql`
      select count(*)::integer as alive
      from (select from ${mirrored(table)} where deleted_at is null and synced_at is not null limit ${limit}) as living
    `),

  payersAfter: (id: string, limit: number) =>
    database.query<{ id: string }>(sql`
      (select id from clerk.organizations where deleted_at is null and id > ${id} order by id limit ${limit})
      union all
      (select id from clerk.users where deleted_at is null and id > ${id} order by id limit ${limit})
      order by id limit ${limit}
    `),

  usersAfter: (id: string, limit: number) =>
    database.query<{ id: string }>(
      sql`select id from clerk.users where deleted_at is null and id > ${id} order by id limit ${limit}`,
    ),

  /**
   * Notes objects that Clerk does not have. One that was written since the run that missed it first is missed for the first
   * time.
   *
   * @param gone `asked_at` by Clerk's clock, in milliseconds since 1970
   */
  recordAbsences: (table: TableName, gone: readonly { id: string; asked_at: number }[], runId: string, since: string) =>
    database.query(sql`
      insert into clerk.absences as a (table_name, id, run_id, since, first_asked_at, asked_at)
      select ${table}, g.id, ${runId}, ${since}::timestamptz, g.asked_at, g.asked_at
      from (
        select id, to_timestamp(asked_at::float8 / 1000::float8) as asked_at
        from pg_catalog.jsonb_to_recordset(${json(gone)}) as x (id text, asked_at bigint)
      ) as g
      order by g.id
      on conflict (table_name, id) do update set
        run_id = excluded.run_id,
        asked_at = excluded.asked_at,
        (since, first_asked_at) = (
          select case when is_first then excluded.since else a.since end,
            case when is_first then excluded.first_asked_at else a.first_asked_at end
          from (
            select exists (select from ${mirrored(table)} as t where t.id = a.id and t.synced_at >= a.since) as is_first
          ) as found
        )
    `),

  /**
   * Some of those that Clerk, asked by two runs and 20 hours apart, did not have, and that are not deleted yet: a fault of
   * hours is over by then. Nor those of which something is known that is newer than the question: the delete would change
   * nothing. `in_a_week` is how many of the table have been deleted in seven days, with all these.
   */
  due: (table: TableName, runId: string, limit: number) =>
    database.query<Due>(sql`
      with missed as (
        select
          a.id,
          a.deleted_at as marked_at,
          case when t.version like '1%' then substr(t.version, 2, 13)::float8 else 0 end as updated_at,
          floor(extract(epoch from a.asked_at) * 1000::numeric)::float8 as asked_at,
          t.deleted_at is null and t.synced_at < a.since
            and a.run_id = ${runId} and a.asked_at >= a.first_asked_at + interval '20 hours'
            and (t.version < '1' or to_timestamp(substr(t.version, 15, 13)::float8 / 1000::float8) < a.asked_at) as is_due
        from clerk.absences as a join ${mirrored(table)} as t on t.id = a.id
        where a.table_name = ${table}
      ), counted as (
        select *, count(*) filter (where is_due or marked_at > clock_timestamp() - interval '7 days') over () as in_a_week
        from missed
      )
      select id, updated_at, asked_at, in_a_week::integer from counted where is_due order by id limit ${limit}
    `),

  markDeleted: (table: TableName, ids: readonly string[]) =>
    database.query(sql`
      update clerk.absences set deleted_at = clock_timestamp()
      where table_name = ${table} and id in (select pg_catalog.jsonb_array_elements_text(${json(ids)}))
    `),

  /** How many of those that a run has marked are deleted. */
  countDeleted: (table: TableName, runId: string) =>
    database.query<{ deleted: number }>(sql`
      select count(*)::integer as deleted from clerk.absences as a join ${mirrored(table)} as t on t.id = a.id
      where a.table_name = ${table} and a.run_id = ${runId} and a.deleted_at is not null and t.deleted_at is not null
    `),

  /**
   * Writes a table's result, and forgets the absences that this run did not meet again. Of those that were deleted in the last
   * seven days a line stays, which counts; missed again, they are missed for the first time.
   */
  finish: (result: RunResult) =>
    database.query(sql`
      with met as (
        select id, coalesce(deleted_at > clock_timestamp() - interval '7 days', false) as is_counted
        from clerk.absences
        where ${result.kind}::text = 'reconcile' and table_name = ${result.table_name} and run_id <> ${result.run_id}
      ), forgotten as (
        delete from clerk.absences
        where table_name = ${result.table_name} and id in (select id from met where not is_counted)
      ), forgiven as (
        update clerk.absences set since = '-infinity'
        where table_name = ${result.table_name} and id in (select id from met where is_counted)
      ), done as (
        delete from clerk.seen where run_id = ${result.run_id} and table_name = ${result.table_name}
      )
      insert into clerk.reconciliations as r
      select x.* from pg_catalog.jsonb_populate_record(
        null::clerk.reconciliations,
        ${json(result)}::jsonb || pg_catalog.jsonb_build_object('finished_at', clock_timestamp())
      ) as x
      on conflict (run_id, table_name) do nothing
    `),
});

export type Runs = ReturnType<typeof runsIn>;
