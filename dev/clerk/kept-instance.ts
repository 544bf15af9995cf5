import { randomInt } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createInstance, type Instance } from "./instance.ts";
import { readSnapshot } from "./snapshot.ts";

/** An instance that is kept in a folder, and goes on where it was. */
export type KeptInstance = {
  instance: Instance;
  /** Where it comes from: a snapshot that was there, or there was none, or one that cannot be read. */
  origin: "kept" | "new" | "unreadable";
  /** Writes what is not written yet. No change after this is kept. */
  close(): Promise<void>;
};

export const snapshotIn = (folder: string): string => join(folder, "clerk.snapshot");

/** Milliseconds between two writes, and how many times as long as the last one took to make: 10,000 users take 150 ms. */
const pauseMilliseconds = 1000;
const pauseFactor = 20;

/** The instance that `npm run trigger` sends events of. */
const id = "ins_local";

/** @param users how many it is made with, if none is kept */
export const openInstance = async (folder: string, users: number): Promise<KeptInstance> => {
  const file = snapshotIn(folder);
  const bytes = await readFile(file).catch(() => undefined);
  const snapshot = bytes === undefined ? undefined : readSnapshot(bytes);
  // Another seed each time: the latest changes may be in the copy, and be lost here.
  const instance = createInstance({ seed: snapshot === undefined ? 1 : randomInt(2 ** 32), id }, snapshot);
  if (snapshot === undefined) instance.populate(users, Math.ceil(users / 10));

  let isChanged = snapshot === undefined;
  let writing: Promise<void> | undefined;
  const stopping = new AbortController();

  const write = async (): Promise<number> => {
    isChanged = false;
    const began = performance.now();
    const next = instance.snapshot();
    const milliseconds = performance.now() - began;
    await mkdir(folder, { recursive: true });
    // If the process is killed meanwhile, the file holds either the earlier state or this one.
    await writeFile(`${file}.new`, next);
    await rename(`${file}.new`, file);
    return milliseconds;
  };
  const writeAndPause = async (): Promise<void> => {
    // A change is many steps, and tells of itself amid them.
    await sleep(0, undefined, { signal: stopping.signal });
    const milliseconds = await write();
    const pause = Math.max(pauseMilliseconds, milliseconds * pauseFactor);
    await sleep(pause, undefined, { signal: stopping.signal });
  };
  /** Writes now, or when the pause after the last time is over. A full disk does not end it: the next time has all of it. */
  const keep = (): void => {
    writing ??= writeAndPause()
      .catch(() => {})
      .finally(() => {
        writing = undefined;
        if (isChanged && !stopping.signal.aborted) keep();
      });
  };

  const forget = instance.onEvent(() => {
    isChanged = true;
    keep();
  });
  if (isChanged) keep();
  return {
    instance,
    origin: snapshot !== undefined ? "kept" : bytes === undefined ? "new" : "unreadable",
    close: async () => {
      forget();
      stopping.abort();
      await writing;
      if (isChanged) await write();
    },
  };
};
