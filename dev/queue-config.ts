import { CommandError } from "../cli/command-error.ts";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The lines that switch queue mode on, if the "# " before them is removed. */
const block = /^# \[\[queues\.producers\]\]\n(?:# .+\n)+/m;

/** Writes a copy of wrangler.toml with queue mode switched on, in a temporary folder. */
export const startQueueConfig = async (): Promise<{ path: string; close(): Promise<void> }> => {
  const text = await readFile(join(root, "wrangler.toml"), "utf8");
  const commented = block.exec(text)?.[0];
  if (commented === undefined)
    throw new CommandError(
      'wrangler.toml has no commented-out block of queues. If queue mode is on, put "# " before its lines for this.',
    );
  const on = text
    .replace(commented, commented.replaceAll(/^# /gm, ""))
    .replace('main = "src/index.ts"', `main = ${JSON.stringify(join(root, "src/index.ts"))}`);
  const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-queue-"));
  const path = join(folder, "wrangler.toml");
  await writeFile(path, on);
  return { path, close: () => rm(folder, { recursive: true, force: true }) };
};
