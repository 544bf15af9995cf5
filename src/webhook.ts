import { Hono } from "hono/tiny";
import { connect, type DatabaseFailure } from "./database.ts";
import { readEvent, type Unreadable } from "./event.ts";
import { type Merge, type Merged, prepareMerge } from "./merge.ts";
import { type Bindings, type Misconfigured, readSettings } from "./settings.ts";
import { importSecrets, type Unverified, verify } from "./verify.ts";

/**
 * The webhook's contract, and the one file that knows status codes. A status is an instruction to the sender:
 * Svix sends again whatever was not answered with 2xx within 15 s.
 */

/** Svix sends up to about 350 kB. */
const maximumBytes = 512 * 1024;

/** None of these holds anything of a payload or of a secret: they are logged as they are. */
type Failure = { id?: string; type?: string } & (
  | Misconfigured
  | { kind: "too_large" }
  | Unverified
  | Unreadable
  | DatabaseFailure
  /** A bug. What was thrown is told to nobody: it may hold what was being worked on. */
  | { kind: "internal" }
);

type Committed = { kind: "committed"; type: string } & Merged;

export const webhook = new Hono<{ Bindings: Bindings }>();

webhook.post("/api/webhook", async (c) => {
  const started = Date.now();
  const result = await deliver(c.req.raw, c.env).catch((): Failure => ({ kind: "internal" }));
  const ms = Date.now() - started;
  if (result.kind === "committed") {
    const { kind: _, ...line } = result;
    console.log(JSON.stringify({ ...line, status: 200, ms }));
    return c.json({ outcome: result.outcome, attempts: result.attempts });
  }
  const { status, body, headers } = answer(result);
  const { kind: error, ...line } = result;
  console[status < 500 ? "log" : "error"](JSON.stringify({ ...line, error, status, ms }));
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

/** A delivery's whole way, from the door to the row. */
const deliver = async (request: Request, bindings: Bindings): Promise<Committed | Failure> => {
  const instance = await instanceOf(bindings);
  if (instance.kind === "misconfigured") return instance;

  const body = await readBody(request);
  if (body === undefined) return { kind: "too_large" };

  const verdict = await verify(request.headers, body, instance.keys, Math.floor(Date.now() / 1000));
  if (verdict.kind !== "verified") return verdict;

  const event = readEvent(verdict.id, body);
  if (event.kind !== "event") return event;

  const { id, type } = event;
  const merged = await instance.merge(event);
  return merged.kind === "merged" ? { ...merged, kind: "committed", type } : { ...merged, id, type };
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

/** What is made of the bindings once: they do not change while an isolate lives. */
type Instance = { kind: "instance"; keys: CryptoKey[]; merge: Merge };

const instances = new WeakMap<Bindings, Instance>();

const instanceOf = async (bindings: Bindings): Promise<Instance | Misconfigured> => {
  const known = instances.get(bindings);
  if (known !== undefined) return known;

  const settings = readSettings(bindings);
  if (settings.kind === "misconfigured") return settings;

  const instance: Instance = {
    kind: "instance",
    keys: await importSecrets(settings.signingSecrets),
    merge: prepareMerge(connect(settings.databaseUrl, settings.neonFetchEndpoint)),
  };
  instances.set(bindings, instance);
  return instance;
};

/** The raw bytes, or undefined where they are more than the limit. No more than that is ever held. */
const readBody = async (request: Request): Promise<Uint8Array | undefined> => {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    return Number(declared) > maximumBytes ? undefined : new Uint8Array(await request.arrayBuffer());
  }

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
