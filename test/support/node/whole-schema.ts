import pg from "pg";

/** The schema `clerk` with all that it has, so that any change shows. */

/** What Postgres's catalogue says of it. What belongs to an extension is left out. */
const catalogue = `
  with here as (select oid, nspowner, nspacl from pg_namespace where nspname = 'clerk'),
  relations as (
    select c.* from pg_class as c join here on here.oid = c.relnamespace
    where not exists (select from pg_depend as d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  )
  select jsonb_build_object(
    'schema', (select jsonb_build_array(nspowner::regrole, nspacl::text) from here),
    'relations', (
      select jsonb_agg(jsonb_build_array(relname, relkind, relowner::regrole, relacl::text, relpersistence, reloptions,
        relrowsecurity, relforcerowsecurity, relhassubclass) order by relname) from relations
    ),
    'columns', (
      select jsonb_agg(jsonb_build_array(c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attacl::text, a.attnotnull,
        a.attgenerated, a.attcollation::regcollation, pg_get_expr(d.adbin, d.adrelid)) order by c.relname, a.attnum)
      from relations as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
      left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
    ),
    'indexes', (select jsonb_agg(pg_get_indexdef(oid) order by relname) from relations where relkind = 'i'),
    'constraints', (
      select jsonb_agg(jsonb_build_array(k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid)) order by k.oid)
      from pg_constraint as k where k.conrelid in (select oid from relations) or k.confrelid in (select oid from relations)
    ),
    'triggers', (
      select jsonb_agg(jsonb_build_array(tgrelid::regclass, tgname, tgenabled) order by oid) from pg_trigger
      where tgrelid in (select oid from relations)
    ),
    'rules', (
      select jsonb_agg(jsonb_build_array(ev_class::regclass, rulename, pg_get_ruledef(oid)) order by oid) from pg_rewrite
      where ev_class in (select oid from relations)
    ),
    'policies', (
      select jsonb_agg(to_jsonb(p) order by p.tablename, p.policyname) from pg_policies as p where p.schemaname = 'clerk'
    ),
    'heirs', (select jsonb_agg(inhrelid::regclass) from pg_inherits where inhparent in (select oid from relations where relkind = 'r')),
    'functions', (
      select jsonb_agg(jsonb_build_array(p.oid::regprocedure, p.proowner::regrole, p.proacl::text, md5(pg_get_functiondef(p.oid))) order by p.oid)
      from pg_proc as p join here on here.oid = p.pronamespace
      where not exists (select from pg_depend as d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    ),
    'types', (
      select jsonb_agg(jsonb_build_array(y.typname, y.typowner::regrole, y.typacl::text) order by y.typname)
      from pg_type as y join here on here.oid = y.typnamespace
      where not exists (select from pg_depend as d where d.classid = 'pg_type'::regclass and d.objid in (y.oid, y.typelem) and d.deptype = 'e')
    ),
    'comments', (
      select jsonb_agg(jsonb_build_array(d.objoid::regclass, d.objsubid, d.description) order by d.objoid, d.objsubid)
      from pg_description as d join relations as c on d.classoid = 'pg_class'::regclass and d.objoid = c.oid
    ),
    -- Of those who may make something here.
    'defaults', (
      select jsonb_agg(jsonb_build_array(a.defaclrole::regrole, a.defaclobjtype, a.defaclacl::text) order by a.oid)
      from pg_default_acl as a join here on here.oid = a.defaclnamespace
      where has_schema_privilege(a.defaclrole, here.oid, 'create')
    ),
    'roles', (
      select jsonb_agg(jsonb_build_array(r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolbypassrls, r.rolcanlogin, r.rolconfig,
        (select jsonb_agg(m.roleid::regrole order by m.roleid) from pg_auth_members as m where m.member = r.oid)) order by r.rolname)
      from pg_roles as r where r.rolname like 'clerk%' or r.oid = (select nspowner from here)
    ),
    'database', (select jsonb_build_array(datdba::regrole, datacl::text) from pg_database where datname = current_database())
  ) as state`;

/** Every row of every table with its place and its transaction (`ctid`, `xmin`), where sequences are, and the catalogue. */
export const wholeSchema = async (url: string): Promise<{ rows: Record<string, unknown[]>; catalogue: unknown }> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: names } = await client.query<{ name: string; kind: string }>(
      "select relname as name, relkind as kind from pg_class where relnamespace = to_regnamespace('clerk') and relkind in ('r', 'S') order by 1",
    );
    const rows: Record<string, unknown[]> = {};
    for (const { name, kind } of names) {
      const columns = kind === "r" ? "t.ctid::text, t.xmin::text, t.*" : "last_value, is_called";
      rows[name] = (await client.query(`select ${columns} from clerk.${name} as t order by 1`)).rows;
    }
    const [line] = (await client.query<{ state: unknown }>(catalogue)).rows;
    return { rows, catalogue: line?.state };
  } finally {
    await client.end();
  }
};
