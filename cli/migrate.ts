import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as run } from "drizzle-orm/node-postgres/migrator";
import type pg from "pg";
import { CommandError } from "./command-error.ts";
import { directUrlOf } from "./direct-url.ts";
import { isLimited } from "./schema-check/findings.ts";
import { withClient } from "./own-database.ts";

/** Where it is noted which migrations have run: in the schema itself, so that it goes with it. */
export const journal = { schema: "clerk", table: "migrations" } as const;

/** Brings the schema `clerk` of a database up to date, in one transaction, as `npm run db:migrate` does. */
export const migrate = (connectionString: string): Promise<void> =>
  withClient(directUrlOf(connectionString), async (client) => {
    await makeSchema(client);
    await run(drizzle(client), {
      migrationsFolder: fileURLToPath(new URL("../drizzle", import.meta.url)),
      migrationsSchema: journal.schema,
      migrationsTable: journal.table,
    });
  });

/**
 * Makes the schema, or takes the one that is there if it belongs to whom the copy may belong to. The owner of a schema can drop
 * it and all that is in it, so that must be who migrates, or who can do that anyway: the owner of the database or a superuser.
 * Or a group of which who migrates is a member: it cannot log in, so it is no app's. Membership of a role that can log in says nothing,
 * since whoever may create roles is a member of those that they have made, the app's too.
 */
const makeSchema = async (client: pg.Client): Promise<void> => {
  const { rows: roles } = await client.query<{ role: string }>("select current_user as role");
  for (const { role } of roles) {
    if (isLimited(role)) {
      throw new CommandError(
        `DATABASE_URL has the role ${role}; use the owner of the database, so that the copy is its own`,
      );
    }
  }
  // Before the question whose it is: what an app's role makes after it, it cannot make any more.
  await client.query("create schema if not exists clerk");
  const { rows: owners } = await client.query<{ owner: string; is_trusted: boolean }>(
    `select o.rolname as owner,
       o.rolname = current_user or o.oid = d.datdba or o.rolsuper
         or (not o.rolcanlogin and pg_has_role(o.oid, 'member')) as is_trusted
     from pg_namespace as n join pg_roles as o on o.oid = n.nspowner
     join pg_database as d on d.datname = current_database()
     where n.nspname = 'clerk'`,
  );
  for (const { owner, is_trusted } of owners) {
    if (is_trusted && !isLimited(owner)) continue;
    throw new CommandError(
      `The schema clerk belongs to ${owner}, which could drop it. As the owner of the database: drop schema clerk cascade, then run this again${
        isLimited(owner) ? "" : `. If it is no app's and the copy is to stay its own, use ${owner} in DATABASE_URL`
      }`,
    );
  }
};
