import type { Change } from "../../../src/database/change.ts";
import type { App } from "../../../src/outbox/call.ts";
import type { Random } from "./random.ts";

/** An app that is told of changes, as it should be written: what it has seen of an object, it does not do again. */

/** What it has made of one object. */
type Account = {
  generation: number;
  isLiving: boolean;
  row: unknown;
  creations: number;
  deletions: number;
};

type Told = Account & {
  /** Whether the app has answered that it took a living object, and was told of no delete since. */
  isTaken: boolean;
  /** Calls about the object, to know the last one. */
  calls: number;
};

export type FlakyApp = App & {
  accounts: Map<string, Told>;
  /** What it was told and should not have been. */
  wrongs: string[];
  /** Objects that it took, and was told of as created again. */
  again: string[];
  /** Fails no more. */
  mend(): void;
};

/** Milliseconds that the Worker waits for it. */
export const appDeadline = 40;

/** Fails before it has done anything, or in the middle, dies before it answers, is late, is told twice, or refuses some. */
const fates = ["well", "well", "well", "throws", "half", "dies", "late", "twice", "refuses"] as const;

export const newApp = (random: Random): FlakyApp => {
  const accounts = new Map<string, Told>();
  const wrongs: string[] = [];
  const again: string[] = [];
  let isWell = false;
  const keyOf = ({ table, id }: { table: string; id: string }) => `${table}:${id}`;
  const accountOf = (change: Change): Told => {
    const known = accounts.get(keyOf(change)) ?? {
      generation: 0,
      isLiving: false,
      row: null,
      creations: 0,
      deletions: 0,
      isTaken: false,
      calls: 0,
    };
    accounts.set(keyOf(change), known);
    return known;
  };

  const handle = (change: Change) => {
    const account = accountOf(change);
    const { kind, generation, row } = change;
    if (generation <= account.generation) return;
    account.generation = generation;
    account.row = row;
    if ((kind === "deleted") !== (row === null)) wrongs.push(`${keyOf(change)}: ${kind} with another row`);
    if (kind === "deleted") {
      account.deletions += 1;
      account.isLiving = false;
      return;
    }
    if (!account.isLiving && kind !== "created") wrongs.push(`${keyOf(change)}: updated, and never created`);
    if (!account.isLiving) account.creations += 1;
    account.isLiving = true;
  };

  return {
    accounts,
    wrongs,
    again,
    mend: () => (isWell = true),
    changed: async (changes) => {
      const numbers = changes.map((change) => {
        const account = accountOf(change);
        if (change.kind === "created" && account.isTaken) again.push(keyOf(change));
        if (change.kind === "deleted") account.isTaken = false;
        return (account.calls += 1);
      });
      const take = (taken: Change[]) => {
        for (const change of taken) {
          handle(change);
          const account = accountOf(change);
          // Another call for it may have been under way.
          if (account.calls === numbers[changes.indexOf(change)]) account.isTaken = change.kind !== "deleted";
        }
      };
      const fate = isWell ? "well" : random.pick(fates);
      switch (fate) {
        case "throws":
          throw new Error("grace@example.com");
        case "half":
          for (const change of changes.slice(0, changes.length >> 1)) handle(change);
          throw new Error("in the middle");
        case "dies":
          changes.forEach(handle);
          throw new Error("before the answer");
        case "late":
          await new Promise((resolve) => setTimeout(resolve, 2 * appDeadline));
          changes.forEach(handle);
          return undefined;
        case "refuses": {
          const failed = changes.filter(() => random.chance(0.5));
          take(changes.filter((change) => !failed.includes(change)));
          return { failed: failed.map(({ table, id }) => ({ table, id })) };
        }
        case "twice":
          changes.forEach(handle);
          take(changes);
          return undefined;
        case "well":
          take(changes);
          return undefined;
      }
    },
  };
};
