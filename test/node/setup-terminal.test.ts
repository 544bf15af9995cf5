import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "smol-toml";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ctrlC, down, enter, inTerminal, type PseudoTerminal } from "../support/node/pseudo-terminal.ts";
import { execute } from "../support/postgres.ts";
import {
  instanceId,
  ownerPassword,
  secretKey,
  type SetupWorld,
  signingSecret,
  startSetupWorld,
} from "../support/node/setup-world.ts";

/** `npm run setup` as a person sees it. */

let world: SetupWorld;
beforeEach(async () => {
  world = await startSetupWorld();
});
afterEach(() => world.close());

const quickImports = new URL("../support/node/quick-imports.mjs", import.meta.url).href;

const open = (options = "", after = ""): PseudoTerminal =>
  inTerminal(`'${process.execPath}' cli/setup.ts ${options}${after}`, {
    cwd: world.folder,
    env: { ...world.env, NODE_OPTIONS: `--import=${quickImports}` },
  });

/** Answers a question as soon as it is there. */
const answer = async (terminal: PseudoTerminal, question: string | RegExp, keys: string): Promise<void> => {
  await terminal.until(question);
  terminal.type(keys);
};

const expectNothingSecret = async (...terminals: PseudoTerminal[]): Promise<void> => {
  const made = await Promise.all(
    ["worker-database-url", "app-database-url", "app-owner-database-url"].map((name) =>
      readFile(join(world.folder, ".setup", name), "utf8").catch(() => ""),
    ),
  );
  const passwords = made.filter((url) => url !== "").map((url) => new URL(url.trim()).password);
  const secrets = [ownerPassword, secretKey, signingSecret.slice("whsec_".length), ...passwords];
  const places = [
    ...terminals.map((terminal) => terminal.bytes()),
    ...(await world.calls()).map(({ parameters, env }) => JSON.stringify({ parameters, env })),
    ...(await world.files()).values(),
  ];
  for (const place of places) for (const secret of secrets) expect(place.includes(secret)).toBe(false);
};

