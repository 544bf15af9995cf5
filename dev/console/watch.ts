import { setTimeout as sleep } from "node:timers/promises";
import type { Outbox, Unknown } from "../../cli/console/protocol.ts";
import { explain } from "../../cli/command-error.ts";
import type { Comparison } from "./comparison.ts";
import { momentOf } from "./copy-changes.ts";
import { type ShownTable, shownTables } from "./copy-page.ts";
import type { CopyReader } from "./copy-reader.ts";
import { readOutbox } from "./outbox.ts";
import type { Copy, Verdict } from "./protocol.ts";

/** Follows the copy: what it is compared with changes in this process, and it itself by others. */
export type Watch = {
  /** Grows with each change of the copy. */
  readonly version: number;
  verdict(): Verdict | Unknown;
  outbox(): Outbox | Unknown;
  tables(): Copy["tables"];
  close(): Promise<void>;
};

/** Milliseconds. To ask whether anything was written takes one of them. */
const pause = 200;
/** How many times as long as the last look took, since others wait while it looks. */
const pauseFactor = 3;
const longestPause = 1000;
const pauseAfterFault = 2000;

/** How often it is said anew that nothing has changed. */
const mostSilence = 1000;

/**
 * @param told the tables that the app is told of; undefined if there is none
 * @param onChange is called after each change of what this tells
 */
export const startWatch = (
  reader: CopyReader,
  comparison: Comparison,
  told: readonly string[] | undefined,
  onChange: () => void,
): Watch => {
  let version = 0;
  let seen = "";
  let ledger = 0;
  let verdict: Verdict | Unknown | undefined;
  let outbox: Outbox | Unknown = { failure: "The copy is being read." };
  const stopping = new AbortController();

  const look = async (): Promise<void> => {
    const { next } = await reader.read(momentOf);
    const now = Date.now();
    const isWritten = next !== seen;
    if (!isWritten && !comparison.isBehind && verdict !== undefined && "checkedAt" in verdict) {
      if (now - verdict.checkedAt < mostSilence) return;
      verdict = { ...verdict, checkedAt: now };
      return onChange();
    }
    if (isWritten) {
      outbox = await readOutbox(reader, told);
      const [counted] = await reader.read((ask) =>
        ask<{ count: number }>("select count(*)::integer as count from clerk.deliveries"),
      );
      ledger = counted?.count ?? 0;
    }
    const checked = await comparison.check();
    verdict = { ...checked, checkedAt: Date.now() };
    seen = next;
    version += 1;
    onChange();
  };

  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const began = performance.now();
      let wait = pause;
      try {
        await look();
        wait = Math.min(longestPause, Math.max(pause, (performance.now() - began) * pauseFactor));
      } catch (error) {
        if (stopping.signal.aborted) return;
        verdict = { failure: explain(error) };
        outbox = verdict;
        wait = pauseAfterFault;
        onChange();
      }
      await sleep(wait, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const watching = watch();

  const countOf = (table: ShownTable): Copy["tables"][number] => {
    if (table === "deliveries") return { table, living: ledger, deleted: 0 };
    const ids = comparison.idsOf(table);
    let deleted = 0;
    for (const isDeleted of ids.values()) if (isDeleted) deleted += 1;
    return { table, living: ids.size - deleted, deleted };
  };

  return {
    get version() {
      return version;
    },
    verdict: () => verdict ?? { failure: `Comparing for the first time: ${comparison.pending} rows to go.` },
    outbox: () => outbox,
    tables: () => shownTables.map(countOf),
    close: async () => {
      stopping.abort();
      await watching;
    },
  };
};
