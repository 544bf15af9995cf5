import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type BackendApi, type BackendApiOptions, startBackendApi } from "../../dev/clerk/backend-api.ts";
import { createInstance, type Instance } from "../../dev/clerk/instance.ts";
import { startLocalDatabase } from "../../dev/local-database.ts";
import { migrate } from "../../cli/migrate.ts";
import { copyDatabase, execute, type Postgres, startPostgres } from "../support/postgres.ts";
import { copyRepository, type Ended, type Running, start } from "../support/node/commands.ts";
import { dayPassesIn } from "../support/node/days.ts";
import { livingRows, realityOf, written } from "../support/node/reality.ts";

/** `npm run backfill`, `npm run reconcile` and `npm run erase`, as a user runs them. */

/** One of production, whose requests are not held back as much. */
const secretKey = "sk_live_simulatedAndNobodys";
const id = "ins_2simulatedsimulatedsimulated";

let postgres: Postgres;
let repository: Awaited<ReturnType<typeof copyRepository>>;
beforeAll(async () => {
  postgres = await startPostgres();
  await execute(postgres.url("postgres"), "create database migrated", "create database bare");
  await migrate(postgres.url("migrated"));
  repository = await copyRepository();
});
afterAll(async () => {
  await repository.remove();
  await postgres.close();
});

/** A database of each test's own, and where its runs are kept. */
let url: string;
let kept: string;
let databases = 0;
const apis: BackendApi[] = [];
const running: Running[] = [];
beforeEach(async () => {
  passed = 0;
  databases += 1;
  url = postgres.url(`copy_${databases}`);
  await execute(postgres.url("postgres"), copyDatabase("migrated", `copy_${databases}`));
  kept = await mkdtemp(join(tmpdir(), "clerk-mirror-kept-"));
});
afterEach(async () => {
  for (const { child } of running.splice(0)) if (child.exitCode === null) child.kill("SIGKILL");
  for (const api of apis.splice(0)) await api.close();
  await rm(kept, { recursive: true, force: true });
});

const serve = async (instance: Instance, options: Partial<BackendApiOptions> = {}): Promise<BackendApi> => {
  const api = await startBackendApi(instance, { secretKey, ...options });
  apis.push(api);
  return api;
};

const now = Date.now();
/** Milliseconds that have passed, for Clerk, since its instances were made. */
let passed = 0;
const emptyInstance = (): Instance => createInstance({ seed: 1, id, now: () => now + passed });
const simulated = (users: number, organizations: number): Instance => {
  const instance = emptyInstance();
  instance.populate(users, organizations);
  return instance;
};

type Command = "backfill" | "reconcile" | "erase";
type Env = Record<string, string>;

const parametersOf = (command: Command, parameters: readonly string[]): string[] => [
  ...(command === "erase" ? ["cli/erase.ts"] : ["cli/sync.ts", command]),
  "--folder",
  kept,
  ...parameters,
];

const begin = (command: Command, parameters: readonly string[], env: Env): Running => {
  const started = start(process.execPath, parametersOf(command, parameters), { cwd: repository.folder, env });
  running.push(started);
  return started;
};

/** Settings for a simulated Clerk and this test's database. */
const envOf = (api: BackendApi): Env => ({
  DATABASE_URL: url,
  CLERK_API_URL: api.url,
  CLERK_SECRET_KEY: secretKey,
});

const run = (command: Command, parameters: readonly string[], env: Env): Promise<Ended> =>
  begin(command, parameters, env).ended;

/** Without a pause between requests that nothing asks for: only how many there are counts here. */
const quickly = ["--rate", "1000"];

/**
 * Stops Clerk's answers at a request, so that a command is in the middle of a run for as long as it takes.
 *
 * @param number of the request, from now on
 */
const stopAt = (api: BackendApi, number: number): { reached: Promise<void>; open(): void } => {
  const last = api.requests + number;
  let reach = () => {};
  const reached = new Promise<void>((resolve) => (reach = resolve));
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  api.gate = async () => {
    if (api.requests < last) return;
    reach();
    await opened;
  };
  return { reached, open };
};

