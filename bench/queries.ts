import pg from "pg";
import { migrate } from "../cli/migrate.ts";
import { execute, startPostgres } from "../test/support/postgres.ts";
import type { Progress } from "./cpu.ts";
import { type IndexCosts, measureIndexCosts } from "./index-cost.ts";
import { median } from "./statistics.ts";

/** What an app asks of the copy, at a million users: how long it takes, by which index, and what the indexes cost. */

/** Milliseconds that a query may take that has an index. */
export const queryLimit = 5;

type Query = {
  what: string;
  text: string;
  /** The parameters of the n-th run, each time of other rows. */
  values: (n: number) => unknown[];
  /** An index that is not shipped. */
  before?: string;
  /** What the plan has to go by; undefined if it must read all. */
  by?: readonly string[];
};

const address = (n: number) => `Ada.${n}@Example.com`;
const userId = (n: number) => `user_${String(n).padStart(27, "0")}`;
const organizationId = (n: number) => `org_${String(n).padStart(27, "0")}`;

const anyAddress =
  "select id from clerk.users where email_addresses @> jsonb_build_array(jsonb_build_object('email_address', $1::text))";

/** First what is found by an index, then what must read all. */
export const queries: readonly Query[] = [
  {
    what: "`users` where `id = $1`",
    text: "select * from clerk.users where id = $1",
    values: (n) => [userId(n)],
    by: ["users_pkey"],
  },
  {
    what: "`users` where `email = $1`",
    text: "select * from clerk.users where email = $1",
    values: (n) => [address(n).toLowerCase()],
    by: ["users_email_index"],
  },
  {
    what: "`users` where `lower(email) = lower($1)`",
    text: "select * from clerk.users where lower(email) = lower($1)",
    values: (n) => [address(n)],
    by: ["users_email_lower_index"],
  },
  {
    what: "`living_users` where `lower(email) = lower($1)`",
    text: "select * from clerk.living_users where lower(email) = lower($1)",
    values: (n) => [address(n)],
    by: ["users_email_lower_index"],
  },
  {
    what: "`users` where `username = $1`",
    text: "select * from clerk.users where username = $1",
    values: (n) => [`ada_${n}`],
    by: ["users_username_index"],
  },
  {
    what: "`users` where `phone = $1`",
    text: "select * from clerk.users where phone = $1",
    values: (n) => [`+1202${n}`],
    by: ["users_phone_index"],
  },
  {
    what: "`users` where `external_id = $1`",
    text: "select * from clerk.users where external_id = $1",
    values: (n) => [`customer_${n}`],
    by: ["users_external_id_index"],
  },
  {
    what: "the 20 newest `living_users`",
    text: "select * from clerk.living_users where created_at is not null order by created_at desc limit 20",
    values: () => [],
    by: ["users_created_at_index"],
  },
  {
    what: "`deliveries` where `subject_id = $1`, the latest first",
    text: "select * from clerk.deliveries where subject_id = $1 order by received_at desc limit 20",
    values: (n) => [userId(n)],
    by: ["deliveries_subject_id_index"],
  },
  {
    what: "the app's 50 latest orders, joined to `users`",
    text: "select o.id, u.name, u.email from app.orders as o join clerk.users as u on u.id = o.user_id order by o.id desc limit 50",
    values: () => [],
    by: ["orders_pkey", "users_pkey"],
  },
  {
    what: "the app's orders of the user with an address, through `living_users`",
    text: "select o.id, u.name from clerk.living_users as u join app.orders as o on o.user_id = u.id where lower(u.email) = lower($1)",
    values: (n) => [address(n)],
    by: ["users_email_lower_index", "orders_user_id_idx"],
  },
  {
    what: "20 members of an organization, through `living_memberships` and `living_users`",
    text: "select u.id, u.name, m.role from clerk.living_memberships as m join clerk.living_users as u on u.id = m.user_id where m.organization_id = $1 limit 20",
    values: (n) => [organizationId(n % organizations)],
    by: ["organization_memberships_organization_id_index", "users_pkey"],
  },
  {
    what: "`users` with any address, by `email_addresses`",
    text: anyAddress,
    values: (n) => [address(n).toLowerCase()],
  },
  { what: "the number of `living_users`", text: "select count(*) from clerk.living_users", values: () => [] },
  {
    what: "those that signed in within a week",
    text: "select count(*) from clerk.living_users where last_sign_in_at > now() - interval '7 days'",
    values: () => [],
  },
  {
    what: "sign-ups per month",
    text: "select date_trunc('month', created_at), count(*) from clerk.living_users group by 1",
    values: () => [],
  },
  {
    what: "`deliveries` by type",
    text: "select type, count(*) from clerk.deliveries group by 1",
    values: () => [],
  },
  {
    what: "`users` with any address, with an index of your own",
    before: "create index on clerk.users using gin (email_addresses jsonb_path_ops)",
    text: anyAddress,
    values: (n) => [address(n).toLowerCase()],
    by: ["users_email_addresses_idx"],
  },
];

