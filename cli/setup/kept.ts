import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What setup keeps for the next time, in a folder that git ignores. Only the owner of the files may read them. */
const folder = new URL("../../.setup/", import.meta.url);

/**
 * What was done. Of secrets only hashes: they say whether the Worker has this one, and nothing else. What setup keeps a hash of
 * is random and long, so nobody finds it by trying.
 */
export type Kept = {
  /** The Worker's name: what follows is of this one. */
  worker: string;
  /** Its address, for example `https://clerk-mirror.example.workers.dev`. */
  url?: string | undefined;
  hashes: Record<string, string>;
  /** When the signing secret was set, by the database's clock. */
  webhookSince?: string | undefined;
};

export const hashOf = (name: string, value: string): string =>
  createHash("sha256").update(`${name}=${value}`).digest("hex");

/** Empty for a Worker that setup does not know. */
export const readKept = (worker: string): Kept => {
  const empty: Kept = { worker, hashes: {} };
  try {
    const kept = JSON.parse(readKeptFile("setup.json") ?? "{}") as Partial<Kept>;
    return kept.worker === worker ? { ...empty, ...kept, worker } : empty;
  } catch {
    return empty;
  }
};

export const writeKept = (kept: Kept): void => writeKeptFile("setup.json", `${JSON.stringify(kept, null, 2)}\n`);

/** The text of a file; undefined if there is none. */
export const readKeptFile = (name: string): string | undefined => {
  try {
    return readFileSync(new URL(name, folder), "utf8");
  } catch {
    return undefined;
  }
};

export const writeKeptFile = (name: string, text: string): void => {
  mkdirSync(fileURLToPath(folder), { recursive: true });
  writeFileSync(new URL(name, folder), text, { mode: 0o600 });
};

/** Makes a file that was written beside another one take its place. */
export const replaceKeptFile = (name: string, by: string): void =>
  renameSync(new URL(by, folder), new URL(name, folder));

/** Its path for a person, from the repository's root. */
export const keptPath = (name: string): string => `.setup/${name}`;
