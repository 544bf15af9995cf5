import { neon } from "@neondatabase/serverless";
import { Webhook } from "svix";

/**
 * A route of a Next.js app that welcomes whoever signs up, and keeps a customer for each user: once, whatever is told twice.
 * It needs DATABASE_URL, with the table of customers.sql, and MIRROR_NOTIFY_SECRET, as clerk-mirror has it.
 */

/** What this route reads of a change. */
type Change = {
  table: string;
  id: string;
  generation: number;
  row: { email: string | null; created_at: string | null } | null;
};

// Not when this file is loaded: a build has neither.
const database = () => neon(process.env.DATABASE_URL ?? "");
const secret = (): string => process.env.MIRROR_NOTIFY_SECRET ?? "";

export const POST = async (request: Request): Promise<Response> => {
  const body = await request.text();
  try {
    new Webhook(secret()).verify(body, Object.fromEntries(request.headers));
  } catch {
    return Response.json({ error: "unverified" }, { status: 401 });
  }
  const { changes }: { changes: Change[] } = JSON.parse(body);
  // At once: clerk-mirror waits 15 s for all of them.
  const failed = await Promise.all(
    changes.map(async (change) => {
      try {
        if (change.table === "users") await changed(change);
        return [];
      } catch (error) {
        // It comes again. The error may hold an address: its name is enough.
        console.error(JSON.stringify({ failed: change.id, error: error instanceof Error ? error.name : "unknown" }));
        return [{ table: change.table, id: change.id }];
      }
    }),
  );
  return Response.json({ failed: failed.flat() });
};

/** Each step is written down when it is done, so that a change that comes again goes on where it failed. */
const changed = async ({ id, generation, row }: Change): Promise<void> => {
  const sql = database();
  const [account] = await sql`
    insert into customers as c (user_id, generation) values (${id}, ${generation})
    on conflict (user_id) do update set generation = excluded.generation where c.generation <= excluded.generation
    returning customer, welcomed_at
  `;
  // A newer change has been here.
  if (account === undefined) return;

  if (row === null) {
    if (account.customer !== null) await closeCustomer(account.customer);
    await sql`update customers set customer = null where user_id = ${id} and generation = ${generation}`;
    return;
  }
  if (account.customer === null) {
    const customer = await makeCustomer(id);
    const kept = await sql`
      update customers set customer = ${customer} where user_id = ${id} and generation = ${generation} returning user_id
    `;
    // A newer change has come meanwhile: perhaps the user is gone.
    if (kept.length === 0) throw new Error("overtaken");
  }
  if (isNew(row.created_at) && account.welcomed_at === null) {
    await sendWelcome(id, row.email);
    await sql`update customers set welcomed_at = now() where user_id = ${id}`;
  }
};

/** Not by `kind`: an update of somebody who has been here for years may be the first that the copy learns of. */
const isNew = (created_at: string | null): boolean => Date.now() - Date.parse(created_at ?? "") < 2 * 86_400_000;

// Stand-ins. A real one sends the id as its Idempotency-Key: this route may die after the request and before it is written
// down.
const makeCustomer = async (id: string): Promise<string> => {
  console.log(JSON.stringify({ did: "customer", id }));
  return `cus_${id}`;
};
const closeCustomer = async (customer: string): Promise<void> => {
  console.log(JSON.stringify({ did: "close", customer }));
};
const sendWelcome = async (id: string, email: string | null): Promise<void> => {
  console.log(JSON.stringify({ did: "welcome", id, hasAddress: email !== null }));
};
