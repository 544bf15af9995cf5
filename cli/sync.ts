/** `npm run backfill` and `npm run reconcile`. */
import { styleText } from "node:util";
import { SingleBar } from "cli-progress";
import { contextOf } from "../src/sync/context.ts";
import { describe } from "../src/failure.ts";
import { isObject } from "../src/entities/fields.ts";
import { type Counts, newState, type Progress, type RunOptions, type State, summaryOf } from "../src/sync/run.ts";
import { keptRun } from "./saved-run.ts";
import { type Lifetime, run } from "./lifetime.ts";
import { misused, readOptions } from "./options.ts";
import { paced, runLists } from "./drive-run.ts";
import { openTarget } from "./target.ts";

const [, , asked] = process.argv;
const kind: RunOptions["kind"] =
  asked === "backfill" || asked === "reconcile"
    ? asked
    : misused("Run it by `npm run backfill` or `npm run reconcile`.");
process.argv.splice(2, 1);

const what = {
  backfill: `Copies everything that Clerk's Backend API lists into the database: users, organizations, memberships,
invitations, domains, roles, permissions, waitlist entries and subscription items. Newer rows stay as they are.`,
  reconcile: `Compares everything that Clerk's Backend API lists with the copy, and merges what differs. What the copy
has and Clerk has not is asked for one by one, and deleted after the second run that missed it.`,
};

const help = `${what[kind]}

  npm run ${kind} -- [options]

  --sessions        users' sessions as well: a request a user
  --dry-run         only report: nothing is written${
    kind === "reconcile"
      ? `
  --force           delete what is missing even where it is most of a table`
      : ""
  }
  --restart         begin anew, where an earlier run was ended early
  --page-size N     objects a request, up to 500; 500 without it
  --rate N          requests a second; 80 without it, and 8 with the key of a development instance
  --folder FOLDER   where the local Postgres and a run that was ended early are kept; .local without it
  --json            print one line of JSON at the end, and nothing else
  --help

Settings are taken from the environment, else from .dev.vars: DATABASE_URL (the local Postgres without it),
CLERK_SECRET_KEY, CLERK_INSTANCE_ID, MIRROR_OMIT. Ctrl-C ends it; the same command goes on where it was.

It ends with 0 where all is done, with 1 and a message where something stops it, and with 2 where an option is wrong${
  kind === "reconcile"
    ? ",\nand with 3 where more is missing in Clerk than can be true, so that nothing was deleted"
    : ""
}.
What the numbers mean stands in docs/schema.md, at clerk.reconciliations.
`;

const { values: options } = readOptions(help, {
  sessions: { type: "boolean", default: false },
  "dry-run": { type: "boolean", default: false },
  force: { type: "boolean", default: false },
  restart: { type: "boolean", default: false },
  "page-size": { type: "string", default: "500" },
  rate: { type: "string" },
  folder: { type: "string", default: ".local" },
  json: { type: "boolean", default: false },
});
const pageSize = Number(options["page-size"]);
if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 500) {
  misused(`--page-size takes a number from 1 to 500, not ${options["page-size"]}`);
}
if (options.rate !== undefined && !(Number(options.rate) > 0)) {
  misused(`--rate takes requests a second, not ${options.rate}`);
}
if (options.force && kind === "backfill") misused("--force is for reconcile: a backfill deletes nothing");

const say = (text: string): void => {
  if (!options.json) console.log(text);
};

const main = async (life: Lifetime): Promise<number> => {
  const { settings, databaseUrl, isLocal } = await openTarget(life, options.folder, true);
  const made = contextOf(settings);
  if (made.kind === "misconfigured" || settings.clerk === undefined) throw new Error("CLERK_SECRET_KEY is not set");
  const rate = Number(options.rate ?? (settings.clerk.secretKey.startsWith("sk_test_") ? 8 : 80));
  const context = { ...made, pageSize, clerk: paced(made.clerk, rate) };

  const own: RunOptions = {
    id: `${kind}-${crypto.randomUUID()}`,
    kind,
    isDry: options["dry-run"],
    isForced: options.force,
    hasSessions: options.sessions,
  };
  const { host, pathname } = new URL(databaseUrl);
  const { id: _, ...same } = own;
  const kept = keptRun(options.folder, kind, [
    isLocal ? "local" : `${host}${pathname}`,
    settings.clerk.url,
    settings.clerk.secretKey,
    JSON.stringify(same),
  ]);
  if (options.restart) kept.remove();
  const earlier = kept.read();
  let state = earlier ?? newState(own);
  say(`From ${settings.clerk.url} into ${isLocal ? `the Postgres in ${options.folder}` : `${host}${pathname}`}`);
  if (earlier !== undefined) {
    const at = new Date(earlier.run?.startedAt ?? "").toLocaleString();
    say(`Going on with the run of ${at}, at ${amount(checkedOf(earlier))} objects. --restart begins anew.`);
  }

  const display = displayOf(checkedOf(state));
  const ending = new AbortController();
  let isDone = false;
  await life.start(
    Promise.resolve({
      close: async () => {
        ending.abort();
        display.stop();
        if (isDone || state.run === null) return;
        kept.write(state);
        say(`Ended early, at ${amount(checkedOf(state))} objects. The same command goes on where it was.`);
      },
    }),
  );

  // The one list that does not say it. Nothing waits for it.
  const countUsers = async (): Promise<void> => {
    const answer = await context.clerk.get("/users/count");
    const users = answer.kind === "found" && isObject(answer.body) ? answer.body.total_count : undefined;
    if (typeof users === "number") display.total("users", users);
  };
  void countUsers();

  let written = Date.now();
  const result = await runLists(
    {
      context,
      signal: ending.signal,
      onProgress: (next) => {
        state = next;
        display.update(checkedOf(next));
        // A second of work is lost at most where the process is killed.
        if (Date.now() - written < 1000) return;
        kept.write(next);
        written = Date.now();
      },
      onTotal: display.total,
      onWait: (failure, milliseconds) => display.wait(describe(failure), milliseconds),
    },
    state,
  );
  display.stop();
  if (result.kind !== "ran") {
    console.error(styleText("red", describe(result)));
    return 1;
  }
  isDone = true;
  kept.remove();
  if (options.json) console.log(JSON.stringify(summaryOf(result.state)));
  else report(result.state);
  return result.state.lists.some(isHeld) ? 3 : 0;
};

