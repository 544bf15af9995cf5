/**
 * The parts of the backfill benchmark that have processes of their own: the simulated Clerk, the gateway, and each turn
 * of a contestant. Its argument says which part a process is. It answers with one message, and ends with its channel.
 */
import { neon, neonConfig } from "@neondatabase/serverless";
import { startBackendApi } from "../dev/clerk/backend-api.ts";
import { createInstance } from "../dev/clerk/instance.ts";
import { startGateway } from "../dev/gateway.ts";
import { runLists } from "../cli/drive-run.ts";
import { servicesWith, withClerk } from "../src/services.ts";
import { newState } from "../src/sync/state.ts";
import { orThrow } from "../cli/or-throw.ts";
import { readSettings } from "../src/settings.ts";
import { copyBare } from "./bare.ts";

export type ContestantName = "mirror" | "bare" | "bare, reading ahead";

/** A contestant copies all users of a Clerk. */
export type Turn = {
  contestant: ContestantName;
  users: number;
  clerkUrl: string;
  databaseUrl: string;
  gateway: string;
};

export type Part = { part: "clerk"; users: number } | { part: "gateway" } | ({ part: "turn" } & Turn);

/** What a part answers: an address, or what was measured. */
export type Measured = {
  seconds: number;
  /** The process's peak memory, as the system counts it. Bytes. */
  peakBytes: number;
  /** V8's heap near the end of the mirror's turn, after a full collection; 0 for other contestants. Bytes. */
  heapBytes: number;
};

const secretKey = `sk_test_${"simulated".repeat(4)}`;
const pageSize = 500;

const start = async (part: Part): Promise<string | Measured> => {
  switch (part.part) {
    case "clerk": {
      const instance = createInstance({ seed: 1, id: "ins_2simulatedsimulatedsimulated" });
      instance.populate(part.users, 0);
      return (await startBackendApi(instance, { secretKey })).url;
    }
    case "gateway":
      return (await startGateway()).url;
    case "turn":
      return measure(part);
  }
};

const measure = async (turn: Turn): Promise<Measured> => {
  const copy = turn.contestant === "mirror" ? mirror(turn) : bare(turn);
  let peakBytes = process.memoryUsage.rss();
  const sampling = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss())), 10);
  const started = performance.now();
  const heapBytes = await copy();
  const seconds = (performance.now() - started) / 1000;
  clearInterval(sampling);
  return { seconds, peakBytes, heapBytes };
};

/** As `npm run backfill` does it, without its limit of requests per second. */
const mirror = ({ users, clerkUrl, databaseUrl, gateway }: Turn) => {
  const settings = readSettings({
    DATABASE_URL: databaseUrl,
    CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${Buffer.alloc(24, 7).toString("base64")}`,
    CLERK_SECRET_KEY: secretKey,
    CLERK_API_URL: clerkUrl,
    NEON_FETCH_ENDPOINT: gateway,
  });
  const services = orThrow(withClerk(servicesWith({ ...orThrow(settings), pageSize })));
  const all = newState({
    id: crypto.randomUUID(),
    kind: "backfill",
    isDry: false,
    isForced: false,
    hasSessions: false,
    hasBilling: false,
  });
  const state = { ...all, lists: all.lists.filter(({ table }) => table === "users") };

  return async (): Promise<number> => {
    let heapBytes = 0;
    const result = await runLists(
      {
        services,
        signal: new AbortController().signal,
        onProgress: ({ lists: [list] }) => {
          if (heapBytes > 0 || list === undefined || list.counts.checked < 0.9 * users) return;
          globalThis.gc?.();
          heapBytes = process.memoryUsage().heapUsed;
        },
      },
      state,
    );
    const repaired = orThrow(result).lists[0]?.counts.repaired;
    if (repaired !== users) throw new Error(`the backfill says that it wrote ${repaired} users of ${users}`);
    return heapBytes;
  };
};

const bare = ({ contestant, clerkUrl, databaseUrl, gateway }: Turn) => {
  neonConfig.fetchEndpoint = gateway;
  const sql = neon(databaseUrl);
  const readsAhead = contestant === "bare, reading ahead";
  return async (): Promise<number> => {
    await copyBare({ clerkUrl, secretKey, sql, pageSize, readsAhead });
    return 0;
  };
};

process.once("disconnect", () => process.exit(0));
process.send?.(await start(JSON.parse(process.argv[2] ?? "") as Part));
