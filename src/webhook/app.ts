import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { Merged } from "../database/merge.ts";
import { withoutOmitted } from "../entities/omit.ts";
import { errorOf, log } from "../log.ts";
import { type Failure, fail, internal, ok, type Result } from "../result.ts";
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

type Env = { Bindings: Bindings; Variables: { about: About; started: number } };

/** Committed by the merge, or waiting in the queue. */
type Accepted = Omit<Merged, "id"> | { outcome: "queued" };

export const createWebhook = (servicesOf: ServicesOf) => {
  const webhook = new Hono<Env>();

  // With or without a slash at the end: the router takes both.
  webhook.post("/api/webhook", async (c) => {
    const about: About = {};
    c.set("about", about);
    c.set("started", Date.now());
    const services = servicesOf(c.env);
    const accepted = services.ok ? await accept(c.req.raw, services.value, about) : services;
    if (!accepted.ok) return refuse(c, accepted.failure);
    const status = accepted.value.outcome === "queued" ? 202 : 200;
    log({ ...about, ...accepted.value, status, ms: Date.now() - c.get("started") });
    return c.json(accepted.value, status);
  });

  webhook.all("/api/webhook", (c) => c.json({ error: "method_not_allowed" }, 405, { Allow: "POST" }));

  /** Whether the Worker runs and its settings are well formed. It does not ask the database. */
  webhook.get("/health", (c) => {
    const settings = readSettings(c.env);
    if (settings.ok) return c.json({ status: "ok" });
    log({ ...errorOf(settings.failure), status: 500 }, "error");
    return c.json({ error: settings.failure.kind }, 500);
  });

  webhook.all("/health", (c) => c.json({ error: "method_not_allowed" }, 405, { Allow: "GET, HEAD" }));

  webhook.notFound((c) => c.json({ error: "not_found" }, 404));

  webhook.onError((error, c) => refuse(c, internal(error)));

  return webhook;
};

/**
 * A delivery's whole way, from the door to the row.
 *
 * @param about is filled as it becomes known which delivery it is
 */
const accept = async (request: Request, services: Services, about: About): Promise<Result<Accepted>> => {
  const body = await readBody(request);
  if (!body.ok) return body;

  const keys = await services.keys();
  const verified = await verify(request.headers, body.value, keys, Math.floor(Date.now() / 1000));
  if (!verified.ok) return verified;
  about.id = verified.value;

  const { instanceId, omitted } = services.settings;
  const parsed = parseDelivery(verified.value, body.value, instanceId);
  if (!parsed.ok) return parsed;
  about.type = parsed.value.type;

  const delivery = { ...parsed.value, changes: parsed.value.changes.map((change) => withoutOmitted(change, omitted)) };
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

/** Answers with a failure. The sender is told only what concerns its request. */
const refuse = (c: Context<Env>, failure: Failure): Response => {
  const status = statusOf[failure.kind];
  const line = { ...c.get("about"), ...errorOf(failure), status, ms: Date.now() - c.get("started") };
  log(line, status < 500 ? "log" : "error");
  const told =
    failure.kind === "malformed" || failure.kind === "unverified"
      ? { reason: failure.reason }
      : failure.kind === "unprocessable"
        ? { field: failure.field }
        : {};
  return c.json({ error: failure.kind, ...told }, status, status === 503 ? { "Retry-After": "5" } : {});
};
