import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { migrate } from "../../cli/migrate.ts";
import { openReadOnly } from "../../cli/read-only.ts";
import { checkSchema } from "../../cli/schema-check/check.ts";
import { type Ended, start } from "../support/node/commands.ts";
import { startEngine } from "../support/node/prisma-engine.ts";
import { written } from "../support/node/reality.ts";
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
    })}', '[{"id":"msg_1","type":"user.created","otherwise":"ignored"}]')`,
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

/** The copy byte for byte, and what differs in its schema. */
const state = async (): Promise<unknown> => {
  const database = openReadOnly(url);
  try {
    const rights = await database.query(
      "select relname, relacl::text from pg_class where relnamespace = 'clerk'::regnamespace order by 1",
    );
    return { rows: await written(url), rights, findings: await checkSchema(database) };
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
    expect(await state().catch(() => undefined)).not.toMatchObject({ findings: { faults: [] } });
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
    expect(await state().catch(() => undefined)).not.toMatchObject({ findings: { faults: [] } });
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
    "delete from clerk.migrations",
    "update clerk.users set email = null",
    "update clerk.living_users set email = null",
    "insert into clerk.users (id, email) values ('user_3', 'x')",
    "insert into clerk.sessions (id) values ('sess_1')",
    "insert into clerk.outbox select from clerk.outbox",
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
        for (const statement of statements) {
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
});
