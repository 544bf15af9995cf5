import { setTimeout as sleep } from "node:timers/promises";
import { describe } from "../../cli/describe.ts";
import { explain } from "../../cli/command-error.ts";
import { runLists } from "../../cli/drive-run.ts";
import type { Failure, Result } from "../../src/result.ts";
import type { ServicesWithClerk } from "../../src/services.ts";
import { newState, type State } from "../../src/sync/state.ts";
import { amount } from "../../src/sync/steps.ts";
import type { Instance } from "../clerk/instance.ts";
import { objectsOf } from "./clerk-objects.ts";
import { tableNames } from "./copy-changes.ts";
import { letDayPass } from "./day.ts";
import type { Run } from "./protocol.ts";

/**
 * What `npm run reconcile -- --local --sessions --billing` does, and the same as if a day later: what both runs miss is deleted.
 *
 *     none ─▶ running ─▶ done, or failed    and from there it may run again
 */
export type Reconciler = {
  run(): Run;
  /** @returns a sentence for the person if it did not begin */
  start(): string | undefined;
  /** Stops a run between two steps. */
  close(): Promise<void>;
};

export type ReconcilerOptions = {
  instance: Instance;
  services: ServicesWithClerk;
  /** Of the local Postgres, in which a day may be made to pass. */
  connectionString: string;
  /** Whether the page has taken the database away. */
  isDatabaseAway: () => boolean;
  /** When Clerk last changed, in milliseconds since 1970. */
  changedAt: () => number;
  /** Called whenever there is something else to say. */
  onChange?: () => void;
  /** Called when a run has ended, whatever it came to. */
  onEnd?: () => void;
  /** Milliseconds that a fault may last. The person is at the page, and can mend it and begin again. */
  patience?: number;
};

/** Clerk dates its answers in whole seconds, so what happened within one before the question may seem to be newer. */
const settleMilliseconds = 1500;

export const createReconciler = ({
  instance,
  services,
  connectionString,
  isDatabaseAway,
  changedAt,
  onChange = () => {},
  onEnd = () => {},
  patience = 10_000,
}: ReconcilerOptions): Reconciler => {
  let run: Run = { state: "none", checked: 0, total: 0, lines: [] };
  let ending = new AbortController();
  let running: Promise<void> | undefined;

  const show = (next: Partial<Run>): void => {
    run = { ...run, ...next };
    onChange();
  };
  const say = (line: string): void => show({ lines: [...run.lines, line] });

  const objects = (): number => tableNames.reduce((sum, table) => sum + objectsOf[table](instance).size, 0);

  /** One run over all lists; what is said of a failure, if there was one. */
  const runOnce = async (): Promise<{ state: State } | { failure: string }> => {
    const begun = newState({
      id: `reconcile-${crypto.randomUUID()}`,
      kind: "reconcile",
      isDry: false,
      isForced: false,
      hasSessions: true,
      hasBilling: true,
    });
    const { signal } = ending;
    const tired = new AbortController();
    let waited = 0;
    let fault: Failure | undefined;
    try {
      const result: Result<State> = await runLists(
        {
          services,
          signal: AbortSignal.any([signal, tired.signal]),
          onProgress: (state) => {
            waited = 0;
            show({ checked: checkedOf(state) });
          },
          onWait: (failure, milliseconds) => {
            fault = failure;
            waited += milliseconds;
            if (isDatabaseAway() || waited > patience) tired.abort();
          },
        },
        begun,
      );
      return result.ok ? { state: result.value } : { failure: describe(result.failure) };
    } catch (error) {
      if (signal.aborted) return { failure: "It was stopped." };
      if (isDatabaseAway()) return { failure: "The database is away. Bring it back, then reconcile again." };
      if (fault !== undefined) return { failure: `${describe(fault)}. Reconcile again when that is over.` };
      return { failure: explain(error) };
    } finally {
      await services.runs.releaseLease(begun.options.id);
    }
  };

  const reconcile = async (): Promise<Run["state"]> => {
    const { signal } = ending;
    show({ state: "running", checked: 0, total: objects(), lines: [] });
    await sleep(Math.max(0, changedAt() + settleMilliseconds - Date.now()), undefined, { signal });
    const first = await runOnce();
    if ("failure" in first) {
      say(first.failure);
      return "failed";
    }
    const deleted = await deletedBy(services, first.state);
    for (const line of linesOf("First run", first.state, deleted)) say(line);
    if (gone(first.state) <= deleted || first.state.lists.every(({ isHeld, counts }) => isHeld || counts.extra === 0)) {
      return "done";
    }
    show({ checked: 0, total: objects() });
    await letDayPass(connectionString);
    say("A day passes. (Only in the copy: what it noted is now a day older.)");
    await sleep(settleMilliseconds, undefined, { signal });
    const second = await runOnce();
    if ("failure" in second) {
      say(second.failure);
      return "failed";
    }
    for (const line of linesOf("Second run", second.state, await deletedBy(services, second.state))) say(line);
    return "done";
  };

  const runToEnd = async (): Promise<void> => {
    let state: Run["state"];
    try {
      state = await reconcile();
    } catch (error) {
      say(ending.signal.aborted ? "It was stopped." : explain(error));
      state = "failed";
    }
    running = undefined;
    show({ state });
    if (!ending.signal.aborted) onEnd();
  };

  return {
    run: () => run,
    start: () => {
      if (running !== undefined) return "A reconciliation is running.";
      ending = new AbortController();
      running = runToEnd();
      return undefined;
    },
    close: async () => {
      ending.abort();
      await running;
    },
  };
};