/** Settles as a promise does, or rejects where the command ends before. */
const during = async ({ ended }: Running, promise: Promise<void>): Promise<void> => {
  const early = ended.then(({ stdout, stderr }) => {
    throw new Error(`it has ended before:\n${stdout}${stderr}`);
  });
  await Promise.race([promise, early]);
};

/** Begins a backfill and ends it by Ctrl-C in the middle. */
const interrupted = async (api: BackendApi, requests: number, parameters: readonly string[]): Promise<Ended> => {
  const { reached, open } = stopAt(api, requests);
  const backfill = begin("backfill", parameters, envOf(api));
  await during(backfill, reached);
  backfill.child.kill("SIGINT");
  open();
  return backfill.ended;
};

type Summary = {
  run: string;
  instance: string;
  dry?: boolean;
  tables: Record<string, Record<string, number | string>>;
};
const summaryOf = ({ stdout }: Ended): Summary => JSON.parse(stdout) as Summary;

const nothing = { missing: 0, stale: 0, extra: 0, repaired: 0, restored: 0, held: 0, erased_here: 0 };

const count = async (query: string): Promise<number> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return Number((await client.query<{ count: string }>(`select count(*) from ${query}`)).rows[0]?.count);
  } finally {
    await client.end();
  }
};

/** Everything that a dump of the database has, as text. */
const dump = async (): Promise<string> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    expect(tables.length).toBeGreaterThan(12);
    const texts = [];
    for (const { name } of tables) texts.push(JSON.stringify((await client.query(`select * from ${name}`)).rows));
    return texts.join("\n");
  } finally {
    await client.end();
  }
};

