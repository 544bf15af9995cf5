import { isNeon, readConnectionString } from "./connection-string.ts";
import { isTableName } from "./entities/index.ts";
import { type Omitted, parseOmitted } from "./entities/omit.ts";
import type { Metrics } from "./metrics.ts";
import type { App } from "./outbox/call.ts";
import { type AppSettings, readAppSettings, wordsOf } from "./outbox/settings.ts";
import { fail, isNotSet, type Misconfigured, misconfigured, ok, type Result } from "./result.ts";
import { decodeSecret } from "./signing-secret.ts";

/** The part of a Cloudflare Queues producer that the Worker uses. */
export type EventQueue = { send(body: string, options: { contentType: "text" }): Promise<unknown> };

/**
 * The bindings that the Worker reads. Those of `bindingNames` are strings: secrets set with `wrangler secret put`, variables
 * of wrangler.toml, or `.dev.vars` locally.
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
  /** The app that is told of changes, if it is a Worker: see docs/outbox.md. */
  APP?: App;
  /** Its address, if it is not. */
  MIRROR_NOTIFY_URL?: string;
  /** The secret that signs what is sent there. */
  MIRROR_NOTIFY_SECRET?: string;
  /** Tables whose changes it is told of, separated by commas or spaces (default users, organizations and memberships). */
  MIRROR_NOTIFY_TABLES?: string;
  /** Whether it is told of what a backfill copies: `true` or `false` (default). */
  MIRROR_NOTIFY_BACKFILL?: string;
  /** What Cloudflare knows of the version that runs: `[version_metadata]` of wrangler.toml. */
  VERSION?: { id: string; tag: string; timestamp: string };
  /** If it is bound, a data point per delivery is written there. */
  METRICS?: Metrics;
  /** Where a message is posted when the copy is not healthy, and when it is again. */
  MIRROR_ALERT_URL?: string;
  /** Who sends it as a bearer token may ask `/health?deep`. */
  MIRROR_HEALTH_TOKEN?: string;
  /** Who sends it as a bearer token may ask `/api/ensure`: see docs/ensure.md. */
  MIRROR_ENSURE_TOKEN?: string;
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
  "MIRROR_NOTIFY_URL",
  "MIRROR_NOTIFY_SECRET",
  "MIRROR_NOTIFY_TABLES",
  "MIRROR_NOTIFY_BACKFILL",
  "MIRROR_ALERT_URL",
  "MIRROR_HEALTH_TOKEN",
  "MIRROR_ENSURE_TOKEN",
  "CLERK_API_URL",
  "NEON_FETCH_ENDPOINT",
] as const satisfies (keyof Bindings)[];

type Texts = { [Name in (typeof bindingNames)[number]]?: string };

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
  /** The app that is told of changes, if there is one. */
  app: AppSettings | undefined;
};

/** What a setting must be, if it is set, and what is said if it is not. */
type Form = readonly [isOne: (text: string) => boolean, otherwise: string];

const like = (form: RegExp, otherwise: string): Form => [(text) => form.test(text), otherwise];

const within = (least: number, most: number, of: string): Form => [
  (text) => Number.isInteger(Number(text)) && Number(text) >= least && Number(text) <= most,
  `must be a whole number of ${of} from ${least} to ${most}`,
];

const httpsUrl = (of: string): Form => [
  (text) => /^https:|^http:..(localhost|127\.0\.0\.1)[:/]/.test(URL.parse(text)?.href ?? ""),
  `is not an https URL; it is the address of ${of}`,
];

const flag = like(/^(true|false)$/, "must be true or false");

const localUrl: Form = [
  (text) => /^https?:/.test(URL.parse(text)?.protocol ?? ""),
  "is not an http or https URL; remove it, unless this is local development",
];

const token = like(
  /^[\w.~+/=-]{24,}$/,
  "is not at least 24 letters and digits; make one with `openssl rand -base64 32`",
);

const forms: { [Name in keyof Texts]?: Form } = {
  CLERK_INSTANCE_ID: like(
    /^ins_[A-Za-z0-9]+$/,
    "is not of the form ins_…; copy it from the instance_id of one of Clerk's events",
  ),
  CLERK_SECRET_KEY: like(/^sk_[A-Za-z0-9_]+$/, "is not of the form sk_…; copy it from API keys in Clerk's dashboard"),
  CLERK_API_URL: localUrl,
  NEON_FETCH_ENDPOINT: localUrl,
  MIRROR_LEDGER_DAYS: within(1, 36_500, "days"),
  MIRROR_PAGE_SIZE: within(1, 500, "objects"),
  MIRROR_SUBREQUESTS: within(30, 10_000, "requests"),
  MIRROR_SESSIONS: flag,
  MIRROR_BILLING: flag,
  MIRROR_NOTIFY_URL: httpsUrl("a route of your app"),
  MIRROR_NOTIFY_TABLES: [
    (text) => wordsOf(text).every(isTableName),
    "names a table that the copy does not have; docs/schema.md has them all",
  ],
  MIRROR_NOTIFY_BACKFILL: flag,
};

