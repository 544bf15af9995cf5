import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { State } from "../src/sync/state.ts";

/** An interrupted run, saved in a file so that the same command continues it. */
export type SavedRun = { read(): State | undefined; write(state: State): void; remove(): void };

/**
 * @param target what identifies the database, the instance of Clerk and the options: a run of others does not continue
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
        // The file is missing or unreadable: start over, which is right too.
        return undefined;
      }
    },
    write: (state) => {
      mkdirSync(folder, { recursive: true });
      // If the process is killed meanwhile, the file holds either the earlier state or this one.
      writeFileSync(`${file}.new`, JSON.stringify({ of, state }));
      renameSync(`${file}.new`, file);
    },
    remove: () => rmSync(file, { force: true }),
  };
};