describe("npm run setup in a terminal", () => {
  test("asks for each thing once, shows no secret, lets a step that failed be tried again, and ends live", async () => {
    world.instance.populate(30, 3);
    await world.stub("logged-out");
    await world.stub("fail-deploy");
    const terminal = open();
    await terminal.until("1/10 Database");
    await answer(terminal, "Connection string, from Neon's console", `not-${ownerPassword}${enter}`);
    await terminal.until("is not of the form postgresql://user:password@host/database");
    terminal.type(`${world.ownerUrl}${enter}`);
    await terminal.until("Connected to mirror at 127.0.0.1");
    await answer(terminal, "Migrate mirror at 127.0.0.1", enter);
    await terminal.until("The tables are up to date.");
    await answer(terminal, "Make the three roles?", enter);
    await terminal.until("Your app's connection string is in .setup/app-database-url.");

    await answer(terminal, "Secret key sk_…, from API keys", `sk_live_wrong${enter}`);
    await terminal.until("Clerk refuses CLERK_SECRET_KEY");
    await answer(terminal, "Try again", enter);
    await answer(terminal, "Secret key sk_…, from API keys", `${secretKey}${enter}`);
    await terminal.until(`The key is of the development instance ${instanceId}`);
    await terminal.until("- # [vars]");
    await terminal.until(`+ CLERK_INSTANCE_ID = "${instanceId}"`);
    await answer(terminal, "Write this to wrangler.toml?", enter);
    await answer(terminal, "Deploy clerk-mirror?", enter);
    await answer(terminal, "Log in now?", enter);
    await terminal.until("Successfully logged in.");
    await terminal.until("A request to the Cloudflare API failed");
    await answer(terminal, "Try again", enter);
    await answer(terminal, "Deploy clerk-mirror?", enter);
    await terminal.until("The Worker is at https://clerk-mirror.example.workers.dev");
    await answer(terminal, "Give the Worker DATABASE_URL and CLERK_SECRET_KEY?", enter);
    await terminal.until("2 secrets successfully created");
    await terminal.until("https://clerk-mirror.example.workers.dev/api/webhook");
    await terminal.until("user: created, updated, deleted");
    await answer(terminal, "Signing secret of the endpoint", `${signingSecret}${enter}`);
    await terminal.until("Change a user in Clerk's dashboard now");
    await terminal.until(/Waiting for \d+ s/);
    await world.deliver();
    await terminal.until("The copy is live.");
    await answer(terminal, "Copy them now?", enter);
    await terminal.until(/Done: Clerk lists \d+ objects/);
    await terminal.until("The copy is live.");
    expect(await terminal.ended).toBe(0);

    expect(parse(await readFile(join(world.folder, "wrangler.toml"), "utf8"))).toMatchObject({
      vars: { CLERK_INSTANCE_ID: instanceId },
    });
    expect(await world.secrets()).toMatchObject({
      DATABASE_URL: expect.stringContaining("clerk_mirror:"),
      CLERK_SECRET_KEY: secretKey,
      CLERK_WEBHOOK_SIGNING_SECRET: signingSecret,
    });
    expect(await world.query("select count(*)::int as users from clerk.users")).toEqual([{ users: 30 }]);
    await expectNothingSecret(terminal);
  });

  test("lets each step that failed be tried again, and ends live", async () => {
    world.instance.populate(10, 1);
    const terminal = open("--wait 0");
    const again = (): Promise<void> => answer(terminal, "Try again", enter);
    /** Lets a step fail by what is done while its question waits for an answer, and mends that. */
    const failing = async (
      question: string,
      keys: string,
      break_: () => Promise<unknown>,
      expected: string,
      mend: () => Promise<unknown>,
    ): Promise<void> => {
      await terminal.until(question);
      await break_();
      terminal.type(keys);
      await terminal.until(expected);
      await mend();
      await again();
    };
    const nothing = async (): Promise<void> => {};
    const connection = "Connection string, from Neon's console";
    const wrong = world.ownerUrl.replace(ownerPassword, "hunter3");
    await failing(connection, `${wrong}${enter}`, nothing, "user or password that Postgres refuses", nothing);
    await answer(terminal, connection, `${world.ownerUrl}${enter}`);
    await failing(
      "Migrate mirror",
      enter,
      async () => {
        await world.query("create schema clerk authorization setup_owner");
        await world.query("create table clerk.users ()");
      },
      "SQLSTATE 42P07",
      () => world.query("drop schema clerk cascade"),
    );
    await answer(terminal, "Migrate mirror", enter);
    await failing(
      "Make the three roles?",
      enter,
      () => world.query("create role clerk_mirror"),
      "lacks a right",
      () => world.query("drop role clerk_mirror"),
    );
    await answer(terminal, "Make the three roles?", enter);
    await failing("Secret key sk_…, from API keys", `sk_live_wrong${enter}`, nothing, "Clerk refuses", nothing);
    const file = join(world.folder, "wrangler.toml");
    const shipped = await readFile(file, "utf8");
    await failing(
      "Secret key sk_…, from API keys",
      `${secretKey}${enter}`,
      () => writeFile(file, `vars = { MIRROR_SESSIONS = "true" }\n${shipped}`),
      "in a form that setup does not edit",
      () => writeFile(file, shipped),
    );
    await answer(terminal, "Write this to wrangler.toml?", enter);
    await failing("Deploy clerk-mirror?", enter, () => world.stub("fail-deploy"), "could not deploy", nothing);
    await answer(terminal, "Deploy clerk-mirror?", enter);
    const bulk = (): Promise<unknown> => world.stub("fail-secret-bulk");
    await failing("Give the Worker DATABASE_URL", enter, bulk, "could not set the secrets", nothing);
    await answer(terminal, "Give the Worker DATABASE_URL", enter);
    await failing(
      "Signing secret of the endpoint",
      `${signingSecret}${enter}`,
      bulk,
      "could not set the secret.",
      nothing,
    );
    await answer(terminal, "Signing secret of the endpoint", `${signingSecret}${enter}`);
    await terminal.until("No delivery has arrived in 0 s");
    await world.deliver();
    await again();
    await terminal.until("A delivery has arrived");
    await failing(
      "Copy them now?",
      enter,
      () => world.query("revoke usage on schema clerk from clerk_mirror"),
      "The backfill stopped",
      () => world.query("grant usage on schema clerk to clerk_mirror"),
    );
    await answer(terminal, "Copy them now?", enter);
    await terminal.until("The copy is live.");
    expect(await terminal.ended).toBe(0);
    expect(await world.query("select count(*)::int as users from clerk.users where deleted_at is null")).not.toEqual([
      { users: 0 },
    ]);
    await expectNothingSecret(terminal);
  });

  test("waits for the delivery that was refused to come again, if a person tries again", async () => {
    const terminal = open("--yes --skip roles,clerk,settings,backfill");
    await answer(terminal, "Connection string, from Neon's console", `${world.ownerUrl}${enter}`);
    await answer(terminal, "Signing secret of the endpoint", `${signingSecret}${enter}`);
    await terminal.until(/Waiting for \d+ s/);
    await world.query(
      `insert into clerk.refusals values
       ('msg_1', 'user.updated', 'refused', '{"sqlstate": "23514"}', clock_timestamp(), clock_timestamp(), 1)`,
    );
    await terminal.until("was refused: refused, sqlstate: 23514");
    await answer(terminal, "Try again", enter);
    await terminal.until(/Waiting for [2-9] s/);
    // What was committed before the endpoint got its secret, and was refused when it came once more, is in the copy.
    await world.query(
      `with committed as (
         insert into clerk.deliveries (id, type, occurred_at, received_at, attempts, outcome)
         values ('msg_1', 'user.updated', now(), now() - interval '1 hour', 1, 'applied')
       )
       update clerk.refusals set last_at = clock_timestamp()`,
    );
    await terminal.until(/Waiting for \d+ s/);
    await terminal.until(/Waiting for \d+ s/);
    await world.deliver();
    await terminal.until("It has arrived: user.updated. The copy is live.");
    expect(await terminal.ended).toBe(0);
    expect(terminal.text().split("was refused")).toHaveLength(2);
  });

  test("takes a backfill that was incomplete, or was interrupted, for none", async () => {
    world.instance.populate(30, 3);
    world.api.fault = (path) => (path.startsWith("/v1/organizations?") ? "empty-but-counted" : "none");
    const copying = async (): Promise<PseudoTerminal> => {
      const terminal = open("--yes --skip roles,settings,deploy,secrets,webhook,delivery");
      await answer(terminal, "Connection string, from Neon's console", `${world.ownerUrl}${enter}`);
      await answer(terminal, "Secret key sk_…, from API keys", `${secretKey}${enter}`);
      return terminal;
    };
    const first = await copying();
    await first.until("A list of Clerk's was incomplete.");
    world.api.fault = () => "none";
    await answer(first, "What now?", enter);
    await first.until("All that Clerk lists is in the database.");
    expect(await first.ended).toBe(0);
    const organizations = "select count(*)::int as count from clerk.organizations where deleted_at is null";
    expect(await world.query(organizations)).toEqual([{ count: 3 }]);

    const second = await copying();
    await second.until("A backfill was done");
    expect(await second.ended).toBe(0);

    // As one leaves it that ends in between: each list has its line when it is done.
    await world.query("delete from clerk.reconciliations where table_name = 'permissions'");
    const third = await copying();
    await third.until("All that Clerk lists is in the database.");
    expect(await third.ended).toBe(0);
  });

  test("says whom new passwords lock out, and makes none if that is not wanted", async () => {
    const rolesIn = async (options = ""): Promise<PseudoTerminal> => {
      const terminal = open(`--yes --skip clerk,settings,deploy,secrets,webhook,delivery,backfill ${options}`);
      await answer(terminal, "Connection string, from Neon's console", `${world.ownerUrl}${enter}`);
      return terminal;
    };
    const connectionString = async (): Promise<string> =>
      (await readFile(join(world.folder, ".setup/app-database-url"), "utf8")).trim();
    const first = await rolesIn();
    await first.until("Your app's connection string is in .setup/app-database-url.");
    await first.ended;
    const before = await connectionString();
    await world.query("create database second");
    const second = new URL(world.adminUrl);
    second.pathname = "/second";
    await execute(second.href, "create table orders ()", "grant select on orders to clerk_app");

    const lockingOut =
      "The roles are also used in second: what runs there is locked out until it has the new passwords.";
    const kept = await rolesIn("--new-passwords");
    await kept.until(lockingOut);
    await answer(kept, "Make new passwords all the same?", enter);
    await kept.until("Skipped: the roles stay as they are.");
    await kept.ended;
    expect(await connectionString()).toBe(before);
    await execute(before, "select 1");

    const made = await rolesIn("--new-passwords");
    await made.until(lockingOut);
    await answer(made, "Make new passwords all the same?", `${down}${enter}`);
    await made.until("The roles are there.");
    await made.ended;
    await execute(await connectionString(), "select 1");
    await expect(execute(before, "select 1")).rejects.toMatchObject({ code: "28P01" });
  });

  test("can leave out what is not wanted now, and says how to do it later", async () => {
    const terminal = open("--skip migrate,deploy,secrets,webhook");
    await answer(terminal, "Connection string, from Neon's console", `${world.ownerUrl}${enter}`);
    await terminal.until("Skipped: the tables are not there yet.");
    await answer(terminal, "Secret key sk_…, from API keys", enter);
    await terminal.until("Skipped: without CLERK_SECRET_KEY");
    await terminal.until("9/10");
    await answer(terminal, "What now?", `${down}${enter}`);
    await terminal.until("Skipped: it needs CLERK_SECRET_KEY.");
    await terminal.until("Run `npm run setup` again for what was left out.");
    expect(await terminal.ended).toBe(1);
    await expectNothingSecret(terminal);
  });

  test("ends cleanly at Ctrl-C at a question, while it waits, and during a command, and goes on there the next time", async () => {
    const sane = `; code=$?; stty -a | grep -qw icanon && stty -a | grep -qw echo && echo terminal is sane, code $code`;
    const atQuestion = open("", sane);
    await answer(atQuestion, "Connection string, from Neon's console", `${ownerPassword}${ctrlC}`);
    await atQuestion.until("Stopped. Run `npm run setup` again: it goes on here.");
    await atQuestion.until("terminal is sane, code 130");
    await atQuestion.ended;
    expect(atQuestion.bytes().lastIndexOf("\u001B[?25h")).toBeGreaterThan(
      atQuestion.bytes().lastIndexOf("\u001B[?25l"),
    );

    const whileWaiting = open("--yes --skip roles,clerk,settings", sane);
    await answer(whileWaiting, "Connection string, from Neon's console", `${world.ownerUrl}${enter}`);
    await answer(whileWaiting, "Signing secret of the endpoint", `${signingSecret}${enter}`);
    await answer(whileWaiting, /Waiting for \d+ s/, ctrlC);
    await whileWaiting.until("Stopped. Run `npm run setup` again: it goes on here.");
    await whileWaiting.until("terminal is sane, code 130");
    await whileWaiting.ended;

    await world.deliver();
    const next = open("--yes --skip roles,clerk,settings");
    await answer(next, "Connection string, from Neon's console", `${world.ownerUrl}${enter}`);
    await next.until("The Worker has the endpoint's signing secret already.");
    await next.until("A delivery has arrived: user.updated");
    expect(await next.ended).toBe(0);

    world.instance.populate(30, 3);
    // Clerk answers nothing but who it is.
    world.api.fault = (path) => (path.startsWith("/v1/instance") ? "none" : "hang");
    const inBackfill = open("--yes --skip roles,settings,deploy,secrets,webhook,delivery", sane);
    await answer(inBackfill, "Connection string, from Neon's console", `${world.ownerUrl}${enter}`);
    await answer(inBackfill, "Secret key sk_…, from API keys", `${secretKey}${enter}`);
    await answer(inBackfill, /0 of 1 objects/, ctrlC);
    await inBackfill.until("Stopped. Run `npm run setup` again: it goes on here.");
    await inBackfill.until("terminal is sane, code 130");
    expect(inBackfill.text()).not.toContain("What now?");
    await expectNothingSecret(atQuestion, whileWaiting, next, inBackfill);
  });
});
