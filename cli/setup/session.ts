import type { Lifetime } from "../lifetime.ts";
import type { Ask } from "./ask.ts";
import type { Kept } from "./kept.ts";
import type { Wrangler } from "./wrangler.ts";

/** In the order in which they run. */
export const stepNames = [
  "database",
  "migrate",
  "roles",
  "clerk",
  "settings",
  "deploy",
  "secrets",
  "webhook",
  "delivery",
  "backfill",
] as const;

export type StepName = (typeof stepNames)[number];

/** What the steps share: how to ask, what was given, and what earlier steps have found. */
export type Session = {
  life: Lifetime;
  ask: Ask;
  /** The same, but `--yes` does not answer it. */
  askAnyway: Ask;
  wrangler: Wrangler;
  skips: ReadonlySet<StepName>;
  given: Given;
  kept: Kept;
  /** Whether wrangler is, once it was asked. */
  isLoggedIn: boolean;
  /** The database, as its owner, once it was found. */
  database?: OwnDatabase;
  /** The Worker's own connection string, if the roles step knows it. */
  workerDatabaseUrl?: string;
  clerk?: OwnClerk;
};

/** What flags, the environment and `.dev.vars` say. */
export type Given = {
  /** With where it comes from. */
  databaseUrl: { text: string; from: string } | undefined;
  secretKey: { text: string; from: string } | undefined;
  signingSecret: string | undefined;
  workerUrl: string | undefined;
  hasNewPasswords: boolean;
  /** Whether a signing secret that was given replaces the one that the Worker has. */
  isSecretReplaced: boolean;
  /** Whether `--yes` was given. */
  isAgreed: boolean;
  waitSeconds: number;
  clerkApiUrl: string | undefined;
  neonFetchEndpoint: string | undefined;
};

export type OwnDatabase = {
  /** As it was given, for HTTP. */
  url: string;
  /** For Postgres's client: see `directUrlOf`. */
  directUrl: string;
  /** Its host and database. */
  name: string;
  mayCreateRoles: boolean;
};

export type OwnClerk = { secretKey: string; instanceId: string };
