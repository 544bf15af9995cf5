/** `npm run backfill` and `npm run reconcile`. */
import { styleText } from "node:util";
import { isObject } from "../src/json.ts";
import { describe } from "./describe.ts";
import { servicesWith, withClerk } from "../src/services.ts";
import { newState, type RunOptions, type State, summaryOf } from "../src/sync/state.ts";
import { amount } from "../src/sync/steps.ts";
import { displayOf } from "./display.ts";
import { savedRun } from "./saved-run.ts";
import { type Lifetime, run } from "./lifetime.ts";
import { sayFailure } from "./failure.ts";
import { misused, readOptions } from "./options.ts";
import { holdLease } from "../src/sync/lease.ts";
import { paced, runLists } from "./drive-run.ts";
import { orThrow } from "./or-throw.ts";
import { openTarget, targetOptions, toldIn } from "./target.ts";

const [, , asked] = process.argv;
const kind: RunOptions["kind"] =
  asked === "backfill" || asked === "reconcile"
    ? asked
    : misused("Run this with `npm run backfill` or `npm run reconcile`.");
process.argv.splice(2, 1);

const what = {
  backfill: `Copies everything that Clerk's Backend API lists into the database: users, organizations, memberships,
invitations, domains, roles, permissions, waitlist entries and subscription items. Newer rows stay as they are.`,
  reconcile: `Compares everything that Clerk's Backend API lists with the copy, and merges what differs. Rows missing from
Clerk's lists are looked up one by one. What two runs, at least 20 hours apart, found to be gone is deleted.`,
};

const help = `${what[kind]}

  npm run ${kind} -- [options]

  --sessions        read users' sessions too: a request per user
  --billing         read subscriptions and payment attempts too: a request per user, organization and statement
  --dry-run         only report, write nothing${
    kind === "reconcile"
      ? `
  --force           delete what is missing even if it is most of a table`
      : ""
  }
  --restart         start over, even if an earlier run was interrupted
  --page-size N     objects per request, 1 to 500 (default 500)
  --rate N          requests per second (default 80, or 8 for a development instance)
  --local           use the Postgres of \`npm run dev\` in place of DATABASE_URL
  --folder FOLDER   where that and an interrupted run are kept (default .local)
  --json            print only one line of JSON, at the end
  --help

Settings come from the environment, else from .dev.vars: DATABASE_URL, CLERK_SECRET_KEY, CLERK_INSTANCE_ID, MIRROR_OMIT.
Ctrl-C stops it; the same command continues where it stopped.

Exit codes: 0 done, 1 stopped by an error, 2 invalid option, 3 a list of Clerk's was incomplete${
  kind === "reconcile" ? ", or too many rows are missing, so nothing of it was deleted" : ""
}.
docs/schema.md explains the numbers, at clerk.reconciliations.
`;

const { values: options } = readOptions(help, {
  sessions: { type: "boolean", default: false },
  billing: { type: "boolean", default: false },
  "dry-run": { type: "boolean", default: false },
  force: { type: "boolean", default: false },
  restart: { type: "boolean", default: false },
  "page-size": { type: "string", default: "500" },
  rate: { type: "string" },
  ...targetOptions,
  json: { type: "boolean", default: false },
});
const pageSize = Number(options["page-size"]);
if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 500) {
  misused(`--page-size must be a whole number from 1 to 500`);
}
if (options.rate !== undefined && !(Number(options.rate) > 0)) {
  misused(`--rate must be a number of requests per second`);
}
if (options.force && kind === "backfill") misused("--force is for reconcile: a backfill deletes nothing");

const say = (text: string): void => {
  if (!options.json) console.log(text);
};

