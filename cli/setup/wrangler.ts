import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { isObject } from "../../src/json.ts";
import { CommandError } from "../command-error.ts";
import type { Lifetime } from "../lifetime.ts";

/** The part of wrangler that setup uses. It runs with the person's terminal, so it may ask, for example for an account. */
export type Wrangler = {
  /** The names of the accounts; undefined if nobody is logged in. */
  accounts(): Promise<string[] | undefined>;
  login(): Promise<boolean>;
  /** @returns the Worker's https addresses, or undefined if it failed, and wrangler has said why */
  deploy(): Promise<string[] | undefined>;
  /** The names of the Worker's secrets, or why there are none to tell. */
  secretNames(): Promise<Set<string> | NoNames>;
  /** Sets secrets by standard input: arguments are seen by others on this machine. @returns whether it worked */
  putSecrets(secrets: Readonly<Record<string, string>>): Promise<boolean>;
};

/** `said` is what wrangler said, without a secret; undefined if there is no such Worker yet. */
export type NoNames = { said: string | undefined };

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Of no use to wrangler. */
const withheld = new Set(["DATABASE_URL", "CLERK_SECRET_KEY", "CLERK_WEBHOOK_SIGNING_SECRET"]);

type Stdio = "inherit" | "pipe" | "ignore";

export const wranglerIn = (life: Lifetime): Wrangler => {
  const run = async (
    parameters: readonly string[],
    { input, output = "inherit", env = {} }: { input?: string; output?: Stdio; env?: Record<string, string> } = {},
  ): Promise<{ isOk: boolean; stdout: string; stderr: string }> => {
    const child = spawn("wrangler", parameters, {
      cwd: root,
      stdio: [input === undefined ? (output === "inherit" ? "inherit" : "ignore") : "pipe", output, output],
      env: {
        ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !withheld.has(name))),
        PATH: [process.env.PATH, join(root, "node_modules/.bin")].join(delimiter),
        ...env,
      },
    });
    const exited = once(child, "exit");
    await life.start(
      Promise.resolve({
        close: async () => {
          if (child.exitCode === null && child.signalCode === null) child.kill();
          await exited.catch(() => {});
        },
      }),
    );
    // If it ends before it has read them.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
    const [stdout, stderr] = await Promise.all([
      child.stdout === null ? "" : text(child.stdout),
      child.stderr === null ? "" : text(child.stderr),
      exited.catch(() => {
        throw new CommandError("wrangler cannot be started. Install it with `npm ci`, then run setup again.");
      }),
    ]);
    return { isOk: child.exitCode === 0, stdout, stderr };
  };

  return {
    accounts: async () => {
      const { isOk, stdout } = await run(["whoami", "--json"], { output: "pipe" });
      const answer = jsonIn(stdout);
      if (!isOk || !isObject(answer) || answer.loggedIn !== true) return undefined;
      const accounts: unknown[] = Array.isArray(answer.accounts) ? answer.accounts : [];
      return accounts.flatMap((account) => (isObject(account) ? [String(account.name)] : []));
    },
    login: async () => (await run(["login"])).isOk,
    deploy: async () => {
      const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-deploy-"));
      const path = join(folder, "output.ndjson");
      try {
        // Where it writes what it did for programs: its output stays the person's.
        const { isOk } = await run(["deploy"], { env: { WRANGLER_OUTPUT_FILE_PATH: path } });
        return isOk ? addressesIn(await readFile(path, "utf8").catch(() => "")) : undefined;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    secretNames: async () => {
      const { isOk, stdout, stderr } = await run(["secret", "list", "--format", "json"], { output: "pipe" });
      const secrets = jsonIn(stdout);
      if (!isOk || !Array.isArray(secrets)) return { said: noWorker.test(stderr) ? undefined : withoutSecrets(stderr) };
      return new Set(secrets.flatMap((secret: unknown) => (isObject(secret) ? [String(secret.name)] : [])));
    },
    putSecrets: async (secrets) => (await run(["secret", "bulk"], { input: JSON.stringify(secrets) })).isOk,
  };
};

/** Cloudflare's number for a Worker that does not exist. */
const noWorker = /\[code: 10007\]/;

/**
 * What wrangler says of an error, as plain text. It knows no secret of the Worker's, only how to log in to Cloudflare: that of the
 * environment is left out, and whatever else has the form of a secret or of a connection string.
 */
export const withoutSecrets = (said: string): string => {
  const own = Object.entries(process.env).flatMap(([name, value = ""]) =>
    /^(CLOUDFLARE|CF)_.*(TOKEN|KEY)$/.test(name) || withheld.has(name) ? [value.trim()] : [],
  );
  const hidden = own
    .filter((value) => value !== "")
    .reduce((shown, value) => shown.replaceAll(value, "…"), stripVTControlCharacters(said));
  return hidden.replaceAll(/\b(sk_|whsec_)\S+|\b\w+:\/\/[^\s/@]*@\S*|\bBearer \S+/g, "…").trim();
};

/** The Worker's addresses, of the lines of JSON that wrangler writes. */
const addressesIn = (lines: string): string[] =>
  lines.split("\n").flatMap((line) => {
    const entry = jsonIn(line);
    if (!isObject(entry) || entry.type !== "deploy" || !Array.isArray(entry.targets)) return [];
    return entry.targets.filter((target): target is string => typeof target === "string" && /^https?:/.test(target));
  });

/** Wrangler may print a notice before its answer. */
const jsonIn = (output: string): unknown => {
  try {
    return JSON.parse(output.slice(Math.max(0, output.search(/[[{]/))));
  } catch {
    return undefined;
  }
};
