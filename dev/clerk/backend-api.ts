import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { emptied } from "./api-empty.ts";
import { type Answer, refusal } from "./api-query.ts";
import { answersOf } from "./api-routes.ts";
import type { Hides } from "./api-shown.ts";
import type { Instance } from "./instance.ts";

/**
 * What goes wrong with a request:
 * - `server-error`: 500, with an error as Clerk writes it
 * - `rate-limited`: 429, with a `Retry-After` of one second
 * - `html`: 502 and a page, as from a proxy in front of Clerk
 * - `hang`: never an answer
 * - `cut-off`: the connection breaks in the middle of the answer
 * - `destroyed`: the connection breaks before it
 * - `empty`: 200, as if there were no objects at all, with a count of 0
 * - `empty-but-counted`: the same, with the true count
 */
export type Fault =
  | "none"
  | "server-error"
  | "hang"
  | "cut-off"
  | "rate-limited"
  | "destroyed"
  | "html"
  | "empty"
  | "empty-but-counted";

export type BackendApiOptions = {
  /** `sk_…`: what a request must have as its `Authorization: Bearer`. */
  secretKey: string;
  /** The port (default: any free one). */
  port?: number;
  /** How long every answer takes, in milliseconds. It holds the state at the time of the request. */
  latency?: number;
  /** What every answer waits for besides: it says how things were when the request came. */
  gate?: () => Promise<void>;
  /** How many requests are answered in so many seconds, from the first of them on. */
  rateLimit?: { requests: number; seconds: number };
  /** The rate limit's own clock, in milliseconds. Answers are dated by the instance's clock, which may stand still. */
  rateLimitClock?: () => number;
  /**
   * @param path of the request, from `/v1` on, with its parameters
   * @param n the number of the request, from 1 on
   */
  fault?: (path: string, n: number) => Fault;
  /**
   * A fault that looks like a delete: the objects with these ids, and what belongs to them, are answered with 404, and
   * are in no list and no count. The instance still has them.
   */
  hides?: Hides;
};

/** The options can be changed while it runs. */
export type BackendApi = Required<Pick<BackendApiOptions, "latency" | "gate" | "fault">> & {
  rateLimit: BackendApiOptions["rateLimit"];
  hides: BackendApiOptions["hides"];
  /** For example `http://127.0.0.1:40123/v1`. */
  readonly url: string;
  /** How many requests came, whether or not they were answered. */
  readonly requests: number;
  close(): Promise<void>;
};

const tooMany = refusal(429, "too_many_requests", "Too many requests. Please try again in a bit.");
const broken = refusal(500, "internal_clerk_error", "Oops, an unexpected error occurred.");

/** Serves the part of Clerk's Backend API that this project reads, for an instance: see `api-routes.ts`. */
export const startBackendApi = async (
  instance: Instance,
  {
    secretKey,
    port = 0,
    latency = 0,
    gate = async () => {},
    rateLimit,
    rateLimitClock = () => performance.now(),
    fault = () => "none",
    hides,
  }: BackendApiOptions,
): Promise<BackendApi> => {
  const answerOf = answersOf(instance, () => api.hides);
  let requests = 0;
  let windowEnd = 0;
  let inWindow = 0;

  /** Seconds to wait, if there were too many requests. */
  const refusedFor = (): number | undefined => {
    if (api.rateLimit === undefined) return undefined;
    const at = rateLimitClock();
    if (at >= windowEnd) {
      windowEnd = at + api.rateLimit.seconds * 1000;
      inWindow = 0;
    }
    inWindow += 1;
    return inWindow > api.rateLimit.requests ? Math.max(1, Math.ceil((windowEnd - at) / 1000)) : undefined;
  };

  const answer = (request: IncomingMessage, url: URL, outcome: Fault): Answer => {
    if (outcome === "server-error") return broken;

    const { authorization } = request.headers;
    if (authorization === undefined) {
      return refusal(401, "authorization_header_missing", "The Authorization header is missing.");
    }
    if (authorization !== `Bearer ${secretKey}`) {
      return refusal(401, "clerk_key_invalid", "The provided Clerk Secret Key is invalid.");
    }
    if (request.method !== "GET") return refusal(405, "method_not_allowed", "Only GET is served.");
    if (!url.pathname.startsWith("/v1/")) return refusal(404, "resource_not_found", `not found: ${url.pathname}`);
    const answered = answerOf(url.pathname.slice("/v1".length), url.searchParams);
    if (outcome === "empty") return emptied(answered, 0);
    return outcome === "empty-but-counted" ? emptied(answered) : answered;
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests += 1;
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const outcome = api.fault(`${url.pathname}${url.search}`, requests);
    if (outcome === "hang") return;
    if (outcome === "destroyed") return void request.socket.destroy();

    const seconds = refusedFor() ?? (outcome === "rate-limited" ? 1 : undefined);
    const { status, body } = seconds === undefined ? answer(request, url, outcome) : tooMany;
    const text = JSON.stringify(body);
    if (api.latency > 0) await setTimeout(api.latency);
    await api.gate();

    // In place of the machine's own clock: by it a client learns what time it is in the instance.
    response.setHeader("Date", new Date(instance.now()).toUTCString());
    if (outcome === "html") {
      response.writeHead(502, { "Content-Type": "text/html" });
      response.end("<html><body><h1>502 Bad Gateway</h1></body></html>");
      return;
    }
    response.writeHead(status, {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(text),
      ...(seconds === undefined ? {} : { "Retry-After": String(seconds) }),
    });
    if (outcome !== "cut-off") return void response.end(text);
    response.write(text.slice(0, text.length / 2), () => request.socket.destroy());
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      console.error(error);
      request.socket.destroy();
    });
  });
  // If a connection closes while a client sends its next request on it, that looks like a fault that nobody asked for.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });

  const api: BackendApi = {
    latency,
    gate,
    rateLimit,
    fault,
    hides,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get requests() {
      return requests;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return api;
};
