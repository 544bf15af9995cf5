import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { State } from "../src/reconcile.ts";

/** Where a run that was ended early is kept, so that the same command goes on with it. */
export type KeptRun = { read(): State | undefined; write(state: State): void; remove(): void };

/**
 * @param target whatever says which database and which instance of Clerk it is about: a run of another is not gone on with
 */
export const keptRun = (folder: string, kind: string, target: readonly string[]): KeptRun => {
  const file = join(folder, `${kind}.json`);
  const of = createHash("sha256").update(target.join("\n")).digest("hex");
  return {
    read: () => {
      try {
        const kept = JSON.parse(readFileSync(file, "utf8")) as { of: string; state: State };
        return kept.of === of ? kept.state : undefined;
      } catch {
        // None, or one that was cut off: it begins anew, which is right as well.
        return undefined;
      }
    },
    write: (state) => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, JSON.stringify({ of, state }));
    },
    remove: () => rmSync(file, { force: true }),
  };
};
