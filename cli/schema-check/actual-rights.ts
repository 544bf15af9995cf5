import type { ReadOnly } from "../read-only.ts";

/** Who may do what in the schema `clerk`, as Postgres's catalogue has it, which every role may read. */

/** That somebody has given a role a right; of everybody the role is `public`. */
export type Given = {
  role: string;
  right: string;
  column: string | null;
  /** Who gave it: the object's owner, or somebody who may pass it on. */
  grantor: string;
  /** Whether it may be passed on. */
  isGrantable: boolean;
};

export type Right = Given & {
  kind: "schema" | "table" | "sequence";
  /** The object's name; null for the schema. */
  on: string | null;
  /** The object's owner. */
  owner: string;
};

export type Rights = {
  /** Of the roles of drizzle/roles.sql those that there are. They are the server's, so another database may be the one that has them. */
  roles: string[];
  /** Whether that file has run here: what it does outside the schema `clerk` is still there when that was made anew. */
  haveRolesRun: boolean;
  /** Whose objects the owner of the copy may change: it is in these roles. */
  hands: string[];
  superusers: string[];
  /** Of all roles but an object's owner, on the schema, on tables, views and sequences. */
  rights: Right[];
  /** Rights on what will be made, by those who may make something. */
  defaults: { maker: string; kind: string; role: string; right: string }[];
  /**
   * Roles that are in another one, and so may do what that may: those of drizzle/roles.sql in one that owns or writes the copy, and
   * roles of the owner's in the Worker's.
   */
  members: Membership[];
  /** Of these roles: `superuser` or `createrole`; and whether the owner of the copy may take it away. */
  powers: { role: string; power: string; isOwners: boolean }[];
};

export type Membership = {
  role: string;
  of: string;
  /** The role to name in the statement that ends it; null for the one that is taken if none is named. */
  grantor: string | null;
  /** Whether the role has made others members of it. */
  isPassedOn: boolean;
  /** Whether the owner of the copy may end it. */
  isOwners: boolean;
};

const limited = "('clerk_mirror', 'clerk_app', 'clerk_app_owner')";

/**
 * `runners` are who runs the remedies; the owner of the schema may be a group of the database's. `mighty` are who may write the copy, or
 * become somebody who may. A superuser is in every role.
 */
const catalogue = `
  with here as (
    select oid, nspowner, nspacl from pg_catalog.pg_namespace where nspname = 'clerk'
  ),
  server as (
    select pg_catalog.current_setting('server_version_num')::integer >= 160000 as has_grantors
  ),
  runners as (
    select r.oid, r.rolsuper, r.rolcreaterole from pg_catalog.pg_roles as r
    where r.oid in (select nspowner from here)
      or r.oid in (select datdba from pg_catalog.pg_database where datname = pg_catalog.current_database())
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
    exists (
      select from pg_catalog.pg_default_acl as d join pg_catalog.pg_roles as r on r.oid = d.defaclrole where r.rolname in ${limited}
    ) or exists (
      select from pg_catalog.pg_database as d
      cross join lateral pg_catalog.aclexplode(d.datacl) as x
      join pg_catalog.pg_roles as r on r.oid = x.grantee
      where d.datname = pg_catalog.current_database() and r.rolname in ${limited}
    ) as "haveRolesRun",
    (select coalesce(json_agg(pg_catalog.quote_ident(r.rolname)), '[]') from pg_catalog.pg_roles as r
      where exists (select from runners as w where pg_catalog.pg_has_role(w.oid, r.oid, 'usage'))) as hands,
    (select coalesce(json_agg(pg_catalog.quote_ident(rolname)), '[]') from pg_catalog.pg_roles where rolsuper) as superusers,
    (select coalesce(json_agg(json_build_object(
      'role', case h.grantee when 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(h.grantee)) end,
      'right', lower(h.privilege_type), 'isGrantable', h.is_grantable, 'kind', h.kind,
      'on', pg_catalog.quote_ident(h.on), 'column', pg_catalog.quote_ident(h.column),
      'owner', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(h.owner)),
      'grantor', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(h.grantor))
    ) order by h.kind, h.on, h.grantee, h.column, h.privilege_type, h.grantor), '[]') from held as h where h.grantee <> h.owner) as rights,
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
      'role', pg_catalog.quote_ident(r.rolname), 'of', pg_catalog.quote_ident(o.rolname),
      -- Before Postgres 16 it was of no account who had given it. Of what a superuser gives, the first of all is the grantor.
      'grantor', case when s.has_grantors and m.grantor <> 10 then pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(m.grantor)) end,
      'isPassedOn', s.has_grantors and exists (
        select from pg_catalog.pg_auth_members as x where x.roleid = m.roleid and x.grantor = m.member
      ),
      'isOwners', exists (
        select from runners as w where w.rolsuper or not o.rolsuper and case when s.has_grantors
          then pg_catalog.pg_has_role(w.oid, o.oid, 'member with admin option') and pg_catalog.pg_has_role(w.oid, m.grantor, 'usage')
          else w.rolcreaterole or pg_catalog.pg_has_role(w.oid, o.oid, 'member with admin option')
        end
      )
    )), '[]')
      from pg_catalog.pg_auth_members as m
      cross join server as s
      join pg_catalog.pg_roles as r on r.oid = m.member
      join pg_catalog.pg_roles as o on o.oid = m.roleid
      where case when r.rolname in ${limited}
        then exists (select from mighty as x where pg_catalog.pg_has_role(o.oid, x.oid, 'member'))
        -- Who made a role may give it to others.
        else o.rolname = 'clerk_mirror' and not m.admin_option and not r.rolsuper and r.oid not in (select oid from owners)
      end) as members,
    (select coalesce(json_agg(json_build_object(
      'role', r.rolname, 'power', p.power, 'isOwners', exists (
        select from runners as w where w.rolsuper or w.rolcreaterole and not r.rolsuper
          and (not s.has_grantors or pg_catalog.pg_has_role(w.oid, r.oid, 'member with admin option'))
      )
    ) order by r.rolname, p.power), '[]')
      from pg_catalog.pg_roles as r
      cross join server as s
      cross join lateral (values ('superuser', r.rolsuper), ('createrole', r.rolcreaterole)) as p(power, has)
      where r.rolname in ${limited} and p.has) as powers
`;

export const rightsIn = async (database: ReadOnly): Promise<Rights> => {
  const [line] = await database.query<Rights>(catalogue);
  if (line === undefined) throw new Error("a statement without a from clause gave no row");
  return line;
};
