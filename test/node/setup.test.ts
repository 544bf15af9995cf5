import { once } from "node:events";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { parse } from "smol-toml";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestHarness } from "wrangler";
import { newSigningSecret } from "../../cli/dev-vars.ts";
import { send, signDelivery } from "../../dev/clerk/delivery.ts";
import { type Ended, type Running, start } from "../support/node/commands.ts";
import {
  instanceId,
  ownerPassword,
  secretKey,
  type SetupWorld,
  signingSecret,
  startSetupWorld,
} from "../support/node/setup-world.ts";

/** `npm run setup` by flags and the environment, without a terminal. */

let world: SetupWorld;
beforeEach(async () => {
  world = await startSetupWorld();
});
afterEach(() => world.close());

const secretEnv = () => ({
  DATABASE_URL: world.ownerUrl,
  CLERK_SECRET_KEY: secretKey,
  CLERK_WEBHOOK_SIGNING_SECRET: signingSecret,
});

const begin = (env: Record<string, string>, ...options: string[]): Running =>
  start(process.execPath, ["cli/setup.ts", ...options], { cwd: world.folder, env: { ...world.env, ...env } });

const setup = (...options: string[]): Promise<Ended> => begin(secretEnv(), "--yes", ...options).ended;

/** Passwords that setup has made, and all secrets that it was given. */
const allSecrets = async (): Promise<string[]> => {
  const urls = await Promise.all(
    ["worker-database-url", "app-database-url", "app-owner-database-url"].map((name) =>
      readFile(join(world.folder, ".setup", name), "utf8").catch(() => ""),
    ),
  );
  const made = urls.filter((url) => url !== "").map((url) => new URL(url.trim()).password);
  return [ownerPassword, secretKey, signingSecret, signingSecret.slice("whsec_".length), ...made];
};

/** That nothing secret is told in what was printed, in an argument, in wrangler's environment, or in a file of git's. */
const expectNoSecrets = async (...printed: string[]): Promise<void> => {
  const calls = await world.calls();
  const places = new Map([
    ...(await world.files()),
    ...printed.map((text, index) => [`output ${index}`, text] as const),
    ...calls.map(
      ({ parameters, env }, index) => [`call ${index}`, `${parameters.join(" ")} ${JSON.stringify(env)}`] as const,
    ),
  ]);
  const secrets = await allSecrets();
  expect(secrets.length).toBeGreaterThanOrEqual(4);
  for (const [place, text] of places)
    for (const [index, secret] of secrets.entries())
      expect(text.includes(secret), `${place} has secret ${index}`).toBe(false);
};

const userOf = async (connectionString: string): Promise<unknown> => {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query("select current_user as name")).rows[0]?.name;
  } finally {
    await client.end();
  }
};

const userEvent = {
  type: "user.updated",
  object: "event",
  data: {
    object: "user",
    id: "user_2setup",
    first_name: "Ada",
    created_at: 1_700_000_000_000,
    updated_at: 1_700_000_000_000,
  },
};

const toml = async () => parse(await readFile(join(world.folder, "wrangler.toml"), "utf8"));
const commands = async () =>
  (await world.calls()).map(({ parameters }) => parameters.join(" ")).filter((one) => /deploy|bulk/.test(one));

