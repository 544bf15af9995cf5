import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../dev/ports.ts";
import { execute, type Postgres, startPostgres } from "../support/postgres.ts";
import { copyRepository, type Ended, groupOf, type Running, start, untilAnswered } from "../support/node/commands.ts";

/** The commands as a user runs them. */
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => ({ folder, remove } = await copyRepository()));
afterAll(() => remove());

const run = (...parameters: string[]): Promise<Ended> => start(process.execPath, parameters, { cwd: folder }).ended;

/** Starts `npm run dev`'s program, and waits until it says that everything is there. */
const startDev = async (port: number, consolePort?: number): Promise<Running> => {
  const ports = ["--port", String(port), "--console-port", String(consolePort ?? (await freePort()))];
  const dev = start(process.execPath, ["dev/dev.ts", ...ports, "--users", "40"], { cwd: folder });
  await untilAnswered(dev, `http://127.0.0.1:${port}/health`);
  await expect.poll(() => dev.output()).toContain("Ctrl-C stops everything.");
  return dev;
};

describe("npm run dev", () => {
  test("makes its secret, serves what trigger sends, refuses a second one on its database, and ends whole at Ctrl-C", async () => {
    const [port, consolePort] = [await freePort(), await freePort()];
    const page = `http://127.0.0.1:${consolePort}`;
    const { child, output, ended } = await startDev(port, consolePort);
    const trigger = (...parameters: string[]) =>
      run("dev/trigger.ts", ...parameters, "--url", `http://127.0.0.1:${port}/api/webhook`);
    try {
      expect(output()).toContain("Made a signing secret in .dev.vars.");
      const vars = await readFile(join(folder, ".dev.vars"), "utf8");
      expect(vars).toMatch(/^CLERK_WEBHOOK_SIGNING_SECRET=whsec_[A-Za-z0-9+/]{32}$/m);
      expect((await stat(join(folder, ".dev.vars"))).mode & 0o077).toBe(0);

      const created = await trigger(
        "user.created",
        "--id",
        "user_1",
        "--set",
        "first_name=Grace",
        "--set",
        'public_metadata={"plan":"pro"}',
      );
      expect(created).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('200 {"outcome":"applied","attempts":1}'),
      });
      expect(await trigger("user.updated", "--id", "user_1", "--wrong-signature")).toMatchObject({
        code: 1,
        stdout: expect.stringContaining("401"),
      });
      expect(await trigger("user.updated", "--id", "user_1", "--signed", "301")).toMatchObject({
        code: 1,
        stdout: expect.stringContaining("401"),
      });
      expect((await trigger("user.updated", "--id", "user_1", "--age", "400", "--json")).stdout).toContain(
        '"outcome":"stale"',
      );
      const twice = await trigger("session.created", "--delivery", "msg_1", "--times", "2");
      expect(twice.stdout).toMatch(/as msg_1\n200 .*"applied","attempts":1}\n200 .*"stale","attempts":2}/);
      expect((await trigger("user.deleted", "--id", "user_2")).stdout).toContain("applied");
      expect((await trigger("session.created", "--user", "user_3")).stdout).toContain("applied");
      await writeFile(join(folder, "payload.json"), '{"type":"passkey.created","data":{"id":"pk_1"}}');
      expect((await trigger("--payload", "payload.json")).stdout).toContain('"outcome":"ignored"');

      const connectionString = /^Postgres {2}(\S+)$/m.exec(output())?.[1];
      const client = new pg.Client({ connectionString });
      await client.connect();
      const { rows } = await client.query(
        "select id, first_name, public_metadata, deleted_at is not null as deleted from clerk.users where id in ('user_1', 'user_2') order by id",
      );
      expect(rows).toEqual([
        { id: "user_1", first_name: "Grace", public_metadata: { plan: "pro" }, deleted: false },
        { id: "user_2", first_name: null, public_metadata: null, deleted: true },
      ]);
      await client.end();

      expect(output()).toMatch(new RegExp(`^(\\x1b\\[1m)?Console {3}${page}`, "m"));
      expect((await fetch(page)).status).toBe(200);
      const asked = await fetch(`${page}/do/signUp`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Origin: page },
        body: JSON.stringify({ email: "by.the.page@example.com" }),
      });
      expect(asked.status).toBe(200);

      const second = await run("dev/dev.ts", "--port", String(port));
      expect(second.code).toBe(1);
      expect(second.stderr).toContain(`\`npm run dev\` runs in .local already. Its page is ${page}.`);
      const elsewhere = ["dev/dev.ts", "--folder", ".local-elsewhere"];
      expect(await run(...elsewhere, "--port", String(port))).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`Port ${port} is in use, perhaps by an earlier Worker.`),
      });
      const taken = ["--port", String(await freePort()), "--console-port", String(consolePort)];
      expect(await run(...elsewhere, ...taken)).toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringContaining(
          `Port ${consolePort} is in use, perhaps by an earlier page. End it, or give another --console-port.`,
        ),
      });
      // A command joins its database, and its simulated Clerk.
      const copied = await run("cli/sync.ts", "backfill", "--local");
      expect(copied).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Done: Clerk lists \d+ objects/m) });
      const found = await run("cli/sync.ts", "reconcile", "--local", "--json");
      expect(JSON.parse(found.stdout)).toMatchObject({
        instance: "ins_local",
        // What trigger made is in no list of Clerk's.
        tables: { users: { checked: 41, missing: 0, stale: 0, extra: 3, held: 3 } },
      });
      await writeFile(join(folder, ".dev.vars"), `${vars}CLERK_SECRET_KEY=sk_test_another\n`);
      const refused = await run("cli/sync.ts", "backfill", "--local");
      expect(refused).toMatchObject({ code: 1 });
      await writeFile(join(folder, ".dev.vars"), vars);
      const erased = await run("cli/erase.ts", "--user", "user_1", "--local", "--yes", "--email", "ada@example.com");
      expect(erased).toMatchObject({ code: 0, stdout: expect.stringContaining("In the Postgres in .local") });
    } finally {
      // What a terminal does at Ctrl-C: every process in the foreground gets the signal.
      process.kill(-(child.pid ?? 0), "SIGINT");
    }
    expect((await ended).code).toBe(130);
    await expect.poll(() => groupOf(child)).toEqual([]);
  });

  test("keeps the rows and the simulated Clerk, and ends what it started when it alone is told to end", async () => {
    const { child, output, ended } = await startDev(await freePort());
    expect(output()).toContain("--users does not apply: the simulated Clerk of .local goes on, with 41 users.");
    const client = new pg.Client({ connectionString: /^Postgres {2}(\S+)$/m.exec(output())?.[1] });
    await client.connect();
    expect((await client.query("select id from clerk.users where id = 'user_1'")).rows).toEqual([{ id: "user_1" }]);
    const byThePage = await client.query("select email from clerk.users where email like 'by.the.page%'");
    expect(byThePage.rowCount).toBe(1);
    await client.end();
    child.kill("SIGTERM");
    expect((await ended).code).toBe(143);
    await expect.poll(() => groupOf(child)).toEqual([]);
    expect(await readdir(join(folder, ".local"))).toEqual(["clerk.snapshot", "data", "lock.sqlite"]);
  });
});

