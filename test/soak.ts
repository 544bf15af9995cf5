/**
 * Many writers on few objects, straight into `clerk.merge_1`: `npm run test:soak`. Ends with 1 at the first
 * deadlock, serialization failure or any other error.
 */
import { parseArgs } from "node:util";
import pg from "pg";
import { migrate } from "../cli/migrate.ts";
import { execute, startPostgres } from "./support/postgres.ts";
import { randomFrom } from "./support/worker/random.ts";

const help = `Eight writers on 50 objects, for some minutes.

  npm run test:soak -- [options]

  --minutes N   how long; 10 without it
  --writers N   8 without it
  --batch N     deliveries a call, at most; 1 without it, as the webhook does
  --help
`;

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    writers: { type: "string", default: "8" },
    batch: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(help);
  process.exit(0);
}

type Row = Record<string, unknown>;
const postgres = await startPostgres();
const url = postgres.url("soak");
await execute(postgres.url("postgres"), "create database soak");
await migrate(url);

const until = Date.now() + Number(options.minutes) * 60_000;
let calls = 0;
const ending = new AbortController();
process.once("SIGINT", () => ending.abort());

const writer = async (seed: number): Promise<void> => {
  const random = randomFrom(seed);
  const client = new pg.Client({ connectionString: url });
  // One that breaks says so in its own query; the first error of all is what counts.
  client.on("error", () => {});
  await client.connect();
  // Objects are replaced now and then, or all of them would soon be deleted.
  const id = (kind: string, of: number) => `${kind}_${Math.floor(calls / 2000)}_${random.below(of)}`;
  const change = (): [string, Row] => {
    const version = `1${1e12 + random.below(1e6)}`;
    const gone = { version: "2", deleted: true };
    return random.pick<() => [string, Row]>([
      () => ["users", { id: id("user", 10), ...(random.chance(0.2) ? gone : { version, first_name: "x" }) }],
      () => ["organizations", { id: id("org", 5), ...(random.chance(0.2) ? gone : { version, name: "x" }) }],
      () => ["sessions", { id: id("sess", 10), user_id: id("user", 10), version }],
      () => [
        "organization_memberships",
        {
          id: id("orgmem", 15),
          ...(random.chance(0.1) ? gone : { user_id: id("user", 10), organization_id: id("org", 5), version }),
        },
      ],
      () => [
        "organization_invitations",
        { id: id("orginv", 5), organization_id: id("org", 5), user_id: random.pick([null, "user_x"]), version },
      ],
      () => [
        "organization_domains",
        { id: id("orgdmn", 5), ...(random.chance(0.2) ? gone : { organization_id: id("org", 5), version }) },
      ],
    ])();
  };
  while (Date.now() < until && !ending.signal.aborted) {
    const changes: Record<string, Row[]> = {};
    const deliveries: Row[] = [];
    for (let left = 1 + random.below(Number(options.batch)); left > 0; left -= 1) {
      // A session's event holds its user, a membership's its organization: two rows a delivery are usual.
      for (const [table, row] of random.chance(0.5) ? [change(), change()] : [change()]) {
        const rows = (changes[table] ??= []);
        if (!rows.some((known) => known.id === row.id)) rows.push(row);
      }
      // Some are sent twice, and two writers then have one.
      const delivery = `msg_${random.below(60)}`;
      if (!deliveries.some((known) => known.id === delivery))
        deliveries.push({ id: delivery, type: "x", otherwise: "stale" });
    }
    await client.query("select * from clerk.merge_1($1, $2)", [JSON.stringify(changes), JSON.stringify(deliveries)]);
    calls += 1;
  }
  await client.end();
};

const progress = setInterval(() => {
  console.log(`${calls} calls, ${Math.max(0, Math.round((until - Date.now()) / 1000))} s to go`);
}, 30_000);
let code = 0;
const writers = Array.from({ length: Number(options.writers) }, (_, seed) => writer(seed + 1));
try {
  await Promise.all(writers);
  console.log(`${calls} calls by ${options.writers} writers, no error.`);
} catch (error) {
  code = 1;
  ending.abort();
  console.error(error instanceof pg.DatabaseError ? `${error.code} ${error.message} ${error.detail ?? ""}` : error);
} finally {
  clearInterval(progress);
  await Promise.allSettled(writers);
  await postgres.close();
}
process.exit(code);
