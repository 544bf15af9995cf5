import type { Reporter } from "vitest/node";
import { firstNames, lastNames } from "../../dev/clerk/users.ts";

/**
 * What no log and no terminal may tell, of the people and the secrets that tests have. The local Postgres and the simulated
 * Clerk have none to keep.
 */
const secrets: Readonly<Record<string, RegExp>> = {
  "an address": /[\w.+-]+@([\w-]+\.)*example\.(com|org|net)/,
  "a phone number": /\+1202555\d{4}/,
  "a name": new RegExp(`(?<!\\p{L})(${[...firstNames, ...lastNames].join("|")})(?!\\p{L})`, "u"),
  "a signing secret": /whsec_[A-Za-z0-9+/]{16}/,
  "a secret key": /sk_(test|live)_(?!simulated\b)\w+/,
  "a password": /hunter2|\/\/(?!user:password@host\/)[^\s/:@]+:[^\s/@]+@(?!127\.0\.0\.1|localhost)/,
};

/** What kind of secret is in a text; undefined if there is none. */
export const leakIn = (text: string): string | undefined =>
  Object.entries(secrets).find(([, form]) => form.test(text))?.[0];

/** Fails a run in which a line that was written to the console has one. */
export const leakReporter = (): Reporter => {
  const found: string[] = [];
  return {
    onUserConsoleLog: ({ content, taskId }) => {
      for (const line of content.split("\n")) {
        const leak = leakIn(line);
        if (leak !== undefined) found.push(`${leak}, by ${taskId ?? "no test"}: ${line.slice(0, 500)}`);
      }
    },
    onTestRunEnd: () => {
      if (found.length === 0) return;
      console.error(`\nThe log tells ${found.slice(0, 10).join("\n")}`);
      process.exitCode = 1;
    },
  };
};
