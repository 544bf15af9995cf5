import { type Omitted, parseOmitted } from "./entities/omit.ts";
import { fail, type Misconfigured, misconfigured, ok, type Result } from "./result.ts";

/** The part of a Cloudflare Queues producer that the Worker uses. */
export type EventQueue = { send(body: string, options: { contentType: "text" }): Promise<unknown> };

/**
 * The bindings that the Worker reads. All except the queues are strings: secrets set with `wrangler secret put`,
 * variables of wrangler.toml, or `.dev.vars` locally.
 */
export type Bindings = {
  DATABASE_URL?: string;
  CLERK_WEBHOOK_SIGNING_SECRET?: string;
  /** Deliveries of any other instance change nothing. */
  CLERK_INSTANCE_ID?: string;
  /** Columns that are never stored, as `table.column`, separated by commas or spaces. */
  MIRROR_OMIT?: string;
  /** Days that a line of the ledger is kept (default 30). */
  MIRROR_LEDGER_DAYS?: string;
  /** The secret of Clerk's Backend API: enables backfill, reconcile and ensure. */
  CLERK_SECRET_KEY?: string;
  /** Objects per page of Clerk's lists (default 100). */
  MIRROR_PAGE_SIZE?: string;
  /** Requests that an instance of the workflow may make (default 50, the limit of Workers Free). */
  MIRROR_SUBREQUESTS?: string;
  /** Whether to reconcile users' sessions too, with one request per user: `true` or `false` (default). */
  MIRROR_SESSIONS?: string;
  /** Whether to reconcile subscriptions and payment attempts too, with one request per payer and statement: the same. */
  MIRROR_BILLING?: string;
  /** If it is bound, deliveries are queued and merged many at a time. */
  EVENTS?: EventQueue;
  /** Receives the queued deliveries that Postgres refuses. */
  DEAD_EVENTS?: EventQueue;
  /** Local development and tests only: the address of the Backend API. */
  CLERK_API_URL?: string;
  /** Local development and tests only: the address of a gateway that speaks Neon's HTTP protocol. */
  NEON_FETCH_ENDPOINT?: string;
};

/** The names of all bindings that are strings. */
export const bindingNames = [
  "DATABASE_URL",
  "CLERK_WEBHOOK_SIGNING_SECRET",
  "CLERK_INSTANCE_ID",
  "MIRROR_OMIT",
  "MIRROR_LEDGER_DAYS",
  "CLERK_SECRET_KEY",
  "MIRROR_PAGE_SIZE",
  "MIRROR_SUBREQUESTS",
  "MIRROR_SESSIONS",
  "MIRROR_BILLING",
  "CLERK_API_URL",
  "NEON_FETCH_ENDPOINT",
] as const satisfies (keyof Bindings)[];

export type Settings = {
  databaseUrl: string;
  /** The decoded bytes of each secret. */
  signingSecrets: Uint8Array<ArrayBuffer>[];
  instanceId: string | undefined;
  omitted: Omitted;
  ledgerDays: number;
  /** The Backend API, if there is a key for it. */
  clerk: { secretKey: string; url: string } | undefined;
  /** Objects per page of Clerk's lists. */
  pageSize: number;
  /** Requests that an instance of the workflow may make. */
  subrequests: number;
  hasSessions: boolean;
  hasBilling: boolean;
  neonFetchEndpoint: string | undefined;
};

/**
 * Reads the bindings, or says which one is wrong and what to do about it. No secret has a default, and a weak one is
 * refused: anybody can forge an HMAC with an empty or short key.
 */
