import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyRepository, start } from "../support/node/commands.ts";

/** With `--json` a command leaves one document on stdout, also if it could not do its work. */

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await copyRepository());
});
afterAll(() => remove());

const commands: readonly (readonly string[])[] = [
  ["cli/status.ts"],
  ["cli/db-check.ts"],
  ["cli/db-migrate.ts"],
  ["cli/outbox.ts"],
  ["cli/erase.ts", "--user", "user_1"],
  ["cli/sync.ts", "backfill"],
  ["cli/sync.ts", "reconcile"],
];

/** What is wrong, what it is told in, and the exit code. */
const wrongs: readonly [string, readonly string[], RegExp, number][] = [
  ["without DATABASE_URL", [], /DATABASE_URL is not set/, 1],
  ["with an unknown option", ["--nope"], /There is no option --nope/, 2],
];

describe.for(commands)("%s", (command) => {
  test.for(wrongs)("says as JSON what is wrong %s", async ([, options, expected, exitCode]) => {
    const env = { DATABASE_URL: "", CLERK_SECRET_KEY: "" };
    const { code, stdout } = await start(process.execPath, [...command, "--json", ...options], { cwd: folder, env })
      .ended;
    expect(code).toBe(exitCode);
    const said = JSON.parse(stdout) as {
      error?: string;
      isHealthy?: boolean;
      reasons?: { text: string; next: string }[];
    };
    if (command[0] === "cli/status.ts") {
      expect(said.isHealthy).toBe(false);
      expect(said.reasons).toEqual([
        { code: expect.any(String), text: expect.stringMatching(expected), next: expect.any(String) },
      ]);
    } else expect(said).toEqual({ error: expect.stringMatching(expected) });
    // The help is for a person.
    expect(stdout).not.toContain("--help\n");
  });
});

test("a command that wants no JSON writes nothing to stdout if it fails", async () => {
  const { code, stdout, stderr } = await start(process.execPath, ["cli/outbox.ts"], {
    cwd: folder,
    env: { DATABASE_URL: "" },
  }).ended;
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain("DATABASE_URL is not set");
});
