import { createServer, type IncomingMessage } from "node:http";
import { isObject } from "../../src/json.ts";
import { Webhook } from "svix";
import { newSigningSecret } from "../../cli/dev-vars.ts";
import type { Told } from "./protocol.ts";

/**
 * An app that is told of every change, in place of the owner's own: see docs/outbox.md. It remembers the latest changes, and is
 * away if it is told to be.
 */
export type ConsoleApp = {
  url: string;
  secret: string;
  /** It then answers 503. */
  isAway: boolean;
  /** The newest first. */
  told(): Told;
  close(): Promise<void>;
};

const mostKept = 20;
const path = "/changes";

/** More than the Worker ever sends: a hundred rows with all the metadata that Clerk takes. */
const mostBytes = 10_000_000;

export const startApp = async (): Promise<ConsoleApp> => {
  const secret = newSigningSecret();
  const webhook = new Webhook(secret);
  let told: Told = [];

  const statusOf = async (request: IncomingMessage): Promise<number> => {
    if (request.method !== "POST" || request.url !== path) return 404;
    const body = await readText(request);
    if (body === undefined) return 413;
    if (app.isAway) return 503;
    try {
      webhook.verify(body, headersOf(request));
    } catch {
      return 401;
    }
    const news = changesIn(JSON.parse(body), Date.now());
    if (news === undefined) return 400;
    told = [...news.toReversed(), ...told].slice(0, mostKept);
    return 204;
  };

  const server = createServer((request, response) => {
    void statusOf(request)
      .catch(() => 500)
      .then((status) => response.writeHead(status).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;

  const app: ConsoleApp = {
    url: `http://127.0.0.1:${port}${path}`,
    secret,
    isAway: false,
    told: () => told,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return app;
};

const headersOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );

const readText = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
};

/** The changes of a request, without their rows; undefined if it has another form. */
const changesIn = (body: unknown, at: number): Told | undefined => {
  if (!isObject(body) || !Array.isArray(body.changes)) return undefined;
  const told: Told = [];
  for (const change of body.changes as unknown[]) {
    if (!isObject(change)) return undefined;
    const { table, id, kind, source, attempt } = change;
    if (typeof table !== "string" || typeof id !== "string" || typeof kind !== "string") return undefined;
    if (typeof source !== "string" || typeof attempt !== "number") return undefined;
    told.push({ at, table, id, kind, source, attempt });
  }
  return told;
};
