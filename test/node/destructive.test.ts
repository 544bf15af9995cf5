import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { migrate } from "../../cli/migrate.ts";
import { openReadOnly } from "../../cli/read-only.ts";
import { checkSchema } from "../../cli/schema-check/check.ts";
import type { Findings } from "../../cli/schema-check/findings.ts";
import { type Ended, start } from "../support/node/commands.ts";
import { startEngine } from "../support/node/prisma-engine.ts";
import { wholeSchema } from "../support/node/whole-schema.ts";
import { copyDatabase, execute, type Postgres, startPostgres } from "../support/postgres.ts";
import { asRole, rolesSql } from "../support/roles.ts";

/** What an app's ORM, or a person, could do to the copy by mistake: with the roles of the app's it is refused. */

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
  await execute(postgres.url("postgres"), "create database template_clerk");
  const url = postgres.url("template_clerk");
  await migrate(url);
  await execute(
    url,
    rolesSql(),
    `select clerk.merge_1('${JSON.stringify({
      users: [
        { id: "user_1", version: "1", email: "grace@example.com" },
        { id: "user_2", version: "2", deleted: true },
      ],
      organizations: [{ id: "org_1", version: "1", name: "Acme" }],
      organization_memberships: [{ id: "orgmem_1", version: "1", user_id: "user_1", organization_id: "org_1" }],
    })}', '[{"id":"msg_1","type":"user.created","otherwise":"ignored"}]', '{"source":"event","tables":["users"]}')`,
    "select nextval('clerk.outbox_generation')",
    "insert into clerk.absences values ('users', 'user_9', 'run', now(), now(), now())",
    "insert into clerk.alerts values ('mirror', '[]', now())",
    "insert into clerk.leases values ('reconcile', 'run', now(), now())",
    "insert into clerk.reconciliations values ('run', 'users', 'reconcile', null, now(), now(), 1, 0, 0, 0, 0, 0, 0, 0)",
    "insert into clerk.refusals values ('msg_9', 'user.updated', '22P02', '{}', now(), now(), 1)",
    "insert into clerk.seen values ('run', 'users', 'user_1')",
  );
});
afterAll(() => postgres.close());

let databases = 0;
let url: string;
beforeEach(async () => {
  const name = `app_${(databases += 1)}`;
  await execute(postgres.url("postgres"), copyDatabase("template_clerk", name));
  url = postgres.url(name);
  // The rights on a database are not copied with it.
  await execute(url, rolesSql());
});

/** The whole schema byte for byte, and what differs from this release. */
const state = async (): Promise<{ findings: Findings } & Awaited<ReturnType<typeof wholeSchema>>> => {
  const database = openReadOnly(url);
  try {
    return { ...(await wholeSchema(url)), findings: await checkSchema(database) };
  } finally {
    await database.close();
  }
};

const unchangedBy = async (act: () => Promise<void>): Promise<void> => {
  const before = await state();
  expect(before).toMatchObject({ findings: { faults: [], notes: [] } });
  await act();
  expect(await state()).toEqual(before);
};

test("what is compared shows a change of any kind", async () => {
  for (const change of [
    "update clerk.leases set run_id = run_id",
    "delete from clerk.absences",
    "insert into clerk.seen values ('run', 'users', 'user_2')",
    "select nextval('clerk.outbox_generation')",
    "grant insert (id) on clerk.users to clerk_app",
    "grant create on schema clerk to clerk_app_owner",
    "grant execute on function clerk.merge_1 to public",
    "alter default privileges in schema clerk grant insert on tables to clerk_app",
    "create policy mine on clerk.roles using (true)",
    "alter view clerk.living_users reset (security_invoker)",
    "alter view clerk.living_users owner to clerk_app_owner",
    "alter table clerk.seen set unlogged",
    "comment on table clerk.users is 'mine'",
  ]) {
    const before = await wholeSchema(url);
    await execute(url, change);
    expect(await wholeSchema(url), change).not.toEqual(before);
  }
});

