import pg from "pg";
import { parseDelivery } from "../src/webhook/delivery.ts";
import { execute, type Postgres } from "../test/support/postgres.ts";
import { epoch, event, userData } from "../test/support/worker/clerk.ts";
import { migrate } from "../cli/migrate.ts";
import type { Progress } from "./cpu.ts";
import { userId } from "./deliveries.ts";
import { median, rotated } from "./statistics.ts";

/**
 * What an index costs the merge: the same deliveries, by turns, to databases that differ in an index and in nothing else.
 * The first is as shipped; a second one like it says how much is noise.
 */

const shipped = "as shipped";

/** The statements that make each of them, of one as shipped. */
const variants = {
  [shipped]: [],
  "the same again": [],
  "without `users_email_index`": ["drop index clerk.users_email_index"],
  "without those of `lower(email)`, `username`, `phone` and `subject_id`": [
    "drop index clerk.users_email_lower_index, clerk.users_username_index, clerk.users_phone_index, clerk.deliveries_subject_id_index",
  ],
  "with a GIN of `email_addresses`": ["create index on clerk.users using gin (email_addresses jsonb_path_ops)"],
  "with a btree of `last_sign_in_at`": ["create index on clerk.users (last_sign_in_at)"],
} as const satisfies Record<string, readonly string[]>;

/** What is merged: a user who is there has signed in, or has another address; or one is new. */
const kinds = ["a sign-in", "another address", "a new user"] as const;
type Kind = (typeof kinds)[number];

/** Milliseconds of the merge as shipped, and of each of the others divided by it. */
export type IndexCosts = {
  milliseconds: Record<Kind, number>;
  ratios: { name: string; byKind: Record<Kind, number>; hotPart: number }[];
};

type Options = { users: number; rounds: number; count: number };

/** Of the users, one after the other far from it. A prime. */
const stride = 7919;

export const measureIndexCosts = async (
  postgres: Postgres,
  { users, rounds, count }: Options,
  signal: AbortSignal,
  progress: Progress,
): Promise<IndexCosts> => {
  await using started = new AsyncDisposableStack();
  await execute(postgres.url("postgres"), "create database cost");
  await migrate(postgres.url("cost"));
  progress(`${users} users, in ${Object.keys(variants).length} databases that differ in an index`);
  await execute(postgres.url("cost"), fill(users), loosen, "vacuum analyze clerk.users");
  const entrants = [];
  for (const [index, [name, statements]] of Object.entries<readonly string[]>(variants).entries()) {
    const database = `cost_${index}`;
    await execute(postgres.url("postgres"), `create database ${database} template cost strategy file_copy`);
    await execute(postgres.url(database), ...statements, "vacuum analyze clerk.users");
    const client = new pg.Client({ connectionString: postgres.url(database) });
    await client.connect();
    started.defer(() => client.end());
    entrants.push({ name, client, rounds: { "a sign-in": [], "another address": [], "a new user": [] } as Times });
  }
  await execute(postgres.url("postgres"), "checkpoint");

  let turn = 0;
  for (let round = -1; round < rounds; round += 1) {
    for (const kind of kinds) {
      signal.throwIfAborted();
      const from = turn;
      turn += count;
      const calls = Array.from({ length: count }, (_, index) => call(kind, from + index, users));
      for (const { client, rounds: times } of rotated(entrants, round + 1)) {
        const milliseconds: number[] = [];
        for (const values of calls) {
          const began = performance.now();
          await client.query({ name: "merge", text: "select * from clerk.merge_1($1, $2)", values });
          milliseconds.push(performance.now() - began);
        }
        // The first round warms up.
        if (round >= 0) times[kind].push(median(milliseconds));
      }
    }
  }

  const [first] = entrants;
  const shippedMilliseconds = (kind: Kind): number => median(first?.rounds[kind] ?? []);
  const byKind = (of: (kind: Kind) => number) =>
    Object.fromEntries(kinds.map((kind) => [kind, of(kind)])) as Record<Kind, number>;
  const ratios = [];
  for (const { name, client, rounds: times } of entrants) {
    const owed = (await owedBy(client)) / turn;
    ratios.push({
      name,
      byKind: byKind(
        (kind) =>
          median(times[kind].map((value, round) => value / (first?.rounds[kind][round] ?? Number.NaN))) +
          owed / shippedMilliseconds(kind),
      ),
      hotPart: await hotPartOf(client),
    });
  }
  return { milliseconds: byKind(shippedMilliseconds), ratios: ratios.slice(1) };
};

