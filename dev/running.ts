import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isObject } from "../src/json.ts";

/** Where the page and the Worker of the `npm run dev` are that has a folder. */
export type Running = { console: string | null; worker: string };

/** Milliseconds. */
const patience = 3000;

const fileIn = (folder: string): string => join(folder, "dev.json");

/** Notes it for as long as it runs. Only who has the lock of the folder may. */
export const noteRunning = async (folder: string, running: Running): Promise<{ close(): Promise<void> }> => {
  await writeFile(fileIn(folder), JSON.stringify(running));
  return { close: () => rm(fileIn(folder), { force: true }) };
};

/** What was noted; undefined if nothing was, or if nothing answers there: one that was killed has left it. */
export const runningIn = async (folder: string): Promise<Running | undefined> => {
  try {
    const noted: unknown = JSON.parse(await readFile(fileIn(folder), "utf8"));
    if (!isObject(noted) || typeof noted.worker !== "string") return undefined;
    // Any answer will do.
    await fetch(noted.worker, { signal: AbortSignal.timeout(patience) });
    return { worker: noted.worker, console: typeof noted.console === "string" ? noted.console : null };
  } catch {
    return undefined;
  }
};
