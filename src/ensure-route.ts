import type { Hono } from "hono/tiny";
import { hasBearer } from "./bearer.ts";
import { boundOf } from "./bound.ts";
import { isObject, isTime, type JsonObject } from "./json.ts";
import { errorOf, log } from "./log.ts";
import { internal } from "./result.ts";
import { type Bindings, settingOf } from "./settings.ts";
import { ensure, EnsureError } from "./sync/ensure.ts";
import type { Invocation } from "./sync/single-flight.ts";
import { readBody } from "./webhook/body.ts";

/** `POST /api/ensure`: the methods of `Mirror` for apps without a service binding. See docs/ensure.md. */

/**
 * Requests that are under way, and questions to Clerk per second, in this isolate. Clerk answers 100 per second in
 * production to backfill, reconciliation and the app together: one that asks in a loop must not use that up.
 */
const mostPlaces = 20;

type Answer = {
  status: number;
  body: JsonObject;
  headers?: Record<string, string> | undefined;
  /** What the log says of it, if not the same. */
  line?: JsonObject;
};

/** Adds the path, which is there only if MIRROR_ENSURE_TOKEN is set and well formed. */
export const addEnsure = (app: Hono<{ Bindings: Bindings }>, now: () => number = Date.now): void => {
  const takePlace = boundOf(mostPlaces, now);

  const answer = async (
    token: string,
    request: Request,
    bindings: Bindings,
    invocation: Invocation,
  ): Promise<Answer> => {
    if (!(await hasBearer(request.headers, token))) {
      return refused(401, "unauthorized", { "WWW-Authenticate": "Bearer" });
    }
    const body = await readBody(request);
    const question = body.ok ? questionIn(body.value) : undefined;
    if (question === undefined) return refused(400, "malformed");
    const place = takePlace();
    if (place === undefined) return refused(429, "limited", { "Retry-After": "1" });
    // It hands on its question to Clerk, and nothing before that.
    const waitUntil = (job: Promise<unknown>): void => {
      place.asks();
      invocation.waitUntil(job);
    };
    try {
      const { table, id, updatedAfter } = question;
      return { status: 200, body: { row: await ensure(bindings, { waitUntil }, table, id, { updatedAfter }) } };
    } catch (error) {
      return failed(error);
    } finally {
      place.leave();
    }
  };

  app.post("/api/ensure", async (c) => {
    const token = settingOf(c.env, "MIRROR_ENSURE_TOKEN");
    if (token === undefined) return c.notFound();
    const started = now();
    const { status, body, headers = {}, line } = await answer(token, c.req.raw, c.env, c.executionCtx);
    const { row, ...told } = body;
    const outcome = status === 200 ? (row === null ? "missing" : "ok") : "failed";
    log({ ensure: outcome, ...(line ?? told), status, ms: now() - started }, status < 500 ? "log" : "error");
    return Response.json(body, { status, headers });
  });
};

const refused = (status: number, error: string, headers?: Record<string, string>): Answer => ({
  status,
  body: { error },
  headers,
});

const failed = (error: unknown): Answer => {
  if (!(error instanceof EnsureError)) return { ...refused(500, "internal"), line: errorOf(internal(error)) };
  const body = detailsOf(error);
  // As `isTransient` has it.
  const isLater = /^(clerk_)?unavailable$/.test(body.error) && body.cause !== "http_400";
  return isLater ? { status: 503, body, headers: { "Retry-After": `${body.seconds ?? 5}` } } : { status: 500, body };
};

/** The message is a failure as JSON, or a sentence about Clerk's answer. It can be told and logged: see `EnsureError`. */
const detailsOf = ({ message }: EnsureError): { error: string; cause?: string; seconds?: number; reason?: string } =>
  message.startsWith("{") ? JSON.parse(message) : { error: "clerk_rejected", reason: message };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

type Question = { table: "users" | "organizations"; id: string; updatedAfter: number };

/** What is asked for: a user or an organization by its id. Nothing else may be said, in a body of a hundred bytes. */
const questionIn = (body: Uint8Array): Question | undefined => {
  if (body.length > 4096) return undefined;
  let asked: unknown;
  try {
    asked = JSON.parse(decoder.decode(body));
  } catch {
    return undefined;
  }
  if (!isObject(asked)) return undefined;
  const key = asked.user === undefined ? "organization" : "user";
  const { [key]: id, updatedAfter = 0, ...others } = asked;
  if (typeof id !== "string" || !isTime(updatedAfter) || Object.keys(others).length > 0) return undefined;
  return { table: `${key}s`, id, updatedAfter };
};
