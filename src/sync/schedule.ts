import { prune } from "../database/prune.ts";
import { errorOf, log } from "../log.ts";
import type { Misconfigured, Result } from "../result.ts";
import type { Services } from "../services.ts";
import type { Params } from "./workflow.ts";

/** The part of the workflow's binding that is used. */
export type Starter = { create(options: { id: string; params?: Params }): Promise<unknown> };

/** What the cron does once a day. */
export const runDaily = async (
  services: Result<Services, Misconfigured>,
  workflow: Starter | undefined,
  at: number,
): Promise<void> => {
  await pruneLedger(services);
  await startReconciliation(services, workflow, at);
};

/** Deletes the lines of the ledger that are older than `MIRROR_LEDGER_DAYS`, and logs how many they were. */
export const pruneLedger = async (services: Result<Services, Misconfigured>): Promise<void> => {
  const { failure, ...pruned } = services.ok
    ? await prune(services.value.database, services.value.settings.ledgerDays)
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
