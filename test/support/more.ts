import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/**
 * Runs a file of test/worker with a seed and a count of one's own.
 *
 * @param name of the file, and of the environment's variables that test/support/setup.ts reads
 * @param count unless `--count` says another
 */
export const playMore = (name: string, help: string, seed: number, count: number): void => {
  const { values: options } = parseArgs({
    options: {
      seed: { type: "string", default: String(seed) },
      count: { type: "string", default: String(count) },
      help: { type: "boolean", default: false },
    },
  });
  if (options.help) {
    console.log(help);
    return;
  }
  for (const [option, value] of Object.entries({ seed: options.seed, count: options.count })) {
    if (!/^[0-9]{1,10}$/.test(value)) {
      console.error(`--${option} takes a whole number, not ${value}`);
      process.exitCode = 2;
      return;
    }
  }
  const root = new URL("../..", import.meta.url);
  const vitest = fileURLToPath(new URL("node_modules/vitest/vitest.mjs", root));
  const child = spawn(process.execPath, [vitest, "run", "--project", "worker", `test/worker/${name}.test.ts`], {
    cwd: fileURLToPath(root),
    stdio: "inherit",
    env: {
      ...process.env,
      [`${name.toUpperCase()}_SEED`]: options.seed,
      [`${name.toUpperCase()}_COUNT`]: options.count,
    },
  });
  child.once("exit", (code) => process.exit(code ?? 1));
};
