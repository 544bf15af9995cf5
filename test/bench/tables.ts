import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway } from "../../dev/gateway.ts";
import { migrate } from "../../dev/migrate.ts";
import { execute, startPostgres } from "../postgres.ts";
import type { Progress } from "./cpu.ts";
import { Deliveries, senderTo } from "./deliveries.ts";
import { percentile } from "./statistics.ts";
import { bundle, startWorker } from "./workerd.ts";

/** Whether a delivery takes longer where the table is larger: one at a time, about users all over the table. */

export const tableSizes = [1_000, 100_000, 1_000_000] as const;

export type TableResult = { users: number; p50: number; p99: number }[];

const signingSecret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;

export const measureTables = async (count: number, signal: AbortSignal, progress: Progress): Promise<TableResult> => {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-bench-"));
  started.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  const postgres = await startPostgres();
  started.defer(() => postgres.close());
  const gateway = await startGateway();
  started.defer(() => gateway.close());
  const bundled = await bundle(folder);

  const result: TableResult = [];
  for (const users of tableSizes) {
    signal.throwIfAborted();
    progress(`a table of ${users} users`);
    await execute(postgres.url("postgres"), `create database users_${users}`);
    const url = postgres.url(`users_${users}`);
    await migrate(url);
    await execute(url, fill(users), "vacuum analyze clerk.users", "checkpoint");
    const worker = await startWorker(
      bundled,
      { DATABASE_URL: url, CLERK_WEBHOOK_SIGNING_SECRET: signingSecret, NEON_FETCH_ENDPOINT: gateway.url },
      { isPinned: false },
    );
    const sender = senderTo(worker.origin, 1);
    try {
      const deliveries = new Deliveries(signingSecret, users);
      await sender.send(deliveries.updates(count, 2_000, "objects"), signal);
      const milliseconds = await sender.time(deliveries.updates(count, 2_000, "objects"), signal);
      result.push({ users, p50: percentile(milliseconds, 0.5), p99: percentile(milliseconds, 0.99) });
    } finally {
      sender.close();
      await worker.close();
    }
  }
  return result;
};

/** Users as Clerk has them, some 700 bytes each. */
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
