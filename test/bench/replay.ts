import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A gateway in front of the real one, which can answer by itself what the real one has answered before. A Worker that
 * waits for Postgres pays for going to sleep and waking up, which says how fast Postgres is on this machine and not
 * what the Worker costs: so rows are checked with Postgres, and CPU is measured without it.
 */
export type Replay = { url: string; start(): void; close(): Promise<void> };

export const startReplay = async (upstream: string): Promise<Replay> => {
  const answers = new Map<string, Buffer>();
  let isReplaying = false;

  const answerTo = async (request: IncomingMessage): Promise<{ status: number; body: Buffer }> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const key = keyOf(request, body);
    const known = isReplaying ? answers.get(key) : undefined;
    if (known !== undefined) return { status: 200, body: known };

    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      name.startsWith("neon-") && typeof value === "string" ? [[name, value] as [string, string]] : [],
    );
    const response = await fetch(upstream, { method: "POST", headers, body });
    const answer = Buffer.from(await response.arrayBuffer());
    if (response.ok) answers.set(key, answer);
    return { status: response.status, body: answer };
  };

  const server = createServer((request, response) => {
    answerTo(request).then(
      ({ status, body }) =>
        response.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length }).end(body),
      () => response.destroy(),
    );
  });
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sql`,
    start: () => (isReplaying = true),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** The database and the statement, without its parameters; of a batch, the first one. */
const keyOf = (request: IncomingMessage, body: Buffer): string => {
  const end = body.indexOf('","params"');
  return `${String(request.headers["neon-connection-string"])} ${body.toString("latin1", 0, end)}`;
};
