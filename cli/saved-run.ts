import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { State } from "../src/sync/state.ts";
import { CommandError } from "./command-error.ts";

/** An interrupted run, saved in a file so that the same command continues it. */
export type SavedRun = {
  /** @throws if the command that saved it still runs: two of them would be one run */
  read(): State | undefined;
  write(state: State): void;
  remove(): void;
};

/**
 * @param target what identifies the database, the instance of Clerk and the options: a run of others does not continue
 */
export const savedRun = (folder: string, kind: string, target: readonly string[]): SavedRun => {
  const file = join(folder, `${kind}.json`);
  const of = createHash("sha256").update(target.join("\n")).digest("hex");
  return {
    read: () => {
      try {
        const kept = JSON.parse(readFileSync(file, "utf8")) as { of: string; pid: number; state: State };
        if (kept.of !== of) return undefined;
        if (kept.pid !== process.pid && isAlive(kept.pid)) {
          throw new CommandError(
            `The same command is under way, as process ${kept.pid}. If that is another program, remove ${file}.`,
          );
        }
        return kept.state;
      } catch (error) {
        if (error instanceof CommandError) throw error;
        // The file is missing or unreadable: start over, which is right too.
        return undefined;
      }
    },
    write: (state) => {
      mkdirSync(folder, { recursive: true });
      // If the process is killed meanwhile, the file holds either the earlier state or this one.
      writeFileSync(`${file}.new`, JSON.stringify({ of, pid: process.pid, state }));
      renameSync(`${file}.new`, file);
    },
    remove: () => rmSync(file, { force: true }),
  };
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It may not be signalled, and so is there.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};