const total = (state: State, count: "checked" | "missing" | "stale" | "repaired" | "extra" | "erased_here"): number =>
  state.lists.reduce((sum, { counts }) => sum + counts[count], 0);

const checkedOf = (state: State): number => total(state, "checked");

/** Rows whose object Clerk does not have, in lists of which anything may be deleted. */
const gone = (state: State): number =>
  state.lists.reduce((sum, { counts, isHeld }) => sum + (isHeld ? 0 : counts.extra), 0);

const deletedBy = async ({ runs }: ServicesWithClerk, { options, lists }: State): Promise<number> => {
  let deleted = 0;
  for (const { table, counts } of lists) {
    if (counts.extra === 0) continue;
    const counted = await runs.countDeleted(table, options.id);
    if (counted.ok) deleted += counted.value[0]?.deleted ?? 0;
  }
  return deleted;
};

const rows = (count: number): string => `${amount(count)} row${count === 1 ? "" : "s"}`;

/** What a run found and did, in words. */
const linesOf = (which: string, state: State, deleted: number): string[] => {
  const [missing, stale] = [total(state, "missing"), total(state, "stale")];
  const written = total(state, "repaired") - deleted;
  const lines = [
    missing + stale === 0
      ? `${which}: Clerk lists ${amount(checkedOf(state))} objects. The copy has all of them, and none differs.`
      : `${which}: Clerk lists ${amount(checkedOf(state))} objects. The copy lacked ${amount(missing)}, and ${amount(stale)} differed. ${rows(written)} written.`,
  ];
  if (deleted > 0)
    lines.push(`${rows(deleted)} deleted: two runs, a day apart, were told that Clerk has no such object.`);
  const held = gone(state) - deleted;
  if (held > 0) {
    lines.push(
      `Clerk no longer has the objects of ${rows(held)}. They are deleted if a run a day later misses them too.`,
    );
  }
  const erased = total(state, "erased_here");
  if (erased > 0)
    lines.push(`${rows(erased)} stay deleted, though Clerk lists them: Clerk or an erasure said so before.`);
  for (const { table, note } of state.lists) if (note !== null) lines.push(`${table}: ${note}`);
  return lines;
};