describe("npm run dev, killed", () => {
  test("leaves no Worker behind that says it is well", async () => {
    const port = await freePort();
    const { child } = await startDev(port);
    child.kill("SIGKILL");
    await expect.poll(() => groupOf(child)).toEqual([]);
    expect((await run("dev/dev.ts", "--port", "70000")).code).toBe(2);
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
  });
});

describe("npm run dev, before it is ready", () => {
  test("ends whole at Ctrl-C at any moment, with the code of a shell", async () => {
    for (const milliseconds of [300, 900, 1500, 2500]) {
      const own = join(folder, `.local-${milliseconds}`);
      const ports = ["--port", String(await freePort()), "--console-port", String(await freePort())];
      const parameters = ["dev/dev.ts", ...ports, "--folder", own];
      const { child, ended } = start(process.execPath, parameters, { cwd: folder });
      await setTimeout(milliseconds);
      process.kill(-(child.pid ?? 0), "SIGINT");
      expect([130, null]).toContain((await ended).code);
      await expect.poll(() => groupOf(child)).toEqual([]);
    }
  });

  test("says which setting is wrong, and what a port is", async () => {
    expect(await run("dev/dev.ts", "--port", "abc")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--port must be a whole number from 1 to 65535"),
    });
    expect(await run("dev/dev.ts", "--port", "9000", "--console-port", "9000")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--port and --console-port must be two ports"),
    });
    expect(await run("dev/dev.ts", "--prot", "1")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--prot"),
    });
    const vars = await readFile(join(folder, ".dev.vars"), "utf8");
    try {
      await writeFile(join(folder, ".dev.vars"), "CLERK_WEBHOOK_SIGNING_SECRET=whsec_short\n");
      const message = ".dev.vars: CLERK_WEBHOOK_SIGNING_SECRET has a secret that is not whsec_";
      expect(await run("dev/dev.ts")).toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
      expect(await run("dev/trigger.ts", "user.created")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(message),
      });
      const other = "DATABASE_URL=postgresql://owner:hunter2@127.0.0.1:1/shop";
      await writeFile(join(folder, ".dev.vars"), `${other}\n`);
      const asked = await run("dev/dev.ts", "--port", String(await freePort()));
      expect(asked).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("DATABASE_URL of .dev.vars is shop at 127.0.0.1:1. Migrate it"),
      });
      const agreed = await run("dev/dev.ts", "--yes", "--port", String(await freePort()));
      expect(agreed).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot be reached (ECONNREFUSED)") });
      await writeFile(join(folder, ".dev.vars"), `${other.replace("hunter2", "huntér2")}\n`);
      const foreign = await run("dev/dev.ts", "--port", String(await freePort()));
      expect(foreign).toMatchObject({ code: 1, stderr: expect.stringContaining("percent-encode") });
      expect(asked.stderr + agreed.stderr + foreign.stderr).not.toMatch(/hunt/);
      await writeFile(join(folder, ".dev.vars"), "DATABASE_URL=hunter2\n");
      expect(await run("dev/dev.ts")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(".dev.vars: DATABASE_URL is not of the form"),
      });
      expect(await readFile(join(folder, ".dev.vars"), "utf8")).toMatch(
        /^DATABASE_URL=hunter2\nCLERK_WEBHOOK_SIGNING_SECRET=whsec_/,
      );
    } finally {
      await writeFile(join(folder, ".dev.vars"), vars);
    }
  });
});

