import type { Reason } from "../../src/database/health.ts";
import type { ReadOnly } from "../read-only.ts";
import { checkSchema, schemaReason } from "../schema-check/check.ts";
import type { Findings } from "../schema-check/findings.ts";
import type { Chart, Health, Ledger, Outbox, Reconciliations, TableSizes } from "./protocol.ts";

/** What `npm run status` and the console show of a database. All of it is read, and no row of a person is. */

/** A time as milliseconds since 1970, which JSON has no other form for. */
const ms = (expression: string): string => `(extract(epoch from ${expression}) * 1000)::float8`;

const lag = (quantile: number): string =>
  `percentile_cont(${quantile}) within group (order by ${ms("received_at - occurred_at")})`;

export const healthIn = async (database: ReadOnly, instanceId: string | undefined): Promise<Health> => {
  const wrong = schemaReason(await schemaIn(database));
  const found = database.query<{ reasons: Reason[] }>("select clerk.health_1($1) as reasons", [instanceId ?? null]);
  // Of a schema that lacks what the function needs, that alone is the reason.
  const [line] = await (wrong === undefined ? found : found.catch(() => []));
  const reasons = [...(wrong === undefined ? [] : [wrong]), ...(line?.reasons ?? [])];
  return { isHealthy: reasons.length === 0, reasons, checkedAt: Date.now() };
};

/** Once in a minute, however often the console asks: it takes a statement over the whole catalogue. */
const schemaIn = (database: ReadOnly): Promise<Findings> => {
  const known = checked.get(database);
  if (known !== undefined && Date.now() - known.at < 60_000) return known.findings;
  const findings = checkSchema(database);
  checked.set(database, { at: Date.now(), findings });
  findings.catch(() => checked.delete(database));
  return findings;
};

const checked = new WeakMap<ReadOnly, { at: number; findings: Promise<Findings> }>();

export const ledgerIn = async (database: ReadOnly): Promise<Ledger> => {
  const [line] = await database.query<Ledger>(`
    with day as materialized (
      select type, outcome, occurred_at, received_at from clerk.deliveries
      where received_at > now() - interval '24 hours'
    )
    select
      (select count(*)::float8 from day) as total,
      (select ${ms("max(received_at)")} from clerk.deliveries where type <> 'mirror.smoke') as "lastAt",
      (
        select coalesce(json_agg(o order by o.deliveries desc), '[]') from (
          select outcome, count(*) as deliveries from day group by outcome
        ) as o
      ) as outcomes,
      (
        select json_build_object('median', ${lag(0.5)}, 'p95', ${lag(0.95)}, 'p99', ${lag(0.99)},
          'longest', max(${ms("received_at - occurred_at")}))
        from day where received_at > now() - interval '1 hour' and occurred_at is not null having count(*) > 0
      ) as lag,
      (
        select coalesce(json_agg(t order by t.deliveries desc, t.type), '[]') from (
          select type, count(*) as deliveries,
            count(*) filter (where outcome = 'applied') as applied,
            count(*) filter (where outcome = 'stale') as stale,
            count(*) filter (where outcome = 'ignored') as ignored,
            coalesce(${lag(0.5)}, 0) as "medianLag"
          from day group by type
        ) as t
      ) as types,
      (
        select coalesce(json_agg(r order by r."lastAt" desc), '[]') from (
          select id, type, concat_ws(' ', error, details ->> 'sqlstate', details ->> 'field', details ->> 'setting') as reason,
            ${ms("last_at")} as "lastAt", attempts
          from clerk.refusals as r
          where last_at > now() - interval '2 days' and not exists (select from clerk.deliveries as d where d.id = r.id)
          order by last_at desc limit 20
        ) as r
      ) as refused
  `);
  return line ?? { total: 0, lastAt: null, outcomes: [], lag: null, types: [], refused: [] };
};

/** The last 24 hours, ten minutes at a time. The newest slot is not over: its rate is that of what has passed of it. */
export const chartIn = async (database: ReadOnly): Promise<Chart> => {
  const lines = await database.query<{ at: number; perMinute: number; lag: number | null }>(`
    select ${ms("slot")} as at, ${lag(0.5)} as lag,
      count(d.received_at) / greatest(1, ${ms("least(slot + interval '10 minutes', now()) - slot")} / 60000) as "perMinute"
    from generate_series(
      date_bin('10 minutes', now() - interval '24 hours', 'epoch'), now(), interval '10 minutes'
    ) as slot
    left join clerk.deliveries as d on d.received_at >= slot and d.received_at < slot + interval '10 minutes'
    group by slot order by slot
  `);
  return {
    at: lines.map(({ at }) => at),
    perMinute: lines.map(({ perMinute }) => perMinute),
    lag: lines.map((line) => line.lag),
  };
};

/** Rows of small tables are counted, by the one function that runs a statement in a query; of large ones Postgres estimates them. */
export const tablesIn = (database: ReadOnly): Promise<TableSizes> =>
  database.query(`
    select relname as table, pg_total_relation_size(oid)::float8 as bytes, case
      when pg_relation_size(oid) < 64e6 then (xpath(
        '/row/rows/text()', query_to_xml(format('select count(*) as rows from clerk.%I', relname), false, true, '')
      ))[1]::text::float8
      else greatest(reltuples, 0)::float8
    end as rows
    from pg_class where relnamespace = 'clerk'::regnamespace and relkind = 'r' and relname <> 'migrations'
    order by pg_total_relation_size(oid) desc, relname
  `);

export const reconciliationsIn = (database: ReadOnly): Promise<Reconciliations> =>
  database.query(`
    select run_id as run, kind, ${ms("min(started_at)")} as "startedAt", ${ms("max(finished_at)")} as "finishedAt",
      json_agg(json_build_object('table', table_name, 'checked', checked, 'missing', missing, 'stale', stale,
        'extra', extra, 'repaired', repaired, 'restored', restored, 'held', held, 'erasedHere', erased_here, 'note', note)
        order by finished_at) as tables
    from clerk.reconciliations group by run_id, kind order by max(finished_at) desc limit 5
  `);

export const outboxIn = async (database: Pick<ReadOnly, "query">): Promise<Outbox> => {
  const [line] = await database.query<Outbox>(`
    select exists (select from clerk.apps) as "isBound",
      coalesce((select tables from clerk.apps limit 1), '[]') as tables,
      count(*)::float8 as waiting,
      ${ms("min(first_at)")} as "oldestAt",
      (
        select coalesce(json_agg(o order by o."firstAt"), '[]') from (
          select table_name as table, id, kind, source, ${ms("first_at")} as "firstAt", attempts, ${ms("due_at")} as "dueAt",
            failure
          from clerk.outbox order by first_at limit 20
        ) as o
      ) as changes
    from clerk.outbox
  `);
  return line ?? { isBound: false, tables: [], waiting: 0, oldestAt: null, changes: [] };
};