describe("drizzle-kit push --force", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "clerk-mirror-push-"));
    await symlink(fileURLToPath(new URL("../../node_modules", import.meta.url)), join(folder, "node_modules"));
    await writeFile(
      join(folder, "schema.ts"),
      `import { pgSchema, text } from "drizzle-orm/pg-core";
const clerk = pgSchema("clerk");
export const users = clerk.table("users", { id: text().primaryKey(), email: text() });
`,
    );
    await writeFile(
      join(folder, "drizzle.config.ts"),
      `export default {
  dialect: "postgresql",
  schema: "./schema.ts",
  schemaFilter: ["public", "clerk"],
  dbCredentials: { url: process.env.DATABASE_URL },
};
`,
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  const push = (as: string): Promise<Ended> =>
    start(process.execPath, ["node_modules/drizzle-kit/bin.cjs", "push", "--force", "--verbose"], {
      cwd: folder,
      env: { DATABASE_URL: as },
    }).ended;

  test("with a table of a part of the columns changes nothing of the copy as the app's owner", async () => {
    await unchangedBy(async () => {
      const { stdout, stderr } = await push(asRole(url, "clerk_app_owner"));
      expect(stdout + stderr).toMatch(/must be owner of|permission denied/);
    });
  });

  test("destroys it as the owner of the database, which is why the app has a role of its own", async () => {
    await push(url);
    expect((await state()).findings.faults).not.toEqual([]);
  });
});

describe("prisma db push --accept-data-loss", () => {
  // The command line downloads its engine from elsewhere. Here is the same one as npm has it.
  const schema = `datasource db {
  provider = "postgresql"
  schemas  = ["public", "clerk"]
}

model users {
  id     String  @id
  email  String?
  plan   plan?
  orders Order[]

  @@schema("clerk")
}

enum plan {
  free
  paid

  @@schema("clerk")
}

model Order {
  id      Int    @id
  user_id String
  user    users  @relation(fields: [user_id], references: [id])

  @@schema("public")
}
`;

  const push = async (as: string): Promise<unknown> => {
    const noShadow = () => Promise.reject(new Error("db push has no shadow"));
    const started = await startEngine([{ path: "schema.prisma", content: schema }], [], as, noShadow);
    const { engine, schema: files, filters, close } = started;
    try {
      return await engine.schemaPush({ force: true, schema: files, filters }).catch((error: unknown) => error);
    } finally {
      await close();
    }
  };

  test("with a model of a part of the columns changes nothing of the copy as the app's owner", async () => {
    await unchangedBy(async () => {
      const outcome = await push(asRole(url, "clerk_app_owner"));
      expect(outcome instanceof Error ? outcome.message : JSON.stringify(outcome)).toMatch(
        /must be owner of|permission denied/,
      );
    });
  });

  test("does, as the owner of the database", async () => {
    await push(url);
    expect((await state()).findings.faults).not.toEqual([]);
  });
});

