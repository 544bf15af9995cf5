/** Builds the Worker as `wrangler deploy` does, and fails if it is larger than a cold start should parse. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Less than 1.145 of the handler after Clerk's guide, which is 82.21: see docs/benchmarks.md. Telling an app took 2.1, health and
 * alerts 1.9, the version and metrics 0.3, `/api/ensure` 0.6.
 */
const limitKibibytes = 93.9;

const outdir = mkdtempSync(join(tmpdir(), "clerk-mirror-bundle-"));
try {
  const output = execFileSync(
    process.execPath,
    ["node_modules/wrangler/bin/wrangler.js", "deploy", "--dry-run", "--outdir", outdir],
    { cwd: fileURLToPath(new URL("..", import.meta.url)), encoding: "utf8" },
  );
  const size = /gzip: ([\d.]+) KiB/.exec(output)?.[1];
  if (size === undefined) throw new Error(`wrangler did not say how large the bundle is:\n${output}`);
  console.log(`The bundle is ${size} KiB gzip; the limit is ${limitKibibytes}.`);
  process.exitCode = Number(size) < limitKibibytes ? 0 : 1;
} finally {
  rmSync(outdir, { recursive: true });
}
