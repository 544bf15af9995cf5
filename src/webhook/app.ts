import { Hono } from "hono/tiny";
import { deepHealth } from "../health/deep.ts";
import { errorOf, log } from "../log.ts";
import { measure } from "../metrics.ts";
import { type Failure, fail, internal } from "../result.ts";
import type { ServicesOf } from "../services.ts";
import type { Bindings } from "../settings.ts";
import { type About, accept } from "./accept.ts";

/**
 * The webhook's contract, and the one file that knows status codes. A status is an instruction to the sender: Svix sends
 * again whatever was not answered with 2xx within 15 s.
 */

/** The paths, and what each allows. Clerk's own guide has the one with an s. */
const methods: Readonly<Record<string, string>> = {
  "/api/webhook": "POST",
  "/api/webhooks": "POST",
  "/health": "GET, HEAD",
};

export const createWebhook = (servicesOf: ServicesOf) => {
  const webhook = new Hono<{ Bindings: Bindings }>();

  // With or without a slash at the end: the router takes both.
  webhook.on("POST", ["/api/webhook", "/api/webhooks"], async (c) => {
    const started = Date.now();
    const about: About = {};
    // The app is told when the sender has its answer: one that hangs holds nothing up.
    const after = (job: Promise<unknown>): void => c.executionCtx.waitUntil(job);
    // Not by `app.onError`, which does not know which delivery it is about.
    const accepted = await accept(c.req.raw, () => servicesOf(c.env), about, after).catch((error: unknown) =>
      fail(internal(error)),
    );
    const { status, body, line } = accepted.ok
      ? { status: accepted.value.outcome === "queued" ? 202 : 200, body: accepted.value, line: accepted.value }
      : refused(accepted.failure);
    const { occurredAt, ...named } = about;
    const ms = Date.now() - started;
    log({ ...named, ...line, status, ms }, status < 500 ? "log" : "error");
    const outcome = accepted.ok ? accepted.value.outcome : accepted.failure.kind;
    measure(c.env.METRICS, { type: named.type, outcome, ms, occurredAt, status });
    return Response.json(body, { status, headers: status === 503 ? { "Retry-After": "5" } : {} });
  });

  /** Which version runs, and whether its settings are well formed. With `?deep`, for those who have the token, whether all is well. */
  webhook.get("/health", async (c) => {
    if (c.req.query("deep") !== undefined) return deepHealth(c.req.raw.headers, c.env, servicesOf);
    const made = servicesOf(c.env);
    if (made.ok) {
      log({ health: "ok", status: 200 });
      return c.json({ status: "ok", version: c.env.VERSION?.id });
    }
    const { status, body, line } = refused(made.failure);
    log({ health: "failed", ...line, status }, "error");
    return c.json(body, status);
  });

  webhook.notFound((c) => {
    const { method, path } = c.req;
    const allowed = methods[path.replace(/\/$/, "")];
    const [error, status] =
      allowed === undefined ? (["not_found", 404] as const) : (["method_not_allowed", 405] as const);
    // Anybody may have made the path up.
    log({ error, method, ...(/^[a-z/-]{1,40}$/i.test(path) ? { path } : {}), status });
    return c.json({ error }, status, allowed === undefined ? {} : { Allow: allowed });
  });

  return webhook;
};

const statusOf = {
  malformed: 400,
  unverified: 401,
  too_large: 413,
  unprocessable: 422,
  misconfigured: 500,
  refused: 500,
  internal: 500,
  clerk_unauthorized: 500,
  clerk_rejected: 500,
  clerk_unavailable: 503,
  unavailable: 503,
  busy: 503,
} as const satisfies Record<Failure["kind"], number>;

/** The sender is told only what concerns its request, and the owner which setting is wrong. */
const refused = (failure: Failure) => {
  const body: Record<string, string> = { error: failure.kind };
  if ("setting" in failure) body.setting = failure.setting;
  else if ("reason" in failure) body.reason = failure.reason;
  if ("field" in failure) body.field = failure.field;
  return { status: statusOf[failure.kind], body, line: errorOf(failure) };
};
