import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as run } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { CommandError } from "./command-error.ts";
import { directUrlOf } from "./direct-url.ts";

/** Where it is noted which migrations have run: in the schema itself, so that it goes with it. */
export const journal = { schema: "clerk", table: "migrations" } as const;

/** Brings the schema `clerk` of a database up to date, in one transaction, as `npm run db:migrate` does. */
export const migrate = async (connectionString: string): Promise<void> => {
  const client = new pg.Client({
    connectionString: directUrlOf(connectionString),
    connectionTimeoutMillis: 20_000,
  });
  // The statement that a lost connection breaks says so.
  client.on("error", () => {});
  await client.connect();
  try {
    // The role of the app's migrations may create functions in public.
    await client.query("set search_path to pg_catalog");
    await refuseApps(client);
    await run(drizzle(client), {
      migrationsFolder: fileURLToPath(new URL("../drizzle", import.meta.url)),
      migrationsSchema: journal.schema,
      migrationsTable: journal.table,
    });
  } finally {
    await client.end();
  }
};

/** The owner of the schema can drop it, so that must not be a role of the app's. */
const refuseApps = async (client: pg.Client): Promise<void> => {
  const { rows } = await client.query<{ role: string; owner: string | null }>(
    "select current_user as role, (select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'clerk') as owner",
  );
  const limited = /^clerk_(mirror|app|app_owner)$/;
  for (const { role, owner } of rows) {
    if (limited.test(role)) {
      throw new CommandError(
        `DATABASE_URL has the role ${role}; use the owner of the database, so that the copy is its own`,
      );
    }
    if (owner !== null && limited.test(owner)) {
      throw new CommandError(
        `The schema clerk belongs to ${owner}, which could drop it. As the owner of the database: drop schema clerk cascade, then run this again`,
      );
    }
  }
};