describe("npm run backfill", () => {
  test("only reports in a dry run, then copies everything, and a reconciliation after it finds nothing", async () => {
    const instance = simulated(300, 40);
    const env = envOf(await serve(instance));
    const reality = realityOf(instance);

    const untouched = await written(url);
    const dry = await run("backfill", ["--dry-run", "--json"], env);
    expect(dry).toMatchObject({ code: 0, stderr: "" });
    expect(summaryOf(dry)).toMatchObject({ dry: true, tables: { users: { checked: 300, missing: 300, repaired: 0 } } });
    expect(await written(url)).toEqual(untouched);
    expect(await count("clerk.reconciliations")).toBe(0);

    const backfill = await run("backfill", ["--sessions"], env);
    expect(backfill).toMatchObject({ code: 0, stderr: "" });
    expect(backfill.stdout).toMatch(/│ users +│ 300 +│ 300 +│ 0 +│ 0 +│ 300 +│ 0 +│ 0 +│/);
    expect(await livingRows(url)).toEqual(reality);
    expect(existsSync(join(kept, "backfill.json"))).toBe(false);

    const rows = await written(url);
    const second = await run("reconcile", ["--sessions", "--json"], env);
    expect(second).toMatchObject({ code: 0, stderr: "" });
    const { instance: instanceId, tables } = summaryOf(second);
    expect(instanceId).toBe(id);
    expect(Object.keys(tables).toSorted()).toEqual(Object.keys(reality).toSorted());
    for (const [table, counts] of Object.entries(tables)) {
      expect(counts, table).toEqual({ checked: Object.keys(reality[table] ?? {}).length, ...nothing });
    }
    expect(await written(url)).toEqual(rows);
  });

  test("ends soon at Ctrl-C, says so, and goes on where it was; --restart starts over", async () => {
    const instance = simulated(800, 40);
    const api = await serve(instance);
    const slowly = ["--page-size", "10", ...quickly];

    const interrupt = async (): Promise<number> => {
      const before = api.requests;
      const ended = await interrupted(api, 90, slowly);
      expect(ended).toMatchObject({ code: 130, stderr: "" });
      expect(ended.stdout).toMatch(/Stopped at [\d,]+ objects\. Run the same command to continue\.\n$/);
      expect(existsSync(join(kept, "backfill.json"))).toBe(true);
      // Soon: a request a list that was under way, and one that was read ahead.
      expect(api.requests - before).toBeLessThan(115);
      return api.requests - before;
    };
    const whole = async (...parameters: string[]): Promise<{ requests: number; stdout: string }> => {
      const before = api.requests;
      const ended = await run("backfill", [...slowly, ...parameters], envOf(api));
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      return { requests: api.requests - before, stdout: ended.stdout };
    };

    await interrupt();
    // Where there is no terminal it says every 5 s how far it is.
    const { reached, open } = stopAt(api, 60);
    void reached.then(() => setTimeout(5000)).then(open);
    const anew = await whole("--restart");
    expect(anew.stdout).not.toContain("Continuing");
    expect(anew.stdout).toMatch(/^[\d,]+ of [\d,]{3,} objects, [\d,]+ per second, done at .+$/m);
    expect(await livingRows(url)).toEqual({ ...realityOf(instance), sessions: {} });

    await execute(url, "truncate clerk.users, clerk.organizations, clerk.organization_memberships");
    const first = await interrupt();
    const rest = await whole();
    expect(rest.stdout).toMatch(/^Continuing the run of .+, at [\d,]+ objects\. To start over, use --restart\.$/m);
    expect(rest.requests).toBeLessThan(anew.requests - 50);
    // What was asked in vain: a page a list that was under way, and one that was read ahead.
    expect(first + rest.requests).toBeLessThan(anew.requests + 25);
    expect(await livingRows(url)).toEqual({ ...realityOf(instance), sessions: {} });
    expect(existsSync(join(kept, "backfill.json"))).toBe(false);
  });

  test("does not go on with a run of another database", async () => {
    const api = await serve(simulated(400, 10));
    expect((await interrupted(api, 30, ["--page-size", "10"])).code).toBe(130);

    await execute(postgres.url("postgres"), copyDatabase("migrated", "another"));
    const other = await run("backfill", [], { ...envOf(api), DATABASE_URL: postgres.url("another") });
    expect(other.code).toBe(0);
    expect(other.stdout).not.toContain("Continuing");
  });

  test("is right after it was killed in the middle, in the local Postgres as well", async () => {
    const instance = simulated(200, 20);
    const api = await serve(instance);
    const { DATABASE_URL: _, ...env } = envOf(api);
    const slowly = ["--local", "--page-size", "10", ...quickly];
    const { reached, open } = stopAt(api, 20);
    const backfill = begin("backfill", slowly, env);
    // How far it is, it writes down after a second. A little later it is killed.
    await during(backfill, reached);
    await setTimeout(1000);
    open();
    const isWritten = expect.poll(() => existsSync(join(kept, "backfill.json"))).toBe(true);
    const next = stopAt(api, 15);
    await during(backfill, next.reached);
    await isWritten;
    expect(await run("backfill", slowly, env)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`The same command is under way, as process ${backfill.child.pid}.`),
    });
    backfill.child.kill("SIGKILL");
    await backfill.ended;
    next.open();

    const again = await run("backfill", slowly, env);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toContain("Continuing");
    const local = await startLocalDatabase(kept);
    expect(await livingRows(local.connectionString)).toEqual({ ...realityOf(instance), sessions: {} });
    await local.close();
  });

  test("waits as long as Clerk asks for, says so once, and ends right", async () => {
    const instance = simulated(200, 20);
    const api = await serve(instance, { rateLimit: { requests: 15, seconds: 2 } });
    const backfill = await run("backfill", ["--page-size", "10", "--rate", "100"], envOf(api));
    expect(backfill.code).toBe(0);
    expect(backfill.stderr).toMatch(/^Clerk's Backend API limits the rate \(HTTP status 429\): waiting \d s$/m);
    expect(await livingRows(url)).toEqual({ ...realityOf(instance), sessions: {} });
    const needed = (await count("clerk.reconciliations")) + 60;
    expect(backfill.stderr.split("\n").length).toBeLessThan(needed / 5);
    expect(api.requests).toBeLessThan(2.5 * needed);
  });

  test("gives up a Clerk that it never reached, and names the cause", async () => {
    const api = await serve(simulated(10, 1));
    const env = { ...envOf(api), CLERK_API_URL: "http://127.0.0.1:1/v1" };
    const { code, stdout, stderr } = await run("backfill", [], env);
    const lines = stderr.trim().split("\n");
    expect({ code, last: lines.at(-1) }).toEqual({
      code: 1,
      last: "Clerk's Backend API does not answer as expected (network)",
    });
    // 2, 4 and 8 s; a fourth wait would be too long.
    expect(stderr.match(/waiting \d+ s/g)?.length ?? 0).toBeLessThanOrEqual(3);
    expect(stdout).not.toContain("Stopped at");
  });

  test("names the setting that is wrong, at once, and never its value", async () => {
    const api = await serve(simulated(10, 1));
    const env = envOf(api);
    const { CLERK_SECRET_KEY: _, ...withoutKey } = env;
    const wrong: [Env, string][] = [
      [{ ...env, CLERK_SECRET_KEY: "sk_test_hunter2" }, "Clerk refuses CLERK_SECRET_KEY; copy it from API keys"],
      [{ ...env, CLERK_SECRET_KEY: "hunter2" }, "CLERK_SECRET_KEY is not of the form sk_…; copy it from API keys"],
      [withoutKey, "CLERK_SECRET_KEY is not set; copy it from API keys in Clerk's dashboard to .dev.vars or"],
      [{ DATABASE_URL: url, CLERK_API_URL: api.url }, "CLERK_SECRET_KEY is not set"],
      [
        { CLERK_SECRET_KEY: secretKey },
        "DATABASE_URL is not set; set it to the connection string of the database, or give",
      ],
      [{ ...env, DATABASE_URL: "hunter2" }, "DATABASE_URL is not of the form postgresql://"],
      [{ ...env, DATABASE_URL: url.replace("postgres@", "hun\nter2@") }, "DATABASE_URL has a line break, a space"],
      [{ ...env, DATABASE_URL: url.replace("@127", "é@127") }, "percent-encode what belongs to it"],
      [{ ...env, DATABASE_URL: postgres.url("bare") }, "DATABASE_URL has a database without this Worker's tables"],
      [{ ...env, MIRROR_OMIT: "users.hunter" }, "MIRROR_OMIT names"],
      [{ ...env, CLERK_INSTANCE_ID: "ins_another" }, `CLERK_SECRET_KEY is the key of the instance ${id}, and`],
    ];
    for (const [settings, message] of wrong) {
      const ended = await run("backfill", [], settings);
      expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
      expect(ended.stderr.trim().split("\n")).toHaveLength(1);
      expect(ended.stdout).not.toContain("Stopped at");
      expect(ended.stdout + ended.stderr).not.toMatch(/hunter2|ter2@|é@/);
    }
    expect(existsSync(join(kept, "backfill.json"))).toBe(false);
    expect(existsSync(join(kept, "data"))).toBe(false);
  });

  test("says what it takes, and what is wrong", async () => {
    for (const command of ["backfill", "reconcile", "erase"] as const) {
      expect(await run(command, ["--help"], {})).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`npm run ${command} -- `),
      });
    }
    const misuses: [Command, string[], string][] = [
      ["backfill", ["--seesions"], "--seesions"],
      ["backfill", ["postgresql://a:hunter2@host/db"], "This command takes options only."],
      ["backfill", ["--rate"], "The value of --rate is missing"],
      ["backfill", ["--page-size", "501"], "--page-size must be a whole number from 1 to 500"],
      ["backfill", ["--rate", "fast"], "--rate must be a number of requests per second"],
      ["backfill", ["--force"], "--force is for reconcile"],
      ["erase", [], "--user is missing"],
      ["erase", ["--user", "org_1"], "--user must be Clerk's id of a user, user_…"],
      ["erase", ["--user", "somebody@example.com"], "--user must be Clerk's id of a user"],
    ];
    for (const [command, parameters, message] of misuses) {
      expect(await run(command, parameters, {})).toMatchObject({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining(message),
      });
      expect((await run(command, parameters, {})).stderr).not.toMatch(/hunter2|somebody/);
    }
    expect(await start(process.execPath, ["cli/sync.ts", "--help"], { cwd: repository.folder }).ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("npm run backfill"),
    });
  });

  test.skipIf(process.platform !== "linux")("leaves a terminal as it was at Ctrl-C", async () => {
    const api = await serve(simulated(400, 40));
    const { reached, open } = stopAt(api, 30);
    const words = [process.execPath, ...parametersOf("backfill", ["--page-size", "10"])];
    const command = words.map((word) => `'${word}'`).join(" ");
    const terminal = start("script", ["-qec", command, "/dev/null"], { cwd: repository.folder, env: envOf(api) });
    running.push(terminal);
    await during(terminal, reached);
    terminal.child.stdin?.write("\u0003");
    open();
    const { code, stdout } = await terminal.ended;
    expect(code).toBe(130);
    expect(stdout).toMatch(/░ \d+ of \d+ objects · \d+\/s · done at/);
    const hidden = stdout.lastIndexOf("\u001B[?25l");
    expect(hidden).toBeGreaterThan(0);
    expect(stdout.indexOf("\u001B[?25h", hidden)).toBeGreaterThan(hidden);
    expect(stdout.lastIndexOf("\u001B[?7h")).toBeGreaterThan(stdout.lastIndexOf("\u001B[?7l"));
    // The bar's line is cleared, and the prompt comes on a line of its own.
    const clearLine = "\u001B[2K";
    expect(stdout.split(clearLine).at(-1)).toMatch(/^Stopped at \d+ objects\. [\w ]+\.\r\n$/);
  });
});

