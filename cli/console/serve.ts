/**
 * Serves a page to the developer at this machine, and to nobody else.
 *
 * What it serves is somebody's database, so every request has to come from its own page: a page of another site that the same
 * browser has open can reach this port too, by a link, a form, `fetch`, or a name that it makes point to 127.0.0.1.
 */
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { explain } from "../command-error.ts";
import { assetsOf, readAsset } from "./assets.ts";
import { type Send, liveStream } from "./live.ts";
import { contentSecurityPolicy, shell } from "./page.ts";

export type { Send } from "./live.ts";

export type ConsolePage = {
  title: string;
  /** The client's module, from the repository's root. */
  entry: string;
  /** Tells one page what it shows, until `signal` aborts. If it ends or throws before, the page connects anew. */
  feed(query: URLSearchParams, send: Send, signal: AbortSignal): Promise<void>;
  /** What the page may ask for, by `POST /do/<name>`. What one returns is a sentence for the person: it was not done. */
  actions?: Record<string, (body: unknown) => Promise<string | undefined>>;
};

const host = "127.0.0.1";
const maxBodyBytes = 100_000;

const headers: Readonly<Record<string, string>> = {
  "Content-Security-Policy": contentSecurityPolicy,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-store",
};

/**
 * @param port 0 for any that is free
 * @returns `url` of the page; `close` ends everything at once, open pages too
 * @throws an Error whose `code` is EADDRINUSE if the port is in use
 */
export const serveConsole = async (
  page: ConsolePage,
  port: number,
): Promise<{ url: string; close(): Promise<void> }> => {
  const { actions } = page;
  const assets = await assetsOf(page.entry);
  const closing = new AbortController();
  const methods = actions === undefined ? ["GET"] : ["GET", "POST"];
  const app = new Hono();

  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(headers)) context.res.headers.set(name, value);
  });
  app.use(async (context, next) => {
    if (!isFromOwnPage(context, boundPort)) return context.text("This page is for the developer at this machine.", 403);
    // A HEAD would start a feed that nobody reads.
    if (!methods.includes(context.req.method)) return context.text("", 405, { Allow: methods.join(", ") });
    return next();
  });

  app.get("/", (context) => context.html(shell(page)));
  app.get("/live", (context) => {
    const query = new URL(context.req.url).searchParams;
    const feed = (send: Send, signal: AbortSignal): Promise<void> => page.feed(query, send, signal);
    return context.body(liveStream(feed, closing.signal, report), 200, { "Content-Type": "text/event-stream" });
  });
  if (actions !== undefined) {
    app.post("/do/:name", bodyLimit({ maxSize: maxBodyBytes }), async (context) => {
      const name = context.req.param("name");
      const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
      if (action === undefined) return context.json({ error: "There is no such action." }, 404);
      // A form of another site can send every other type without being asked first.
      if (!/^application\/json *(;|$)/i.test(context.req.header("Content-Type") ?? "")) {
        return context.json({ error: "The body is not application/json." }, 415);
      }
      const body = await context.req.json().then(
        (value: unknown) => ({ value }),
        () => undefined,
      );
      if (body === undefined) return context.json({ error: "The body is not valid JSON." }, 400);
      const error = await action(body.value);
      return error === undefined ? context.json({}) : context.json({ error }, 422);
    });
  }
  app.get("*", async (context) => {
    const asset = assets.get(context.req.path);
    return asset === undefined
      ? context.notFound()
      : context.body(await readAsset(asset), 200, { "Content-Type": asset.type });
  });
  app.onError((error, context) => {
    if ("getResponse" in error) return error.getResponse();
    report(error);
    return context.json({ error: "It failed; the terminal says why." }, 500);
  });

  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const boundPort = typeof address === "object" && address !== null ? address.port : port;

  return {
    url: `http://${host}:${boundPort}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      closing.abort();
      server.closeAllConnections();
      await closed;
    },
  };
};

const isFromOwnPage = ({ req }: Context, port: number): boolean => {
  const own = [host, "localhost"].map((name) => new URL(`http://${name}:${port}`));
  const asked = own.find((url) => url.host === req.header("Host"));
  if (asked === undefined) return false;
  const origin = req.header("Origin");
  // Browsers send no origin with what they only read from the same one. They send it with every POST.
  const isOwnOrigin = origin === undefined ? req.method !== "POST" : origin === asked.origin;
  return isOwnOrigin && ["same-origin", "none"].includes(req.header("Sec-Fetch-Site") ?? "none");
};

let reported = "";

/** Once, though a page that connects anew may meet the same again and again. */
const report = (error: unknown): void => {
  const text = explain(error);
  if (text !== reported) console.error(text);
  reported = text;
};
