/**
 * A user's life, sent to the real Worker in workerd over a real Postgres: `npm run demo`. Nothing is kept.
 *
 * Ends with status 1 where an answer or a row is not what the law says.
 */
import { isDeepStrictEqual, parseArgs, styleText } from "node:util";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { createTestHarness } from "wrangler";
import { type Delivery, send, signDelivery } from "./clerk/delivery.ts";
import { type ClerkEvent, sampleEvent } from "./clerk/events.ts";
import { newSigningSecret } from "./dev-vars.ts";
import { startGateway } from "./gateway.ts";
import { startLocalDatabase } from "./local-database.ts";
import { migrate } from "./migrate.ts";

const help = `Sends a user's life to the real Worker over a real Postgres, prints the answers and the rows, and ends.

  npm run demo -- [--json]

  --json   print one line of JSON a delivery and a row
  --help
`;

type Step = {
  what: string;
  delivery: Delivery;
  /** What the Worker has to answer. */
  expected: { status: number; outcome?: string; error?: string };
};

const parse = () => {
  try {
    return parseArgs({
      options: { json: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
    }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    return process.exit(2);
  }
};

const options = parse();
if (options.help) {
  console.log(help);
  process.exit(0);
}
const say = (text: string): void => {
  if (!options.json) console.log(text);
};

const started: { close(): Promise<void> }[] = [];
const end = async (code: number): Promise<never> => {
  for (const part of started.toReversed()) await part.close().catch(() => {});
  process.exit(code);
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

const life: Step[] = [
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
const death: Step[] = [
  { what: "deleted", delivery: deleted, expected: { status: 200, outcome: "applied" } },
  { what: "an update after the delete", delivery: late, expected: { status: 200, outcome: "stale" } },
];

let failures = 0;
const check = (what: string, found: unknown, expected: unknown): void => {
  if (isDeepStrictEqual(found, expected)) return;
  failures += 1;
  console.error(styleText("red", `${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`));
};

const main = async (): Promise<void> => {
  say("Starting Postgres (PGlite, in memory) …");
  const database = await startLocalDatabase();
  started.push(database);
  await migrate(database.connectionString);
  const gateway = await startGateway();
  started.push(gateway);

  say("Starting the Worker in workerd …\n");
  const worker = createTestHarness({
    root: fileURLToPath(new URL("..", import.meta.url)),
    workers: [
      {
        configPath: "wrangler.toml",
        vars: { NEON_FETCH_ENDPOINT: gateway.url },
        secrets: { DATABASE_URL: database.connectionString, CLERK_WEBHOOK_SIGNING_SECRET: secret },
      },
    ],
  });
  started.push(worker);
  const { url } = await worker.listen();
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  started.push({ close: () => client.end() });

  const play = async (steps: Step[]): Promise<void> => {
    for (const { what, delivery, expected } of steps) {
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

  await play(life);
  const [alive] = await rows(
    "clerk.users",
    "select id, email, email_verified, name, updated_at, deleted_at from clerk.users",
  );
  check("the row while she lives", alive, {
    id,
    email: "ada@example.com",
    email_verified: true,
    name: "Ada Lovelace",
    updated_at: new Date(now - 10 * second),
    deleted_at: null,
  });

  say("");
  await play(death);
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
  check("the ledger", ledger, [
    { id: "msg_created", type: "user.created", outcome: "applied", attempts: 1 },
    { id: "msg_older", type: "user.updated", outcome: "stale", attempts: 1 },
    { id: "msg_updated", type: "user.updated", outcome: "applied", attempts: 2 },
    { id: "msg_deleted", type: "user.deleted", outcome: "applied", attempts: 1 },
    { id: "msg_late", type: "user.updated", outcome: "stale", attempts: 1 },
  ]);
  say(
    failures === 0
      ? "\nEvery row is what the law says.\n\nNext: npm run dev"
      : `\n${failures} of these are not what the law says.`,
  );
};

process.once("SIGINT", () => void end(130));
process.once("SIGTERM", () => void end(143));

await main().catch((error: unknown) => {
  console.error(error);
  failures += 1;
});
await end(failures === 0 ? 0 : 1);