/** Of what deliveries do not need: a mistake in one of these stops none. */
const besides = {
  MIRROR_ALERT_URL: httpsUrl("an incoming webhook, as Slack gives it"),
  MIRROR_HEALTH_TOKEN: token,
  MIRROR_ENSURE_TOKEN: token,
} satisfies { [Name in keyof Texts]?: Form };

/**
 * Reads the bindings, or says which one is wrong and what to do about it. No secret has a default, and a weak one is
 * refused: anybody can forge an HMAC with an empty or short key.
 */
export const readSettings = (bindings: Bindings): Result<Settings, Misconfigured> => {
  const texts: Texts = {};
  for (const name of bindingNames) {
    const value: unknown = bindings[name];
    // What stands in wrangler.toml without quotes is one of the latter two.
    if (typeof value === "string" || typeof value === "boolean" || typeof value === "number") {
      texts[name] = String(value).trim() || undefined;
    } else if (value !== undefined) return wrong(name, "is not a text");
    const text = texts[name];
    const [isOne, otherwise] = forms[name] ?? [];
    if (text !== undefined && isOne?.(text) === false) return wrong(name, otherwise ?? "");
  }

  if (texts.DATABASE_URL === undefined) return wrong("DATABASE_URL", isNotSet("DATABASE_URL"));
  const databaseUrl = readConnectionString(texts.DATABASE_URL);
  if (!databaseUrl.ok) return wrong("DATABASE_URL", databaseUrl.failure);
  if (texts.NEON_FETCH_ENDPOINT === undefined && !isNeon(databaseUrl.value)) {
    return wrong(
      "DATABASE_URL",
      "has a host that is not Neon's (….neon.tech); another Postgres needs a gateway, NEON_FETCH_ENDPOINT",
    );
  }

  const signingSecrets: Uint8Array<ArrayBuffer>[] = [];
  for (const secret of texts.CLERK_WEBHOOK_SIGNING_SECRET?.split(/\s+/) ?? []) {
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
    return wrong("CLERK_WEBHOOK_SIGNING_SECRET", isNotSet("CLERK_WEBHOOK_SIGNING_SECRET"));
  }

  const omitted = parseOmitted(texts.MIRROR_OMIT ?? "");
  if ("wrong" in omitted) {
    const remedy =
      omitted.meant.length > 0
        ? `with its table it is ${omitted.meant.join(" or ")}`
        : "docs/schema.md says which can, as table.column";
    return wrong(
      "MIRROR_OMIT",
      `names ${/^[\w.]{1,64}$/.test(omitted.wrong) ? JSON.stringify(omitted.wrong) : "something"}, which cannot be omitted; ${remedy}`,
    );
  }

  const app = readAppSettings(bindings.APP, texts);
  if (!app.ok) return app;

  const secretKey = texts.CLERK_SECRET_KEY;
  const clerkUrl = texts.CLERK_API_URL ?? "https://api.clerk.com/v1";
  return ok({
    databaseUrl: databaseUrl.value,
    signingSecrets,
    instanceId: texts.CLERK_INSTANCE_ID,
    omitted: omitted.omitted,
    ledgerDays: Number(texts.MIRROR_LEDGER_DAYS ?? 30),
    clerk: secretKey === undefined ? undefined : { secretKey, url: clerkUrl.replace(/\/+$/, "") },
    pageSize: Number(texts.MIRROR_PAGE_SIZE ?? 100),
    subrequests: Number(texts.MIRROR_SUBREQUESTS ?? 50),
    hasSessions: texts.MIRROR_SESSIONS === "true",
    hasBilling: texts.MIRROR_BILLING === "true",
    neonFetchEndpoint: texts.NEON_FETCH_ENDPOINT,
    app: app.value,
  });
};

type Beside = keyof typeof besides;

const besideOf = (bindings: Bindings, name: Beside): string => {
  const value: unknown = bindings[name];
  return typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
};

/** A setting that deliveries do not need; undefined if it is not set, or is wrong. */
export const settingOf = (bindings: Bindings, name: Beside): string | undefined => {
  const text = besideOf(bindings, name);
  return besides[name][0](text) ? text : undefined;
};

/** What is wrong with it, if it is set. */
export const wrongIn = (bindings: Bindings, name: Beside): Misconfigured | undefined =>
  besideOf(bindings, name) === "" || settingOf(bindings, name) !== undefined
    ? undefined
    : misconfigured(name, besides[name][1]);

const wrong = (setting: keyof Bindings, reason: string) => fail(misconfigured(setting, reason));
