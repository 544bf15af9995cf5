import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The lines that switch queue mode on, if the "# " before them is removed. */
const block = /^# \[\[queues\.producers\]\]\n(?:# .+\n)+/m;

/** A wrangler.toml without what its owner has set there: variables, queue mode, an app and a dataset. */
export const withoutSettings = (text: string): string =>
  sectionsOf(text)
    .filter((section) => !/^\[(vars|\[services|\[analytics_engine_datasets)\]/.test(section) && !isQueue(section))
    .join("");

const sectionsOf = (text: string): string[] => text.split(/^(?=\[)/m);
const isQueue = (section: string): boolean => section.startsWith("[[queues.");

/** Writes such a copy, with queue mode or without it, in a temporary folder: what is tried here depends on no owner. */
export const startOwnConfig = async (hasQueue: boolean): Promise<{ path: string; close(): Promise<void> }> => {
  const text = await readFile(join(root, "wrangler.toml"), "utf8");
  const queues = block.exec(text)?.[0].replaceAll(/^# /gm, "") ?? sectionsOf(text).filter(isQueue).join("");
  const own = withoutSettings(text).replace(
    'main = "src/index.ts"',
    `main = ${JSON.stringify(join(root, "src/index.ts"))}`,
  );
  const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-config-"));
  const path = join(folder, "wrangler.toml");
  await writeFile(path, hasQueue ? `${own}\n${queues}` : own);
  return { path, close: () => rm(folder, { recursive: true, force: true }) };
};
