import { setTimeout } from "node:timers/promises";
import { isObject } from "../../src/json.ts";
import { openReadOnly, type ReadOnly } from "../read-only.ts";
import { ago } from "../spans.ts";
import { tell } from "./ask.ts";
import type { Session } from "./session.ts";
import { already, done, failed, type Outcome, skipped, type Step } from "./step.ts";

/** 9. The first delivery. */
export const deliveryStep: Step = {
  name: "delivery",
  title: "First delivery",
  plan: "Waits until a delivery of Clerk's is in the database.",
  run: async (session) => {
    const { database, kept, life } = session;
    if (database === undefined) return skipped("Skipped: there is no database.");
    const ledger = openReadOnly(database.directUrl);
    await life.start(Promise.resolve(ledger));
    try {
      const earlier = await latestIn(ledger, kept.webhookSince);
      if (earlier !== undefined) return already(`A delivery has arrived: ${earlier.type}, ${ago(earlier.at)}.`);
      tell(
        "Change a user in Clerk's dashboard now, for example the first name.",
        "(A sample from the tab Testing leaves no trace in the database, only in the log.)",
      );
      return await waitFor(session, ledger);
    } finally {
      await ledger.close();
    }
  },
};

type Latest = { type: string; at: number; instance_id: string | null };

/** Clocks of Cloudflare and Postgres may differ by this. */
const tolerance = "5 seconds";

const latestIn = async (ledger: ReadOnly, since: string | undefined): Promise<Latest | undefined> => {
  const [latest] = await ledger.query<Latest>(
    `select type, instance_id, (extract(epoch from received_at) * 1000)::float8 as at from clerk.deliveries
     where received_at > coalesce($1::timestamptz - interval '${tolerance}', '-infinity') and type <> 'mirror.smoke'
     order by received_at desc limit 1`,
    [since ?? null],
  );
  return latest;
};

type Refusal = { type: string | null; error: string; details: unknown };

/**
 * The latest refusal.
 *
 * @param since by the database's clock, which dates them
 */
const refusalIn = async (ledger: ReadOnly, since: string | undefined): Promise<Refusal | undefined> => {
  const [refusal] = await ledger.query<Refusal>(
    `select type, error, details from clerk.refusals as r
     where last_at > coalesce($1::timestamptz, '-infinity')
       and not exists (select from clerk.deliveries as d where d.id = r.id)
     order by last_at desc limit 1`,
    [since ?? null],
  );
  return refusal;
};

const nowIn = async (ledger: ReadOnly): Promise<string | undefined> => {
  const [now] = await ledger.query<{ at: string }>("select clock_timestamp()::text as at");
  return now?.at;
};

const waitFor = async ({ ask, given, kept }: Session, ledger: ReadOnly): Promise<Outcome> => {
  const url = given.workerUrl ?? kept.url;
  const started = performance.now();
  // One that was refused before is what this waits for: it is sent again, and arrives if its cause is mended.
  const since = await nowIn(ledger);
  let told = 0;
  for (;;) {
    const waited = (performance.now() - started) / 1000;
    const latest = await latestIn(ledger, kept.webhookSince);
    const isOver = waited >= given.waitSeconds;
    const refusal = latest === undefined ? await refusalIn(ledger, isOver ? kept.webhookSince : since) : undefined;
    if (latest !== undefined || refusal !== undefined || isOver) {
      if (ask.isTerminal) process.stdout.write("\r\u001B[2K");
      if (latest !== undefined) return done(`It has arrived: ${latest.type}. The copy is live.`);
      return refusal === undefined ? await silent(url, given.waitSeconds) : refused(refusal);
    }
    if (ask.isTerminal) process.stdout.write(`\r\u001B[2K│  Waiting for ${Math.floor(waited)} s …`);
    else if (waited >= told) {
      tell(`Waiting for up to ${Math.ceil(given.waitSeconds - waited)} s …`);
      told = waited + 30;
    }
    await setTimeout(1000);
  }
};

const refused = ({ type, error, details }: Refusal): Outcome => {
  const known = isObject(details)
    ? Object.entries(details).flatMap(([name, value]) => (typeof value === "string" ? [`${name}: ${value}`] : []))
    : [];
  return failed(
    `A delivery (${type ?? "of an unknown type"}) came in and was refused: ${[error, ...known].join(", ")}.`,
    "docs/operations.md, When something is wrong, says what to do. Clerk sends it again by itself.",
  );
};

const silent = async (url: string | undefined, seconds: number): Promise<Outcome> =>
  failed(
    `No delivery has arrived in ${seconds} s. ${await healthOf(url)}`.trimEnd(),
    "Look at the endpoint's attempts in Clerk's dashboard (Webhooks), and at the Worker's log: npx wrangler tail",
  );

/** What the Worker says of itself. */
const healthOf = async (url: string | undefined): Promise<string> => {
  if (url === undefined) return "";
  const health = `${url}/health`;
  try {
    const response = await fetch(health, { redirect: "manual", signal: AbortSignal.timeout(10_000) });
    const body: unknown = await response.json();
    if (response.ok) return `${health} answers that the Worker is well.`;
    const error = isObject(body) && typeof body.error === "string" ? ` \`${body.error}\`` : "";
    return `${health} answers ${response.status}${error}.`;
  } catch {
    return `${health} does not answer as the Worker does.`;
  }
};
