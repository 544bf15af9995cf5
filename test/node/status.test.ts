import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openReadOnly } from "../../cli/read-only.ts";
import { migrate } from "../../cli/migrate.ts";
import { ago, seconds } from "../../cli/spans.ts";
import { freePort } from "../../dev/ports.ts";
import { copyRepository, type Ended, start, untilAnswered } from "../support/node/commands.ts";
import { execute, type Postgres, startPostgres } from "../support/postgres.ts";
import { asWorker, rolesSql } from "../support/roles.ts";

let folder: string;
let remove: () => Promise<void>;
let postgres: Postgres;
let url: string;
beforeAll(async () => {
  ({ folder, remove } = await copyRepository());
  postgres = await startPostgres();
  url = postgres.url("mirror");
  await execute(postgres.url("postgres"), "create database mirror");
  await migrate(url);
  await execute(url, rolesSql());
});
afterAll(async () => {
  await postgres.close();
  await remove();
});

const status = (databaseUrl: string, ...options: string[]): Promise<Ended> =>
  start(process.execPath, ["cli/status.ts", ...options], { cwd: folder, env: { DATABASE_URL: databaseUrl } }).ended;

const delivered = (late: string): Promise<void> =>
  execute(
    url,
    "truncate clerk.deliveries",
    `insert into clerk.deliveries (id, type, instance_id, occurred_at, received_at, attempts, outcome)
     select 'msg_' || n, 'user.updated', 'ins_1', now() - interval '${late}', now(), 1, 'applied' from generate_series(1, 1200) as n`,
  );

describe("npm run status", () => {
  test("says in ten lines that a copy is healthy, also of one that is empty and with the Worker's role", async () => {
    const empty = await status(asWorker(url));
    expect(empty).toMatchObject({ code: 0, stderr: "" });
    expect(empty.stdout).toContain("no delivery has arrived yet");
    // The smoke test's is the owner's.
    await delivered("1 second");
    await execute(url, "update clerk.deliveries set type = 'mirror.smoke'");
    expect((await status(url)).stdout).toContain("no delivery has arrived yet");

    await delivered("2 seconds");
    await execute(
      url,
      `insert into clerk.reconciliations values ('reconcile-1', 'users', 'reconcile', 'ins_1', now(), now(), 1234, 2, 0, 0, 2, 0, 0, 0, null)`,
    );
    const { code, stdout } = await status(url);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split(/ +/)[0]),
    ).toEqual(["database", "last", "24", "lag", "refused", "rows", "size", "reconciled", "outbox", "health"]);
    expect(stdout).toContain("1,200 deliveries: 1,200 applied");
    expect(stdout).toContain("median 2.0 s");
    expect(stdout).toContain("a reconcile: 1,234 checked, 2 written, 0 left");
    expect(stdout).toMatch(/healthy\n$/);
    expect(code).toBe(0);
  });

  test("says why one is not, what to do, and exits with 1", async () => {
    await delivered("10 minutes");
    const { code, stdout } = await status(url);
    expect(code).toBe(1);
    expect(stdout).toContain("lag: deliveries arrive late: half of the latest 500 took more than 600 s");
    expect(stdout).toContain("→ npx wrangler tail");
    const json = await status(url, "--json");
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      isHealthy: false,
      reasons: [{ code: "lag" }],
      ledger: { total: 1200, outcomes: [{ outcome: "applied", deliveries: 1200 }] },
      outbox: { isBound: false, waiting: 0 },
    });
    await delivered("1 second");
  });

  const wrongs: [string, (own: URL) => unknown, RegExp][] = [
    ["is not migrated", (own) => (own.pathname = "/postgres"), /npm run db:migrate/],
    ["is away", (own) => (own.port = "1"), /cannot be reached \(ECONNREFUSED\)/],
    ["does not exist", (own) => (own.pathname = "/nothing"), /does not exist/],
    ["refuses the password", (own) => (own.password = "hunter2-of-mine"), /refuses/],
  ];
  test.for(wrongs)("says that the database %s, without its secret", async ([, change, expected]) => {
    const own = new URL(url);
    own.password ||= "postgres";
    change(own);
    for (const options of [[], ["--json"]]) {
      const { code, stdout, stderr } = await status(own.href, ...options);
      expect(code).toBe(1);
      expect(stdout).toMatch(expected);
      expect(stdout + stderr).not.toContain("hunter2-of-mine");
    }
  });

  test("names the setting that is missing", async () => {
    const { code, stderr } = await status("");
    expect(code).toBe(1);
    expect(stderr).toContain("DATABASE_URL is not set");
    expect(stderr).toContain("npm run status");
  });
});

describe("npm run console", () => {
  test("serves a page that only reads, and says that a port is taken", async () => {
    const port = await freePort();
    const served = start(process.execPath, ["cli/console.ts", "--database-url", url, "--port", String(port)], {
      cwd: folder,
    });
    try {
      await untilAnswered(served, `http://127.0.0.1:${port}/`);
      expect(served.output()).toContain(`http://127.0.0.1:${port}`);
      const live = await fetch(`http://127.0.0.1:${port}/live`);
      const told = new Set<string>();
      const decoder = new TextDecoder();
      for await (const bytes of live.body ?? []) {
        for (const [, name = ""] of decoder.decode(bytes).matchAll(/^event: ?(\w+)$/gm)) told.add(name);
        if (told.size === 7) break;
      }
      expect([...told].toSorted()).toEqual([
        "chart",
        "database",
        "health",
        "ledger",
        "outbox",
        "reconciliations",
        "tables",
      ]);
      expect((await fetch(`http://127.0.0.1:${port}/do/reconcile`, { method: "POST" })).status).not.toBe(200);

      const second = start(process.execPath, ["cli/console.ts", "--database-url", url, "--port", String(port)], {
        cwd: folder,
      });
      expect(await second.ended).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`Port ${port} is in use. Give another --port.`),
      });
    } finally {
      served.child.kill("SIGINT");
    }
    expect((await served.ended).code).toBe(130);
  });
});

test("what only reads cannot write, and leaves nothing behind on its connection", async () => {
  const database = openReadOnly(url);
  try {
    for (const statement of ["delete from clerk.users", "create table clerk.mine ()", "select clerk.alert_1(null)"])
      await expect(database.query(statement), statement).rejects.toMatchObject({ code: "25006" });
    const [line] = await database.query(
      "select current_setting('transaction_read_only') as is_read_only, current_setting('search_path') as path",
    );
    expect(line).toEqual({ is_read_only: "on", path: "pg_catalog" });
  } finally {
    await database.close();
  }
});

test("spans are told in their largest unit", () => {
  expect(
    [500, 1000, 59_000, 60_000, 7_200_000, 86_400_000].map((span) => ago(1_000_000_000 - span, 1_000_000_000)),
  ).toEqual(["just now", "1 second ago", "59 seconds ago", "1 minute ago", "2 hours ago", "1 day ago"]);
  expect([0, 840, 9949, 12_400].map(seconds)).toEqual(["0.0 s", "0.8 s", "9.9 s", "12 s"]);
});
