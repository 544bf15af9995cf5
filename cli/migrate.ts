import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as run } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";

/** Brings the schema `clerk` of a database up to date, in one transaction, as `npm run db:migrate` does. */
export const migrate = async (connectionString: string): Promise<void> => {
  const client = new pg.Client({ connectionString });
  // The statement that a lost connection breaks says so.
  client.on("error", () => {});
  await client.connect();
  try {
    await run(drizzle(client), {
      migrationsFolder: fileURLToPath(new URL("../drizzle", import.meta.url)),
      migrationsSchema: "drizzle",
      migrationsTable: "clerk_mirror_migrations",
    });
  } finally {
    await client.end();
  }
};
