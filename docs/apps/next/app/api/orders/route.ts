import { auth } from "@clerk/nextjs/server";
import { neon } from "@neondatabase/serverless";
import type { EnsureAnswer, EnsureRequest, UserRow } from "../../../../mirror.d.ts";

/**
 * POST /api/orders with {"total_cents": 4200} places an order of whoever is signed in, perhaps a second after signing up.
 * It needs DATABASE_URL, with the role clerk_app, and MIRROR_URL and MIRROR_ENSURE_TOKEN of clerk-mirror.
 */
export const POST = async (request: Request): Promise<Response> => {
  const { userId } = await auth();
  if (userId === null) return Response.json({ error: "signed_out" }, { status: 401 });
  const totalCents = centsIn(await request.json().catch(() => null));
  if (totalCents === undefined) return Response.json({ error: "malformed" }, { status: 400 });

  let user: UserRow | null;
  try {
    user = await ensureUser(userId);
  } catch (error) {
    console.error(String(error));
    return Response.json({ error: "unavailable" }, { status: 503, headers: { "Retry-After": "5" } });
  }
  if (user === null) return Response.json({ error: "no_such_user" }, { status: 404 });

  // The row is in clerk.users now, so the foreign key holds.
  const sql = neon(process.env.DATABASE_URL ?? "");
  const [order] = await sql`
    insert into orders (user_id, billed_name, billed_email, total_cents)
    values (${user.id}, ${user.name}, ${user.email}, ${totalCents})
    returning id
  `;
  return Response.json({ order }, { status: 201 });
};

const centsIn = (body: unknown): number | undefined => {
  if (typeof body !== "object" || body === null || !("total_cents" in body)) return undefined;
  const { total_cents } = body;
  return typeof total_cents === "number" && Number.isInteger(total_cents) && total_cents > 0 ? total_cents : undefined;
};

/** The user's row of the copy, from Clerk if the copy has none. Null if Clerk has no such user. */
const ensureUser = async (id: string): Promise<UserRow | null> => {
  const response = await fetch(new URL("/api/ensure", process.env.MIRROR_URL), {
    method: "POST",
    headers: { Authorization: `Bearer ${process.env.MIRROR_ENSURE_TOKEN}`, "Content-Type": "application/json" },
    body: JSON.stringify({ user: id } satisfies EnsureRequest),
    signal: AbortSignal.timeout(20_000),
  });
  if (!response.ok) throw new Error(`/api/ensure answered ${response.status}`);
  const { row }: EnsureAnswer = JSON.parse(await response.text());
  return row;
};