export const readSettings = (bindings: Bindings): Result<Settings, Misconfigured> => {
  for (const name of bindingNames) {
    if (bindings[name] !== undefined && typeof bindings[name] !== "string") {
      return wrong(name, "is not a string; put its value in quotes in wrangler.toml");
    }
  }

  const databaseUrl = bindings.DATABASE_URL?.trim();
  if (!databaseUrl) {
    return wrong("DATABASE_URL", "is not set; set it with `npx wrangler secret put DATABASE_URL`");
  }
  if (!isConnectionString(databaseUrl)) {
    return wrong(
      "DATABASE_URL",
      "is not of the form postgresql://user:password@host/database; copy the connection string from Neon's console",
    );
  }

  const signingSecrets: Uint8Array<ArrayBuffer>[] = [];
  for (const secret of bindings.CLERK_WEBHOOK_SIGNING_SECRET?.split(/\s+/).filter(Boolean) ?? []) {
    const bytes = decodeSecret(secret);
    if (bytes === undefined) {
      return wrong(
        "CLERK_WEBHOOK_SIGNING_SECRET",
        "has a secret that is not whsec_ and then at least 24 bytes in base64; copy it from the endpoint's page in Clerk's dashboard",
      );
    }
    signingSecrets.push(bytes);
  }
  if (signingSecrets.length === 0) {
    return wrong(
      "CLERK_WEBHOOK_SIGNING_SECRET",
      "is not set; set it with `npx wrangler secret put CLERK_WEBHOOK_SIGNING_SECRET`",
    );
  }

  const instanceId = bindings.CLERK_INSTANCE_ID?.trim() || undefined;
  if (instanceId !== undefined && !/^ins_[A-Za-z0-9]+$/.test(instanceId)) {
    return wrong(
      "CLERK_INSTANCE_ID",
      "is not of the form ins_…; copy it from the instance_id of one of Clerk's events",
    );
  }

  const omitted = parseOmitted(bindings.MIRROR_OMIT ?? "");
  if ("wrong" in omitted) {
    return wrong(
      "MIRROR_OMIT",
      `names ${JSON.stringify(omitted.wrong)}, which cannot be omitted; docs/schema.md says which columns can`,
    );
  }

  const ledgerDays = wholeNumber(bindings.MIRROR_LEDGER_DAYS, 30, 1, 36_500);
  if (ledgerDays === undefined) return wrong("MIRROR_LEDGER_DAYS", "must be a whole number of days from 1 to 36500");

  const secretKey = bindings.CLERK_SECRET_KEY?.trim() || undefined;
  if (secretKey !== undefined && !/^sk_[A-Za-z0-9_]+$/.test(secretKey)) {
    return wrong("CLERK_SECRET_KEY", "is not of the form sk_…; copy it from API keys in Clerk's dashboard");
  }
  const clerkUrl = bindings.CLERK_API_URL?.trim() || "https://api.clerk.com/v1";
  if (!/^https?:/.test(URL.parse(clerkUrl)?.protocol ?? "")) {
    return wrong("CLERK_API_URL", "is not an http or https URL; remove it, unless this is local development");
  }

  const pageSize = wholeNumber(bindings.MIRROR_PAGE_SIZE, 100, 1, 500);
  if (pageSize === undefined) return wrong("MIRROR_PAGE_SIZE", "must be a whole number of objects from 1 to 500");
  const subrequests = wholeNumber(bindings.MIRROR_SUBREQUESTS, 50, 30, 10_000);
  if (subrequests === undefined) {
    return wrong("MIRROR_SUBREQUESTS", "must be a whole number of requests from 30 to 10000");
  }

  const hasSessions = flag(bindings.MIRROR_SESSIONS);
  if (hasSessions === undefined) return wrong("MIRROR_SESSIONS", "must be true or false");
  const hasBilling = flag(bindings.MIRROR_BILLING);
  if (hasBilling === undefined) return wrong("MIRROR_BILLING", "must be true or false");

  const neonFetchEndpoint = bindings.NEON_FETCH_ENDPOINT?.trim() || undefined;
  if (neonFetchEndpoint !== undefined && !URL.canParse(neonFetchEndpoint)) {
    return wrong("NEON_FETCH_ENDPOINT", "is not a URL; remove it, unless this is local development");
  }

  return ok({
    databaseUrl,
    signingSecrets,
    instanceId,
    omitted: omitted.omitted,
    ledgerDays,
    clerk: secretKey === undefined ? undefined : { secretKey, url: clerkUrl.replace(/\/+$/, "") },
    pageSize,
    subrequests,
    hasSessions,
    hasBilling,
    neonFetchEndpoint,
  });
};

const wrong = (setting: keyof Bindings, reason: string) => fail(misconfigured(setting, reason));

const flag = (text: string | undefined): boolean | undefined =>
  ({ true: true, false: false, "": false })[text?.trim() ?? ""];

const wholeNumber = (text: string | undefined, otherwise: number, least: number, most: number): number | undefined => {
  const number = Number(text?.trim() || otherwise);
  return Number.isInteger(number) && number >= least && number <= most ? number : undefined;
};

/** Whether it has what the Neon driver needs: a user, a password, a host and a database that can all be decoded. */
const isConnectionString = (value: string): boolean => {
  const url = URL.parse(value);
  return (
    url !== null &&
    /^postgres(ql)?:$/.test(url.protocol) &&
    // As the driver parses it.
    URL.canParse(value.replace(/^\w+:/, "http:")) &&
    [url.username, url.password, url.hostname, url.pathname.slice(1)].every((part) => part !== "" && isDecodable(part))
  );
};

const isDecodable = (part: string): boolean => {
  try {
    return !/\p{Cc}/u.test(decodeURIComponent(part));
  } catch {
    return false;
  }
};

/** Uses `atob`: the commands read settings in Node, which does not have `Uint8Array.fromBase64` yet. */
const decodeSecret = (secret: string): Uint8Array<ArrayBuffer> | undefined => {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  if (base64 === undefined || base64.replace(/=+$/, "").length % 4 === 1) return undefined;
  const bytes = Uint8Array.from(atob(base64.replace(/=+$/, "")), (character) => character.charCodeAt(0));
  return bytes.length >= 24 ? bytes : undefined;
};
