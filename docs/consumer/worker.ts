import type { Mirror } from "../../src/index.ts";

/** A Worker of yours that takes orders: the row that an order references is there before the order is. */

type Env = { MIRROR: Service<typeof Mirror> };

export default {
  fetch: async (request, env) => {
    // A stand-in: take the id from a session that Clerk has signed (`authenticateRequest` of @clerk/backend), and never
    // from what a client says.
    const userId = request.headers.get("X-User-Id") ?? "";

    try {
      const user = await env.MIRROR.ensureUser(userId);
      if (user === null) return Response.json({ error: "no_such_user" }, { status: 404 });

      // Now: insert into orders (user_id, …) values (user.id, …)
      return Response.json({ order: { user_id: user.id, receipt_to: user.email } });
    } catch (error) {
      // Clerk or the database is away, or a setting is wrong. The message is safe to log.
      console.error(String(error));
      return Response.json({ error: "unavailable" }, { status: 503, headers: { "Retry-After": "5" } });
    }
  },
} satisfies ExportedHandler<Env>;
