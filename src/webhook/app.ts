import { Hono } from "hono/tiny";
import { deadlineMilliseconds, type DatabaseFailure } from "../database/connect.ts";
import { enqueue, type QueueFailure } from "./enqueue.ts";
import { readEvent, type Unreadable } from "./delivery.ts";
import type { Merged } from "../database/merge.ts";
import { withoutOmitted } from "../entities/omit.ts";
import { type Receiver, receivers } from "./receiver.ts";
import { type Bindings, type Misconfigured, readSettings } from "../settings.ts";
import { type Unverified, verify } from "./verify.ts";

/**
 * The webhook's contract, and the one file that knows status codes. A status is an instruction to the sender:
 * Svix sends again whatever was not answered with 2xx within 15 s.
 */

/** Svix sends up to about 350 kB. */
const maximumBytes = 512 * 1024;

/** The delivery that a request is about, as far as it is known. Both are of forms that hold nothing else. */
type About = { id?: string; type?: string };

/** None of these holds anything of a payload or of a secret: they are logged as they are. */
type Failure = About &
  (
    | Misconfigured
    | { kind: "too_large" }
    | Unverified
    | Unreadable
    | DatabaseFailure
    | QueueFailure
    /** A bug. The message of what was thrown is told to nobody: it may hold what was being worked on. */
    | { kind: "internal"; name: string; at: string[] }
  );

type Committed = { kind: "committed"; type: string } & Merged;

type Queued = { kind: "queued"; id: string; type: string };

/** @param deadline milliseconds that the database may take */
export const createWebhook = (deadline = deadlineMilliseconds) => {
  const webhook = new Hono<{ Bindings: Bindings }>();
  const receiverOf = receivers(deadline);

  // With or without a slash at the end: the router takes both.
  webhook.post("/api/webhook", async (c) => {
    const started = Date.now();
    const about: About = {};
    const result = await receiverOf(c.env)
      .then((receiver) => deliver(c.req.raw, receiver, about))
      .catch((error: unknown): Failure => internal(error));
    const ms = Date.now() - started;
    if (result.kind === "queued") {
      const { kind: outcome, ...line } = result;
      console.log(JSON.stringify({ ...line, outcome, status: 202, ms }));
      return c.json({ outcome }, 202);
    }
    if (result.kind === "committed") {
      const { kind: _, ...line } = result;
      console.log(JSON.stringify({ ...line, status: 200, ms }));
      return c.json({ outcome: result.outcome, attempts: result.attempts });
    }
    const { status, body, headers } = answer(result);
    const { kind: error, ...line } = result;
    console[status < 500 ? "log" : "error"](JSON.stringify({ ...about, ...line, error, status, ms }));
    return c.json({ error, ...body }, status, headers);
  });

  webhook.all("/api/webhook", (c) => c.json({ error: "method_not_allowed" }, 405, { Allow: "POST" }));

  /** Whether the Worker runs and its settings are well formed. The database is not asked. */
  webhook.get("/health", (c) => {
    const settings = readSettings(c.env);
    if (settings.kind === "settings") return c.json({ status: "ok" });
    const { kind: error, ...line } = settings;
    console.error(JSON.stringify({ ...line, error, status: 500 }));
    return c.json({ error }, 500);
  });

  webhook.all("/health", (c) => c.json({ error: "method_not_allowed" }, 405, { Allow: "GET, HEAD" }));

  webhook.notFound((c) => c.json({ error: "not_found" }, 404));

  return webhook;
};

/**
 * A delivery's whole way, from the door to the row.
 *
 * @param about is filled as it becomes known which delivery it is
 */
const deliver = async (
  request: Request,
  receiver: Receiver | Misconfigured,
  about: About,
): Promise<Committed | Queued | Failure> => {
  if (receiver.kind === "misconfigured") return receiver;

  const body = await readBody(request);
  if (body === undefined) return { kind: "too_large" };

  const verdict = await verify(request.headers, body, receiver.keys, Math.floor(Date.now() / 1000));
  if (verdict.kind !== "verified") return verdict;
  about.id = verdict.id;

  const event = readEvent(verdict.id, body, receiver.instanceId);
  if (event.kind !== "event") return event;
  const { type } = event;
  about.type = type;

  event.changes = event.changes.map((change) => withoutOmitted(change, receiver.omitted));
  if (receiver.queue !== undefined) {
    const queued = await enqueue(receiver.queue, event, receiver.deadline);
    if (queued.kind === "queued") return { kind: "queued", id: event.id, type };
    if (queued.kind === "unavailable") return queued;
  }
  const merged = await receiver.merge.event(event);
  return merged.kind === "merged" ? { ...merged, kind: "committed", type } : merged;
};

/** What a failure tells the sender. `reason` is told only where it speaks of the request. */
const answer = (
  failure: Failure,
): { status: 400 | 401 | 413 | 422 | 500 | 503; body?: Record<string, string>; headers?: Record<string, string> } => {
  switch (failure.kind) {
    case "malformed":
      return { status: 400, body: { reason: failure.reason } };
    case "unverified":
      return { status: 401, body: { reason: failure.reason } };
    case "too_large":
      return { status: 413 };
    case "unprocessable":
      return { status: 422, body: { field: failure.field } };
    case "misconfigured":
    case "refused":
    case "internal":
      return { status: 500 };
    case "unavailable":
      return { status: 503, headers: { "Retry-After": "5" } };
  }
};

/** The name of an error and where it was thrown, which is enough to find a bug, and says nothing of the data. */
const internal = (error: unknown): Failure => ({
  kind: "internal",
  name: error instanceof Error ? error.name : typeof error,
  at: error instanceof Error ? (error.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? []).slice(0, 5) : [],
});

/** The raw bytes, or undefined where they are more than the limit, by the header's word or by count. */
const readBody = async (request: Request): Promise<Uint8Array | undefined> => {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    if (Number(declared) > maximumBytes) return undefined;
    const body = new Uint8Array(await request.arrayBuffer());
    return body.length > maximumBytes ? undefined : body;
  }

  // Without a length the body may have no end: no more than the limit is ever held.
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > maximumBytes) return undefined;
    chunks.push(chunk);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
};
