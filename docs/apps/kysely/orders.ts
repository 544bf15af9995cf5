import { type Kysely, sql } from "kysely";
import type { Database } from "./database.ts";

/**
 * Places an order, also of a user whose event from Clerk has not arrived.
 *
 * @param userId from a session that you have verified
 * @returns the order's id; null if Clerk has deleted the user
 */
export const placeOrder = async (db: Kysely<Database>, userId: string, totalCents: number): Promise<string | null> => {
  // Not in a transaction with the order: Clerk's events for the user wait until that ends.
  await sql`select clerk.expect_user(${userId})`.execute(db);
  const order = await db
    .insertInto("orders")
    .columns(["user_id", "billed_name", "billed_email", "total_cents"])
    .expression((insert) =>
      insert
        .selectFrom("clerk.living_users as u")
        .select(["u.id", "u.name", "u.email", sql<number>`${totalCents}::integer`.as("total_cents")])
        .where("u.id", "=", userId),
    )
    .returning("id")
    .executeTakeFirst();
  return order?.id ?? null;
};

/** Every order, with its user's name as it is now. */
export const listOrders = async (
  db: Kysely<Database>,
): Promise<{ id: string; buyer: string; total_cents: number }[]> => {
  const rows = await db
    .selectFrom("orders as o")
    .innerJoin("clerk.users as u", "u.id", "o.user_id")
    .select(["o.id", "o.total_cents", "o.billed_name", "u.name", "u.deleted_at"])
    .orderBy("o.id")
    .execute();
  return rows.map(({ id, total_cents, name, deleted_at, billed_name }) => ({
    id,
    total_cents,
    // The row of a deleted user has no name. What the order has is kept for the invoice, and not shown.
    buyer: deleted_at === null ? (name ?? billed_name ?? "New customer") : "Deleted customer",
  }));
};
