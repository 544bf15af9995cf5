import type { ReadOnly } from "../read-only.ts";

/** Who may do what in the schema `clerk`, as Postgres's catalogue has it, which every role may read. */

/** That a role may do something; of everybody it is `public`. */
export type Right = {
  role: string;
  right: string;
  /** Whether it may be passed on. */
  isGrantable: boolean;
  kind: "schema" | "table" | "sequence";
  /** The object's name; null for the schema. */
  on: string | null;
  column: string | null;
};

export type Rights = {
  /** Of the roles of drizzle/roles.sql those that there are. */
  roles: string[];
  /** Of all roles but an object's owner, on the schema, on tables, views and sequences. */
  rights: Right[];
  /** Rights on what will be made, by those who may make something. */
  defaults: { maker: string; kind: string; role: string; right: string }[];
  /**
   * Roles that are in another one, and so may do what that may: those of drizzle/roles.sql in one that owns or writes the copy, and
   * roles of the owner's in the Worker's.
   */
  members: { role: string; of: string }[];
  /** Of these roles: `superuser` or `createrole`. */
  powers: { role: string; power: string }[];
};

const limited = "('clerk_mirror', 'clerk_app', 'clerk_app_owner')";

/** Who may write the copy, or become somebody who may. A superuser is in every role. */
const catalogue = `
  with here as (
    select oid, nspowner, nspacl from pg_catalog.pg_namespace where nspname = 'clerk'
  ),
  relations as (
    select c.oid, c.relname, c.relkind, c.relowner, c.relacl from pg_catalog.pg_class as c join here as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
    )
  ),
  held as (
    select 'schema' as kind, null as on, null as column, n.nspowner as owner, x.*
    from here as n cross join lateral pg_catalog.aclexplode(n.nspacl) as x
    union all
    select case c.relkind when 'S' then 'sequence' else 'table' end, c.relname, null, c.relowner, x.*
    from relations as c cross join lateral pg_catalog.aclexplode(c.relacl) as x
    union all
    select 'table', c.relname, a.attname, c.relowner, x.*
    from relations as c
    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and not a.attisdropped
    cross join lateral pg_catalog.aclexplode(a.attacl) as x
  ),
  owners as (
    select nspowner as oid from here
    union select relowner from relations
    union select p.proowner from pg_catalog.pg_proc as p join here as n on n.oid = p.pronamespace and p.prosecdef
  ),
  mighty as (
    select r.oid from pg_catalog.pg_roles as r
    where r.rolsuper or r.oid in (select oid from owners) or r.rolname in (
      'clerk_mirror', 'clerk_app_owner', 'pg_write_all_data', 'pg_write_server_files', 'pg_execute_server_program'
    )
  )
  select
    (select coalesce(json_agg(rolname order by rolname), '[]') from pg_catalog.pg_roles where rolname in ${limited}) as roles,
    (select coalesce(json_agg(json_build_object(
      'role', case h.grantee when 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(h.grantee)) end,
      'right', lower(h.privilege_type), 'isGrantable', h.is_grantable, 'kind', h.kind, 'on', h.on, 'column', h.column
    ) order by h.kind, h.on, h.grantee, h.column, h.privilege_type), '[]') from held as h where h.grantee <> h.owner) as rights,
    (select coalesce(json_agg(json_build_object(
      'maker', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)),
      'kind', case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' else 'types' end,
      'role', case x.grantee when 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end,
      'right', lower(x.privilege_type)
    ) order by d.oid, x.grantee, x.privilege_type), '[]')
      from pg_catalog.pg_default_acl as d
      join here as n on n.oid = d.defaclnamespace
      cross join lateral pg_catalog.aclexplode(d.defaclacl) as x
      where x.grantee <> d.defaclrole and pg_catalog.has_schema_privilege(d.defaclrole, n.oid, 'create')) as defaults,
    (select coalesce(json_agg(distinct jsonb_build_object(
      'role', pg_catalog.quote_ident(r.rolname), 'of', pg_catalog.quote_ident(o.rolname)
    )), '[]')
      from pg_catalog.pg_auth_members as m
      join pg_catalog.pg_roles as r on r.oid = m.member
      join pg_catalog.pg_roles as o on o.oid = m.roleid
      where case when r.rolname in ${limited}
        then exists (select from mighty as x where pg_catalog.pg_has_role(o.oid, x.oid, 'member'))
        -- Who made a role may give it to others.
        else o.rolname = 'clerk_mirror' and not m.admin_option and not r.rolsuper and r.oid not in (select oid from owners)
      end) as members,
    (select coalesce(json_agg(json_build_object('role', r.rolname, 'power', p.power) order by r.rolname, p.power), '[]')
      from pg_catalog.pg_roles as r
      cross join lateral (values ('superuser', r.rolsuper), ('createrole', r.rolcreaterole)) as p(power, has)
      where r.rolname in ${limited} and p.has) as powers
`;

export const rightsIn = async (database: ReadOnly): Promise<Rights> => {
  const [line] = await database.query<Rights>(catalogue);
  if (line === undefined) throw new Error("a statement without a from clause gave no row");
  return line;
};
