import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway } from "../dev/gateway.ts";
import { migrate } from "../cli/migrate.ts";
import { execute, startPostgres } from "../test/support/postgres.ts";
import { query } from "./contestants.ts";
import type { Progress } from "./cpu.ts";
import { Deliveries, type Sender, senderTo, signingSecret } from "./deliveries.ts";
import { percentile, rotated } from "./statistics.ts";
import { bundle, startWorker } from "./workerd.ts";

/** Whether a delivery takes longer if the table is larger: one at a time, about users all over the table, by turns. */

export const tableSizes = [1_000, 100_000, 1_000_000] as const;

export type TableResult = { users: number; p50: number; p99: number }[];

type Entrant = { users: number; url: string; sender: Sender; deliveries: Deliveries; milliseconds: number[] };

/** Deliveries to each table before anything is measured, and per turn. */
const warmUp = 500;
const slice = 50;

export const measureTables = async (count: number, signal: AbortSignal, progress: Progress): Promise<TableResult> => {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-bench-"));
  started.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  const postgres = await startPostgres();
  started.defer(() => postgres.close());
  const gateway = await startGateway();
  started.defer(() => gateway.close());
  const bundled = await bundle(folder);

  const entrants: Entrant[] = [];
  for (const users of tableSizes) {
    signal.throwIfAborted();
    progress(`a table of ${users} users`);
    await execute(postgres.url("postgres"), `create database users_${users}`);
    const url = postgres.url(`users_${users}`);
    await migrate(url);
    await execute(url, fill(users), "vacuum analyze clerk.users");
    const worker = await startWorker(
      bundled,
      { DATABASE_URL: url, CLERK_WEBHOOK_SIGNING_SECRET: signingSecret, NEON_FETCH_ENDPOINT: gateway.url },
      { isPinned: false },
    );
    started.defer(() => worker.close());
    const sender = senderTo(worker.origin, 1);
    started.defer(() => sender.close());
    entrants.push({ users, url, sender, deliveries: new Deliveries(users), milliseconds: [] });
  }
  await execute(postgres.url("postgres"), "checkpoint");

  progress(`${count} deliveries to each, by turns`);
  for (const { deliveries, sender } of entrants)
    await sender.send(deliveries.updates(warmUp, 2_000, "objects"), signal);
  for (let sent = 0, turn = 0; sent < count; sent += slice, turn += 1) {
    for (const { deliveries, sender, milliseconds } of rotated(entrants, turn)) {
      milliseconds.push(...(await sender.time(deliveries.updates(slice, 2_000, "objects"), signal)));
    }
  }
  for (const { users, url, deliveries } of entrants) await assertWritten(url, users, deliveries.count);
  return entrants.map(({ users, milliseconds }) => ({
    users,
    p50: percentile(milliseconds, 0.5),
    p99: percentile(milliseconds, 0.99),
  }));
};

/** Every delivery must have changed an existing row. */
const assertWritten = async (url: string, users: number, deliveries: number): Promise<void> => {
  const [found] = await query(
    url,
    `select (select count(*)::int from clerk.users) as users,
      (select count(*)::int from clerk.deliveries where outcome = 'applied') as applied`,
  );
  if (found?.users !== users || found.applied !== deliveries) {
    throw new Error(`${deliveries} deliveries about ${users} users should be applied: ${JSON.stringify(found)}`);
  }
};

/** Users like Clerk's, about 700 bytes each. */
const fill = (users: number): string => `
  insert into clerk.users (
    id, email, email_verified, first_name, last_name, name, image_url, banned, locked, created_at, updated_at, synced_at,
    version, email_addresses, public_metadata, private_metadata, unsafe_metadata
  )
  select 'user_' || lpad(n::text, 27, '0'), 'ada.' || n || '@example.com', true, 'Ada ' || n, 'Lovelace',
    'Ada ' || n || ' Lovelace', 'https://img.clerk.com/' || n, false, false, now(), now(), now(),
    '1' || '1500000000000' || '1500000000000' || 'msg_' || n,
    jsonb_build_array(jsonb_build_object('id', 'idn_' || n, 'email_address', 'ada.' || n || '@example.com',
      'verification', jsonb_build_object('status', 'verified', 'strategy', 'email_code'))),
    jsonb_build_object('plan', 'pro', 'seats', n), '{}', '{}'
  from generate_series(0, ${users - 1}) as n`;
