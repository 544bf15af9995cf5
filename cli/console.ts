/** `npm run console`: how the copy is, as a page that only reads. */
import { setTimeout } from "node:timers/promises";
import { serveOn } from "./console/port.ts";
import { chartIn, healthIn, ledgerIn, outboxIn, reconciliationsIn, tablesIn } from "./console/figures.ts";
import type { ProductionMessages } from "./console/protocol.ts";
import { explain } from "./command-error.ts";
import { type Lifetime, run } from "./lifetime.ts";
import { readOptions } from "./options.ts";
import { openReadOnly, type ReadOnly } from "./read-only.ts";
import { readTarget, readTargetOptions } from "./read-target.ts";

const help = `Serves a page that shows how the copy is: whether it is healthy, the ledger, the tables, the latest runs, the outbox.

  npm run console -- [options]

  --database-url URL  the database (default: DATABASE_URL of the environment, else of .dev.vars)
  --local             use the Postgres of \`npm run dev\`
  --folder FOLDER     where that is kept (default .local)
  --port PORT         of the page, on this machine only (default 8789)
  --help

Every statement is a transaction that Postgres lets only read. Others on this machine see a command's arguments: for a
database with people in it, put DATABASE_URL into .dev.vars or the environment. Ctrl-C ends it.
`;

const { values: options } = readOptions(help, { ...readTargetOptions, port: { type: "string", default: "8789" } });

/** Milliseconds between two looks at what costs little and what costs more. */
const soon = 5000;
const later = 30_000;

type Part = keyof ProductionMessages;

const main = async (life: Lifetime): Promise<number> => {
  const { databaseUrl, name, instanceId } = await readTarget(life, options, "console");
  const database = openReadOnly(databaseUrl);
  await life.start(Promise.resolve(database));
  const parts = partsOf(database, name, instanceId);

  const served = await serveOn(life, options.port, {
    title: `clerk-mirror: ${name}`,
    entry: "cli/console/client/production.ts",
    feed: async (_query, send, signal) => {
      const due = new Map<Part, number>();
      while (!signal.aborted) {
        for (const [part, { read, every }] of parts) {
          if (signal.aborted) return;
          const now = performance.now();
          if (now < (due.get(part) ?? 0)) continue;
          due.set(part, now + every);
          send(part, await read().catch((error: unknown) => ({ failure: explain(error) })));
        }
        await setTimeout(soon, undefined, { signal }).catch(() => {});
      }
    },
  });
  console.log(`${name}\n\nConsole  ${served.url}\n\nIt only reads. Ctrl-C ends it.`);
  return new Promise(() => {});
};

const partsOf = (
  database: ReadOnly,
  name: string,
  instanceId: string | undefined,
): Map<Part, { read: () => Promise<ProductionMessages[Part]>; every: number }> =>
  new Map([
    ["database", { read: () => answerOf(database, name), every: soon }],
    ["health", { read: () => healthIn(database, instanceId), every: soon }],
    ["outbox", { read: () => outboxIn(database), every: soon }],
    ["ledger", { read: () => ledgerIn(database), every: later }],
    ["chart", { read: () => chartIn(database), every: later }],
    ["tables", { read: () => tablesIn(database), every: later }],
    ["reconciliations", { read: () => reconciliationsIn(database), every: later }],
  ]);

const answerOf = async (database: ReadOnly, name: string): Promise<ProductionMessages["database"]> => {
  const began = performance.now();
  await database.query("select 1");
  return { name, answers: Math.round(performance.now() - began) };
};

await run(main);