describe("npm run trigger", () => {
  test("says what it takes, and what is wrong", async () => {
    expect(await run("dev/trigger.ts", "--help")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("npm run trigger -- TYPE"),
    });
    const misuses: [string[], string][] = [
      [[], "TYPE is missing"],
      [["user.exploded"], "Clerk has no event user.exploded"],
      [["user.created", "user_1"], "Unknown argument user_1. To set the id, use --id."],
      [["user.created", "--sett", "a=b"], "--sett"],
      [["user.created", "--set", "a"], "--set must be FIELD=VALUE"],
      [["user.created", "--age", "old"], "--age must be a number of seconds"],
      [["user.created", "--url", "nowhere"], "--url must be a URL"],
      [["user.created", "--payload", "package.json"], "Leave out user.created"],
    ];
    for (const [parameters, message] of misuses) {
      expect(await run("dev/trigger.ts", ...parameters)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(message),
      });
    }
    expect(await run("dev/trigger.ts", "--payload", "nothing.json")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("nothing.json cannot be read as JSON"),
    });
    expect(await run("dev/trigger.ts", "user.created", "--url", "http://127.0.0.1:1/")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Nothing answers at http://127.0.0.1:1/. Start the Worker with `npm run dev`"),
    });
  });
});

describe("npm run db:migrate", () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
    await execute(postgres.url("postgres"), "create database fresh", "create role reader login password 'hunter2'");
  });
  afterAll(() => postgres.close());

  const migrateWith = (DATABASE_URL: string): Promise<Ended> =>
    start(process.execPath, ["cli/db-migrate.ts"], { cwd: folder, env: { DATABASE_URL } }).ended;
  const changed = (change: (url: URL) => void): string => {
    const url = new URL(postgres.url("fresh"));
    change(url);
    return url.href;
  };

  test("says which setting it needs", async () => {
    expect(await run("cli/db-migrate.ts")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("DATABASE_URL is not set."),
    });
  });

  test("says the cause and the remedy of each failure, and no word of the password", async () => {
    const failures: [string, string][] = [
      [changed((url) => (url.password = "hunter2")), "has a user or password that Postgres refuses (SQLSTATE 28P01)"],
      [changed((url) => (url.pathname = "/nowhere")), "names a database that does not exist (SQLSTATE 3D000)"],
      [changed((url) => (url.port = "1")), "cannot be reached (ECONNREFUSED): nothing listens at its host and port"],
      [changed((url) => (url.hostname = "nowhere.invalid")), "cannot be reached (E"],
      [
        changed((url) => {
          url.username = "reader";
          url.password = "hunter2";
        }),
        "lacks a right; use the owner of the database, who may create schemas and functions (SQLSTATE 42501)",
      ],
      [postgres.url("fresh").replace("@", "\nhunter2@"), "DATABASE_URL has a line break"],
      ["hunter2", "DATABASE_URL is not of the form postgresql://"],
    ];
    for (const [databaseUrl, message] of failures) {
      const ended = await migrateWith(databaseUrl);
      expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
      expect(ended.stdout + ended.stderr).not.toContain("hunter2");
    }
  });

  test("says what it did, and does nothing the second time", async () => {
    for (let time = 1; time <= 2; time += 1) {
      expect(await migrateWith(postgres.url("fresh"))).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^Migrating fresh at 127\.0\.0\.1:\d+ …\nThe schema clerk is up to date\.\n$/),
      });
    }
  });

  test("says what was lost that the migrations do not bring back, and what to do, but not that the roles come next", async () => {
    const url = postgres.url("lossy");
    await execute(postgres.url("postgres"), "create database lossy", "create role clerk_mirror");
    // The role is of another database of the branch, and has no rights here yet.
    expect(await migrateWith(url)).toMatchObject({ code: 0, stderr: "" });
    await execute(url, "drop table clerk.seen", "drop index clerk.deliveries_received_at_index");
    const { code, stdout, stderr } = await migrateWith(url);
    expect(code).toBe(1);
    expect(stdout).not.toContain("up to date");
    expect(stderr).toMatch(/✗ the table clerk\.seen is missing\n/);
    expect(stderr).toMatch(/→ .*drop schema clerk cascade/);
    expect(stderr).toMatch(/✗ the index clerk\.deliveries_received_at_index is missing\n[^]*→ create index/);
    expect(stderr).not.toContain("clerk_mirror");
  });
});
