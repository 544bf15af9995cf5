import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startBackendApi } from "./clerk/backend-api.ts";
import { createInstance } from "./clerk/instance.ts";

/** The Backend API of a simulated Clerk, and a key that it takes. */
export type LocalClerk = { url: string; secretKey: string };

/** Where its address is kept while it runs, so that a command finds it. */
const fileIn = (folder: string): string => join(folder, "clerk.json");

const secretKey = "sk_test_simulated";

/** Starts one with so many invented users, of the instance that `npm run trigger` sends events of. */
export const startLocalClerk = async (
  folder: string,
  users: number,
): Promise<LocalClerk & { close(): Promise<void> }> => {
  const instance = createInstance({ seed: 1, id: "ins_local" });
  instance.populate(users, Math.ceil(users / 10));
  const api = await startBackendApi(instance, { secretKey });
  await mkdir(folder, { recursive: true });
  await writeFile(fileIn(folder), JSON.stringify({ url: api.url, secretKey }));
  return {
    url: api.url,
    secretKey,
    close: async () => {
      await rm(fileIn(folder), { force: true });
      await api.close();
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
