import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newSigningSecret } from "../../cli/dev-vars.ts";
import { migrate } from "../../cli/migrate.ts";
import { send, signDelivery } from "../../dev/clerk/delivery.ts";
import { sampleEvent } from "../../dev/clerk/events.ts";
import { type Gateway, startGateway } from "../../dev/gateway.ts";
import { copyRepository, groupOf, type Running, start, untilAnswered } from "../support/node/commands.ts";
import { freePort } from "../../dev/ports.ts";
import { execute, type Postgres, startPostgres } from "../support/postgres.ts";

/** The Worker in `wrangler dev`, killed on the way of a change to the app, and started again. */

const secret = newSigningSecret();

let postgres: Postgres;
let url: string;
let gateway: Gateway;
let repository: Awaited<ReturnType<typeof copyRepository>>;
let persisted: string;
let port: number;
let database: pg.Client;
let app: Server;
/** What the app was told, as "kind generation"; while it hangs, the answers that it owes. */
let told: string[] = [];
let owed: ServerResponse[] = [];
let hangs = false;
let session: Running;

beforeAll(async () => {
  postgres = await startPostgres();
  url = postgres.url("mirror");
  await execute(postgres.url("postgres"), "create database mirror");
  await migrate(url);
  gateway = await startGateway({ connections: 20 });
  database = new pg.Client({ connectionString: url });
  await database.connect();
  repository = await copyRepository();
  persisted = await mkdtemp(join(tmpdir(), "clerk-mirror-persisted-"));
  port = await freePort();
  app = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      const { changes } = JSON.parse(body) as { changes: { kind: string; source: string }[] };
      told.push(...changes.map(({ kind, source }) => `${kind} ${source}`));
      if (hangs) owed.push(response);
      else response.end();
    });
  });
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  await startSession();
});
afterAll(async () => {
  await kill();
  app.close();
  await database.end();
  await gateway.close();
  await postgres.close();
  await repository.remove();
  await rm(persisted, { recursive: true, force: true });
});

const startSession = async (): Promise<void> => {
  const vars = {
    DATABASE_URL: url,
    NEON_FETCH_ENDPOINT: gateway.url,
    CLERK_WEBHOOK_SIGNING_SECRET: secret,
    MIRROR_NOTIFY_URL: `http://127.0.0.1:${(app.address() as AddressInfo).port}/`,
    MIRROR_NOTIFY_SECRET: newSigningSecret(),
  };
  const options = ["--port", String(port), "--inspector-port", String(await freePort()), "--persist-to", persisted];
  const given = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  session = start(process.execPath, ["node_modules/wrangler/bin/wrangler.js", "dev", ...options, ...given], {
    cwd: repository.folder,
    env: { WRANGLER_REGISTRY_PATH: join(persisted, "registry"), WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" },
  });
  await untilAnswered(session, `http://127.0.0.1:${port}/health`);
};

/** As a power cut would. */
const kill = async (): Promise<void> => {
  try {
    process.kill(-(session.child.pid ?? 0), "SIGKILL");
  } catch {
    // It has ended.
  }
  while ((await groupOf(session.child)).length > 0) await setTimeout(50);
  for (const response of owed) response.destroy();
  owed = [];
};

const deliver = async (id: string, first_name: string): Promise<void> => {
  const event = sampleEvent(first_name === "Ada" ? "user.created" : "user.updated", Date.now(), {
    id: "user_1",
    first_name,
  });
  const { status } = await send(`http://127.0.0.1:${port}/api/webhook`, signDelivery(secret, id, event));
  expect(status).toBe(200);
};
const lines = async (): Promise<unknown[]> =>
  (await database.query("select kind, attempts from clerk.outbox")).rows.map(
    ({ kind, attempts }) => `${kind} ${attempts}`,
  );
const cron = async (): Promise<void> => {
  await database.query("update clerk.outbox set due_at = now()");
  const answer = await fetch(`http://127.0.0.1:${port}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`);
  expect(answer.status).toBe(200);
};

test("killed between the commit and the call", async () => {
  await database.query("alter function clerk.outbox_1 rename to outbox_0");
  await deliver("msg_1", "Ada");
  await kill();
  await database.query("alter function clerk.outbox_0 rename to outbox_1");
  expect(await lines()).toEqual(["created 0"]);
  await startSession();
  await cron();
  expect(told).toEqual(["created event"]);
  expect(await lines()).toEqual([]);
});

test("killed between the call and its end, and in the cron", async () => {
  told = [];
  hangs = true;
  await deliver("msg_2", "Grace");
  await expect.poll(() => told).toEqual(["updated event"]);
  await kill();
  expect(await lines()).toEqual(["updated 1"]);

  await startSession();
  void cron().catch(() => {});
  await expect.poll(() => told).toEqual(["updated event", "updated event"]);
  await kill();
  expect(await lines()).toEqual(["updated 2"]);

  hangs = false;
  await startSession();
  await cron();
  expect(told).toEqual(["updated event", "updated event", "updated event"]);
  expect(await lines()).toEqual([]);
});
