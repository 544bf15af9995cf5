import { readFileSync } from "node:fs";
import { defineConfig } from "prisma/config";
import { external } from "../external.ts";

export default defineConfig({
  schema: "prisma",
  migrations: { path: "prisma/migrations", initShadowDb: readFileSync("prisma/shadow.sql", "utf8") },
  experimental: { externalTables: true },
  // Every table of the schema clerk, or Prisma drops what has no model, and resets what it did not make.
  tables: { external },
  // The role clerk_app_owner. The shadow database is an empty one, of a local Postgres or of a branch of its own.
  datasource: {
    url: process.env.MIGRATIONS_DATABASE_URL ?? "",
    shadowDatabaseUrl: process.env.SHADOW_DATABASE_URL ?? "",
  },
});
