import { Hono } from "hono/tiny";
import type { Merged } from "../database/merge.ts";
import { withoutOmitted } from "../entities/omit.ts";
import { errorOf, log } from "../log.ts";
import { type Failure, fail, internal, type Misconfigured, misconfigured, ok, type Result } from "../result.ts";
import type { Services, ServicesOf } from "../services.ts";
import type { Bindings } from "../settings.ts";
import { readBody } from "./body.ts";
import { isSample, ledgerLine, parseDelivery } from "./delivery.ts";
import { enqueue } from "./enqueue.ts";
import { readSignature, verify } from "./verify.ts";

/**
 * The webhook's contract, and the one file that knows status codes. A status is an instruction to the sender: Svix sends
 * again whatever was not answered with 2xx within 15 s.
 */

/** Which delivery a request is about, as far as it is known. Both are of forms that hold nothing else. */
type About = { id?: string; type?: string };

/** Committed by the merge, waiting in the queue, or a sample of Clerk's dashboard, of which nothing is kept. */
type Accepted = Pick<Merged, "outcome" | "attempts"> | { outcome: "queued" } | { outcome: "ignored"; sample: true };

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
    const after = (job: Promise<void>): void => c.executionCtx.waitUntil(job);
    // Not by `app.onError`, which does not know which delivery it is about.
    const accepted = await accept(c.req.raw, () => servicesOf(c.env), about, after).catch((error: unknown) =>
      fail(internal(error)),
    );
    const { status, body, line } = accepted.ok
      ? { status: accepted.value.outcome === "queued" ? 202 : 200, body: accepted.value, line: accepted.value }
      : refused(accepted.failure);
    log({ ...about, ...line, status, ms: Date.now() - started }, status < 500 ? "log" : "error");
    return Response.json(body, { status, headers: status === 503 ? { "Retry-After": "5" } : {} });
  });

  /** Whether the Worker runs and its settings are well formed; with `?deep`, also whether the database takes deliveries. */
  webhook.get("/health", async (c) => {
    const made = servicesOf(c.env);
    const isDeep = c.req.query("deep") !== undefined;
    // A merge of nothing needs all that a delivery needs.
    const checked = made.ok && isDeep ? await made.value.merge([], []) : made;
    if (checked.ok) {
      log({ health: "ok", status: 200 });
      return c.json({ status: "ok", ...(isDeep ? { database: "ok" } : {}) });
    }
    const { status, body, line } = refused(checked.failure);
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

/**
 * A delivery's whole way, from the door to the row. What costs nothing comes first: anybody can send headers and a body.
 *
 * @param about is filled as it becomes known which delivery it is
 * @param after takes what goes on when the sender has its answer
 */
const accept = async (
  request: Request,
  servicesFor: () => Result<Services, Misconfigured>,
  about: About,
  after: (job: Promise<void>) => void,
): Promise<Result<Accepted>> => {
  const made = servicesFor();
  if (!made.ok) return made;
  const services = made.value;

  const signature = readSignature(request.headers, Math.floor(Date.now() / 1000));
  if (!signature.ok) return signature;
  about.id = signature.value.id;

  const body = await readBody(request);
  if (!body.ok) return body;

  const verified = await verify(signature.value, body.value, await services.keys());
  if (!verified.ok) return verified;

  const parsed = parseDelivery(signature.value, body.value);
  if (!parsed.ok) return parsed;
  about.type = parsed.value.type;
  if (isSample(parsed.value)) return ok({ outcome: "ignored", sample: true });

  const { instanceId, omitted } = services.settings;
  // It was signed with a secret of ours, and each instance has its own: so the setting is wrong, and nothing may be lost.
  if (instanceId !== undefined && (parsed.value.instanceId ?? instanceId) !== instanceId) {
    return fail(misconfigured("CLERK_INSTANCE_ID", `is not the instance of this delivery, ${parsed.value.instanceId}`));
  }

  const delivery = { ...parsed.value, changes: withoutOmitted(parsed.value.changes, omitted) };
  if (services.queue !== undefined) {
    const queued = await enqueue(services.queue, delivery, services.deadlines.database);
    if (queued.ok) return ok({ outcome: "queued" });
    if (queued.failure.kind === "unavailable") return queued;
  }
  const merged = await services.merge(delivery.changes, [ledgerLine(delivery)]);
  if (!merged.ok) return merged;
  const [line] = merged.value;
  if (line === undefined) return fail({ kind: "unavailable", cause: "answer" });
  if (line.is_told === true && services.tellSoon !== undefined) after(services.tellSoon());
  return ok({ outcome: line.outcome, attempts: line.attempts });
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
