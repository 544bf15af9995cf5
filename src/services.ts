import { type Compare, compareWith } from "./database/compare.ts";
import { connect, type Database, databaseDeadline } from "./database/connect.ts";
import { type Merge, mergeInto } from "./database/merge.ts";
import { type Runs, runsIn } from "./database/runs.ts";
import { fail, type Misconfigured, misconfigured, ok, type Result } from "./result.ts";
import { type Bindings, type EventQueue, isNotSet, readSettings, type Settings } from "./settings.ts";
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
  /** Clerk's Backend API, if there is a key for it. */
  clerk: Clerk | undefined;
  /** If it is bound, deliveries wait here for their merge. */
  queue: EventQueue | undefined;
  deadQueue: EventQueue | undefined;
  deadlines: Deadlines;
};

/** Milliseconds that each request may take. */
export type Deadlines = { database: number; clerk: number };

const usualDeadlines: Deadlines = { database: databaseDeadline, clerk: 30_000 };

export type ServicesOf = (bindings: Bindings) => Result<Services, Misconfigured>;

/**
 * Gives the services of bindings. They are made once, at the first call, since bindings do not change while an isolate
 * lives.
 */
export const services = (deadlines = usualDeadlines): ServicesOf => {
  const known = new WeakMap<Bindings, Services>();
  return (bindings) => {
    const made = known.get(bindings);
    if (made !== undefined) return ok(made);
    const settings = readSettings(bindings);
    if (!settings.ok) return settings;
    const created = servicesWith(settings.value, deadlines, bindings);
    known.set(bindings, created);
    return ok(created);
  };
};

export const servicesWith = (
  settings: Settings,
  deadlines = usualDeadlines,
  { EVENTS: queue, DEAD_EVENTS: deadQueue }: Pick<Bindings, "EVENTS" | "DEAD_EVENTS"> = {},
): Services => {
  const database = connect(settings.databaseUrl, settings.neonFetchEndpoint, deadlines.database);
  return {
    settings,
    keys: importedOnce(settings.signingSecrets),
    database,
    merge: mergeInto(database),
    compare: compareWith(database),
    runs: runsIn(database),
    clerk: settings.clerk === undefined ? undefined : connectToClerk({ ...settings.clerk, deadline: deadlines.clerk }),
    queue,
    deadQueue,
    deadlines,
  };
};

/** Services of which Clerk's Backend API is one. */
export type ServicesWithClerk = Services & { clerk: Clerk };

export const withClerk = ({ clerk, ...rest }: Services): Result<ServicesWithClerk, Misconfigured> =>
  clerk === undefined ? fail(misconfigured("CLERK_SECRET_KEY", isNotSet("CLERK_SECRET_KEY"))) : ok({ ...rest, clerk });
