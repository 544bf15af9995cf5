import type { ReadOnly } from "../read-only.ts";

/** What depends on the copy, in the schema `clerk` and elsewhere: what an upgrade or a remedy would have to drop. */
export type Dependents = {
  /** Views, policies and functions that name columns of a table. */
  dependents: { what: string; on: string }[];
  /** Columns elsewhere that have the row type of a table. */
  rowTypes: { column: string; of: string }[];
  /** What is dropped too if a view, a function, or a column such as `users.mine` is, by way of others as well. */
  doomed: { what: string; of: string }[];
};

const catalogue = `
  with recursive here as (
    select oid from pg_catalog.pg_namespace where nspname = 'clerk'
  ),
  tables as (
    select c.* from pg_catalog.pg_class as c join here as n on n.oid = c.relnamespace
    where c.relkind = 'r' and not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
    )
  ),
  droppable as (
    select pg_catalog.quote_ident(c.relname) as of, 'pg_catalog.pg_class'::pg_catalog.regclass::oid as classid, c.oid as objid, 0 as objsubid
    from pg_catalog.pg_class as c join here as n on n.oid = c.relnamespace
    where c.relkind in ('v', 'm')
    union all
    select pg_catalog.quote_ident(t.relname) || '.' || pg_catalog.quote_ident(a.attname),
      'pg_catalog.pg_class'::pg_catalog.regclass::oid, t.oid, a.attnum
    from tables as t join pg_catalog.pg_attribute as a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    union all
    select pg_catalog.quote_ident(p.proname) || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')',
      'pg_catalog.pg_proc'::pg_catalog.regclass::oid, p.oid, 0
    from pg_catalog.pg_proc as p join here as n on n.oid = p.pronamespace
  ),
  -- What would keep it from being dropped is named. What goes without a word, such as the index of a column, may have dependents that
  -- do not. A view depends by its rule.
  depending as (
    select d.refclassid, d.refobjid, d.refobjsubid, d.deptype = 'n' as is_named,
      case when w.oid is null then d.classid else 'pg_catalog.pg_class'::pg_catalog.regclass::oid end as classid,
      case when w.oid is null then d.objid else w.ev_class end as objid,
      d.objsubid
    from pg_catalog.pg_depend as d
    left join pg_catalog.pg_rewrite as w on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and w.oid = d.objid
  ),
  gone as (
    select of, classid, objid, objsubid, false as is_named from droppable
    union
    select g.of, d.classid, d.objid, d.objsubid, d.is_named
    from gone as g join depending as d
      on d.refclassid = g.classid and d.refobjid = g.objid and (g.objsubid = 0 or d.refobjsubid = g.objsubid)
  )
  select
    (select coalesce(json_agg(distinct jsonb_build_object('what', x.what, 'on', x.on)), '[]') from (
      select pg_catalog.quote_ident(t.relname) as on, case
        when v.oid is not null then
          case v.relkind when 'm' then 'the materialized view ' else 'the view ' end || v.oid::pg_catalog.regclass::text
        when p.oid is not null then
          'the policy ' || pg_catalog.quote_ident(p.polname) || ' on ' || p.polrelid::pg_catalog.regclass::text
        else 'the ' || (pg_catalog.pg_identify_object(d.classid, d.objid, 0)).type || ' ' || d.objid::pg_catalog.regprocedure::text
      end as what
      from tables as t
      join pg_catalog.pg_depend as d
        on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = t.oid and d.refobjsubid > 0 and d.deptype = 'n'
      left join pg_catalog.pg_rewrite as w on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and w.oid = d.objid
      left join pg_catalog.pg_class as v on v.oid = w.ev_class and v.relkind in ('v', 'm')
      left join pg_catalog.pg_policy as p on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and p.oid = d.objid
      where v.oid is not null or p.oid is not null or d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    ) as x) as dependents,
    (select coalesce(json_agg(json_build_object(
      'column', c.oid::pg_catalog.regclass::text || '.' || pg_catalog.quote_ident(a.attname), 'of', pg_catalog.quote_ident(t.relname)
    ) order by c.oid, a.attnum), '[]')
      from tables as t
      join pg_catalog.pg_type as y on y.oid = t.reltype or y.typelem = t.reltype
      join pg_catalog.pg_attribute as a on a.atttypid = y.oid and a.attnum > 0 and not a.attisdropped
      join pg_catalog.pg_class as c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'm', 'f', 'c')) as "rowTypes",
    (select coalesce(json_agg(distinct jsonb_build_object('of', g.of, 'what', 'the ' || i.type || ' ' || i.identity)), '[]')
      from gone as g cross join lateral pg_catalog.pg_identify_object(g.classid, g.objid, g.objsubid) as i
      where g.is_named and not exists (
        select from droppable as x where x.of = g.of and x.classid = g.classid and x.objid = g.objid and x.objsubid in (0, g.objsubid)
      )) as doomed
`;

export const dependentsIn = async (database: ReadOnly): Promise<Dependents> => {
  const [line] = await database.query<Dependents>(catalogue);
  if (line === undefined) throw new Error("a statement without a from clause gave no row");
  return line;
};
