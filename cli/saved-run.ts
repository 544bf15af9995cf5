import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { State } from "../src/sync/state.ts";

/** A run that was ended early, in a file, so that the same command goes on with it. */
export type SavedRun = { read(): State | undefined; write(state: State): void; remove(): void };

/**
 * @param target whatever says which database and which instance of Clerk it is about: a run of another is not gone on with
 */
export const savedRun = (folder: string, kind: string, target: readonly string[]): SavedRun => {
  const file = join(folder, `${kind}.json`);
  const of = createHash("sha256").update(target.join("\n")).digest("hex");
  return {
    read: () => {
      try {
        const kept = JSON.parse(readFileSync(file, "utf8")) as { of: string; state: State };
        return kept.of === of ? kept.state : undefined;
      } catch {
        // None, or nothing that can be read: it begins anew, which is right as well.
        return undefined;
      }
    },
    write: (state) => {
      mkdirSync(folder, { recursive: true });
      // Whatever ends the process in between: there is the one of before, or this one.
      writeFileSync(`${file}.new`, JSON.stringify({ of, state }));
      renameSync(`${file}.new`, file);
    },
    remove: () => rmSync(file, { force: true }),
  };
};
