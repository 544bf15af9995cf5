import type { ReadOnly } from "../read-only.ts";
import { type Rights, rightsIn } from "./actual-rights.ts";
import { type Column, mannerOf } from "./expected.ts";

/** What a database has in the schema `clerk`. Only Postgres's catalogue is read, which every role may. */

export type ActualTable = {
  name: string;
  owner: string;
  columns: (Column & { isGenerated: boolean })[];
  key: string[];
  indexes: { name: string; definition: string; isUnique: boolean; isValid: boolean }[];
  /** Row-level security, and the roles that a policy lets see and write every row. */
  hasRowSecurity: boolean;
  unlimited: string[];
  /** Policies that hide rows from the Worker or the functions, whatever else lets them see these. */
  restrictive: string[];
  /** Whether it outlives a crash. */
  isLogged: boolean;
  rules: string[];
  /** Tables that inherit from it, with their schema. */
  heirs: string[];
  triggers: string[];
  /** Foreign keys, checks and the like: names with definitions. */
  constraints: string[];
};

export type ActualRoutine = {
  signature: string;
  body: string;
  manner: string;
  owner: string;
  /** Who may call it, besides its owner. `public` is everybody. */
  callers: string[];
};

export type ActualView = {
  name: string;
  owner: string;
  /** Its query, in Postgres's words. */
  definition: string;
  isMaterialized: boolean;
  /** Whether it has the rights of the role that asks. */
  isInvoker: boolean;
  rules: string[];
};

export type Actual = Rights & {
  /** Of the schema; null if there is none. */
  owner: string | null;
  /** When its newest migration was made; null if it has no journal. */
  migratedAt: number | null;
  tables: ActualTable[];
  sequences: { name: string; owner: string }[];
  views: ActualView[];
  routines: ActualRoutine[];
  /** Extensions that have parts in the schema. Their functions, tables and so on are not in the lists above. */
  extensions: { name: string; parts: number }[];
  /** Views, policies and functions that name columns of a table. */
  dependents: { what: string; on: string }[];
  /** Columns elsewhere that have the row type of a table. */
  rowTypes: { column: string; of: string }[];
};

