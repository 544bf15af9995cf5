import type { Generated } from "kysely";
import type { ClerkTables } from "../kysely.d.ts";

type Orders = {
  id: Generated<string>;
  user_id: string;
  /** As they were when the order was placed: an invoice keeps them, whatever becomes of the user. */
  billed_name: string | null;
  billed_email: string | null;
  total_cents: number;
  created_at: Generated<Date>;
};

/** `new Kysely<Database>(…)`. */
export type Database = ClerkTables & { orders: Orders };
