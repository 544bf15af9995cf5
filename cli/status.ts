/** `npm run status`: whether the copy is healthy, in ten lines. */
import { styleText } from "node:util";
import type { Reason } from "../src/database/health.ts";
import { amount } from "../src/sync/steps.ts";
import { explain } from "./command-error.ts";
import { healthIn, ledgerIn, outboxIn, reconciliationsIn, tablesIn } from "./console/figures.ts";
import type { Ledger, Outbox, Reconciliations, TableSizes } from "./console/protocol.ts";
import { type Lifetime, run } from "./lifetime.ts";
import { readOptions } from "./options.ts";
import { openReadOnly } from "./read-only.ts";
import { readTarget, readTargetOptions } from "./read-target.ts";
import { ago, seconds } from "./spans.ts";

const help = `Says whether the copy is healthy, and why not.

  npm run status -- [options]

  --database-url URL  the database (default: DATABASE_URL of the environment, else of .dev.vars)
  --local             use the Postgres of \`npm run dev\`
  --folder FOLDER     where that is kept (default .local)
  --json              print one line of JSON
  --help

It only reads. CLERK_INSTANCE_ID, if it is set, is read from the same places.

Exit codes: 0 healthy, 1 not, or stopped by an error, 2 invalid option.
docs/operations.md explains the reasons, at Health.
`;

/** What `--json` prints if not even the database is known. */
const unknown = (reason: Reason) => ({ isHealthy: false, reasons: [reason] });

const { values: options } = readOptions(
  help,
  { ...readTargetOptions, json: { type: "boolean", default: false } },
  false,
  (text) => unknown({ code: "misused", text, next: "npm run status -- --help" }),
);

const main = async (life: Lifetime): Promise<number> => {
  const target = await readTarget(life, options, "status").catch((error: unknown) => {
    if (!options.json) throw error;
    const text = explain(error);
    console.log(
      JSON.stringify(unknown({ code: "misconfigured", text, next: "npm run status -- --database-url postgresql://…" })),
    );
  });
  if (target === undefined) return 1;
  const { databaseUrl, name, instanceId } = target;
  const database = openReadOnly(databaseUrl);
  await life.start(Promise.resolve(database));
  const began = performance.now();
  let known: readonly Reason[] = [];
  try {
    const { reasons, isHealthy } = await healthIn(database, instanceId);
    known = reasons.filter(({ code }) => code === "schema");
    const answers = performance.now() - began;
    const [ledger, tables, runs, outbox] = [
      await ledgerIn(database),
      await tablesIn(database),
      await reconciliationsIn(database),
      await outboxIn(database),
    ];
    if (options.json) console.log(JSON.stringify({ database: name, isHealthy, reasons, ledger, tables, runs, outbox }));
    else {
      say("database", `${name}, answers in ${Math.round(answers)} ms`);
      for (const [what, text] of linesOf(ledger, tables, runs, outbox)) say(what, text);
      conclude(reasons);
    }
    return isHealthy ? 0 : 1;
  } catch (error) {
    // What a wrong schema lacks fails in its turn.
    const reasons =
      known.length > 0 ? known : [{ code: "database", text: explain(error), next: "Mend that, then run it again" }];
    if (options.json) console.log(JSON.stringify({ database: name, isHealthy: false, reasons }));
    else {
      say("database", name);
      conclude(reasons);
    }
    return 1;
  }
};

const say = (what: string, text: string): void => console.log(`${what.padEnd(12)} ${text}`);

const conclude = (reasons: readonly Reason[]): void => {
  if (reasons.length === 0) return say("health", styleText("green", "healthy"));
  for (const { code, text, next } of reasons) {
    say("health", styleText("red", `${code}: ${text}`));
    say("", `→ ${next}`);
  }
};

const linesOf = (ledger: Ledger, tables: TableSizes, runs: Reconciliations, outbox: Outbox): [string, string][] => {
  const { total, lastAt, outcomes, lag, refused } = ledger;
  const [latest] = runs;
  const sum = (count: "checked" | "repaired" | "held"): string =>
    amount((latest?.tables ?? []).reduce((all, one) => all + one[count], 0));
  const rowsOf = (name: string): string => amount(tables.find(({ table }) => table === name)?.rows ?? 0);
  const megabytes = tables.reduce((all, { bytes }) => all + bytes, 0) / 1e6;
  return [
    ["last", lastAt === null ? "no delivery has arrived yet" : `a delivery arrived ${ago(lastAt)}`],
    [
      "24 hours",
      total === 0
        ? "no deliveries"
        : `${amount(total)} deliveries: ${outcomes.map((one) => `${amount(one.deliveries)} ${one.outcome}`).join(", ")}`,
    ],
    [
      "lag",
      lag === null
        ? "nothing in the last hour"
        : `median ${seconds(lag.median)}, 95 % within ${seconds(lag.p95)}, longest ${seconds(lag.longest)} in the last hour`,
    ],
    ["refused", refused.length === 0 ? "none in two days" : `${refused.length} in two days, not committed since`],
    [
      "rows",
      `about ${rowsOf("users")} users, ${rowsOf("organizations")} organizations, ${rowsOf("organization_memberships")} memberships`,
    ],
    ["size", `${amount(Math.round(megabytes))} MB in ${tables.length} tables`],
    [
      "reconciled",
      latest === undefined
        ? "never; see CLERK_SECRET_KEY in docs/settings.md"
        : `${ago(latest.finishedAt)}, a ${latest.kind}: ${sum("checked")} checked, ${sum("repaired")} written, ${sum("held")} left`,
    ],
    [
      "outbox",
      outbox.isBound
        ? `${amount(outbox.waiting)} waiting${outbox.oldestAt === null ? "" : `, the oldest from ${ago(outbox.oldestAt)}`}`
        : "no app is told of changes",
    ],
  ];
};

await run(main);
