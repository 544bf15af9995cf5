/** More histories than `npm test` plays, or one of them again: `npm run test:chaos -- --seed N --count N`. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const help = `Plays random histories of a Clerk instance, with duplicates, disorder, concurrency and faults,
and compares the copy with an independent fold.

  npm run test:chaos -- [options]

  --seed N    the first history; any without it
  --count N   how many; 10000 without it
  --help

A history that fails names its seed. To play it again: npm run test:chaos -- --seed N --count 1
`;

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
    count: { type: "string", default: "10000" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(help);
  process.exit(0);
}
for (const [name, value] of Object.entries({ seed: options.seed, count: options.count })) {
  if (!/^[0-9]{1,10}$/.test(value)) {
    console.error(`--${name} takes a whole number, not ${value}`);
    process.exit(1);
  }
}

const root = new URL("..", import.meta.url);
const child = spawn(
  process.execPath,
  [
    fileURLToPath(new URL("node_modules/vitest/vitest.mjs", root)),
    "run",
    "--project",
    "worker",
    "test/worker/chaos.test.ts",
  ],
  {
    cwd: fileURLToPath(root),
    stdio: "inherit",
    env: { ...process.env, CHAOS_SEED: options.seed, CHAOS_COUNT: options.count },
  },
);
child.once("exit", (code) => process.exit(code ?? 1));