const catalogue = `
  with parts as (
    select d.classid, d.objid, d.objsubid, d.refobjid as extension from pg_catalog.pg_depend as d
    where d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.deptype = 'e'
  ),
  relations as (
    select c.* from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'clerk'
      and not exists (select from parts as p where p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and p.objid = c.oid)
  ),
  tables as (select * from relations where relkind = 'r'),
  -- Who reads or writes as themselves, and is not above policies.
  subject as (
    select t.oid as of, r.oid as role from tables as t join pg_catalog.pg_roles as r
      on r.rolname = 'clerk_mirror' or r.oid = t.relowner and t.relforcerowsecurity
    where not r.rolsuper and not r.rolbypassrls
  )
  select
    (select pg_catalog.pg_get_userbyid(nspowner) from pg_catalog.pg_namespace where nspname = 'clerk') as owner,
    pg_catalog.to_regclass('clerk.migrations') is not null as "hasJournal",
    (select coalesce(json_agg(json_build_object(
      'name', t.relname,
      'owner', pg_catalog.pg_get_userbyid(t.relowner),
      'hasRowSecurity', t.relrowsecurity,
      'columns', (
        select coalesce(json_agg(json_build_object(
          'name', a.attname,
          'type', pg_catalog.format_type(a.atttypid, a.atttypmod) || case
            when a.attcollation <> y.typcollation then ' collate "' || l.collname || '"' else '' end,
          'isNotNull', a.attnotnull,
          'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
          'isGenerated', a.attgenerated <> ''
        ) order by a.attnum), '[]')
        from pg_catalog.pg_attribute as a
        join pg_catalog.pg_type as y on y.oid = a.atttypid
        left join pg_catalog.pg_collation as l on l.oid = a.attcollation
        left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      ),
      'key', (
        select coalesce(json_agg(a.attname order by pg_catalog.array_position(k.conkey, a.attnum)), '[]')
        from pg_catalog.pg_constraint as k
        join pg_catalog.pg_attribute as a on a.attrelid = t.oid and a.attnum = any (k.conkey)
        where k.conrelid = t.oid and k.contype = 'p'
      ),
      'indexes', (
        select coalesce(json_agg(json_build_object(
          'name', c.relname, 'definition', pg_catalog.pg_get_indexdef(i.indexrelid),
          'isUnique', i.indisunique, 'isValid', i.indisvalid
        ) order by c.relname), '[]')
        from pg_catalog.pg_index as i join pg_catalog.pg_class as c on c.oid = i.indexrelid
        where i.indrelid = t.oid and not i.indisprimary
      ),
      'unlimited', (
        select coalesce(json_agg(distinct r.rolname), '[]')
        from pg_catalog.pg_policy as p join pg_catalog.pg_roles as r on r.oid = any (p.polroles)
        where p.polrelid = t.oid and p.polpermissive and p.polcmd = '*'
          and pg_catalog.pg_get_expr(p.polqual, t.oid) = 'true'
          and coalesce(pg_catalog.pg_get_expr(p.polwithcheck, t.oid), 'true') = 'true'
      ),
      'restrictive', (
        select coalesce(json_agg(pg_catalog.quote_ident(p.polname) order by p.polname), '[]') from pg_catalog.pg_policy as p
        where p.polrelid = t.oid and not p.polpermissive
          and (
            coalesce(pg_catalog.pg_get_expr(p.polqual, t.oid), 'true') <> 'true'
            or coalesce(pg_catalog.pg_get_expr(p.polwithcheck, t.oid), 'true') <> 'true'
          )
          and exists (
            select from subject as s cross join lateral pg_catalog.unnest(p.polroles) as x(role)
            where s.of = t.oid and case x.role when 0 then true else pg_catalog.pg_has_role(s.role, x.role, 'usage') end
          )
      ),
      'isLogged', t.relpersistence = 'p',
      'rules', (
        select coalesce(json_agg(pg_catalog.quote_ident(w.rulename) order by w.rulename), '[]') from pg_catalog.pg_rewrite as w
        where w.ev_class = t.oid
      ),
      'heirs', (
        select coalesce(json_agg(i.inhrelid::pg_catalog.regclass::text order by 1), '[]') from pg_catalog.pg_inherits as i
        where i.inhparent = t.oid
      ),
      'triggers', (
        select coalesce(json_agg(g.tgname order by g.tgname), '[]') from pg_catalog.pg_trigger as g
        where g.tgrelid = t.oid and not g.tgisinternal
      ),
      'constraints', (
        select coalesce(json_agg(k.conname || ' ' || pg_catalog.pg_get_constraintdef(k.oid) order by k.conname), '[]')
        from pg_catalog.pg_constraint as k where k.conrelid = t.oid and k.contype in ('f', 'u', 'c', 'x')
      )
    ) order by t.relname), '[]') from tables as t) as tables,
    (select coalesce(json_agg(json_build_object(
      'name', c.relname, 'owner', pg_catalog.pg_get_userbyid(c.relowner)
    ) order by c.relname), '[]') from relations as c where c.relkind = 'S') as sequences,
    (select coalesce(json_agg(json_build_object(
      'name', c.relname,
      'owner', pg_catalog.pg_get_userbyid(c.relowner),
      'definition', pg_catalog.pg_get_viewdef(c.oid),
      'isMaterialized', c.relkind = 'm',
      'isInvoker', exists (
        select from pg_catalog.pg_options_to_table(c.reloptions) as o
        where o.option_name = 'security_invoker' and o.option_value::boolean
      ),
      'rules', (
        select coalesce(json_agg(pg_catalog.quote_ident(w.rulename) order by w.rulename), '[]') from pg_catalog.pg_rewrite as w
        where w.ev_class = c.oid and w.rulename <> '_RETURN'
      )
    ) order by c.relname), '[]') from relations as c where c.relkind in ('v', 'm')) as views,
    (select coalesce(json_agg(json_build_object(
      'name', p.proname,
      'types', pg_catalog.oidvectortypes(p.proargtypes),
      'body', p.prosrc,
      'returns', pg_catalog.pg_get_function_result(p.oid),
      'language', l.lanname,
      'volatility', case p.provolatile when 'v' then 'volatile' when 's' then 'stable' else 'immutable' end,
      'isDefiner', p.prosecdef,
      'settings', coalesce(p.proconfig, '{}'),
      'owner', pg_catalog.pg_get_userbyid(p.proowner),
      'callers', (
        select coalesce(json_agg(distinct case x.grantee when 0 then 'public' else pg_catalog.pg_get_userbyid(x.grantee) end), '[]')
        from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as x
        where x.grantee <> p.proowner and x.privilege_type = 'EXECUTE'
      )
    ) order by p.proname), '[]')
      from pg_catalog.pg_proc as p
      join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
      join pg_catalog.pg_language as l on l.oid = p.prolang
      where n.nspname = 'clerk' and not exists (
        select from parts as x where x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and x.objid = p.oid
      )) as routines,
    (select coalesce(json_agg(json_build_object('name', x.name, 'parts', x.parts) order by x.name), '[]') from (
      select pg_catalog.quote_ident(e.extname) as name,
        count(*) filter (where (pg_catalog.pg_identify_object(p.classid, p.objid, p.objsubid)).schema = 'clerk') as parts
      from pg_catalog.pg_extension as e left join parts as p on p.extension = e.oid
      group by e.oid, e.extname
    ) as x where x.parts > 0) as extensions,
    (select coalesce(json_agg(distinct jsonb_build_object('what', x.what, 'on', x.on)), '[]') from (
      select t.relname as on, case
        when v.oid is not null then
          case v.relkind when 'm' then 'the materialized view ' else 'the view ' end || v.oid::pg_catalog.regclass::text
        when p.oid is not null then
          'the policy ' || pg_catalog.quote_ident(p.polname) || ' on ' || p.polrelid::pg_catalog.regclass::text
        else 'the function ' || d.objid::pg_catalog.regprocedure::text
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
      'column', c.oid::pg_catalog.regclass::text || '.' || pg_catalog.quote_ident(a.attname), 'of', t.relname
    ) order by c.oid, a.attnum), '[]')
      from tables as t
      join pg_catalog.pg_type as y on y.oid = t.reltype or y.typelem = t.reltype
      join pg_catalog.pg_attribute as a on a.atttypid = y.oid and a.attnum > 0 and not a.attisdropped
      join pg_catalog.pg_class as c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'm', 'f', 'c')) as "rowTypes"
`;

type Line = Omit<Actual, "migratedAt" | "routines" | keyof Rights> & {
  hasJournal: boolean;
  routines: (Parameters<typeof mannerOf>[0] & {
    name: string;
    types: string;
    body: string;
    owner: string;
    callers: string[];
  })[];
};

export const actualIn = async (database: ReadOnly): Promise<Actual> => {
  const [line] = await database.query<Line>(catalogue);
  if (line === undefined) throw new Error("a statement without a from clause gave no row");
  const { hasJournal, routines, ...rest } = line;
  return {
    ...rest,
    ...(await rightsIn(database)),
    migratedAt: hasJournal ? await migratedAtIn(database) : null,
    routines: routines.map(({ name, types, body, owner, callers, ...manner }) => ({
      signature: `${name}(${types})`,
      body,
      manner: mannerOf(manner),
      owner,
      callers,
    })),
  };
};

/** Null also for a role that may not read it, as before the next run of drizzle/roles.sql. */
const migratedAtIn = async (database: ReadOnly): Promise<number | null> => {
  const [journal] = await database.query<{ at: number | null }>(
    "select max(created_at)::float8 as at from clerk.migrations",
  );
  return journal?.at ?? null;
};
