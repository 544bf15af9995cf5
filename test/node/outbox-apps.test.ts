import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { neonConfig } from "@neondatabase/serverless";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createTestHarness } from "wrangler";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClerkEvent, sampleEvent } from "../../dev/clerk/events.ts";
import { signDelivery } from "../../dev/clerk/delivery.ts";
import { type Gateway, startGateway } from "../../dev/gateway.ts";
import { freePort } from "../../dev/ports.ts";
import { newSigningSecret } from "../../cli/dev-vars.ts";
import { migrate } from "../../cli/migrate.ts";
import { execute, type Postgres, startPostgres } from "../support/postgres.ts";

/** The apps of docs/outbox, told by the Worker itself: by a service binding, and over HTTP. */

const secret = newSigningSecret();
const notifySecret = newSigningSecret();
const now = Date.now() - 60_000;
/** Nobody welcomes them. */
const longAgo = now - 400 * 86_400_000;

let postgres: Postgres;
let gateway: Gateway;
let harness: ReturnType<typeof createTestHarness>;
let server: Server;
let address: string;
let database: pg.Client;
let empty: string;

/** Serves the route of the Next.js app. */
const serve = async (route: (request: Request) => Promise<Response>): Promise<string> => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]);
      void route(
        new Request("http://127.0.0.1/api/changes", { method: "POST", headers, body: Buffer.concat(parts) }),
      ).then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return `http://127.0.0.1:${port}/api/changes`;
};

beforeAll(async () => {
  postgres = await startPostgres();
  gateway = await startGateway({ connections: 20 });
  for (const name of ["binding", "http", "shop"]) await execute(postgres.url("postgres"), `create database ${name}`);
  for (const name of ["binding", "http"]) await migrate(postgres.url(name));
  const folder = new URL("../../docs/outbox/next/", import.meta.url);
  await execute(postgres.url("shop"), await readFile(new URL("customers.sql", folder), "utf8"));
  database = new pg.Client({ connectionString: postgres.url("shop") });
  await database.connect();

  vi.stubEnv("DATABASE_URL", postgres.url("shop"));
  vi.stubEnv("MIRROR_NOTIFY_SECRET", notifySecret);
  neonConfig.fetchEndpoint = gateway.url;
  const { POST } = (await import(new URL("app/api/changes/route.ts", folder).href)) as {
    POST: (request: Request) => Promise<Response>;
  };
  empty = await mkdtemp(join(tmpdir(), "clerk-mirror-apps-"));
  const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const mirror = (name: "binding" | "http", more: Record<string, string>, services: object[] = []) => ({
    config: {
      name,
      main: at("src/index.ts"),
      compatibility_date: "2026-11-01",
      vars: {
        DATABASE_URL: postgres.url(name),
        NEON_FETCH_ENDPOINT: gateway.url,
        CLERK_WEBHOOK_SIGNING_SECRET: secret,
        ...more,
      },
      services,
    },
  });
  address = await serve(POST);
  harness = createTestHarness({
    // Not the repository, whose .dev.vars would be read.
    root: empty,
    workers: [
      mirror("http", { MIRROR_NOTIFY_URL: address, MIRROR_NOTIFY_SECRET: notifySecret }),
      mirror("binding", {}, [{ binding: "APP", service: "shop", entrypoint: "Changes" }]),
      { configPath: at("docs/outbox/wrangler.toml") },
    ],
  });
  await harness.listen();
});
afterAll(async () => {
  await harness.close();
  server.close();
  await database.end();
  await gateway.close();
  await postgres.close();
  await rm(empty, { recursive: true });
});

type Way = "binding" | "http";

/** What the Next.js app has logged: it runs in this process. */
let logs: string[];
beforeEach(() => {
  logs = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void logs.push(line));
  harness.clearLogs();
});
afterEach(() => void vi.restoreAllMocks());

/** What an app has done, in order. */
const did = (way: Way): string[] => {
  const lines = way === "http" ? logs : harness.getLogs().map(({ message }) => message);
  return lines.flatMap((line) => /\{"did".*\}/.exec(line)?.[0] ?? []);
};
const deliver = async (way: Way, id: string, event: ClerkEvent): Promise<void> => {
  const { fetch } = harness.getWorker(way);
  const { headers, body } = signDelivery(secret, id, event);
  const { status } = await fetch("http://mirror.example/api/webhook", { method: "POST", headers, body });
  expect(status).toBe(200);
};
/** The cron of the outbox, when whatever waits is due. */
const cron = async (way: Way): Promise<void> => {
  await execute(postgres.url(way), "update clerk.outbox set due_at = now()");
  await harness.getWorker(way).scheduled({ cron: "* * * * *" });
};
const waiting = async (way: Way): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: postgres.url(way) });
  await client.connect();
  const { rows } = await client.query("select kind, failure from clerk.outbox");
  await client.end();
  return rows;
};

test.each<Way>(["binding", "http"])(
  "told by %s, a user is welcomed once, has a customer, and loses it",
  async (way) => {
    const id = "user_1";
    const created = sampleEvent("user.created", now, { id });
    await deliver(way, "msg_1", created);
    await expect.poll(() => did(way)).toHaveLength(2);
    await expect.poll(() => waiting(way)).toEqual([]);
    await deliver(way, "msg_1", created);
    await deliver(way, "msg_2", sampleEvent("user.updated", now + 1000, { id, first_name: "Ada" }));
    await expect.poll(() => waiting(way)).toEqual([]);
    await deliver(way, "msg_3", sampleEvent("user.deleted", now + 2000, { id }));
    await expect.poll(() => did(way)).toHaveLength(3);
    // Somebody who has been here for long is not welcomed.
    await deliver(way, "msg_5", sampleEvent("user.updated", now, { id: "user_3", created_at: longAgo }));
    // Not by the cron: it may come while the delivery's own call is under way, and tell the same once more.
    await expect.poll(() => did(way)).toHaveLength(4);
    await expect.poll(() => waiting(way)).toEqual([]);
    expect(did(way).map((line) => JSON.parse(line) as unknown)).toEqual([
      { did: "customer", id },
      { did: "welcome", id, hasAddress: true },
      { did: "close", customer: "cus_user_1" },
      { did: "customer", id: "user_3" },
    ]);
  },
);

test("the route refuses what the secret did not sign", async () => {
  const { headers, body } = signDelivery(newSigningSecret(), "msg_1", { changes: [] });
  expect((await fetch(address, { method: "POST", headers, body })).status).toBe(401);
});

test("a wrong secret is told by its cause, and what it kept back comes when it is right", async () => {
  vi.stubEnv("MIRROR_NOTIFY_SECRET", newSigningSecret());
  await deliver("http", "msg_7", sampleEvent("user.created", now, { id: "user_4" }));
  await expect.poll(() => waiting("http")).toEqual([{ kind: "created", failure: "http_401" }]);
  vi.stubEnv("MIRROR_NOTIFY_SECRET", notifySecret);
  await cron("http");
  expect(await waiting("http")).toEqual([]);
  expect(did("http")).toHaveLength(2);
});

test("what the route could not do comes again", async () => {
  await execute(postgres.url("shop"), "alter table customers rename to clients");
  await deliver("http", "msg_4", sampleEvent("user.created", now, { id: "user_2" }));
  await expect.poll(() => waiting("http")).toEqual([{ kind: "created", failure: "failed" }]);
  await execute(postgres.url("shop"), "alter table clients rename to customers");
  await cron("http");
  expect(did("http")).toHaveLength(2);
  expect(await waiting("http")).toEqual([]);
});
