import { verifyWebhook } from "@clerk/backend/webhooks";
import { neon, neonConfig } from "@neondatabase/serverless";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/neon-http";
import { pgTable, text } from "drizzle-orm/pg-core";
import { Hono } from "hono";

/**
 * Clerk's guide on this stack: verify, then write five columns of the user, without a guard against older deliveries, a
 * ledger or a log line.
 *
 * Source: https://clerk.com/docs/guides/development/webhooks/syncing
 */

type Bindings = { DATABASE_URL: string; CLERK_WEBHOOK_SIGNING_SECRET: string; NEON_FETCH_ENDPOINT: string };

const users = pgTable("users", {
  id: text().primaryKey(),
  email: text(),
  first_name: text(),
  last_name: text(),
  image_url: text(),
});

const app = new Hono<{ Bindings: Bindings }>();

app.post("/api/webhook", async (c) => {
  let event;
  try {
    event = await verifyWebhook(c.req.raw, { signingSecret: c.env.CLERK_WEBHOOK_SIGNING_SECRET });
  } catch {
    return c.text("Webhook verification failed", 400);
  }

  // As in the documentation of Drizzle and Neon for Workers, where bindings exist only in a request.
  neonConfig.fetchEndpoint = c.env.NEON_FETCH_ENDPOINT;
  const db = drizzle({ client: neon(c.env.DATABASE_URL) });
  if (event.type === "user.created" || event.type === "user.updated") {
    const { id, email_addresses, primary_email_address_id, first_name, last_name, image_url } = event.data;
    const email = email_addresses.find((address) => address.id === primary_email_address_id)?.email_address ?? null;
    const set = { email, first_name, last_name, image_url };
    await db
      .insert(users)
      .values({ id, ...set })
      .onConflictDoUpdate({ target: users.id, set });
  } else if (event.type === "user.deleted" && event.data.id !== undefined) {
    await db.delete(users).where(eq(users.id, event.data.id));
  }
  return c.text("Webhook received");
});

export default app;
