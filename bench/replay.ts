import { Agent, createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";

/**
 * A gateway in front of the real one, which can repeat the real one's earlier answers. A Worker that waits for Postgres
 * pays for going to sleep and waking up, which depends on how fast Postgres is on this machine and not on what the
 * Worker costs. So rows are checked with Postgres, and CPU is measured without it.
 */
export type Replay = {
  url: string;
  start(): void;
  /** Milliseconds by which every answer is delayed, as from a database elsewhere. */
  delay: number;
  /** Requests since it was started, and the statements in them. */
  readonly requests: number;
  readonly statements: number;
  close(): Promise<void>;
};

export const startReplay = async (upstream: string): Promise<Replay> => {
  const agent = new Agent({ keepAlive: true });
  const answers = new Map<string, Buffer>();
  let isReplaying = false;

  const answerTo = async (incoming: IncomingMessage): Promise<{ status: number; body: Buffer }> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    self.statements += statementsIn(body);
    const ids = deliveriesIn(body);
    const key = `${ids.length} ${keyOf(incoming, body)}`;
    const known = isReplaying ? answers.get(key) : undefined;
    if (known !== undefined) return { status: 200, body: answerFor(known, ids) };

    const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
      name.startsWith("neon-") && typeof value === "string" ? [[name, value] as [string, string]] : [],
    );
    const { status, body: answer } = await ask(upstream, agent, Object.fromEntries(headers), body);
    if (status === 200) answers.set(key, answer);
    return { status, body: answer };
  };

  const server = createServer((incoming, response) => {
    self.requests += 1;
    const repeat = async () => {
      const { status, body } = await answerTo(incoming);
      if (self.delay > 0) await setTimeout(self.delay);
      response.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length }).end(body);
    };
    repeat().catch(() => response.destroy());
  });
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const self = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sql`,
    start: () => (isReplaying = true),
    delay: 0,
    requests: 0,
    statements: 0,
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
};

/** Not by Node's own `fetch`, which would cost more than all the rest here. */
const ask = (
  upstream: string,
  agent: Agent,
  headers: Record<string, string>,
  body: Buffer,
): Promise<{ status: number; body: Buffer }> =>
  new Promise((resolve, reject) => {
    request(upstream, { method: "POST", agent, headers: { ...headers, "Content-Length": body.length } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
    })
      .once("error", reject)
      .end(body);
  });

/** In a transaction, those between its begin and commit. Quotes in strings are escaped, so they do not count. */
const statementsIn = (body: Buffer): number => {
  const start = '"query":"';
  let count = 0;
  for (let at = body.indexOf(start); at !== -1; at = body.indexOf(start, at + start.length)) count += 1;
  return count;
};

/** The ids of the deliveries whose ledger lines are among the parameters: an answer names them. */
const deliveriesIn = (body: Buffer): string[] =>
  [...body.toString("latin1").matchAll(/\\"id\\":\\"(msg_\w+)\\",\\"type\\"/g)].map(([, id = ""]) => id);

/** A known answer, with the ids of these deliveries instead. All ids have the same length. */
const answerFor = (known: Buffer, ids: readonly string[]): Buffer => {
  const answer = Buffer.from(known);
  let at = 0;
  for (const id of ids) {
    at = answer.indexOf("msg_", at);
    if (at === -1) break;
    at += answer.write(id, at, "latin1");
  }
  return answer;
};

/** The database and the statement (in a batch, the first one) without its parameters. */
const keyOf = (incoming: IncomingMessage, body: Buffer): string => {
  const end = body.indexOf('","params"');
  return `${String(incoming.headers["neon-connection-string"])} ${body.toString("latin1", 0, end)}`;
};