describe("npm run reconcile", () => {
  test("deletes nothing of an instance that seems to be empty, and all of it by --force, twice", async () => {
    const instance = simulated(150, 20);
    expect((await run("backfill", [], envOf(await serve(instance)))).code).toBe(0);
    const before = await livingRows(url);

    const emptied = emptyInstance();
    passed = 3_600_000;
    const env = envOf(await serve(emptied));
    for (let time = 1; time <= 2; time += 1) {
      const refused = await run("reconcile", quickly, env);
      expect(refused.code).toBe(3);
      expect(refused.stdout).toContain("users: too many rows are missing (150 of 150): nothing was deleted");
      expect(refused.stdout).toContain("`npm run reconcile -- --force`, and again tomorrow");
      expect(await livingRows(url)).toEqual(before);
    }
    const dry = await run("reconcile", ["--force", "--dry-run", "--json", ...quickly], env);
    expect(dry.code).toBe(0);
    expect(summaryOf(dry).tables.users).toMatchObject({ checked: 0, extra: 150, repaired: 0, held: 150 });

    const first = await run("reconcile", ["--force", ...quickly], env);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain(
      "Run the same command again tomorrow: it deletes the rows that Clerk still does not",
    );
    // Users were not even asked for before, one by one: this is the first run that misses them.
    expect((await livingRows(url)).users).toEqual(before.users);
    await dayPassesIn(url);
    const second = await run("reconcile", ["--force", "--json", ...quickly], env);
    expect(second.code).toBe(0);
    expect(summaryOf(second).tables.users).toMatchObject({ extra: 150, repaired: 150, held: 0 });
    // Clerk never deletes what was paid for.
    const { subscription_items = {} } = before;
    expect(await livingRows(url)).toEqual({ ...realityOf(emptied), subscription_items });
  });

  test("refuses the key of another instance, and names both", async () => {
    expect((await run("backfill", [], envOf(await serve(simulated(20, 2))))).code).toBe(0);
    const before = await written(url);
    const other = createInstance({ seed: 2, id: "ins_2anotheranotheranotheranother" });
    for (const command of ["backfill", "reconcile"] as const) {
      const refused = await run(command, [], envOf(await serve(other)));
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(
        `CLERK_SECRET_KEY is the key of the instance ins_2anotheranotheranotheranother, and the copy is of ${id}`,
      );
      expect(refused.stderr).toContain("set CLERK_INSTANCE_ID to ins_2anotheranotheranotheranother");
    }
    expect(await written(url)).toEqual(before);
  });
});

