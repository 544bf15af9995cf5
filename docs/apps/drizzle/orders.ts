import { and, asc, eq, isNull, sql } from "drizzle-orm";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import { users } from "../drizzle.ts";
import { orders } from "./schema.ts";

/**
 * Places an order, also of a user whose event from Clerk has not arrived.
 *
 * @param userId from a session that you have verified
 * @returns the order's id; null if Clerk has deleted the user
 */
export const placeOrder = async (db: NodePgDatabase, userId: string, totalCents: number): Promise<number | null> => {
  // Not in a transaction with the order: Clerk's events for the user wait until that ends.
  await db.execute(sql`select clerk.expect_user(${userId})`);
  const [user] = await db
    .select({ name: users.name, email: users.email })
    .from(users)
    .where(and(eq(users.id, userId), isNull(users.deleted_at)));
  if (user === undefined) return null;
  const [order] = await db
    .insert(orders)
    .values({ user_id: userId, billed_name: user.name, billed_email: user.email, total_cents: totalCents })
    .returning({ id: orders.id });
  return order?.id ?? null;
};

/** Every order, with its user's name as it is now. */
export const listOrders = async (db: NodePgDatabase): Promise<{ id: number; buyer: string; total_cents: number }[]> => {
  const rows = await db
    .select({
      id: orders.id,
      total_cents: orders.total_cents,
      billed_name: orders.billed_name,
      name: users.name,
      deleted_at: users.deleted_at,
    })
    .from(orders)
    .innerJoin(users, eq(users.id, orders.user_id))
    .orderBy(asc(orders.id));
  return rows.map(({ id, total_cents, name, deleted_at, billed_name }) => ({
    id,
    total_cents,
    // The row of a deleted user has no name. What the order has is kept for the invoice, and not shown.
    buyer: deleted_at === null ? (name ?? billed_name ?? "New customer") : "Deleted customer",
  }));
};
