import { Hono } from "hono/tiny";
import type { Merged } from "../database/merge.ts";
import { withoutOmitted } from "../entities/omit.ts";
import { errorOf, log } from "../log.ts";
import { type Failure, fail, internal, type Misconfigured, ok, type Result } from "../result.ts";
import type { Services, ServicesOf } from "../services.ts";
import { type Bindings, readSettings } from "../settings.ts";
import { readBody } from "./body.ts";
import { ledgerLine, parseDelivery } from "./delivery.ts";
import { enqueue } from "./enqueue.ts";
import { verify } from "./verify.ts";

/**
 * The webhook's contract, and the one file that knows status codes. A status is an instruction to the sender: Svix sends
 * again whatever was not answered with 2xx within 15 s.
 */

/** Which delivery a request is about, as far as it is known. Both are of forms that hold nothing else. */
type About = { id?: string; type?: string };

/** Committed by the merge, or waiting in the queue. */
type Accepted = Omit<Merged, "id"> | { outcome: "queued" };

/** The paths, and what each allows. */
const methods: Readonly<Record<string, string>> = { "/api/webhook": "POST", "/health": "GET, HEAD" };

export const createWebhook = (servicesOf: ServicesOf) => {
  const webhook = new Hono<{ Bindings: Bindings }>();

  // With or without a slash at the end: the router takes both.
  webhook.post("/api/webhook", async (c) => {
    const started = Date.now();
    const about: About = {};
    // Not by `app.onError`, which does not know which delivery it is about.
    const accepted = await accept(c.req.raw, () => servicesOf(c.env), about).catch((error: unknown) =>
      fail(internal(error)),
    );
    const { status, body, line } = accepted.ok ? acknowledged(accepted.value) : refused(accepted.failure);
    log({ ...about, ...line, status, ms: Date.now() - started }, status < 500 ? "log" : "error");
    return Response.json(body, { status, headers: status === 503 ? { "Retry-After": "5" } : {} });
  });

  /** Whether the Worker runs and its settings are well formed. It does not ask the database. */
  webhook.get("/health", (c) => {
    const settings = readSettings(c.env);
    if (settings.ok) return c.json({ status: "ok" });
    log({ ...errorOf(settings.failure), status: 500 }, "error");
    return c.json({ error: settings.failure.kind }, 500);
  });

  webhook.notFound((c) => {
    const allowed = methods[c.req.path.replace(/\/$/, "")];
    return allowed === undefined
      ? c.json({ error: "not_found" }, 404)
      : c.json({ error: "method_not_allowed" }, 405, { Allow: allowed });
  });

  return webhook;
};

/**
 * A delivery's whole way, from the door to the row.
 *
 * @param about is filled as it becomes known which delivery it is
 */
const accept = async (
  request: Request,
  servicesFor: () => Result<Services, Misconfigured>,
  about: About,
): Promise<Result<Accepted>> => {
  const made = servicesFor();
  if (!made.ok) return made;
  const services = made.value;

  const body = await readBody(request);
  if (!body.ok) return body;

  const keys = await services.keys();
  const verified = await verify(request.headers, body.value, keys, Math.floor(Date.now() / 1000));
  if (!verified.ok) return verified;
  about.id = verified.value.id;

  const { instanceId, omitted } = services.settings;
  const parsed = parseDelivery(verified.value, body.value, instanceId);
  if (!parsed.ok) return parsed;
  about.type = parsed.value.type;

  const delivery = { ...parsed.value, changes: withoutOmitted(parsed.value.changes, omitted) };
  if (services.queue !== undefined) {
    const queued = await enqueue(services.queue, delivery, services.deadlines.database);
    if (queued.ok) return ok({ outcome: "queued" });
    if (queued.failure.kind === "unavailable") return queued;
  }
  const merged = await services.merge(delivery.changes, [ledgerLine(delivery)]);
  if (!merged.ok) return merged;
  const [line] = merged.value;
  return line === undefined
    ? fail({ kind: "unavailable", cause: "answer" })
    : ok({ outcome: line.outcome, attempts: line.attempts });
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
} as const satisfies Record<Failure["kind"], number>;

const acknowledged = (accepted: Accepted) => {
  const status: 200 | 202 = accepted.outcome === "queued" ? 202 : 200;
  return { status, body: accepted, line: accepted };
};

/** The sender is told only what concerns its request. */
const refused = (failure: Failure) => {
  const body: Record<string, string> = { error: failure.kind };
  if ("reason" in failure && failure.kind !== "misconfigured") body.reason = failure.reason;
  if ("field" in failure) body.field = failure.field;
  return { status: statusOf[failure.kind], body, line: errorOf(failure) };
};
