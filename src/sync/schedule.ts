import { type Cron, prune } from "../database/prune.ts";
import { errorOf, log } from "../log.ts";
import type { Misconfigured, Result } from "../result.ts";
import type { Services } from "../services.ts";
import type { Params } from "./workflow.ts";

/** The part of the workflow's binding that is used. */
export type Starter = { create(options: { id: string; params?: Params }): Promise<unknown> };

/** Whether a cron is for the daily job: it names hours. Any other tells the app what is due. */
export const isDaily = (cron: string): boolean => !/^\S+ \* /.test(cron);

/**
 * Calls of the app in one invocation of the cron. Each has a request to the database, and the last another one. Workers Free
 * gives an invocation 10 ms of CPU, and a hundred changes take 2 to 3. What an invocation has asked stays in memory to its end,
 * some 40 KB a call, so the rest is for the next one.
 */
const callsOf = (subrequests: number): number =>
  subrequests > 50 ? Math.min(500, Math.floor((subrequests - 1) / 2)) : 2;

/** What the cron of the outbox does. */
export const tellDue = async (services: Result<Services, Misconfigured>, cron: string): Promise<void> => {
  if (!services.ok) return log({ job: "outbox", ...errorOf(services.failure) }, "error");
  const { tell, settings } = services.value;
  await tell?.(callsOf(settings.subrequests), cron);
};

/**
 * What the cron does once a day.
 *
 * @param at when it was due, in milliseconds since 1970
 */
export const runDaily = async (
  services: Result<Services, Misconfigured>,
  workflow: Starter | undefined,
  cron: string,
  at: number,
): Promise<void> => {
  const has_key = services.ok && services.value.clerk !== undefined && workflow !== undefined;
  await pruneLedger(services, { pattern: cron, has_key });
  // Commands would go on writing for it.
  if (services.ok && services.value.tell === undefined) await services.value.outbox.forget();
  await startReconciliation(services, workflow, at);
};

/** Deletes the lines of the ledger that are older than `MIRROR_LEDGER_DAYS`, and logs how many they were. */
const pruneLedger = async (services: Result<Services, Misconfigured>, cron: Cron): Promise<void> => {
  const { failure, ...pruned } = services.ok
    ? await prune(services.value.database, services.value.settings.ledgerDays, cron)
    : { pruned: 0, failure: services.failure };
  if (failure === undefined) log({ job: "prune", ...pruned });
  else log({ job: "prune", ...pruned, ...errorOf(failure) }, "error");
};

/**
 * Starts the daily reconciliation. Without a key for Clerk's Backend API it only says so.
 *
 * @param at when the cron was due, in milliseconds since 1970: one that is fired twice starts one run
 */
export const startReconciliation = async (
  services: Result<Services, Misconfigured>,
  workflow: Starter | undefined,
  at: number,
): Promise<void> => {
  if (!services.ok) return log({ job: "reconcile", ...errorOf(services.failure) }, "error");
  if (services.value.clerk === undefined) return skip("CLERK_SECRET_KEY is not set");
  if (workflow === undefined) return skip("wrangler.toml has no workflow with the binding RECONCILE");
  const id = `reconcile-${new Date(at).toISOString().slice(0, 16).replace(/\D/g, "-")}`;
  await start(workflow, id, { kind: "reconcile" });
};

const skip = (reason: string): void => log({ job: "reconcile", skipped: reason });

/** Starts an instance. A step or a cron that is repeated finds that it was started. */
export const start = async (workflow: Starter, id: string, params: Params): Promise<void> => {
  try {
    await workflow.create({ id, params });
  } catch (error) {
    if (!(error instanceof Error && /already exists/i.test(error.message))) throw error;
  }
};
