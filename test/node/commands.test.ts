import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyRepository, freePort, groupOf } from "../support/node/commands.ts";

/** The commands as a user runs them. */
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => ({ folder, remove } = await copyRepository()));
afterAll(() => remove());

type Ended = { code: number; stdout: string; stderr: string };

const run = (...parameters: string[]): Promise<Ended> =>
  promisify(execFile)(process.execPath, parameters, { cwd: folder }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      stdout: error.stdout,
      stderr: error.stderr,
    }),
  );

/** Starts `npm run dev`'s program, in a process group of its own as a terminal does, and waits until the Worker answers. */
const startDev = async (port: number): Promise<{ child: ChildProcess; output(): string }> => {
  let output = "";
  const child = spawn(process.execPath, ["dev/dev.ts", "--port", String(port)], { cwd: folder, detached: true });
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output += data.toString()));
  for (let tries = 0; tries < 300; tries += 1) {
    const isReady = await fetch(`http://127.0.0.1:${port}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return { child, output: () => output };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  process.kill(-(child.pid ?? 0), "SIGKILL");
  throw new Error(`the Worker did not start:\n${output}`);
};

const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode === null ? new Promise((resolve) => child.once("exit", resolve)) : Promise.resolve(child.exitCode);

describe("npm run dev", () => {
  test("makes its secret, serves what trigger sends, refuses a second one on its database, and ends whole at Ctrl-C", async () => {
    const port = await freePort();
    const { child, output } = await startDev(port);
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
      expect(await trigger("user.updated", "--id", "user_1", "--age", "301")).toMatchObject({
        code: 1,
        stdout: expect.stringContaining("401"),
      });
      expect((await trigger("user.updated", "--id", "user_1", "--age", "200", "--json")).stdout).toContain(
        '"outcome":"stale"',
      );
      expect((await trigger("session.created", "--delivery", "msg_1")).code).toBe(0);
      expect((await trigger("session.created", "--delivery", "msg_1")).stdout).toContain('"attempts":2');
      expect((await trigger("user.deleted", "--id", "user_2")).stdout).toContain("applied");
      expect((await trigger("session.created", "--user", "user_3")).stdout).toContain("applied");
      await promisify(execFile)(
        "sh",
        ["-c", 'printf \'%s\' \'{"type":"passkey.created","data":{"id":"pk_1"}}\' > payload.json'],
        { cwd: folder },
      );
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

      const second = await run("dev/dev.ts", "--port", String(await freePort()));
      expect(second.code).toBe(1);
      expect(second.stderr).toContain("Another process has the database in .local open.");
    } finally {
      // What a terminal does at Ctrl-C: every process in the foreground gets the signal.
      process.kill(-(child.pid ?? 0), "SIGINT");
    }
    expect(await ended(child)).toBe(130);
    await expect.poll(() => groupOf(child), { timeout: 5000 }).toEqual([]);
  });

  test("keeps the rows, and ends what it started when it alone is told to end", async () => {
    const { child, output } = await startDev(await freePort());
    const client = new pg.Client({ connectionString: /^Postgres {2}(\S+)$/m.exec(output())?.[1] });
    await client.connect();
    expect((await client.query("select id from clerk.users where id = 'user_1'")).rows).toEqual([{ id: "user_1" }]);
    await client.end();
    child.kill("SIGTERM");
    expect(await ended(child)).toBe(143);
    await expect.poll(() => groupOf(child), { timeout: 5000 }).toEqual([]);
  });
});

describe("npm run dev, before it is ready", () => {
  test("ends whole at Ctrl-C at any moment, with the code of a shell", async () => {
    for (const milliseconds of [300, 900, 1500, 2500]) {
      const own = join(folder, `.local-${milliseconds}`);
      const parameters = ["dev/dev.ts", "--port", String(await freePort()), "--folder", own];
      const child = spawn(process.execPath, parameters, { cwd: folder, detached: true, stdio: "ignore" });
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      process.kill(-(child.pid ?? 0), "SIGINT");
      expect([130, null]).toContain(await ended(child));
      await expect.poll(() => groupOf(child), { timeout: 5000 }).toEqual([]);
    }
  });

  test("says which setting is wrong, and what a port is", async () => {
    expect(await run("dev/dev.ts", "--port", "abc")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--port must be a whole number from 1 to 65535"),
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
      [["user.exploded"], "no sample of user.exploded"],
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
  test("says which setting it needs", async () => {
    const { DATABASE_URL: _, ...env } = process.env;
    const result = await promisify(execFile)(process.execPath, ["node_modules/drizzle-kit/bin.cjs", "migrate"], {
      cwd: folder,
      env,
    }).catch((error: { code: number; stderr: string }) => error);
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining("DATABASE_URL is not set.") });
  });
});
