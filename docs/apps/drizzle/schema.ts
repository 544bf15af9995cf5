import { bigint, index, integer, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { users } from "../drizzle.ts";

/** Your own tables. `users` is imported for the reference, and not exported: drizzle-kit takes what is exported for yours. */

export const orders = pgTable(
  "orders",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    user_id: text()
      .notNull()
      .references(() => users.id),
    /** As they were when the order was placed: an invoice keeps them, whatever becomes of the user. */
    billed_name: text(),
    billed_email: text(),
    total_cents: integer().notNull(),
    created_at: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [index().on(table.user_id)],
);
