/**
 * A user's life, sent to the real Worker in workerd over a real Postgres: `npm run demo`. Nothing is kept.
 *
 * Exits with 1 if an answer or a row is not what docs/law.md says.
 */
import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual, styleText } from "node:util";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { createTestHarness } from "wrangler";
import { type Delivery, send, signDelivery } from "./clerk/delivery.ts";
import { type ClerkEvent, sampleEvent } from "./clerk/events.ts";
import { newSigningSecret } from "../cli/dev-vars.ts";
import { startGateway } from "./gateway.ts";
import { type Lifetime, run } from "../cli/lifetime.ts";
import { startLocalDatabase } from "./local-database.ts";
import { migrate } from "../cli/migrate.ts";
import { callsIn } from "./queue-log.ts";
import { readOptions } from "../cli/options.ts";
import { startOwnConfig } from "./own-config.ts";

/** Sign-ups at once, in queue mode. */
const burst = 300;

const help = `Sends a user's life to the real Worker over a real Postgres, prints the answers and the rows, and ends.

  npm run demo -- [--queue] [--json]

  --queue  use a queue between the webhook and the database, and send a burst of ${burst} sign-ups
  --json   print one line of JSON per delivery and per row
  --help
`;

type Step = {
  what: string;
  delivery: Delivery;
  /** What the Worker must answer. */
  expected: { status: number; outcome?: string; error?: string };
};

const { values: options } = readOptions(help, {
  queue: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
});
const say = (text: string): void => {
  if (!options.json) console.log(text);
};

const secret = newSigningSecret();
const id = "user_ada";
const second = 1000;
const now = Date.now();

const sign = (delivery: string, event: ClerkEvent): Delivery => signDelivery(secret, delivery, event);

const userEvent = (type: "user.created" | "user.updated", at: number, first_name: string): ClerkEvent =>
  sampleEvent(type, at, { id, first_name, last_name: "Lovelace", created_at: now - 60 * second });

const created = sign("msg_created", userEvent("user.created", now - 60 * second, "Augusta"));
const updated = sign("msg_updated", userEvent("user.updated", now - 10 * second, "Ada"));
const older = sign("msg_older", userEvent("user.updated", now - 30 * second, "Byron"));
const deleted = sign("msg_deleted", sampleEvent("user.deleted", now - 5 * second, { id }));
const late = sign("msg_late", userEvent("user.updated", now, "Ghost"));

const alive: Step[] = [
  { what: "created", delivery: created, expected: { status: 200, outcome: "applied" } },
  { what: "updated: she calls herself Ada", delivery: updated, expected: { status: 200, outcome: "applied" } },
  { what: "an older update, late", delivery: older, expected: { status: 200, outcome: "stale" } },
  { what: "the update once more", delivery: updated, expected: { status: 200, outcome: "stale" } },
  {
    what: "the update with another name in its body",
    delivery: { ...updated, body: updated.body.replace("Ada", "Eve") },
    expected: { status: 401, error: "unverified" },
  },
];
const gone: Step[] = [
  { what: "deleted", delivery: deleted, expected: { status: 200, outcome: "applied" } },
  { what: "an update after the delete", delivery: late, expected: { status: 200, outcome: "stale" } },
];

let failures = 0;
const check = (what: string, found: unknown, expected: unknown): void => {
  if (isDeepStrictEqual(found, expected)) return;
  failures += 1;
  console.error(styleText("red", `${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`));
};

