import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BackendApi, startBackendApi } from "../../dev/clerk/backend-api.ts";
import { createInstance, type Instance } from "../../dev/clerk/instance.ts";
import { newSigningSecret } from "../../cli/dev-vars.ts";
import { type Gateway, startGateway } from "../../dev/gateway.ts";
import { migrate } from "../../cli/migrate.ts";
import { execute, type Postgres, startPostgres } from "../support/postgres.ts";
import type { Copy } from "../support/worker/fold.ts";
import { freePort } from "../../dev/ports.ts";
import { copyRepository, groupOf, type Running, start, untilAnswered } from "../support/node/commands.ts";
import { livingRows, realityOf } from "../support/node/reality.ts";

/** The workflow in `wrangler dev`, whose processes are killed in the middle of a run. */

const secretKey = "sk_live_simulated";
const pageSize = 20;

let postgres: Postgres;
let url: string;
let gateway: Gateway;
let instance: Instance;
let api: BackendApi;
let repository: Awaited<ReturnType<typeof copyRepository>>;
let persisted: string;
let port: number;
const sessions: Running[] = [];
beforeAll(async () => {
  postgres = await startPostgres();
  url = postgres.url("mirror");
  await execute(postgres.url("postgres"), "create database mirror");
  await migrate(url);
  gateway = await startGateway({ connections: 20 });
  instance = createInstance({ seed: 1, id: "ins_2simulatedsimulatedsimulated" });
  instance.populate(400, 60);
  api = await startBackendApi(instance, { secretKey });
  repository = await copyRepository();
  persisted = await mkdtemp(join(tmpdir(), "clerk-mirror-persisted-"));
  port = await freePort();
});
afterAll(async () => {
  for (const session of sessions) await kill(session);
  await api.close();
  await gateway.close();
  await postgres.close();
  await repository.remove();
  await rm(persisted, { recursive: true, force: true });
});

const wrangler = (...parameters: string[]): Running =>
  start(process.execPath, ["node_modules/wrangler/bin/wrangler.js", ...parameters], {
    cwd: repository.folder,
    env: { WRANGLER_REGISTRY_PATH: join(persisted, "registry"), WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" },
  });

/** Starts `wrangler dev` and waits until the Worker answers. */
const startSession = async (): Promise<Running> => {
  const vars = {
    DATABASE_URL: url,
    NEON_FETCH_ENDPOINT: gateway.url,
    CLERK_WEBHOOK_SIGNING_SECRET: newSigningSecret(),
    CLERK_SECRET_KEY: secretKey,
    CLERK_API_URL: api.url,
    MIRROR_PAGE_SIZE: String(pageSize),
    MIRROR_SUBREQUESTS: "10000",
  };
  const session = wrangler(
    "dev",
    "--port",
    String(port),
    "--inspector-port",
    String(await freePort()),
    "--persist-to",
    persisted,
    ...Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
  );
  sessions.push(session);
  await untilAnswered(session, `http://127.0.0.1:${port}/health`);
  return session;
};

/** As a power cut would: wrangler, workerd and whatever else is of the group. */
const kill = async ({ child, ended }: Running): Promise<void> => {
  try {
    process.kill(-(child.pid ?? 0), "SIGKILL");
  } catch {
    // It has ended.
  }
  await ended;
  while ((await groupOf(child)).length > 0) await setTimeout(50);
};

const workflows = async (...parameters: string[]): Promise<string> => {
  const ended = await wrangler("workflows", ...parameters, "--local", "--port", String(port)).ended;
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  return ended.stdout;
};

const name = "clerk-mirror-reconcile";

const results = async (): Promise<{ table_name: string; kind: string; missing: number }[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ table_name: string; kind: string; missing: number }>(
      "select table_name, kind, missing from clerk.reconciliations",
    );
    return rows;
  } finally {
    await client.end();
  }
};

test("a run that is killed in the middle goes on after its last step", async () => {
  const reality: Copy = { ...realityOf(instance), sessions: {} };
  const { sessions: _, ...listed } = reality;
  // Whose key it is, and the pages. A list says how many it has, but for users', which ends with an empty page and a count.
  const needed = Object.values(listed).reduce(
    (sum, rows) => sum + Math.max(1, Math.ceil(Object.keys(rows).length / pageSize)),
    1 + 2,
  );

  const first = await startSession();
  // Half of the answers arrive. Clerk keeps the others back until the processes are gone.
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  api.gate = () => (api.requests > needed / 2 ? opened : Promise.resolve());
  await workflows("trigger", name, '{"kind":"backfill"}', "--id", "by-hand");
  await expect.poll(() => api.requests).toBeGreaterThan(needed / 2);
  await kill(first);
  open();
  const half = await livingRows(url);
  expect(Object.keys(half.users ?? {}).length).toBeGreaterThan(100);
  expect(half).not.toEqual(reality);

  await startSession();
  // What `wrangler dev` does not do by itself.
  await workflows("instances", "pause", name, "by-hand");
  await workflows("instances", "resume", name, "by-hand");
  await expect.poll(async () => (await results()).length, { interval: 500 }).toBe(Object.keys(listed).length);
  for (const { kind, table_name, missing } of await results()) {
    expect({ kind, missing }, table_name).toEqual({
      kind: "backfill",
      missing: Object.keys(reality[table_name] ?? {}).length,
    });
  }
  expect(await livingRows(url)).toEqual(reality);
  // At most the step that was under way is taken twice.
  expect(api.requests).toBeGreaterThanOrEqual(needed);
  expect(api.requests).toBeLessThanOrEqual(needed + 2);

  // A misspelled dry run is none at all.
  await workflows("trigger", name, '{"kind":"reconcile","dryRun":true}', "--id", "misspelled");
  await expect.poll(() => workflows("instances", "describe", name, "misspelled")).toContain("Errored");
  expect(await results()).toHaveLength(Object.keys(listed).length);
});