const isHeld = ({ note }: Progress): boolean => note?.includes("nothing was deleted") === true;

const checkedOf = ({ lists }: State): number => lists.reduce((sum, { counts }) => sum + counts.checked, 0);
const amount = (number: number): string => number.toLocaleString("en-US");

/** A bar where there is a terminal, and a line now and then where there is none. */
const displayOf = (begin: number) => {
  const totals = new Map<string, number>();
  const started = Date.now();
  /** Until when a reason to wait has been told. */
  const told = new Map<string, number>();
  let at = begin;
  let printed = Date.now();
  const total = (): number =>
    Math.max(
      at,
      [...totals.values()].reduce((sum, one) => sum + one, 0),
    );
  const rate = (): number => Math.round((1000 * (at - begin)) / Math.max(1, Date.now() - started));
  const endTime = (): string => {
    if (at === begin) return "…";
    const seconds = (total() - at) / Math.max(1, rate());
    return new Date(Date.now() + seconds * 1000).toLocaleTimeString();
  };
  const isBar = !options.json && process.stderr.isTTY;
  const bar = isBar
    ? new SingleBar({
        format: "{bar} {value} of {total} objects · {rate}/s · done at {end}",
        barCompleteChar: "█",
        barIncompleteChar: "░",
        barsize: 24,
        hideCursor: true,
        clearOnComplete: true,
        stopOnComplete: false,
        gracefulExit: false,
        etaBuffer: 100,
      })
    : undefined;
  const startBar = (): void => bar?.start(Math.max(1, total()), at, { rate: 0, end: "…" });
  startBar();
  return {
    total: (table: string, objects: number): void => void totals.set(table, objects),
    update: (checked: number): void => {
      at = checked;
      bar?.setTotal(Math.max(1, total()));
      bar?.update(at, { rate: amount(rate()), end: endTime() });
      if (bar !== undefined || options.json || Date.now() - printed < 5000) return;
      printed = Date.now();
      console.log(`${amount(at)} of ${amount(total())} objects, ${amount(rate())} a second, done at ${endTime()}`);
    },
    /** All lists wait for the same at once: it is told once. */
    wait: (reason: string, milliseconds: number): void => {
      const now = Date.now();
      if (options.json || now < (told.get(reason) ?? 0)) return;
      told.set(reason, now + milliseconds);
      bar?.stop();
      console.error(`${reason}: waiting ${Math.ceil(milliseconds / 1000)} s`);
      startBar();
    },
    stop: (): void => bar?.stop(),
  };
};

const report = ({ options: { isDry }, lists }: State): void => {
  const columns: (keyof Counts)[] = ["checked", "missing", "stale", "extra", "repaired", "held", "erased_here"];
  console.table(
    Object.fromEntries(
      lists.map(({ table, counts }) => [table, Object.fromEntries(columns.map((column) => [column, counts[column]]))]),
    ),
  );
  for (const { table, note } of lists) if (note !== null) console.log(styleText("yellow", `${table}: ${note}`));
  if (lists.some(isHeld)) {
    console.log("Is it the right key? If Clerk really has no more than that, `npm run reconcile -- --force` twice.");
  } else if (!isDry && lists.some(({ counts }) => counts.extra > 0 && counts.held > 0)) {
    console.log("What Clerk has not any more is deleted by the next reconcile that misses it as well.");
  }
  if (isDry) console.log("A dry run: nothing was written.");
};

await run(main);