describe("a statement", () => {
  const statements = [
    "drop schema clerk cascade",
    "drop schema clerk",
    "alter schema clerk rename to away",
    "alter schema clerk owner to current_user",
    "drop table clerk.users cascade",
    "drop table clerk.users",
    "drop view clerk.living_users",
    "drop index clerk.users_email_index",
    "drop sequence clerk.outbox_generation cascade",
    "drop function clerk.merge_1(jsonb, jsonb, jsonb)",
    "drop policy clerk_mirror on clerk.users",
    "alter table clerk.users drop column email",
    "alter table clerk.users add column mine text",
    "alter table clerk.users alter column email type varchar(10)",
    "alter table clerk.users alter column email set not null",
    "alter table clerk.users rename to people",
    "alter table clerk.users set schema public",
    "alter table clerk.users owner to current_user",
    "alter table clerk.users enable row level security",
    "alter table clerk.users disable trigger all",
    "alter table clerk.users add unique (email)",
    "alter table clerk.users add foreign key (email) references clerk.organizations (id)",
    "truncate clerk.users",
    "truncate clerk.users cascade",
    "delete from clerk.users",
    "delete from clerk.living_users",
    "update clerk.users set email = null",
    "update clerk.living_users set email = null",
    "insert into clerk.users (id) values ('hello')",
    "insert into clerk.users (id) values ('user_3') on conflict do nothing",
    "insert into clerk.users (id, email) values ('user_3', 'x')",
    "insert into clerk.organizations (id) values ('org_3')",
    "insert into clerk.sessions (id) values ('sess_1')",
    "insert into clerk.outbox select from clerk.outbox",
    "update clerk.outbox set attempts = 0",
    "update clerk.leases set expires_at = 'infinity'",
    "insert into clerk.leases values ('mine', 'run', now(), now())",
    "insert into clerk.absences values ('users', 'user_1', 'run', now(), now(), now(), now())",
    "insert into clerk.deliveries (id, type, received_at, attempts, outcome) values ('msg_2', 'x', now(), 1, 'applied')",
    "insert into clerk.seen values ('run', 'users', 'user_2')",
    "insert into clerk.migrations (hash, created_at) values ('x', 9999999999999)",
    "merge into clerk.users as u using (select 'user_1' as id) as x on u.id = x.id when matched then delete",
    "select from clerk.users for update",
    "create index on clerk.users (name)",
    "create trigger mine after insert on clerk.users for each row execute function public.mine()",
    "create rule mine as on insert to clerk.users do instead nothing",
    "create policy mine on clerk.users using (true)",
    "create table clerk.mine ()",
    "create table public.child (user_id text references clerk.users (id))",
    "create table public.heir () inherits (clerk.users)",
    "create view clerk.mine as select 1",
    "create type clerk.plan as enum ('free')",
    "create sequence clerk.mine",
    "create function clerk.mine() returns int language sql as 'select 1'",
    "create or replace function clerk.merge_1(changes jsonb, deliveries jsonb, notify jsonb default null) returns int language sql as 'select 1'",
    "alter function clerk.merge_1(jsonb, jsonb, jsonb) owner to current_user",
    "select clerk.merge_1('{}', '[]')",
    "select clerk.compare_1('users', '[]', null, false)",
    "select clerk.upsert_users('[]', '{}')",
    "select nextval('clerk.outbox_generation')",
    "select setval('clerk.outbox_generation', 1)",
    "alter sequence clerk.outbox_generation restart",
    "alter table clerk.users set unlogged",
    "alter view clerk.living_users reset (security_invoker)",
    "alter function clerk.merge_1(jsonb, jsonb, jsonb) security invoker",
    "do $$ begin lock table clerk.users in row exclusive mode; end $$",
    "do $$ begin lock table clerk.users; end $$",
    "grant clerk_mirror to current_user",
    "alter role clerk_mirror password 'x'",
    "set role clerk_mirror",
    "set session_replication_role = replica",
    "alter default privileges for role clerk_mirror grant all on tables to public",
    "alter default privileges for role postgres in schema clerk grant all on tables to clerk_app",
    "reassign owned by postgres to current_user",
    "comment on table clerk.users is 'mine'",
    "alter database postgres set search_path = public",
    "alter extension plpgsql set schema public",
    "create event trigger mine on ddl_command_end execute function public.mine()",
  ];

  test.for(["clerk_app_owner", "clerk_app"] as const)("that would harm the copy is refused to %s", async (role) => {
    await execute(url, "create function public.mine() returns trigger language plpgsql as 'begin return null; end'");
    await unchangedBy(async () => {
      const client = new pg.Client({ connectionString: asRole(url, role) });
      await client.connect();
      try {
        const tables = Object.keys((await wholeSchema(url)).rows).filter((name) => !/_generation$|_seq$/.test(name));
        expect(tables).toEqual(expect.arrayContaining(["users", "deliveries", "outbox", "migrations"]));
        const ofEach = tables.flatMap((name) => [
          `delete from clerk.${name}`,
          `truncate clerk.${name}`,
          `insert into clerk.${name} select * from clerk.${name}`,
        ]);
        for (const statement of [...statements, ...ofEach]) {
          const outcome = await client.query(statement).then(
            () => "done",
            (error: { code?: string }) => error.code,
          );
          expect([statement, outcome]).toEqual([statement, "42501"]);
        }
        // Postgres lets these pass: the first grants nothing, and the second is for what the role creates there, which is nothing.
        await client.query("grant all on clerk.users to public");
        await client.query("alter default privileges in schema clerk grant all on tables to public");
      } finally {
        await client.end();
      }
    });
  });

  test("that puts an extension into the schema is the one that passes: no row and no right changes, and db:check tells it", async () => {
    const extension = "create extension citext schema clerk";
    await expect(execute(asRole(url, "clerk_app"), extension)).rejects.toMatchObject({ code: "42501" });
    const { findings: _, ...before } = await state();
    await execute(asRole(url, "clerk_app_owner"), extension);
    const { findings, ...after } = await state();
    expect(after).toEqual(before);
    expect(findings.faults).toMatchObject([{ what: expect.stringContaining("the extension citext") }]);
    // It cannot put a function of its own there by way of it.
    await execute(
      asRole(url, "clerk_app_owner"),
      "create extension hstore",
      "create function public.mine(text) returns int language sql as 'select 1'",
      "alter extension hstore add function public.mine(text)",
    );
    for (const schema of ["clerk", "pg_catalog"]) {
      const moved = execute(asRole(url, "clerk_app_owner"), `alter extension hstore set schema ${schema}`);
      await expect(moved).rejects.toMatchObject({ code: "42501" });
    }
  });
});
