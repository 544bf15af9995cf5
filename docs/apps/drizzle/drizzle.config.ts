import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: "./schema.ts",
  out: "./migrations",
  // Never "clerk": drizzle-kit push would drop what it finds there.
  schemaFilter: ["public"],
  // The role clerk_app_owner.
  dbCredentials: { url: process.env.MIGRATIONS_DATABASE_URL ?? "" },
});
