import type { PrismaClient } from "./generated/client.ts";

/**
 * Places an order, also of a user whose event from Clerk has not arrived.
 *
 * @param userId from a session that you have verified
 * @returns the order's id; null if Clerk has deleted the user
 */
export const placeOrder = async (db: PrismaClient, userId: string, totalCents: number): Promise<bigint | null> => {
  // Not in a transaction with the order: Clerk's events for the user wait until that ends.
  await db.$queryRaw`select clerk.expect_user(${userId})`;
  const user = await db.clerkUser.findUnique({
    where: { id: userId, deleted_at: null },
    select: { name: true, email: true },
  });
  if (user === null) return null;
  const order = await db.order.create({
    data: { user_id: userId, billed_name: user.name, billed_email: user.email, total_cents: totalCents },
  });
  return order.id;
};

/** Every order, with its user's name as it is now. */
export const listOrders = async (db: PrismaClient): Promise<{ id: bigint; buyer: string; total_cents: number }[]> => {
  const orders = await db.order.findMany({
    include: { user: { select: { name: true, deleted_at: true } } },
    orderBy: { id: "asc" },
  });
  return orders.map(({ id, total_cents, user, billed_name }) => ({
    id,
    total_cents,
    // The row of a deleted user has no name. What the order has is kept for the invoice, and not shown.
    buyer: user.deleted_at === null ? (user.name ?? billed_name ?? "New customer") : "Deleted customer",
  }));
};
