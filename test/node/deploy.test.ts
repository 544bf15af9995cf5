import { appendFile, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestHarness } from "wrangler";
import { newSigningSecret } from "../../cli/dev-vars.ts";
import { migrate } from "../../cli/migrate.ts";
import { type Gateway, startGateway } from "../../dev/gateway.ts";
import { startOwnConfig } from "../../dev/own-config.ts";
import { bindingNames } from "../../src/settings.ts";
import { copyRepository, type Ended, start } from "../support/node/commands.ts";
import { execute, type Postgres, startPostgres } from "../support/postgres.ts";
import { asWorker, rolesSql } from "../support/roles.ts";

/** From a database without tables to a Worker that takes a delivery. */

const root = new URL("../../", import.meta.url);

let folder: string;
let remove: () => Promise<void>;
let postgres: Postgres;
beforeAll(async () => {
  ({ folder, remove } = await copyRepository());
  postgres = await startPostgres();
});
afterAll(async () => {
  await postgres.close();
  await remove();
});

const rowsOf = async (url: string, text: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
};

describe("npm run deploy", () => {
  /** Cloudflare's API, as far as a deploy comes that it refuses: whether it was asked, and whether the tables were there. */
  const startApi = async (url: string) => {
    const asked: boolean[] = [];
    const server = createServer((request, response) => {
      request.resume();
      const answer = async () => {
        asked.push((await rowsOf(url, "select from pg_tables where schemaname = 'clerk'")).length > 0);
        response.writeHead(400, { "content-type": "application/json" });
        response.end('{"success":false,"errors":[{"code":7003,"message":"no"}],"messages":[],"result":null}');
      };
      void answer();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const env = {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}/client/v4`,
      CLOUDFLARE_API_TOKEN: "token",
      CLOUDFLARE_ACCOUNT_ID: "0123456789abcdef0123456789abcdef",
      WRANGLER_SEND_METRICS: "false",
    };
    return { asked, env, close: () => new Promise((resolve) => server.close(resolve)) };
  };

  /** On an empty database. */
  const deploy = async (
    name: string,
    parameters: string[],
    envOf: (url: string) => Record<string, string>,
    before?: (url: string) => Promise<void>,
  ): Promise<Ended & { asked: boolean[]; url: string }> => {
    await execute(postgres.url("postgres"), `create database ${name}`);
    const url = postgres.url(name);
    await before?.(url);
    const api = await startApi(url);
    const env = { ...api.env, ...envOf(url) };
    const ended = await start(process.execPath, ["cli/deploy.ts", ...parameters], { cwd: folder, env }).ended;
    await api.close();
    return { ...ended, asked: api.asked, url };
  };

  test("migrates the database of the environment before it asks Cloudflare for anything, and ends as wrangler does", async () => {
    const { code, stdout, asked } = await deploy("fromenv", [], (url) => ({ DATABASE_URL: url }));
    expect(stdout).toMatch(/^Migrating fromenv at 127\.0\.0\.1:\d+ …\nThe schema clerk is up to date\.\n/);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked).not.toContain(false);
    expect(code).toBe(1);
  });

  test("or that of .dev.vars", async () => {
    const vars = join(folder, ".dev.vars");
    const { asked } = await deploy(
      "fromvars",
      [],
      () => ({}),
      (url) => writeFile(vars, `DATABASE_URL=${url}\n`),
    );
    await writeFile(vars, "");
    expect(asked.length).toBeGreaterThan(0);
    expect(asked).not.toContain(false);
  });

  test("without one it deploys all the same, and says that it did not migrate and how to", async () => {
    const { stdout, asked } = await deploy("unknown", [], () => ({}));
    expect(stdout).toMatch(/^The database is not migrated: [\s\S]*npm run db:migrate\n/);
    expect(asked[0]).toBe(false);
  });

  test("deploys nothing if the migration fails", async () => {
    const wrong = await deploy("failing", [], (url) => ({ DATABASE_URL: url.replace("/failing", "/nothing") }));
    expect(wrong).toMatchObject({ code: 1, asked: [], stderr: expect.stringContaining("SQLSTATE 3D000") });
    const malformed = await deploy("malformed", [], () => ({ DATABASE_URL: "clerk" }));
    expect(malformed).toMatchObject({ code: 1, asked: [], stderr: expect.stringMatching(/^DATABASE_URL /) });
  });

  test("deploys nothing if a table was lost that the migrations do not bring back", async () => {
    const lossy = await deploy(
      "lossy",
      [],
      (url) => ({ DATABASE_URL: url }),
      async (url) => {
        await migrate(url);
        await execute(url, "drop table clerk.seen");
      },
    );
    expect(lossy).toMatchObject({ code: 1, asked: [], stderr: expect.stringContaining("clerk.seen is missing") });
  });

  test("hands its arguments on, and migrates nothing in a dry run", async () => {
    const dry = await deploy("dry", ["--dry-run", "--name", "another"], (url) => ({ DATABASE_URL: url }));
    expect(dry).toMatchObject({ code: 0, asked: [], stdout: expect.stringContaining("--dry-run: exiting now.") });
    expect(await rowsOf(dry.url, "select to_regclass('clerk.users') as users")).toEqual([{ users: null }]);
  });
});

describe("the Deploy to Cloudflare button", () => {
  test("asks for the two settings without which the Worker accepts nothing, and describes every binding", async () => {
    const example = await readFile(new URL(".dev.vars.example", root), "utf8");
    expect(example.match(/^[A-Z_]+=.*$/gm)).toEqual(["DATABASE_URL=", "CLERK_WEBHOOK_SIGNING_SECRET="]);
    const { cloudflare, scripts } = JSON.parse(await readFile(new URL("package.json", root), "utf8")) as {
      cloudflare: { bindings: Record<string, { description: string }> };
      scripts: Record<string, string>;
    };
    expect(scripts.deploy).toContain("cli/deploy.ts");
    expect(Object.keys(cloudflare.bindings).toSorted()).toEqual(
      [
        ...bindingNames.filter((name) => !/^(CLERK_API_URL|NEON_FETCH_ENDPOINT)$/.test(name)),
        "APP",
        "EVENTS",
        "DEAD_EVENTS",
        "RECONCILE",
        "VERSION",
        "METRICS",
      ].toSorted(),
    );
    for (const { description } of Object.values(cloudflare.bindings)) expect(description).toMatch(/\S.*\.$/);
  });
});

describe("npm run smoke", () => {
  const secret = newSigningSecret();
  let gateway: Gateway;
  let url: string;
  beforeAll(async () => {
    await execute(postgres.url("postgres"), "create database smoke");
    url = postgres.url("smoke");
    await migrate(url);
    await execute(url, rolesSql());
    gateway = await startGateway({ connections: 20 });
  });
  afterAll(() => gateway.close());

  /** The real Worker, with its version where Cloudflare puts it. */
  const startWorker = async (hasQueue: boolean) => {
    const config = await startOwnConfig(hasQueue);
    if (!(await readFile(config.path, "utf8")).includes("[version_metadata]"))
      await appendFile(config.path, '\n[version_metadata]\nbinding = "VERSION"\n');
    const worker = createTestHarness({
      root: fileURLToPath(root),
      workers: [
        {
          configPath: config.path,
          vars: { NEON_FETCH_ENDPOINT: gateway.url },
          secrets: { DATABASE_URL: asWorker(url), CLERK_WEBHOOK_SIGNING_SECRET: `${newSigningSecret()} ${secret}` },
        },
      ],
    });
    const address = (await worker.listen()).url.href;
    const close = async () => {
      await worker.close();
      await config.close();
    };
    return { address, logs: () => worker.getLogs().map(({ message }) => message), close };
  };

  const smoke = async (parameters: string[], own = secret): Promise<Ended> => {
    const env = { CLERK_WEBHOOK_SIGNING_SECRET: own };
    const ended = await start(process.execPath, ["cli/smoke.ts", ...parameters], { cwd: folder, env }).ended;
    expect(ended.stdout + ended.stderr).not.toContain(own);
    return ended;
  };

  test("passes where the Worker takes what is signed and refuses what is not, and leaves a line of the ledger only", async () => {
    const { address, logs, close } = await startWorker(false);
    try {
      const passed = await smoke(["--url", address]);
      expect(passed).toMatchObject({ code: 0, stderr: "" });
      expect(
        await rowsOf(url, "select type, subject_id, instance_id, attempts, outcome from clerk.deliveries"),
      ).toEqual([{ type: "mirror.smoke", subject_id: null, instance_id: null, attempts: 1, outcome: "ignored" }]);
      expect(await rowsOf(url, "select id from clerk.users union all select id from clerk.refusals")).toEqual([]);

      const health = (await (await fetch(new URL("/health", address))).json()) as { version?: string };
      const version = health.version ?? "";
      expect(version).toMatch(/^[0-9a-f-]{36}$/);
      const json = await smoke(["--url", `${address}api/webhooks`, "--version", version, "--json"]);
      expect(JSON.parse(json.stdout)).toMatchObject({
        passed: true,
        version,
        signed: 200,
        outcome: "ignored",
        forged: 401,
      });
      const lines = logs().flatMap((line): unknown[] => (line.startsWith('{"id"') ? [JSON.parse(line)] : []));
      expect(lines).toHaveLength(4);
      for (const line of lines) expect(line).toMatchObject({ version: version.slice(0, 8) });

      const withPassword = await smoke(["--url", address.replace("//", "//somebody:hunter2@"), "--json"]);
      expect(withPassword).toMatchObject({ code: 2, stderr: expect.stringContaining("no password") });
      expect(withPassword.stdout + withPassword.stderr).not.toMatch(/hunter2/);
      const old = await smoke(["--url", address, "--version", "another", "--timeout", "0", "--json"]);
      expect([old.code, JSON.parse(old.stdout)]).toMatchObject([1, { passed: false, version }]);
    } finally {
      await close();
    }
  });

  test("passes in queue mode, where the delivery is queued", async () => {
    const { address, close } = await startWorker(true);
    try {
      const { code, stdout } = await smoke(["--url", address, "--json"]);
      expect([code, JSON.parse(stdout)]).toMatchObject([0, { signed: 202, outcome: "queued", forged: 401 }]);
    } finally {
      await close();
    }
  });

  /** A server that is not a Worker, or one that has a bug. */
  const answering = async (statuses: (signed: number) => [number, string], parameters: string[] = []) => {
    let asked = 0;
    const server = createServer((request, response) => {
      request.resume();
      const [status, body] = statuses((asked += 1));
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const ended = await smoke(["--url", `http://127.0.0.1:${port}`, "--timeout", "0", ...parameters]);
    await new Promise((resolve) => server.close(resolve));
    return { ...ended, asked };
  };

  test("fails where anything is taken, where nothing is, and where nobody answers, and says which", async () => {
    const taken = '{"outcome":"ignored","attempts":1}';
    expect(await answering(() => [200, taken])).toMatchObject({
      code: 1,
      stderr: "Failed: the Worker does not refuse a wrong signature with 401 (200)\n",
    });
    expect(await answering(() => [401, '{"error":"unverified"}'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("CLERK_WEBHOOK_SIGNING_SECRET here is not one of the Worker's"),
    });
    expect(await answering(() => [500, '{"error":"misconfigured","setting":"DATABASE_URL"}'])).toMatchObject({
      code: 1,
      stderr: "Failed: the Worker does not take a signed delivery (500 misconfigured DATABASE_URL)\n",
    });
    expect(await answering(() => [200, "<html>"])).toMatchObject({ code: 1 });
    expect(await smoke(["--url", "http://127.0.0.1:1", "--timeout", "0"])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Failed: nothing answers at 127\.0\.0\.1:1 /),
    });
    expect(await smoke(["--url", "http://127.0.0.1:1"], "whsec_short")).toMatchObject({ code: 1 });
    expect(await smoke([])).toMatchObject({ code: 2, stderr: expect.stringMatching(/^--url is missing/) });
  });

  test("goes on while a deploy spreads", async () => {
    const [taken, refused] = ['{"outcome":"ignored"}', '{"error":"unverified"}'];
    const spreading = (asked: number): [number, string] =>
      asked === 1 ? [404, "error code: 1042"] : asked === 2 ? [200, taken] : [401, refused];
    expect(await answering(spreading, ["--timeout", "30"])).toMatchObject({ code: 0, asked: 3 });
  });
});
