import { type Compare, compareWith } from "./database/compare.ts";
import { connect, type Database, databaseDeadline } from "./database/connect.ts";
import { type Health, healthIn } from "./database/health.ts";
import { type Merge, mergeInto } from "./database/merge.ts";
import { type Outbox, outboxIn, type Told } from "./database/outbox.ts";
import { type Runs, runsIn } from "./database/runs.ts";
import { nameVersion } from "./log.ts";
import { callBinding, callUrl } from "./outbox/call.ts";
import type { AppSettings } from "./outbox/settings.ts";
import { byOne, tellApp } from "./outbox/tell.ts";
import { fail, isNotSet, type Misconfigured, misconfigured, ok, type Result } from "./result.ts";
import { type Bindings, type EventQueue, readSettings, type Settings } from "./settings.ts";
import { type Clerk, connectToClerk } from "./sync/clerk-api.ts";
import { importedOnce, type SigningKey } from "./webhook/verify.ts";

/** Everything that the doors work with, made of the bindings. */
export type Services = {
  settings: Settings;
  /** Imports the signing secrets, the first time. */
  keys: () => Promise<readonly SigningKey[]>;
  database: Database;
  merge: Merge;
  compare: Compare;
  runs: Runs;
  outbox: Outbox;
  health: Health;
  /** Tells the app of what is due, in at most so many calls; undefined if there is no app. */
  tell: ((mostCalls: number, cron?: string) => Promise<void>) | undefined;
  /** The same after a change, in a few calls, by one at a time in this isolate. */
  tellSoon: (() => Promise<void>) | undefined;
  /** Clerk's Backend API, if there is a key for it. */
  clerk: Clerk | undefined;
  /** If it is bound, deliveries wait here for their merge. */
  queue: EventQueue | undefined;
  deadQueue: EventQueue | undefined;
  deadlines: Deadlines;
};

/** Milliseconds that each request may take. */
export type Deadlines = { database: number; clerk: number; app?: number };

const usualDeadlines: Deadlines = { database: databaseDeadline, clerk: 30_000 };

export type ServicesOf = (bindings: Bindings) => Result<Services, Misconfigured>;

/**
 * Gives the services of bindings, and names the Worker's version to the log. They are made once, at the first call, since
 * bindings do not change while an isolate lives.
 */
export const services = (deadlines = usualDeadlines): ServicesOf => {
  const known = new WeakMap<Bindings, Services>();
  return (bindings) => {
    const made = known.get(bindings);
    if (made !== undefined) return ok(made);
    nameVersion(bindings.VERSION?.id);
    const settings = readSettings(bindings);
    if (!settings.ok) return settings;
    const created = servicesWith(settings.value, deadlines, bindings);
    known.set(bindings, created);
    return ok(created);
  };
};

/** @param told what the app is told of, if it is not the settings' */
export const servicesWith = (
  settings: Settings,
  deadlines = usualDeadlines,
  { EVENTS: queue, DEAD_EVENTS: deadQueue }: Pick<Bindings, "EVENTS" | "DEAD_EVENTS"> = {},
  told: Told | undefined = settings.app,
): Services => {
  const database = connect(settings.databaseUrl, settings.neonFetchEndpoint, deadlines.database);
  const outbox = outboxIn(database);
  const tell = settings.app === undefined ? undefined : tellWith(settings.app, outbox, deadlines.app);
  return {
    settings,
    keys: importedOnce(settings.signingSecrets),
    database,
    merge: mergeInto(database, told),
    compare: compareWith(database, told),
    runs: runsIn(database),
    outbox,
    health: healthIn(database),
    tell,
    tellSoon: tell === undefined ? undefined : byOne(() => tell(callsSoon)),
    clerk: settings.clerk === undefined ? undefined : connectToClerk({ ...settings.clerk, deadline: deadlines.clerk }),
    queue,
    deadQueue,
    deadlines,
  };
};

/** Calls of the app at a time in the invocation of a delivery, each with a request to the database. */
const callsSoon = 1;

const tellWith = (app: AppSettings, outbox: Outbox, deadline?: number) => {
  const { to } = app;
  const callApp = "app" in to ? callBinding(to.app, deadline) : callUrl(to.url, to.secret, deadline);
  return (mostCalls: number, cron?: string) => tellApp({ outbox, told: app, callApp }, mostCalls, cron);
};

/** Services of which Clerk's Backend API is one. */
export type ServicesWithClerk = Services & { clerk: Clerk };

export const withClerk = ({ clerk, ...rest }: Services): Result<ServicesWithClerk, Misconfigured> =>
  clerk === undefined ? fail(misconfigured("CLERK_SECRET_KEY", isNotSet("CLERK_SECRET_KEY"))) : ok({ ...rest, clerk });
