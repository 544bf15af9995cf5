import type { ReadOnly } from "../read-only.ts";
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

export type Actual = {
  /** Of the schema; null if there is none. */
  owner: string | null;
  /** When its newest migration was made; null if it has no journal. */
  migratedAt: number | null;
  tables: ActualTable[];
  sequences: string[];
  views: string[];
  routines: ActualRoutine[];
  /** Of the roles of drizzle/roles.sql those that there are. */
  roles: string[];
  /** Of these roles, as "<role> <right> <table>" or "<role> <right>(<column>) <table>". */
  rights: string[];
};

const roles = "('clerk_mirror', 'clerk_app', 'clerk_app_owner')";

const catalogue = `
  with tables as (
    select c.oid, c.relname, c.relrowsecurity, c.relowner, c.relacl from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'clerk' and c.relkind = 'r'
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
      'triggers', (
        select coalesce(json_agg(g.tgname order by g.tgname), '[]') from pg_catalog.pg_trigger as g
        where g.tgrelid = t.oid and not g.tgisinternal
      ),
      'constraints', (
        select coalesce(json_agg(k.conname || ' ' || pg_catalog.pg_get_constraintdef(k.oid) order by k.conname), '[]')
        from pg_catalog.pg_constraint as k where k.conrelid = t.oid and k.contype in ('f', 'u', 'c', 'x')
      )
    ) order by t.relname), '[]') from tables as t) as tables,
    (select coalesce(json_agg(c.relname order by c.relname), '[]')
      from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where n.nspname = 'clerk' and c.relkind = 'S') as sequences,
    (select coalesce(json_agg(c.relname order by c.relname), '[]')
      from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where n.nspname = 'clerk' and c.relkind in ('v', 'm')) as views,
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
      where n.nspname = 'clerk') as routines,
    (select coalesce(json_agg(rolname order by rolname), '[]') from pg_catalog.pg_roles where rolname in ${roles}) as roles,
    (select coalesce(json_agg(distinct g.line), '[]') from (
      select r.rolname || ' ' || lower(x.privilege_type) || ' ' || c.relname as line
      from pg_catalog.pg_class as c
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      cross join lateral pg_catalog.aclexplode(c.relacl) as x
      join pg_catalog.pg_roles as r on r.oid = x.grantee and r.rolname in ${roles}
      where n.nspname = 'clerk' and c.relkind in ('r', 'v')
      union all
      select r.rolname || ' ' || lower(x.privilege_type) || '(' || a.attname || ') ' || c.relname
      from pg_catalog.pg_class as c
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      join pg_catalog.pg_attribute as a on a.attrelid = c.oid and not a.attisdropped
      cross join lateral pg_catalog.aclexplode(a.attacl) as x
      join pg_catalog.pg_roles as r on r.oid = x.grantee and r.rolname in ${roles}
      where n.nspname = 'clerk' and c.relkind in ('r', 'v')
      union all
      select r.rolname || ' ' || lower(x.privilege_type) || ' schema'
      from pg_catalog.pg_namespace as n
      cross join lateral pg_catalog.aclexplode(n.nspacl) as x
      join pg_catalog.pg_roles as r on r.oid = x.grantee and r.rolname in ${roles}
      where n.nspname = 'clerk'
    ) as g) as rights
`;

type Line = Omit<Actual, "migratedAt" | "routines"> & {
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
