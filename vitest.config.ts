import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { startOwnConfig } from "./dev/own-config.ts";
import { hushBrokenConnections } from "./test/support/broken-connections.ts";
import { leakReporter } from "./test/support/leaks.ts";

hushBrokenConnections();

/** More than anything takes on a machine that is slow or busy: who meets this limit hangs, and no test has another. */
const hangs = 20 * 60_000;

/**
 * What takes longer than `npm test` should. `npm run test:all`, whose mode is "all", runs the rest: of the worker's long
 * files the cases that `npm test` leaves out, and the other long files whole.
 */
const long = {
  worker: ["chaos", "convergence", "convergence-queue", "fuzz", "outbox-histories", "verify-mutations"].map(
    (name) => `test/worker/${name}.test.ts`,
  ),
  node: [
    "apps-additions",
    "apps-drizzle",
    "backfill-races",
    "bench-queries",
    "console-verdict",
    "db-check",
    "deploy",
    "nothing-missed",
    "outbox-killed",
    "outbox-runs",
    "own-settings",
    "rotation",
    "run-limits",
    "setup",
    "setup-terminal",
    "workflow-killed",
    "workflow-restart",
  ].map((name) => `test/node/${name}.test.ts`),
  browser: ["accessible", "keyboard", "many-users"].map((name) => `test/browser/${name}.test.ts`),
};

/** Runs when all others have ended: it measures how long something takes that a person waits for. */
const alone = "test/browser/start.test.ts";

/** Whatever their owner has set in wrangler.toml. */
const own = await startOwnConfig(false);
process.once("exit", () => rmSync(dirname(own.path), { recursive: true, force: true }));

export default defineConfig(({ mode }) => {
  const isRest = mode === "all";
  const common = {
    testTimeout: hangs,
    hookTimeout: hangs,
    expect: { poll: { timeout: hangs, interval: 50 } },
    provide: { isRest },
  };
  return {
    test: {
      silent: "passed-only",
      reporters: ["default", leakReporter()],
      // Most files wait most of the time: for a database, for a process that starts, for a deadline that passes.
      maxWorkers: 3,
      projects: [
        {
          plugins: [
            cloudflareTest(({ inject }) => ({
              wrangler: { configPath: own.path },
              // All of them here, since the plugin reads .dev.vars too.
              miniflare: {
                bindings: {
                  DATABASE_URL: inject("databaseUrl"),
                  NEON_FETCH_ENDPOINT: inject("endpoint"),
                  CLERK_WEBHOOK_SIGNING_SECRET: inject("signingSecret"),
                },
              },
            })),
          ],
          test: {
            ...common,
            name: "worker",
            include: isRest ? long.worker : ["test/worker/**/*.test.ts"],
            globalSetup: "./test/support/setup.ts",
            setupFiles: ["shared-deadlines", "documented-log"].map((name) => `./test/support/worker/${name}.ts`),
          },
        },
        {
          test: {
            ...common,
            name: "node",
            include: isRest ? long.node : ["test/node/**/*.test.ts"],
            exclude: isRest ? [] : long.node,
            execArgv: ["--import", new URL("test/support/node/quick-imports.mjs", import.meta.url).href],
          },
        },
        {
          test: {
            ...common,
            name: "browser",
            // Of the last, how it looks in the other half of colours and widths.
            include: isRest ? [...long.browser, "test/browser/production.test.ts"] : ["test/browser/**/*.test.ts"],
            exclude: isRest ? [] : [...long.browser, alone],
          },
        },
        {
          test: {
            ...common,
            name: "alone",
            include: isRest ? [] : [alone],
            sequence: { groupOrder: 1 },
          },
        },
      ],
    },
  };
});