/**
 * Milliseconds for what the merges have left to do: a GIN takes its entries from a list of what waits, some thousands at once, and no
 * median shows the one merge that does it.
 */
const owedBy = async (client: pg.Client): Promise<number> => {
  const began = performance.now();
  const { rowCount } = await client.query(`
    select gin_clean_pending_list(i.indexrelid) from pg_index as i
    join pg_class as c on c.oid = i.indexrelid join pg_am as a on a.oid = c.relam
    where a.amname = 'gin' and i.indrelid = 'clerk.users'::regclass`);
  return rowCount === 0 ? 0 : performance.now() - began;
};

type Times = Record<Kind, number[]>;

/** The part of a table's updates that touched no index. */
const hotPartOf = async (client: pg.Client): Promise<number> => {
  await client.query("select pg_stat_force_next_flush()");
  const { rows } = await client.query<{ part: number }>(
    "select n_tup_hot_upd::float8 / n_tup_upd as part from pg_stat_user_tables where relid = 'clerk.users'::regclass",
  );
  return rows[0]?.part ?? Number.NaN;
};

/** The parameters of a call of the merge, as the Worker makes them of an event. */
const call = (kind: Kind, turn: number, users: number): string[] => {
  const id = userId(kind === "a new user" ? users + turn : (turn * stride) % users);
  const number = Number(id.slice(5));
  const at = epoch + 1_000_000 + turn;
  const email = kind === "another address" ? `ada.${number}.${turn}@example.com` : `ada.${number}@example.com`;
  const data = userData({
    id,
    ...own(number, email),
    updated_at: at,
    last_sign_in_at: at,
    last_active_at: at,
  });
  const delivery = `msg_${String(turn).padStart(27, "0")}`;
  const body = JSON.stringify(event(kind === "a new user" ? "user.created" : "user.updated", data, at));
  const parsed = parseDelivery({ id: delivery, signedAt: at }, new TextEncoder().encode(body));
  const row = parsed.ok ? parsed.value.changes[0]?.row : undefined;
  if (!parsed.ok || row === undefined) throw new Error("no delivery");
  const line = { id: delivery, type: parsed.value.type, subject_id: id, otherwise: "stale", subject: `users:${id}` };
  return [JSON.stringify({ users: [row] }), JSON.stringify([line])];
};

/** What differs between users. */
const own = (number: number, email: string) => ({
  username: `ada_${number}`,
  external_id: `customer_${number}`,
  email_addresses: [{ ...address, id: `idn_${number}`, email_address: email }],
  primary_email_address_id: `idn_${number}`,
  phone_numbers: [{ ...phone, id: `idn_phone_${number}`, phone_number: `+1202${number}` }],
  primary_phone_number_id: `idn_phone_${number}`,
});

const verification = {
  object: "verification_otp",
  status: "verified",
  strategy: "email_code",
  attempts: 1,
  expire_at: 1_760_000_600_000,
};
const address = { object: "email_address", reserved: false, verification, linked_to: [] };
const phone = { object: "phone_number", reserved_for_second_factor: false, verification, linked_to: [] };

/** The same users as rows, in one statement. */
const fill = (users: number): string => {
  const [changes = ""] = call("a new user", 0, 0);
  const [row] = (JSON.parse(changes) as { users: Record<string, unknown>[] }).users;
  return `
    insert into clerk.users
    select g.* from generate_series(0, ${users - 1}) as n, lateral clerk.given_users(jsonb_build_array(
      ${quoted({ ...row, version: `1${epoch}${epoch}msg_` })} || jsonb_build_object(
        'id', 'user_' || lpad(n::text, 27, '0'),
        'email', 'ada.' || n || '@example.com',
        'username', 'ada_' || n,
        'external_id', 'customer_' || n,
        'phone', '+1202' || n,
        'email_addresses', jsonb_build_array(${quoted(address)} || jsonb_build_object(
          'id', 'idn_' || n, 'email_address', 'ada.' || n || '@example.com')),
        'phone_numbers', jsonb_build_array(${quoted(phone)} || jsonb_build_object(
          'id', 'idn_phone_' || n, 'phone_number', '+1202' || n))
      )
    )) as g`;
};

/** Pages that were written to before have room, so that an update that touches no index can stay in its page. */
const loosen = "update clerk.users set synced_at = synced_at where right(id, 1) in ('0', '3', '6')";

const quoted = (value: unknown): string => `'${JSON.stringify(value).replaceAll("'", "''")}'::jsonb`;
