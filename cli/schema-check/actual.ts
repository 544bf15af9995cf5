import type { ReadOnly } from "../read-only.ts";
import { type Dependents, dependentsIn } from "./actual-dependents.ts";
import { type Given, type Rights, rightsIn } from "./actual-rights.ts";
import { type Column, mannerOf, resultOf } from "./expected.ts";

/**
 * What a database has in the schema `clerk`. Only Postgres's catalogue is read, which every role may. Names are as a statement has
 * them, with quotes where they need these; those of this release need none, but that a column is named like a type.
 */

export type ActualTable = {
  name: string;
  owner: string;
  /** With their plain names, and those of a statement. */
  columns: (Column & { quoted: string; isGenerated: boolean })[];
  key: string[];
  /** Of a constraint it cannot be dropped alone. */
  indexes: { name: string; definition: string; isUnique: boolean; isValid: boolean; isConstraint: boolean }[];
  /** Row-level security, and the roles that a policy lets see and write every row. */
  hasRowSecurity: boolean;
  unlimited: string[];
  /** Policies that hide rows from the Worker or the functions, whatever else lets them see these; and from which of their roles. */
  restrictive: { name: string; from: string[] }[];
  /** Whether it outlives a crash. */
  isLogged: boolean;
  rules: string[];
  /** Tables that inherit from it, with their schema. */
  heirs: { name: string; owner: string }[];
  triggers: string[];
  /** Foreign keys, checks and the like: names with definitions. */
  constraints: string[];
};

export type ActualRoutine = {
  kind: "function" | "procedure" | "aggregate" | "window function";
  signature: string;
  body: string;
  /** As `resultOf` has it. */
  returns: string;
  manner: string;
  isDefiner: boolean;
  /** The names of its parameters. */
  parameters: string[];
  /** How many of these need not be given. */
  defaults: number;
  owner: string;
  /** Who may call it, besides its owner. */
  callers: Given[];
};

export type ActualView = {
  name: string;
  owner: string;
  /** Its query, in Postgres's words. */
  definition: string;
  columns: { name: string; type: string }[];
  isMaterialized: boolean;
  /** Whether it has the rights of the role that asks. */
  isInvoker: boolean;
  rules: string[];
};