const main = async (life: Lifetime): Promise<number> => {
  const { settings, name } = await openTarget(life, options, true);
  const told = await toldIn(settings);
  const made = orThrow(withClerk(servicesWith({ ...settings, pageSize, app: undefined }, undefined, {}, told)));
  const { secretKey = "", url: clerkUrl = "" } = settings.clerk ?? {};
  const rate = Number(options.rate ?? (secretKey.startsWith("sk_test_") ? 8 : 80));
  const services = { ...made, clerk: paced(made.clerk, rate) };

  const own: RunOptions = {
    id: `${kind}-${crypto.randomUUID()}`,
    kind,
    isDry: options["dry-run"],
    isForced: options.force,
    hasSessions: options.sessions,
    hasBilling: options.billing,
  };
  const { id: _, ...same } = own;
  const saved = savedRun(options.folder, kind, [name, clerkUrl, secretKey, JSON.stringify(same)]);
  if (options.restart) {
    const left = saved.read();
    if (left !== undefined) await services.runs.releaseLease(left.options.id);
    saved.remove();
  }
  const earlier = saved.read();
  let state = earlier ?? newState(own);
  say(`From ${clerkUrl} into ${name}`);
  if (earlier !== undefined) {
    const at = new Date(earlier.run?.startedAt ?? "").toLocaleString();
    say(`Continuing the run of ${at}, at ${amount(checkedOf(earlier))} objects. To start over, use --restart.`);
    orThrow(await holdLease(services.runs, earlier.options, false));
  }

  const display = displayOf(checkedOf(state), options.json);
  const ending = new AbortController();
  let isDone = false;
  await life.start(
    Promise.resolve({
      close: async () => {
        ending.abort();
        display.stop();
        if (!isDone && state.run !== null) saved.write(state);
        await services.runs.releaseLease(state.options.id);
        if (isDone || state.run === null) return;
        say(`Stopped at ${amount(checkedOf(state))} objects. Run the same command to continue.`);
      },
    }),
  );

  // Users are the only list that does not give its total. Nothing waits for this.
  const countUsers = async (): Promise<void> => {
    const answer = await services.clerk.get("/users/count");
    const body = answer.ok ? answer.value.body : undefined;
    const users = isObject(body) ? body.total_count : undefined;
    if (typeof users === "number") display.total("users", users);
  };
  void countUsers();

  let written = Date.now();
  const result = await runLists(
    {
      services,
      signal: ending.signal,
      onProgress: (next) => {
        state = next;
        display.update(checkedOf(next));
        // If the process is killed, at most a second of work is lost.
        if (Date.now() - written < 1000) return;
        saved.write(next);
        written = Date.now();
      },
      onTotal: (table, total) => display.total(table, total),
      onWait: (failure, milliseconds) => display.wait(describe(failure), milliseconds),
    },
    state,
  );
  display.stop();
  if (!result.ok) {
    const why = describe(result.failure);
    sayFailure(why, styleText("red", why));
    return 1;
  }
  isDone = true;
  saved.remove();
  if (options.json) console.log(JSON.stringify(summaryOf(result.value)));
  else report(result.value);
  return result.value.lists.some(({ isHeld, isIncomplete }) => isHeld || isIncomplete) ? 3 : 0;
};

const checkedOf = ({ lists }: State): number => lists.reduce((sum, { counts }) => sum + counts.checked, 0);

const report = ({ options: { isDry }, lists }: State): void => {
  const sumOf = (count: "checked" | "repaired" | "held"): string =>
    amount(lists.reduce((sum, { counts }) => sum + counts[count], 0));
  const columns = ["checked", "missing", "stale", "extra", "repaired", "restored", "held", "erased_here"] as const;
  console.table(
    Object.fromEntries(
      lists.map(({ table, counts }) => [table, Object.fromEntries(columns.map((column) => [column, counts[column]]))]),
    ),
  );
  for (const { table, note } of lists) if (note !== null) console.log(styleText("yellow", `${table}: ${note}`));
  if (lists.some(({ isHeld }) => isHeld)) {
    console.log(
      "Check CLERK_SECRET_KEY. If these rows are really gone, run `npm run reconcile -- --force`, and again tomorrow.",
    );
  } else if (!isDry && lists.some(({ counts }) => counts.extra > 0 && counts.held > 0)) {
    console.log("Run the same command again tomorrow: it deletes the rows that Clerk still does not have.");
  }
  console.log(
    isDry
      ? "Dry run: nothing was written."
      : `Done: Clerk lists ${sumOf("checked")} objects, of which the copy wrote ${sumOf("repaired")} and left ${sumOf("held")} as they were.`,
  );
};

await run(main);
