import type { Params } from "./workflow.ts";
import { type Bindings, readSettings } from "../settings.ts";

/** The workflow's binding, as far as it is used. */
export type Starter = { create(options: { id: string; params?: Params }): Promise<unknown> };

/**
 * Starts the daily reconciliation. Without a key for Clerk's Backend API it says so, and does nothing.
 *
 * @param at when the cron was due, in milliseconds since 1970: one that is fired twice starts one run
 */
export const startReconciliation = async (
  bindings: Bindings,
  workflow: Starter | undefined,
  at: number,
): Promise<void> => {
  const settings = readSettings(bindings);
  if (settings.kind === "misconfigured") {
    const { kind: error, ...details } = settings;
    return console.error(JSON.stringify({ job: "reconcile", error, ...details }));
  }
  if (settings.clerk === undefined) return skip("CLERK_SECRET_KEY is not set");
  if (workflow === undefined) return skip("wrangler.toml has no workflow with the binding RECONCILE");
  const id = `reconcile-${new Date(at).toISOString().slice(0, 16).replace(/\D/g, "-")}`;
  await start(workflow, id, { kind: "reconcile" });
};

const skip = (reason: string): void => console.log(JSON.stringify({ job: "reconcile", skipped: reason }));

/** Starts an instance. A step or a cron that is repeated finds that it was started. */
export const start = async (workflow: Starter, id: string, params: Params): Promise<void> => {
  try {
    await workflow.create({ id, params });
  } catch (error) {
    if (!(error instanceof Error && /already exists/i.test(error.message))) throw error;
  }
};
