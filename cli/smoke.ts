/** `npm run smoke`: whether a deployed Worker takes what Clerk signs, and refuses what Clerk did not. */
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { decodeSecret } from "../src/signing-secret.ts";
import { CommandError } from "./command-error.ts";
import { readDevVars } from "./dev-vars.ts";
import { run } from "./lifetime.ts";
import { misused, readOptions } from "./options.ts";

const help = `Sends a deployed Worker a signed delivery, and one with a wrong signature: it must take the first only.

  npm run smoke -- --url https://clerk-mirror.example.workers.dev

The delivery has a type of its own, mirror.smoke, which the Worker ignores: all that it leaves is a line of the ledger.
CLERK_WEBHOOK_SIGNING_SECRET is read from the environment, else from .dev.vars. A new deploy takes some seconds to spread:
the test is repeated until it passes, for at most a minute.

  --url URL          the Worker's address, with or without /api/webhook
  --version ID       wait until the Worker's /health has this version, as wrangler deploy prints it
  --timeout SECONDS  how long the test is repeated (default 60)
  --json             print one line of JSON
  --help

Exit codes: 0 passed, 1 failed, with the reason, 2 invalid option.
`;

const { values: options } = readOptions(help, {
  url: { type: "string" },
  version: { type: "string" },
  timeout: { type: "string", default: "60" },
  json: { type: "boolean", default: false },
});

const webhook = URL.parse(options.url ?? misused(`--url is missing\n\n${help}`)) ?? misused("--url must be a URL");
if (!/^https?:$/.test(webhook.protocol)) misused("--url must begin with https://");
// A request could not be made with them, and they would be printed.
if (webhook.username !== "" || webhook.password !== "") misused("--url must have no user and no password");
if (webhook.pathname === "/") webhook.pathname = "/api/webhook";
const seconds = Number(options.timeout);
if (!(seconds >= 0)) misused("--timeout must be a number of seconds");

/** Milliseconds: that the Worker may take for an answer, as Svix allows it, and between two tries. */
const patience = 15_000;
const pause = 2_000;

type Answer = { status: number; body: Record<string, unknown> };
/** What the Worker answered, as far as the test came, and why it did not pass. */
type Tried = { version?: unknown; signed?: number; outcome?: unknown; forged?: number; failure?: string };

const ask = async (url: URL, init: RequestInit = {}): Promise<Answer> => {
  const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(patience), ...init });
  const body: unknown = await response.json().catch(() => null);
  return { status: response.status, body: typeof body === "object" && body !== null ? { ...body } : {} };
};

/** Each try is signed anew, as Svix does it, and is the same delivery. */
const id = `msg_smoke_${randomUUID().replaceAll("-", "")}`;
const deliver = (secret: Uint8Array): Promise<Answer> => {
  const body = JSON.stringify({ object: "event", type: "mirror.smoke", timestamp: Date.now(), data: {} });
  const at = String(Math.floor(Date.now() / 1000));
  const signature = createHmac("sha256", secret).update(`${id}.${at}.${body}`).digest("base64");
  const headers = {
    "content-type": "application/json",
    "svix-id": id,
    "svix-timestamp": at,
    "svix-signature": `v1,${signature}`,
  };
  return ask(webhook, { method: "POST", headers, body });
};

const attempt = async (secret: Uint8Array): Promise<Tried> => {
  const tried: Tried = {};
  if (options.version !== undefined) {
    const health = await ask(new URL("/health", webhook));
    tried.version = health.body.version;
    if (tried.version !== options.version) {
      return { ...tried, failure: `/health does not have version ${options.version} (${said(health)})` };
    }
  }
  const signed = await deliver(secret);
  tried.signed = signed.status;
  tried.outcome = signed.body.outcome;
  const isTaken =
    (signed.status === 200 && tried.outcome === "ignored") || (signed.status === 202 && tried.outcome === "queued");
  if (signed.status === 401) {
    return {
      ...tried,
      failure:
        "the Worker does not take the signature (401): CLERK_WEBHOOK_SIGNING_SECRET here is not one of the Worker's",
    };
  }
  if (!isTaken) return { ...tried, failure: `the Worker does not take a signed delivery (${said(signed)})` };
  const forged = await deliver(randomBytes(24));
  tried.forged = forged.status;
  return forged.status === 401
    ? tried
    : { ...tried, failure: `the Worker does not refuse a wrong signature with 401 (${said(forged)})` };
};

/** An answer, with what the Worker says of it, if it is the Worker. */
const said = ({ status, body: { error, setting, version } }: Answer): string =>
  [String(status), error, setting, version]
    .filter((part) => typeof part === "string" && /^[\w-]{1,64}$/.test(part))
    .join(" ");

const unanswered = (error: unknown): Tried => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const isLate = error instanceof Error && error.name === "TimeoutError";
  return { failure: `nothing answers at ${webhook.host} (${isLate ? "timeout" : code || "network"})` };
};

await run(async () => {
  const given = process.env.CLERK_WEBHOOK_SIGNING_SECRET || readDevVars().CLERK_WEBHOOK_SIGNING_SECRET;
  const [first] = given?.trim().split(/\s+/) ?? [];
  if (!first) {
    throw new CommandError(
      "CLERK_WEBHOOK_SIGNING_SECRET is not set; copy it from the endpoint's page in Clerk's dashboard to the environment or .dev.vars",
    );
  }
  const secret = decodeSecret(first);
  if (secret === undefined) {
    throw new CommandError("CLERK_WEBHOOK_SIGNING_SECRET is not whsec_ and then at least 24 bytes in base64");
  }

  const until = Date.now() + seconds * 1000;
  let tried = await attempt(secret).catch(unanswered);
  while (tried.failure !== undefined && Date.now() + pause <= until) {
    await setTimeout(pause);
    tried = await attempt(secret).catch(unanswered);
  }
  const isPassed = tried.failure === undefined;
  if (options.json) console.log(JSON.stringify({ passed: isPassed, url: webhook.href, delivery: id, ...tried }));
  else if (isPassed) {
    console.log(
      `${webhook.host} takes what is signed (${tried.signed}, ${String(tried.outcome)}) and nothing else (401).`,
    );
  } else console.error(`Failed: ${tried.failure}`);
  return isPassed ? 0 : 1;
});