export type Actual = Rights &
  Dependents & {
    /** Of the schema; null if there is none. */
    owner: string | null;
    /** When its newest migration was made; null if it has no journal. */
    migratedAt: number | null;
    tables: ActualTable[];
    sequences: { name: string; owner: string }[];
    views: ActualView[];
    routines: ActualRoutine[];
    /** What else is in it, such as types, text search configurations, and tables that are partitioned or foreign. */
    others: { kind: string; name: string }[];
    /** Extensions that have parts in the schema. Their functions, tables and so on are not in the lists above. */
    extensions: { name: string; owner: string; parts: number }[];
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
  routines as (
    select p.*, pg_catalog.quote_ident(p.proname) || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')' as signature
    from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where n.nspname = 'clerk'
      and not exists (select from parts as x where x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and x.objid = p.oid)
  ),
  columns as (
    select a.attrelid, a.attnum, a.attnotnull, a.attgenerated, a.attname as name,
      pg_catalog.format_type(a.atttypid, a.atttypmod) || case
        when a.attcollation <> y.typcollation then ' collate "' || l.collname || '"' else '' end as type
    from relations as c
    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type as y on y.oid = a.atttypid
    left join pg_catalog.pg_collation as l on l.oid = a.attcollation
  ),
  -- Who reads or writes as themselves, and is not above policies.
  subject as (
    select t.oid as of, r.oid as role from tables as t join pg_catalog.pg_roles as r
      on r.rolname = 'clerk_mirror' or r.oid = t.relowner and t.relforcerowsecurity
    where not r.rolsuper and not r.rolbypassrls
  )
  select
    (select pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(nspowner)) from pg_catalog.pg_namespace where nspname = 'clerk') as owner,
    pg_catalog.to_regclass('clerk.migrations') is not null as "hasJournal",
    (select coalesce(json_agg(json_build_object(
      'name', pg_catalog.quote_ident(t.relname),
      'owner', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(t.relowner)),
      'hasRowSecurity', t.relrowsecurity,
      'columns', (
        select coalesce(json_agg(json_build_object(
          'name', a.name,
          'quoted', pg_catalog.quote_ident(a.name),
          'type', a.type,
          'isNotNull', a.attnotnull,
          'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
          'isGenerated', a.attgenerated <> ''
        ) order by a.attnum), '[]')
        from columns as a left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = t.oid
      ),
      'key', (
        select coalesce(json_agg(a.name order by pg_catalog.array_position(k.conkey, a.attnum)), '[]')
        from pg_catalog.pg_constraint as k
        join columns as a on a.attrelid = t.oid and a.attnum = any (k.conkey)
        where k.conrelid = t.oid and k.contype = 'p'
      ),
      'indexes', (
        select coalesce(json_agg(json_build_object(
          'name', pg_catalog.quote_ident(c.relname), 'definition', pg_catalog.pg_get_indexdef(i.indexrelid),
          'isUnique', i.indisunique, 'isValid', i.indisvalid,
          'isConstraint', exists (
            select from pg_catalog.pg_constraint as k where k.conindid = i.indexrelid and k.conrelid = t.oid and k.contype in ('u', 'x')
          )
        ) order by c.relname), '[]')
        from pg_catalog.pg_index as i join pg_catalog.pg_class as c on c.oid = i.indexrelid
        where i.indrelid = t.oid and not i.indisprimary
      ),
      'unlimited', (
        select coalesce(json_agg(distinct pg_catalog.quote_ident(r.rolname)), '[]')
        from pg_catalog.pg_policy as p join pg_catalog.pg_roles as r on r.oid = any (p.polroles)
        where p.polrelid = t.oid and p.polpermissive and p.polcmd = '*'
          and pg_catalog.pg_get_expr(p.polqual, t.oid) = 'true'
          and coalesce(pg_catalog.pg_get_expr(p.polwithcheck, t.oid), 'true') = 'true'
      ),
      'restrictive', (
        select coalesce(json_agg(json_build_object('name', pg_catalog.quote_ident(p.polname), 'from', f.roles) order by p.polname), '[]')
        from pg_catalog.pg_policy as p
        cross join lateral (
          select json_agg(distinct pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(s.role))) as roles
          from subject as s cross join lateral pg_catalog.unnest(p.polroles) as x(role)
          where s.of = t.oid and case x.role when 0 then true else pg_catalog.pg_has_role(s.role, x.role, 'usage') end
        ) as f
        where p.polrelid = t.oid and not p.polpermissive and f.roles is not null
          and (
            coalesce(pg_catalog.pg_get_expr(p.polqual, t.oid), 'true') <> 'true'
            or coalesce(pg_catalog.pg_get_expr(p.polwithcheck, t.oid), 'true') <> 'true'
          )
      ),
      'isLogged', t.relpersistence = 'p',
      'rules', (
        select coalesce(json_agg(pg_catalog.quote_ident(w.rulename) order by w.rulename), '[]') from pg_catalog.pg_rewrite as w
        where w.ev_class = t.oid
      ),
      'heirs', (
        select coalesce(json_agg(json_build_object(
          'name', c.oid::pg_catalog.regclass::text, 'owner', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner))
        ) order by c.oid::pg_catalog.regclass::text), '[]')
        from pg_catalog.pg_inherits as i join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = t.oid
      ),
      'triggers', (
        select coalesce(json_agg(pg_catalog.quote_ident(g.tgname) order by g.tgname), '[]') from pg_catalog.pg_trigger as g
        where g.tgrelid = t.oid and not g.tgisinternal
      ),
      'constraints', (
        select coalesce(json_agg(pg_catalog.quote_ident(k.conname) || ' ' || pg_catalog.pg_get_constraintdef(k.oid) order by k.conname), '[]')
        from pg_catalog.pg_constraint as k where k.conrelid = t.oid and k.contype in ('f', 'u', 'c', 'x')
      )
    ) order by t.relname), '[]') from tables as t) as tables,
    (select coalesce(json_agg(json_build_object(
      'name', pg_catalog.quote_ident(c.relname), 'owner', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner))
    ) order by c.relname), '[]') from relations as c where c.relkind = 'S') as sequences,
    (select coalesce(json_agg(json_build_object(
      'name', pg_catalog.quote_ident(c.relname),
      'owner', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)),
      'definition', pg_catalog.pg_get_viewdef(c.oid),
      'columns', (
        select coalesce(json_agg(json_build_object('name', a.name, 'type', a.type) order by a.attnum), '[]') from columns as a
        where a.attrelid = c.oid
      ),
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
      'kind', case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' when 'w' then 'window function' else 'function' end,
      'signature', p.signature,
      'body', p.prosrc,
      -- A procedure returns nothing, not even void.
      'returns', coalesce(pg_catalog.pg_get_function_result(p.oid), 'nothing'),
      'language', l.lanname,
      'volatility', case p.provolatile when 'v' then 'volatile' when 's' then 'stable' else 'immutable' end,
      'isDefiner', p.prosecdef,
      'settings', coalesce(p.proconfig, '{}'),
      'parameters', coalesce(p.proargnames[1:p.pronargs], '{}'),
      'defaults', p.pronargdefaults,
      'owner', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(p.proowner)),
      'callers', (
        select coalesce(json_agg(json_build_object(
          'role', case x.grantee when 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end,
          'right', 'execute', 'column', null, 'isGrantable', x.is_grantable,
          'grantor', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantor))
        ) order by x.grantee, x.grantor), '[]')
        from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as x
        where x.grantee <> p.proowner and x.privilege_type = 'EXECUTE'
      )
    ) order by p.proname), '[]')
      from routines as p join pg_catalog.pg_language as l on l.oid = p.prolang
      -- Those of a range type come and go with it.
      where not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'i'
      )) as routines,
    (select coalesce(json_agg(json_build_object('kind', i.type, 'name', i.identity) order by i.type, i.identity), '[]')
      from pg_catalog.pg_namespace as n
      join pg_catalog.pg_depend as d
        on d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and d.refobjid = n.oid and d.deptype = 'n'
      left join pg_catalog.pg_class as c on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid = d.objid
      cross join lateral pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) as i
      where n.nspname = 'clerk' and d.classid <> 'pg_catalog.pg_proc'::pg_catalog.regclass
        and d.classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
        and (c.oid is null or c.relkind not in ('r', 'v', 'm', 'S'))
        -- Parts of something else, such as of an extension.
        and not exists (
          select from pg_catalog.pg_depend as x
          where x.classid = d.classid and x.objid = d.objid and x.objsubid = d.objsubid and x.deptype in ('e', 'i')
        )) as others,
    (select coalesce(json_agg(json_build_object('name', x.name, 'owner', x.owner, 'parts', x.parts) order by x.name), '[]') from (
      select pg_catalog.quote_ident(e.extname) as name, pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(e.extowner)) as owner,
        count(*) filter (where (pg_catalog.pg_identify_object(p.classid, p.objid, p.objsubid)).schema = 'clerk') as parts
      from pg_catalog.pg_extension as e left join parts as p on p.extension = e.oid
      group by e.oid, e.extname, e.extowner
    ) as x where x.parts > 0) as extensions
`;

type Line = Omit<Actual, "migratedAt" | "routines" | keyof Rights | keyof Dependents> & {
  hasJournal: boolean;
  routines: (Omit<ActualRoutine, "manner"> & Parameters<typeof mannerOf>[0])[];
};

export const actualIn = async (database: ReadOnly): Promise<Actual> => {
  const [line] = await database.query<Line>(catalogue);
  if (line === undefined) throw new Error("a statement without a from clause gave no row");
  const { hasJournal, routines, ...rest } = line;
  return {
    ...rest,
    ...(await rightsIn(database)),
    ...(await dependentsIn(database)),
    migratedAt: hasJournal ? await migratedAtIn(database) : null,
    routines: routines.map((routine) => ({
      ...routine,
      returns: resultOf(routine.returns),
      manner: mannerOf(routine),
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
