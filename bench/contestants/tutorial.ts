import { neon, neonConfig } from "@neondatabase/serverless";
import { drizzle } from "drizzle-orm/neon-http";
import { pgTable, text } from "drizzle-orm/pg-core";
import { Hono } from "hono";
import { Webhook } from "svix";

/**
 * The usual tutorial's handler: it verifies a body that was parsed and written again, inserts on `user.created`, and
 * ignores other types.
 */

type Bindings = { DATABASE_URL: string; CLERK_WEBHOOK_SIGNING_SECRET: string; NEON_FETCH_ENDPOINT: string };

type ClerkEvent = {
  type: string;
  data: {
    id: string;
    email_addresses: { email_address: string }[];
    first_name: string | null;
    last_name: string | null;
    image_url: string | null;
  };
};

const users = pgTable("users", {
  id: text().primaryKey(),
  email: text(),
  first_name: text(),
  last_name: text(),
  image_url: text(),
});

const app = new Hono<{ Bindings: Bindings }>();

app.post("/api/webhook", async (c) => {
  const event = await c.req.json<ClerkEvent>();
  try {
    new Webhook(c.env.CLERK_WEBHOOK_SIGNING_SECRET).verify(JSON.stringify(event), {
      "svix-id": c.req.header("svix-id") ?? "",
      "svix-timestamp": c.req.header("svix-timestamp") ?? "",
      "svix-signature": c.req.header("svix-signature") ?? "",
    });
  } catch {
    return c.text("Error verifying webhook", 400);
  }
  if (event.type === "user.created") {
    neonConfig.fetchEndpoint = c.env.NEON_FETCH_ENDPOINT;
    const db = drizzle({ client: neon(c.env.DATABASE_URL) });
    const { id, email_addresses, first_name, last_name, image_url } = event.data;
    await db.insert(users).values({ id, email: email_addresses[0]?.email_address, first_name, last_name, image_url });
  }
  return c.text("Webhook received");
});

export default app;
