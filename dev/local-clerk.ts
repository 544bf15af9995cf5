import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startBackendApi } from "./clerk/backend-api.ts";
import type { Instance } from "./clerk/instance.ts";
import { type KeptInstance, openInstance } from "./clerk/kept-instance.ts";

/** The Backend API of a simulated Clerk, and a key that it takes. */
export type LocalClerk = { url: string; secretKey: string };

/** The same in the process that it runs in. */
export type StartedClerk = LocalClerk & Pick<KeptInstance, "origin"> & { instance: Instance; close(): Promise<void> };

/** Where its address is kept while it runs, so that a command finds it. */
const fileIn = (folder: string): string => join(folder, "clerk.json");

const secretKey = "sk_test_simulated";

/** Starts the one that is kept in the folder, or one with so many invented users. */
export const startLocalClerk = async (folder: string, users: number): Promise<StartedClerk> => {
  const kept = await openInstance(folder, users);
  const api = await startBackendApi(kept.instance, { secretKey });
  await mkdir(folder, { recursive: true });
  await writeFile(fileIn(folder), JSON.stringify({ url: api.url, secretKey }));
  return {
    url: api.url,
    secretKey,
    instance: kept.instance,
    origin: kept.origin,
    close: async () => {
      await rm(fileIn(folder), { force: true });
      await api.close();
      await kept.close();
    },
  };
};

/** That of the `npm run dev` that runs in this folder; undefined if there is none. */
export const joinLocalClerk = async (folder: string): Promise<LocalClerk | undefined> => {
  try {
    const clerk = JSON.parse(await readFile(fileIn(folder), "utf8")) as LocalClerk;
    // One that was killed has left it.
    await fetch(clerk.url);
    return clerk;
  } catch {
    return undefined;
  }
};
