import { defineConfig } from "drizzle-kit";

const url = process.env.DATABASE_URL;
if (process.argv.includes("studio") && !url) {
  console.error(
    "DATABASE_URL is not set. Set it to the connection string of the database, for example:\n" +
      "  DATABASE_URL='postgresql://user:password@host/database?sslmode=require' npm run db:studio",
  );
  process.exit(1);
}

export default defineConfig({
  dialect: "postgresql",
  schema: "./src/schema.ts",
  out: "./drizzle",
  schemaFilter: ["clerk"],
  dbCredentials: { url: url ?? "" },
  migrations: { schema: "clerk", table: "migrations" },
});
