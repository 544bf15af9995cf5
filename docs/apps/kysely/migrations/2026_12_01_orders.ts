import { type Kysely, sql } from "kysely";

/** As clerk_app_owner, by Kysely's Migrator. */
export const up = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable("orders")
    .addColumn("id", "bigint", (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn("user_id", "text", (column) => column.notNull())
    .addColumn("billed_name", "text")
    .addColumn("billed_email", "text")
    .addColumn("total_cents", "integer", (column) => column.notNull())
    .addColumn("created_at", "timestamptz", (column) => column.notNull().defaultTo(sql`now()`))
    .execute();
  await db.schema.createIndex("orders_user_id").on("orders").column("user_id").execute();
  // In place of references("clerk.users.id"), which only the owner of the copy may.
  await sql`select clerk.reference('orders', 'user_id')`.execute(db);
};

export const down = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema.dropTable("orders").execute();
};