describe("npm run erase", () => {
  test("erases a user for good, whether or not Clerk has the user, and gives a receipt of ids", async () => {
    const instance = simulated(30, 4);
    const [organization] = instance.organizations.values();
    if (organization === undefined) throw new Error("there is none");
    const address = "Forget.Me@example.com";
    const user = instance.signUp({ email: address });
    instance.rename(user.id, { first_name: "Quillifer", last_name: "Zyxwood" });
    instance.addAddress(user.id, "forget.me.too@example.com");
    instance.signIn(user.id);
    user.public_metadata = { nickname: "Quillywonk" };
    instance.join(organization.id, user.id);
    instance.joinWaitlist(address.toLowerCase());
    instance.invite(organization.id, { email: "forget.me.too@example.com" });
    Object.assign(user, { enterprise_accounts: [{ id: "ent_1", email_address: "forget.me.at.work@example.com" }] });
    instance.invite(organization.id, { email: "forget.me.at.work@example.com" });
    const words = /quillifer|zyxwood|quillywonk|forget\.me/i;

    const env = envOf(await serve(instance));
    expect((await run("backfill", ["--sessions"], env)).code).toBe(0);
    expect(await dump()).toMatch(words);
    const before = await written(url);
    const one = [expect.stringMatching(/^[a-z]+_\w+$/)];
    const receipt = {
      database: expect.stringMatching(/^copy_\d+ at 127\.0\.0\.1:\d+$/),
      user: user.id,
      addresses: { copy: 3, clerk: 3, given: 0 },
      deleted_before: null,
      erased: {
        users: [user.id],
        sessions: one,
        organization_memberships: one,
        organization_invitations: [...one, ...one],
        waitlist_entries: one,
      },
    };

    const dry = await run("erase", ["--user", user.id, "--dry-run", "--json"], env);
    expect(dry).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(dry.stdout)).toMatchObject({ ...receipt, dry: true });
    expect(await written(url)).toEqual(before);

    const foreign = await run("erase", ["--user", user.id, "--yes"], { ...env, CLERK_INSTANCE_ID: "ins_another" });
    expect(foreign).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("CLERK_SECRET_KEY is the key of the instance"),
    });
    expect(await written(url)).toEqual(before);

    // Nobody is asked, so nothing is done.
    const unasked = await run("erase", ["--user", user.id], env);
    expect(unasked).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Erase user_\w+ for good from copy_\d+ at/),
    });
    expect(unasked.stderr).toContain("give --yes");
    expect(await written(url)).toEqual(before);

    const erased = await run("erase", ["--user", user.id, "--yes"], env);
    expect(erased).toMatchObject({ code: 0, stderr: "" });
    expect(erased.stdout).toMatch(/^In copy_\d+ at 127\.0\.0\.1:\d+$/m);
    expect(erased.stdout).toMatch(new RegExp(`^Erased of ${user.id}, in copy_.+, at \\d{4}-.+Z:$`, "m"));
    expect(erased.stdout).toMatch(new RegExp(`^ {2}clerk\\.users +1\\n {4}${user.id}$`, "m"));
    expect(erased.stdout).toContain(
      "Looked for 3 addresses: 3 that the copy has, 3 that Clerk has, and 0 that you gave.",
    );
    expect(erased.stdout).toContain("wait in the queue or among its dead letters");
    expect(erased.stdout).not.toMatch(words);
    expect(await dump()).not.toMatch(words);

    // Clerk has the user yet.
    const backfill = await run("backfill", ["--sessions", "--json"], env);
    expect(summaryOf(backfill)).toMatchObject({
      tables: {
        users: { checked: 31, missing: 0, repaired: 0, erased_here: 1 },
        organization_memberships: { erased_here: 1 },
        organization_invitations: { erased_here: 2 },
        waitlist_entries: { erased_here: 1 },
      },
    });
    expect((await run("reconcile", ["--sessions"], env)).code).toBe(0);
    expect(await dump()).not.toMatch(words);

    const again = await run("erase", ["--user", user.id, "--json", "--yes"], env);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({
      addresses: { copy: 0, clerk: 3 },
      deleted_before: expect.stringMatching(/^\d{4}-.+Z$/),
      erased: { users: [], sessions: [], waitlist_entries: [] },
    });
  });

  test("finds a user's addresses where the copy has none of them, and says so where nobody has", async () => {
    const instance = simulated(5, 1);
    const [organization] = instance.organizations.values();
    if (organization === undefined) throw new Error("there is none");
    const user = instance.signUp({ email: "forget.me@example.com" });
    Object.assign(user, {
      external_accounts: [{ object: "external_account", id: "eac_1", email_address: "Forget.Elsewhere@example.com" }],
    });
    instance.invite(organization.id, { email: "forget.me@example.com" });
    instance.joinWaitlist("forget.elsewhere@example.com");
    instance.joinWaitlist("forget.given@example.com");
    const env: Env = { ...envOf(await serve(instance)), MIRROR_OMIT: "users.email, users.email_addresses" };
    const { CLERK_SECRET_KEY: _, ...withoutKey } = env;
    expect((await run("backfill", [], env)).code).toBe(0);
    const left = () =>
      count(
        "(select email_address from clerk.organization_invitations union all select email_address from clerk.waitlist_entries) as a where email_address ilike 'forget.%'",
      );
    expect(await left()).toBe(3);

    // Of an account elsewhere, as the copy has it.
    await run("erase", ["--user", user.id, "--yes"], withoutKey);
    expect(await left()).toBe(2);
    // Deleted, the copy knows none any more: that is no success.
    const unknown = await run("erase", ["--user", user.id, "--yes"], withoutKey);
    expect(unknown.code).toBe(3);
    expect(unknown.stdout).toMatch(/^The copy has had the user as deleted since \d{4}/m);
    expect(unknown.stdout).toContain("none of Clerk's, since CLERK_SECRET_KEY is not set,");
    expect(unknown.stdout).toContain(
      "No address of the user is known, so invitations and waitlist entries may be left",
    );
    expect(await left()).toBe(2);
    expect((await run("erase", ["--user", user.id, "--yes"], env)).code).toBe(0);
    expect(await left()).toBe(1);
    const given = await run("erase", ["--user", user.id, "--yes", "--email", "Forget.Given@Example.com"], withoutKey);
    expect(given.code).toBe(0);
    expect(given.stdout + given.stderr).not.toMatch(/forget/i);
    expect(await left()).toBe(0);
  });

  test("keeps out a user whom the copy does not have", async () => {
    const instance = simulated(30, 4);
    const [user] = instance.users.values();
    if (user === undefined) throw new Error("there is none");
    const env = envOf(await serve(instance));
    const erased = await run("erase", ["--user", user.id, "--yes"], env);
    expect(erased.code).toBe(0);
    expect(erased.stdout).toContain(
      "The copy did not have the user. A deleted row with this id now keeps the user out.",
    );

    const backfill = await run("backfill", ["--json"], env);
    expect(summaryOf(backfill).tables.users).toMatchObject({ checked: 30, missing: 29, erased_here: 1 });
    expect(await count(`clerk.users where id = '${user.id}' and deleted_at is not null and email is null`)).toBe(1);
    // Whoever is in no list of Clerk's either.
    const nobody = await run("erase", ["--user", "user_nobody", "--json", "--yes"], env);
    expect(nobody.code).toBe(3);
    expect(JSON.parse(nobody.stdout)).toMatchObject({ user: "user_nobody", erased: { users: [] } });
  });

  test("says what is wrong with the database", async () => {
    const bare = await run("erase", ["--user", "user_1", "--yes"], { DATABASE_URL: postgres.url("bare") });
    expect(bare).toMatchObject({ code: 1, stderr: expect.stringContaining("run `npm run db:migrate`") });
  });
});
