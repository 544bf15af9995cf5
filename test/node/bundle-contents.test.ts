import { execFile } from "node:child_process";
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startOwnConfig } from "../../dev/own-config.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The packages that run in production. Another one is a decision. */
const packages = ["@neondatabase/serverless", "drizzle-orm", "hono"];

type Metafile = { outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }> };

/** The files that the Worker's bundle is made of, as paths from the root. */
const bundled = async (): Promise<string[]> => {
  const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-contents-"));
  const config = await startOwnConfig(true);
  try {
    const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
    await promisify(execFile)(
      process.execPath,
      [wrangler, "deploy", "--dry-run", "--config", config.path, "--outdir", folder, "--metafile"],
      { cwd: root },
    );
    // The paths in it start from the configuration's folder.
    const base = await realpath(dirname(config.path));
    const { outputs } = JSON.parse(await readFile(join(folder, "bundle-meta.json"), "utf8")) as Metafile;
    return Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([path, { bytesInOutput }]) =>
        bytesInOutput > 0 ? [relative(root, resolve(base, path))] : [],
      ),
    );
  } finally {
    await config.close();
    await rm(folder, { recursive: true, force: true });
  }
};

test("the Worker is made of src and three packages, and of nothing that commands, development or tests need", async () => {
  const paths = await bundled();
  const packageOf = (path: string): string | undefined => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
  expect([...new Set(paths.flatMap((path) => packageOf(path) ?? []))].toSorted()).toEqual(packages);
  const own = paths.filter((path) => packageOf(path) === undefined);
  expect(own).toContain("src/index.ts");
  expect(own.filter((path) => !path.startsWith("src/"))).toEqual([]);
  // The tables of your app's queries: the Worker has its SQL in functions.
  expect(own).not.toContain("src/schema.ts");
  // Of drizzle-orm nothing for another driver.
  expect(paths.filter((path) => /\/drizzle-orm\/(node-postgres|pglite|postgres-js|migrator)/.test(path))).toEqual([]);
});
