import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Fault } from "./fault.ts";

/**
 * A gateway between the Worker and the real one. The `application_name` of the connection string says what goes
 * wrong, so that concurrent tests do not get each other's faults.
 */
export const startFaultyGateway = async (upstream: string): Promise<{ url: string; close(): Promise<void> }> => {
  const server = createServer((request, response) => {
    serve(request, response, upstream).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sql`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const serve = async (request: IncomingMessage, response: ServerResponse, upstream: string): Promise<void> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const connectionString = String(request.headers["neon-connection-string"]);
  const faultless = new URL(connectionString);
  const fault = faultless.searchParams.get("application_name") as Fault;
  // As the calls without a fault have it, so that they share their connections: a new one costs more than its statement.
  faultless.searchParams.delete("application_name");

  const forward = async (): Promise<Buffer> => {
    const answer = await fetch(upstream, {
      method: "POST",
      headers: {
        ...Object.fromEntries(
          Object.entries(request.headers).flatMap(([name, value]) =>
            name.startsWith("neon-") && typeof value === "string" ? [[name, value]] : [],
          ),
        ),
        "neon-connection-string": faultless.href,
      },
      body,
    });
    return Buffer.from(await answer.arrayBuffer());
  };

  switch (fault) {
    case "server-error":
      response.writeHead(500).end(`${connectionString} ${body.toString()}`);
      return;
    case "html":
      response.writeHead(200, { "Content-Type": "text/html" }).end("<html>maintenance</html>");
      return;
    case "shutdown-before":
      response.writeHead(400, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ message: `terminating connection ${connectionString}`, code: "57P01" }));
      return;
    case "answer-lost":
      await forward();
      response.destroy();
      return;
    case "answer-replaced":
      await forward();
      response.writeHead(502).end("bad gateway");
      return;
    case "answer-cut-off": {
      const answer = await forward();
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(answer.subarray(0, answer.length / 2));
      return;
    }
    case "hang":
      await wait(60_000, response);
      return;
    case "hang-in-answer": {
      const answer = await forward();
      response.writeHead(200, { "Content-Type": "application/json" });
      response.write(answer.subarray(0, answer.length / 2));
      await wait(60_000, response);
      return;
    }
  }
};

const wait = async (milliseconds: number, response: ServerResponse): Promise<void> => {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds).unref();
    response.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
  response.destroy();
};