const main = async (life: Lifetime): Promise<number> => {
  say("Starting Postgres (PGlite, in memory) …");
  const database = await life.start(startLocalDatabase());
  await migrate(database.connectionString);
  const gateway = await life.start(startGateway());

  say("Starting the Worker in workerd …\n");
  const { path: configPath } = await life.start(startOwnConfig(options.queue));
  const worker = createTestHarness({
    root: fileURLToPath(new URL("..", import.meta.url)),
    workers: [
      {
        configPath,
        vars: { NEON_FETCH_ENDPOINT: gateway.url },
        secrets: { DATABASE_URL: database.connectionString, CLERK_WEBHOOK_SIGNING_SECRET: secret },
      },
    ],
  });
  await life.start(Promise.resolve(worker));
  const { url } = await worker.listen();
  const client = new pg.Client({ connectionString: database.connectionString });
  client.on("error", () => {}); // The database may be the first to end.
  await client.connect();
  await life.start(Promise.resolve({ close: () => client.end() }));

  const play = async (steps: Step[]): Promise<void> => {
    for (const { what, delivery, expected: direct } of steps) {
      const expected = options.queue && direct.status === 200 ? { status: 202, outcome: "queued" } : direct;
      const { status, body } = await send(new URL("/api/webhook", url), delivery);
      const answer = JSON.parse(body) as { outcome?: string; error?: string };
      const isExpected =
        status === expected.status && answer.outcome === expected.outcome && answer.error === expected.error;
      const sent = delivery.headers["svix-id"];
      if (options.json) console.log(JSON.stringify({ delivery: sent, what, status, answer, expected: isExpected }));
      say(`${sent?.padEnd(12)} ${what.padEnd(42)} ${isExpected ? "" : "✗ "}${status} ${body}`);
      if (!isExpected) check(what, { status, ...answer }, expected);
    }
  };
  const rows = async (title: string, query: string): Promise<Record<string, unknown>[]> => {
    const result = await client.query<Record<string, unknown>>(query);
    if (options.json) for (const row of result.rows) console.log(JSON.stringify({ table: title, row }));
    else {
      say(`\n${title}`);
      console.table(result.rows);
    }
    return result.rows;
  };

  /** Waits until the ledger has this many deliveries: a queue is merged a second later. */
  const merged = async (count: number): Promise<void> => {
    if (!options.queue) return;
    for (const limit = Date.now() + 30_000; Date.now() < limit; await setTimeout(100)) {
      const result = await client.query<{ count: string }>("select count(*) from clerk.deliveries");
      if (Number(result.rows[0]?.count) >= count) return;
    }
    check("deliveries that were merged within 30 s", "fewer", count);
  };

  const calls = async (messages: number): Promise<number> => {
    for (const limit = Date.now() + 30_000; Date.now() < limit; await setTimeout(100)) {
      const found = callsIn(
        worker.getLogs().map(({ message }) => message),
        messages,
      );
      if (found !== undefined) return found;
    }
    check("lines of the queue within 30 s", "fewer", messages);
    return 0;
  };

  const showBurst = async (): Promise<void> => {
    say(`\n${burst} sign-ups at once …`);
    worker.clearLogs();
    const started = Date.now();
    const answers = await Promise.all(
      Array.from({ length: burst }, (_, n) => {
        const event = sampleEvent("user.created", now + n, { id: `user_burst_${n}`, created_at: now });
        return send(new URL("/api/webhook", url), sign(`msg_burst_${n}`, event));
      }),
    );
    check("answers of the burst", answers.filter(({ status }) => status !== 202).length, 0);
    await merged(5 + burst);
    const users = await client.query("select from clerk.users where id like 'user_burst_%' and email is not null");
    check("users of the burst", users.rowCount, burst);
    const result = { deliveries: burst, calls: await calls(burst), ms: Date.now() - started };
    if (options.json) console.log(JSON.stringify({ burst: result }));
    say(`${burst} deliveries became ${result.calls} round trips to Postgres, and were all rows after ${result.ms} ms.`);
  };

  await play(alive);
  await merged(3);
  const [living] = await rows(
    "clerk.users",
    "select id, email, email_verified, name, updated_at, deleted_at from clerk.users",
  );
  check("the row while she lives", living, {
    id,
    email: "ada@example.com",
    email_verified: true,
    name: "Ada Lovelace",
    updated_at: new Date(now - 10 * second),
    deleted_at: null,
  });

  say("");
  await play(gone);
  await merged(5);
  const [dead] = await rows(
    "clerk.users",
    "select id, email, email_verified, name, updated_at, deleted_at is not null as deleted from clerk.users",
  );
  check("the row after the delete", dead, {
    id,
    email: null,
    email_verified: null,
    name: null,
    updated_at: null,
    deleted: true,
  });

  const ledger = await rows(
    "clerk.deliveries",
    "select id, type, outcome, attempts from clerk.deliveries order by occurred_at, id",
  );
  if (options.queue) {
    // The outcomes depend on how the queue splits the deliveries into batches.
    check(
      "the ledger",
      ledger.map((line) => line.id),
      ["msg_created", "msg_older", "msg_updated", "msg_deleted", "msg_late"],
    );
    await showBurst();
  } else {
    check("the ledger", ledger, [
      { id: "msg_created", type: "user.created", outcome: "applied", attempts: 1 },
      { id: "msg_older", type: "user.updated", outcome: "stale", attempts: 1 },
      { id: "msg_updated", type: "user.updated", outcome: "applied", attempts: 2 },
      { id: "msg_deleted", type: "user.deleted", outcome: "applied", attempts: 1 },
      { id: "msg_late", type: "user.updated", outcome: "stale", attempts: 1 },
    ]);
  }
  say(
    failures === 0
      ? "\nEvery answer and row is what docs/law.md says.\n\nNext: npm run dev"
      : `\n${failures} answers or rows are not what docs/law.md says.`,
  );
  return failures === 0 ? 0 : 1;
};

await run(main);