describe("npm run setup", () => {
  test("goes from nothing to a live copy by flags, and a second run finds it all done", async () => {
    world.instance.populate(30, 3);
    const first = begin(secretEnv(), "--yes");
    await expect.poll(() => first.output()).toContain("Waiting for up to 300 s");
    await world.deliver();
    const { code, stdout, stderr } = await first.ended;
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain(`The key is of the development instance ${instanceId}.`);
    expect(stdout).toContain('+ CLERK_INSTANCE_ID = "ins_2setup');
    expect(stdout).toContain("The region of 127.0.0.1 is not known here");
    expect(stdout).toContain("Endpoint URL:  https://clerk-mirror.example.workers.dev/api/webhook");
    expect(stdout).toContain("It has arrived: user.updated. The copy is live.");
    expect(stdout).toContain("npm run status");

    expect(await toml()).toMatchObject({ vars: { CLERK_INSTANCE_ID: instanceId } });
    const given = await world.secrets();
    expect(Object.keys(given).toSorted()).toEqual(Object.keys(secretEnv()).toSorted());
    expect(await userOf(given.DATABASE_URL ?? "")).toBe("clerk_mirror");
    const appFile = join(world.folder, ".setup/app-database-url");
    expect(await userOf((await readFile(appFile, "utf8")).trim())).toBe("clerk_app");
    const appOwnerFile = join(world.folder, ".setup/app-owner-database-url");
    expect(await userOf((await readFile(appOwnerFile, "utf8")).trim())).toBe("clerk_app_owner");
    for (const name of ["app-database-url", "app-owner-database-url", "worker-database-url", "setup.json"])
      expect((await stat(join(world.folder, ".setup", name))).mode & 0o077, name).toBe(0);
    expect(await world.query("select count(*)::int as users from clerk.users")).toEqual([{ users: 30 }]);

    const before = await commands();
    const files = await world.files();
    const second = await setup();
    expect(second).toMatchObject({ code: 0, stderr: "" });
    for (const line of [
      "The tables are up to date already.",
      "The roles are up to date, with the passwords that they had.",
      "wrangler.toml has all of it already.",
      "The Worker has its secrets already.",
      "The Worker has the endpoint's signing secret already.",
      "A delivery has arrived: user.updated",
      "A backfill was done",
    ])
      expect(second.stdout).toContain(line);
    expect((await commands()).slice(before.length)).toEqual(["deploy"]);
    expect(await world.files()).toEqual(files);
    expect(await userOf(given.DATABASE_URL ?? "")).toBe("clerk_mirror");

    const renewed = await setup("--new-passwords", "--skip", "deploy,backfill");
    expect(renewed.code).toBe(0);
    expect(renewed.stdout).toContain("The Worker has DATABASE_URL.");
    const { DATABASE_URL: url = "" } = await world.secrets();
    expect(url).not.toBe(given.DATABASE_URL);
    expect(await userOf(url)).toBe("clerk_mirror");
    await expect(userOf(given.DATABASE_URL ?? "")).rejects.toThrow();
    await expectNoSecrets(stdout, second.stdout, renewed.stdout);
  });

  test("gives wrangler what makes a Worker that takes Clerk's deliveries, and waits for the first of them", async () => {
    const running = begin(secretEnv(), "--yes", "--skip", "backfill");
    await expect.poll(() => running.output()).toContain("Waiting for up to 300 s");
    // The Worker as it is deployed: by the file that setup has written, with the secrets that wrangler was given.
    const secrets = await world.secrets();
    expect(Object.keys(secrets).toSorted()).toEqual(Object.keys(secretEnv()).toSorted());
    const worker = createTestHarness({
      root: world.folder,
      workers: [
        {
          configPath: join(world.folder, "wrangler.toml"),
          vars: { NEON_FETCH_ENDPOINT: world.env.NEON_FETCH_ENDPOINT ?? "" },
          secrets,
        },
      ],
    });
    try {
      const { url } = await worker.listen();
      const deliver = async (instance: string, secret: string): Promise<number> => {
        const event = { ...userEvent, instance_id: instance, timestamp: Date.now() };
        const delivery = signDelivery(secret, `msg_${instance}`, event);
        return (await send(new URL("/api/webhook", url), delivery)).status;
      };
      expect(await deliver(instanceId, newSigningSecret())).toBe(401);
      expect(await deliver("ins_2another", signingSecret)).toBe(500);
      expect(running.child.exitCode).toBeNull();
      expect(await deliver(instanceId, signingSecret)).toBe(200);
    } finally {
      await worker.close();
    }
    const { code, stdout } = await running.ended;
    expect(stdout).toContain("It has arrived: user.updated. The copy is live.");
    expect(code).toBe(0);
    expect(await world.query("select id, instance_id, outcome from clerk.deliveries")).toEqual([
      { id: `msg_${instanceId}`, instance_id: instanceId, outcome: "applied" },
    ]);
    expect(await world.query("select id, first_name from clerk.users")).toEqual([
      { id: "user_2setup", first_name: "Ada" },
    ]);
    await expectNoSecrets(stdout);
  });

  test("writes the region of a Neon database to wrangler.toml, and connects past its pooler", async () => {
    const neon = new URL(world.ownerUrl);
    neon.hostname = "ep-cool-setup-1-pooler.c-2.eu-central-1.aws.neon.tech";
    neon.searchParams.set("sslmode", "require");
    const imports = ["quick-imports.mjs", "neon-here.mjs"].map(
      (name) => `--import=${new URL(`../support/node/${name}`, import.meta.url).href}`,
    );
    const { code, stdout } = await begin(
      { ...secretEnv(), DATABASE_URL: neon.href, NODE_OPTIONS: imports.join(" ") },
      "--yes",
      "--no-wait",
      "--skip",
      "backfill",
    ).ended;
    expect(code).toBe(0);
    expect(stdout).toContain('+ region = "aws:eu-central-1"');
    expect(await toml()).toMatchObject({
      vars: { CLERK_INSTANCE_ID: instanceId },
      placement: { region: "aws:eu-central-1" },
    });
    const given = new URL((await world.secrets()).DATABASE_URL ?? "");
    expect([given.username, given.host, given.search]).toEqual(["clerk_mirror", neon.host, neon.search]);
    await expectNoSecrets(stdout);
  });

  test("stops at each step that fails, says what to do, and goes on there the next time", async () => {
    const outputs: string[] = [];
    const worker = createServer((_, response) => response.writeHead(500).end('{"error":"misconfigured"}'));
    worker.listen(0, "127.0.0.1");
    await once(worker, "listening");
    const address = worker.address();
    world.env.STUB_URL = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    const failing = async (expected: string | RegExp, run: Promise<Ended>): Promise<void> => {
      const { code, stdout, stderr } = await run;
      outputs.push(stdout, stderr);
      expect(stdout).toMatch(expected);
      expect(stdout).toContain("→ ");
      expect(stdout).toContain("Stopped. Run `npm run setup` again");
      expect(code).toBe(1);
    };
    const { ended: unreachable } = begin(
      { ...secretEnv(), DATABASE_URL: world.ownerUrl.replace(/hunter2/, "hunter3") },
      "--yes",
    );
    await failing(/user or password that Postgres refuses/, unreachable);

    await world.query("create schema clerk authorization setup_owner");
    await world.query("create table clerk.users ()");
    await failing(/2\/10[^]*SQLSTATE 42P07/, setup());
    await world.query("drop schema clerk cascade");

    await world.query("create role clerk_mirror");
    await failing(/3\/10[^]*lacks a right/, setup());
    await world.query("drop owned by clerk_mirror");
    await world.query("drop role clerk_mirror");

    await world.query("drop table clerk.seen");
    await failing(/2\/10[^]*the table clerk\.seen is missing[^]*drop schema clerk cascade/, setup());
    await world.query("drop schema clerk cascade");

    world.api.fault = (path) => (path.startsWith("/v1/instance") ? "server-error" : "none");
    await failing(/4\/10[^]*does not answer as expected \(http_500\)/, setup());
    world.api.fault = () => "none";
    await failing(
      /4\/10[^]*refuses CLERK_SECRET_KEY/,
      begin({ ...secretEnv(), CLERK_SECRET_KEY: "sk_live_another" }, "--yes").ended,
    );

    const file = join(world.folder, "wrangler.toml");
    const shipped = await readFile(file, "utf8");
    await writeFile(file, `vars = { MIRROR_SESSIONS = "true" }\n${shipped}`);
    await failing(/5\/10[^]*has \[vars\] in a form that setup does not edit/, setup());
    await writeFile(file, `${shipped}\n[vars]\nCLERK_INSTANCE_ID = "ins_2another"\n`);
    await failing(/5\/10[^]*has CLERK_INSTANCE_ID ins_2another, and CLERK_SECRET_KEY is of ins_2setup/, setup());
    await writeFile(file, shipped);

    await world.stub("logged-out");
    await failing(/6\/10[^]*not logged in to Cloudflare[^]*npx wrangler login/, setup());
    await rm(join(world.env.STUB_FOLDER ?? "", "logged-out"));
    await world.stub("fail-deploy");
    await failing(/6\/10[^]*could not deploy/, setup());

    await world.stub("fail-secret-list-json");
    await failing(
      /7\/10[^]*wrangler cannot list[^]*A request to the Cloudflare API failed[^]*\[code: 10013\]/,
      setup(),
    );
    await world.stub(
      "fail-secret-list-json",
      "✘ [ERROR] A request to the Cloudflare API (/accounts/0/workers/scripts/x/secrets) failed.\n\n  This Worker does not exist on your account. [code: 10007]",
    );
    await failing(/7\/10[^]*The Worker is not deployed yet\./, setup("--skip", "deploy"));
    await world.stub("fail-secret-bulk");
    await failing(/7\/10[^]*could not set the secrets/, setup());

    await failing(
      /8\/10[^]*is not whsec_/,
      begin({ ...secretEnv(), CLERK_WEBHOOK_SIGNING_SECRET: "whsec_short" }, "--yes").ended,
    );
    const { CLERK_WEBHOOK_SIGNING_SECRET: _, ...without } = secretEnv();
    const missing = await begin(without, "--yes").ended;
    expect(missing.code).toBe(1);
    expect(missing.stdout).toMatch(/8\/10[^]*Endpoint URL[^]*CLERK_WEBHOOK_SIGNING_SECRET is not set/);
    outputs.push(missing.stdout);

    await failing(
      /9\/10[^]*No delivery has arrived in 0 s. http:\/\/127\.0\.0\.1:\d+\/health answers 500 `misconfigured`[^]*npx wrangler tail/,
      setup("--wait", "0"),
    );
    await world.query(
      `insert into clerk.refusals values ('msg_1', 'user.updated', 'refused', '{"sqlstate": "23514"}', now(), now(), 1)`,
    );
    await failing(/9\/10[^]*was refused: refused, sqlstate: 23514/, setup("--wait", "0"));
    await world.deliver();

    await world.query("revoke usage on schema clerk from clerk_mirror");
    await failing(/10\/10[^]*The backfill stopped/, setup("--skip", "roles"));
    const last = await setup();
    expect(last).toMatchObject({ code: 0, stdout: expect.stringContaining("The copy is live.") });
    await expectNoSecrets(...outputs, last.stdout);
    worker.close();
  });

  test("says of a missing answer which flag or variable has it, and of a wrong option what it is", async () => {
    expect(await begin({}, "--yes").ended).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(
        "DATABASE_URL is not set. Set it in the environment or .dev.vars, or give --database-url",
      ),
    });
    expect(await begin({ DATABASE_URL: world.ownerUrl }).ended).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("give --yes to agree to every step"),
    });
    expect(await begin({ DATABASE_URL: world.ownerUrl }, "--yes", "--skip", "migrate,roles").ended).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(
        "CLERK_SECRET_KEY is not set. Set it in the environment or .dev.vars, or give --skip clerk",
      ),
    });
    expect(await begin({ DATABASE_URL: world.ownerUrl, NEON_FETCH_ENDPOINT: "" }, "--yes").ended).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("DATABASE_URL has a host that is not Neon's"),
    });
    for (const [options, message] of [
      [["--skip", "everything"], "--skip must be one of database, migrate"],
      [["--wait", "long"], "--wait must be a whole number of seconds"],
      [["--worker-url", "nowhere"], "--worker-url must be the address of the Worker"],
      [["--prot"], "There is no option --prot"],
    ] as const) {
      expect(await begin({}, ...options).ended).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    }
  });

  test("does not wait for a database that never answers, nor does db:migrate", async () => {
    const silent = createTcpServer(() => {});
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = silent.address();
    const url = new URL(world.ownerUrl);
    url.port = typeof address === "object" ? String(address?.port) : "";
    const env = { ...secretEnv(), DATABASE_URL: url.href };
    try {
      const [migrated, inSetup] = await Promise.all([
        start(process.execPath, ["cli/db-migrate.ts"], { cwd: world.folder, env }).ended,
        begin(env, "--yes").ended,
      ]);
      const said = expect.stringContaining("The database of DATABASE_URL does not answer within 20 seconds");
      expect(migrated).toMatchObject({ code: 1, stderr: said });
      expect(inSetup).toMatchObject({ code: 1, stdout: said });
    } finally {
      silent.close();
    }
  });

  test("takes only the owner of the database", async () => {
    await world.query("create role reader login password 'hunter2-of-a-reader'");
    const reader = new URL(world.ownerUrl);
    reader.username = "reader";
    reader.password = "hunter2-of-a-reader";
    const { code, stdout } = await begin({ ...secretEnv(), DATABASE_URL: reader.href }, "--yes").ended;
    expect(code).toBe(1);
    expect(stdout).toContain("DATABASE_URL has the role reader, which is not the owner of the database.");
  });

  test("gives the Worker the owner's connection string if the roles are not wanted, and no key if there is none", async () => {
    const { CLERK_SECRET_KEY: _, ...env } = secretEnv();
    const { code, stdout } = await begin(env, "--yes", "--skip", "roles,clerk", "--no-wait").ended;
    expect(code).toBe(0);
    expect(stdout).toContain("CLERK_INSTANCE_ID is left as it is");
    expect(stdout).toContain("Skipped: it needs CLERK_SECRET_KEY.");
    expect(await world.secrets()).toEqual({
      DATABASE_URL: world.ownerUrl,
      CLERK_WEBHOOK_SIGNING_SECRET: signingSecret,
    });
  });

  test("does not replace a DATABASE_URL whose password nobody knows, and says how to make a new one", async () => {
    expect((await setup("--no-wait")).code).toBe(0);
    await rm(join(world.folder, ".setup"), { recursive: true });
    const kept = await setup("--no-wait");
    expect(kept.code).toBe(0);
    expect((await world.secrets()).DATABASE_URL).toContain("clerk_mirror");
    await rm(join(world.folder, ".setup"), { recursive: true });
    await writeFile(join(world.env.STUB_FOLDER ?? "", "secrets.json"), "[]");
    const unknown = await setup("--no-wait");
    expect(unknown.code).toBe(1);
    expect(unknown.stdout).toContain("npm run setup -- --new-passwords");
    expect((await setup("--no-wait", "--new-passwords")).code).toBe(0);
  });

  test("finds the new passwords if an earlier run ended before their files were in place", async () => {
    expect((await setup("--no-wait", "--skip", "backfill")).code).toBe(0);
    const files = [
      ["clerk_mirror", "worker-database-url"],
      ["clerk_app", "app-database-url"],
      ["clerk_app_owner", "app-owner-database-url"],
    ] as const;
    const pathOf = (name: string): string => join(world.folder, ".setup", name);
    const textOf = async (name: string): Promise<string> => (await readFile(pathOf(name), "utf8")).trim();
    const made: string[] = [];
    for (const [role, file] of files) {
      const url = new URL(await textOf(file));
      url.password = `hunter2-of-${role}`;
      made.push(url.href);
      await writeFile(pathOf(`${file}.new`), `${url.href}\n`, { mode: 0o600 });
    }

    // It ended before Postgres had them.
    const before = await Promise.all(files.map(([, file]) => textOf(file)));
    const kept = await setup("--no-wait", "--skip", "backfill,deploy");
    expect(kept).toMatchObject({ code: 0, stdout: expect.stringContaining("The Worker has its secrets already.") });
    expect(await Promise.all(files.map(([, file]) => textOf(file)))).toEqual(before);

    // And after.
    for (const [role] of files) await world.query(`alter role ${role} password 'hunter2-of-${role}'`);
    // Another one that stops in between again does not overwrite them.
    await world.query("revoke clerk_mirror from setup_owner");
    const stopped = await setup("--no-wait", "--skip", "backfill,deploy", "--new-passwords");
    expect(stopped).toMatchObject({ code: 1, stdout: expect.stringMatching(/3\/10[^]*lacks a right/) });
    await world.query("grant clerk_mirror to setup_owner with admin option");
    const found = await setup("--no-wait", "--skip", "backfill,deploy");
    expect(found.code).toBe(0);
    expect(found.stdout).toContain("The roles are up to date, with the passwords that they had.");
    expect(found.stdout).toContain("The Worker has DATABASE_URL.");
    expect((await world.secrets()).DATABASE_URL).toBe(made[0]);
    expect(await Promise.all(files.map(([, file]) => textOf(file)))).toEqual(made);
    for (const url of made) expect(await userOf(url)).toBe(new URL(url).username);
    await expectNoSecrets(kept.stdout, stopped.stdout, found.stdout);
  });

  test("keeps the signing secret that the Worker has, unless it is told to replace it", async () => {
    expect((await setup("--no-wait", "--skip", "backfill")).code).toBe(0);
    const before = await world.secrets();
    const other = newSigningSecret();
    const env = { ...secretEnv(), CLERK_WEBHOOK_SIGNING_SECRET: other };
    const options = ["--yes", "--no-wait", "--skip", "backfill,deploy"];
    const kept = await begin(env, ...options).ended;
    expect(kept).toMatchObject({ code: 0, stdout: expect.stringContaining("--replace-secret") });
    expect(await world.secrets()).toEqual(before);
    expect((await begin(env, ...options, "--replace-secret").ended).code).toBe(0);
    expect(await world.secrets()).toEqual({ ...before, CLERK_WEBHOOK_SIGNING_SECRET: other });
  });

  test("does nothing in a dry run", async () => {
    const files = await world.files();
    const { code, stdout } = await setup("--dry-run");
    expect(code).toBe(0);
    expect(stdout).toContain("10/10 Existing data (backfill)");
    expect(await world.calls()).toEqual([]);
    expect(await world.files()).toEqual(files);
    expect(await world.query("select to_regnamespace('clerk') as schema")).toEqual([{ schema: null }]);
  });
});
