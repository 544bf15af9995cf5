import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "../../cli/migrate.ts";
import { execute, type Postgres, startPostgres } from "../support/postgres.ts";
import { asRole, rolesSql } from "../support/roles.ts";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

test("drizzle/roles.sql may be run again: what is lacking comes back, and passwords are set anew", async () => {
  const url = postgres.url("roles");
  await execute(postgres.url("postgres"), "create database roles");
  await migrate(url);
  await execute(url, rolesSql());
  const rights = await rightsOf(url);
  for (const role of ["clerk_mirror", "clerk_app", "clerk_app_owner"]) {
    await execute(
      url,
      `revoke all on schema clerk from ${role}`,
      `revoke all on all functions in schema clerk from ${role}`,
      `revoke all on all tables in schema clerk from ${role}`,
      `revoke all (id) on clerk.users, clerk.organizations from ${role}`,
      `revoke all on schema public from ${role}`,
      `revoke all on database roles from ${role}`,
      `alter default privileges in schema clerk revoke all on tables from ${role}`,
      `alter role ${role} nologin password 'another'`,
      `alter role ${role} reset all`,
    );
  }
  await execute(
    url,
    ...["tables", "sequences", "schemas"].map(
      (kind) => `alter default privileges for role clerk_app_owner revoke all on ${kind} from clerk_app`,
    ),
    "revoke clerk_app_owner from postgres",
    "drop policy clerk_mirror on clerk.users",
    "drop policy clerk_mirror on clerk.sessions",
    "create policy clerk_mirror on clerk.sessions for select to clerk_mirror using (true)",
    "grant execute on function clerk.merge_1 to public",
  );
  expect(await rightsOf(url)).not.toEqual(rights);

  await execute(url, rolesSql());
  expect(await rightsOf(url)).toEqual(rights);
  expect(await identityOf(asRole(url, "clerk_mirror"))).toBe("clerk_mirror");
  expect(await identityOf(asRole(url, "clerk_app"))).toBe("clerk_app");
  expect(await identityOf(asRole(url, "clerk_app_owner"))).toBe("clerk_app_owner");
});

const rowsOf = async (url: string, text: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
};

const identityOf = async (url: string) => (await rowsOf(url, "select current_user as name"))[0]?.name;

/** Whatever the roles may, on what, and what is set for them. */
const rightsOf = (url: string) =>
  rowsOf(
    url,
    `select kind, name, right_of::text from (
      select 'schema' as kind, nspname as name, unnest(nspacl) as right_of from pg_namespace where nspname in ('clerk', 'public')
      union all select 'database', datname, unnest(datacl) from pg_database where datname = current_database()
      union all select 'table', relname, unnest(relacl) from pg_class where relnamespace = 'clerk'::regnamespace
      union all select 'function', proname, unnest(proacl) from pg_proc where pronamespace = 'clerk'::regnamespace
      union all select 'default', defaclobjtype::text, unnest(defaclacl) from pg_default_acl
      union all select 'column', attrelid::regclass || '.' || attname, unnest(attacl) from pg_attribute
    ) as all_of_them where right_of::text ~ '^(clerk_(mirror|app|app_owner))?='
    union all select 'role', rolname, rolcanlogin || ' ' || coalesce(rolconfig::text, '')
    from pg_roles where rolname in ('clerk_mirror', 'clerk_app', 'clerk_app_owner')
    union all select 'member', roleid::regrole::text, member::regrole || ' ' || inherit_option || ' ' || set_option
    from pg_auth_members where roleid::regrole::text like 'clerk%'
    union all select 'policy', tablename, cmd || ' ' || roles::text from pg_policies
    order by 1, 2, 3`,
  );
