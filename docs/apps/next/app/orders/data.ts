import { auth } from "@clerk/nextjs/server";
import { neon } from "@neondatabase/serverless";

type Order = { id: string; total_cents: number; name: string | null };

/**
 * For a server component: `const orders = await myOrders()`. Postgres returns the rows that rls.sql lets the user see, whatever
 * this query forgets to ask for. DATABASE_AUTHENTICATED_URL is Neon's connection string of the role `authenticated`.
 */
export const myOrders = async (): Promise<Order[]> => {
  const { userId, getToken } = await auth();
  if (userId === null) return [];
  // Clerk's session token: Neon verifies it with Clerk's public keys.
  const sql = neon(process.env.DATABASE_AUTHENTICATED_URL ?? "", { authToken: async () => (await getToken()) ?? "" });
  const rows = await sql`
    select o.id, o.total_cents, p.name
    from orders as o left join people as p on p.id = o.user_id
    order by o.id
  `;
  return rows.map(({ id, total_cents, name }) => ({ id, total_cents, name }));
};