type Measured = { what: string; milliseconds: number; by: string[]; isLimited: boolean };

export type QueriesResult = {
  users: number;
  deliveries: number;
  queries: Measured[];
  /** MiB of each index of `clerk.users` and the ledger. */
  sizes: { name: string; mebibytes: number }[];
  costs: IndexCosts;
};

type Sizes = { users: number; deliveries: number; runs: number; costUsers: number; costRounds: number };

export const measureQueries = async (
  { users, deliveries, runs, costUsers, costRounds }: Sizes,
  signal: AbortSignal,
  progress: Progress,
): Promise<QueriesResult> => {
  await using started = new AsyncDisposableStack();
  const postgres = await startPostgres();
  started.defer(() => postgres.close());
  await execute(postgres.url("postgres"), "create database queries");
  const url = postgres.url("queries");
  await migrate(url);
  progress(`${users} users and ${deliveries} lines of the ledger`);
  for (const statement of fill(users, deliveries)) {
    signal.throwIfAborted();
    await execute(url, statement);
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  started.defer(() => client.end());

  const measured: Measured[] = [];
  for (const query of queries) {
    signal.throwIfAborted();
    measured.push(await measure(client, query, query.by === undefined ? Math.ceil(runs / 5) : runs, users));
    progress(`${measured.at(-1)?.milliseconds.toFixed(2)} ms: ${query.what}`);
  }
  const sizes = await client.query<{ name: string; mebibytes: number }>(
    `select indexrelname as name, pg_relation_size(indexrelid) / 1048576.0::float8 as mebibytes from pg_stat_user_indexes
    where relid in ('clerk.users'::regclass, 'clerk.deliveries'::regclass) order by 1`,
  );
  const costs = await measureIndexCosts(
    postgres,
    { users: costUsers, rounds: costRounds, count: 50 },
    signal,
    progress,
  );
  return { users, deliveries, queries: measured, sizes: sizes.rows, costs };
};

/** The median of some runs, after two that warm up. Throws if the plan does not go by the indexes that it should. */
const measure = async (client: pg.Client, query: Query, runs: number, users: number): Promise<Measured> => {
  const { what, before, text, values, by } = query;
  if (before !== undefined) await client.query(before);
  const milliseconds: number[] = [];
  for (let run = -2; run < runs; run += 1) {
    // All over the table, and none that is deleted.
    const given = values(((run + 3) * 7919 * 100 + 1) % users);
    const began = performance.now();
    const { rows } = await client.query(text, given);
    if (run >= 0) milliseconds.push(performance.now() - began);
    if (rows.length === 0) throw new Error(`found nothing: ${what}`);
  }
  const used = await indexesOf(client, text, values(1));
  if (by !== undefined && by.some((index) => !used.includes(index))) {
    throw new Error(`${what} goes by ${used.join(", ") || "no index"}, and not by ${by.join(", ")}`);
  }
  return { what, milliseconds: median(milliseconds), by: by === undefined ? [] : used, isLimited: by !== undefined };
};

type Plan = { "Index Name"?: string; Plans?: Plan[] };

/** The indexes that Postgres goes by. */
export const indexesOf = async (client: pg.Client, text: string, values: unknown[]): Promise<string[]> => {
  const { rows } = await client.query<{ "QUERY PLAN": { Plan: Plan }[] }>(`explain (format json) ${text}`, values);
  const found: string[] = [];
  const walk = ({ "Index Name": index, Plans: plans = [] }: Plan): void => {
    if (index !== undefined) found.push(index);
    plans.forEach(walk);
  };
  for (const { Plan: plan } of rows[0]?.["QUERY PLAN"] ?? []) walk(plan);
  return [...new Set(found)];
};

const organizations = 10_000;

/**
 * Users like Clerk's, every hundredth of them deleted, each with a membership; the ledger; and an app's orders. The rows of a
 * user are not beside each other.
 */
const fill = (users: number, deliveries: number): string[] => [
  `insert into clerk.users (
    id, email, email_verified, username, phone, external_id, first_name, last_name, name, image_url, banned, locked,
    last_sign_in_at, created_at, updated_at, synced_at, version, email_addresses, public_metadata, private_metadata,
    unsafe_metadata
  )
  select 'user_' || lpad(n::text, 27, '0'), 'ada.' || n || '@example.com', true, 'ada_' || n, '+1202' || n,
    'customer_' || n, 'Ada ' || n, 'Lovelace', 'Ada ' || n || ' Lovelace', 'https://img.clerk.com/' || n, false, false,
    now() - random() * interval '90 days', now() - random() * interval '900 days', now(), now(),
    '1' || '1500000000000' || '1500000000000' || 'msg_' || n,
    jsonb_build_array(jsonb_build_object('id', 'idn_' || n, 'email_address', 'ada.' || n || '@example.com',
      'verification', jsonb_build_object('status', 'verified', 'strategy', 'email_code'))),
    jsonb_build_object('plan', 'pro', 'seats', n), '{}', '{}'
  from generate_series(0, ${users - 1}) as n where n % 100 <> 0`,
  `insert into clerk.users (id, deleted_at, synced_at, version)
  select 'user_' || lpad(n::text, 27, '0'), now(), now(), '2' from generate_series(0, ${users - 1}, 100) as n`,
  `insert into clerk.organizations (id, name, slug, created_at, updated_at, synced_at, version)
  select 'org_' || lpad(n::text, 27, '0'), 'Organization ' || n, 'organization-' || n, now(), now(), now(), '1'
  from generate_series(0, ${organizations - 1}) as n`,
  `insert into clerk.organization_memberships (id, organization_id, user_id, role, created_at, updated_at, synced_at, version)
  select 'orgmem_' || lpad(n::text, 27, '0'), 'org_' || lpad((n % ${organizations})::text, 27, '0'),
    'user_' || lpad(n::text, 27, '0'), 'org:member', now(), now(), now(), '1'
  from generate_series(0, ${users - 1}) as n`,
  `insert into clerk.deliveries (id, type, subject_id, instance_id, occurred_at, received_at, attempts, outcome)
  select 'msg_' || lpad(n::text, 27, '0'), (array['user.updated', 'session.created', 'user.created'])[1 + n % 3],
    'user_' || lpad((n % ${users})::text, 27, '0'), 'ins_1', now() - n * interval '2 s', now() - n * interval '2 s', 1, 'applied'
  from generate_series(0, ${deliveries - 1}) as n`,
  "create schema app",
  "create table app.orders (id bigint primary key, user_id text not null, total integer not null)",
  `insert into app.orders select n, 'user_' || lpad(((n * 7919) % ${users})::text, 27, '0'), n % 10000
  from generate_series(1::bigint, ${users}) as n`,
  "create index on app.orders (user_id)",
  "vacuum analyze clerk.users",
  "vacuum analyze clerk.organization_memberships",
  "vacuum analyze clerk.deliveries",
  "vacuum analyze app.orders",
  "checkpoint",
];

export const queriesTable = ({ users, deliveries, queries: measured, sizes, costs }: QueriesResult): string => `
| query | ms | by |
|---|---:|---|
${measured
  .map(
    ({ what, milliseconds, by, isLimited }) =>
      `| ${what} | ${milliseconds.toFixed(2)} | ${isLimited ? by.map((name) => `\`${name}\``).join(", ") : "reads all"} |`,
  )
  .join("\n")}

${users} users, as many memberships and orders of an app, and ${deliveries} lines of the ledger, in a Postgres on the same machine. Median of runs about other rows each, after two that warm up. The plans are checked: a query that has an index and does not go by it fails. What reads all belongs into a job or a table of your own.

| index | MiB |
|---|---:|
${sizes.map(({ name, mebibytes }) => `| \`${name}\` | ${mebibytes.toFixed(0)} |`).join("\n")}

| the merge's time | ${Object.keys(costs.milliseconds).join(" | ")} | updates that touch no index |
|---|${"---:|".repeat(Object.keys(costs.milliseconds).length + 1)}
| as shipped, ms | ${Object.values(costs.milliseconds)
  .map((value) => value.toFixed(3))
  .join(" | ")} | |
${costs.ratios
  .map(
    ({ name, byKind, hotPart }) =>
      `| ${name} | ${Object.values(byKind)
        .map((value) => value.toFixed(3))
        .join(" | ")} | ${(hotPart * 100).toFixed(0)} % |`,
  )
  .join("\n")}

The other lines are divided by the first: medians of rounds by turns, to databases that differ in that index alone. The second line is one that does not differ, and says how much is noise. A GIN pays its part of what it has left to do later.
`;
