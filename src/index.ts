import { WorkerEntrypoint, WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import { NonRetryableError } from "cloudflare:workflows";
import { contextOf } from "./sync/context.ts";
import { ensure, type EnsureOptions, type OrganizationRow, type UserRow } from "./sync/ensure.ts";
import { describe } from "./failure.ts";
import { prune } from "./database/prune.ts";
import { createConsumer } from "./webhook/consumer.ts";
import { start, startReconciliation } from "./sync/schedule.ts";
import { type Bindings, readSettings } from "./settings.ts";
import { createWebhook } from "./webhook/app.ts";
import { type Params, runWorkflow, wrongParameter } from "./sync/workflow.ts";

/** The Worker's doors. What is behind them stands in the other files. */

type Env = Bindings & { RECONCILE?: Workflow<Params> };

const webhook = createWebhook();
const consume = createConsumer();

export default {
  fetch: webhook.fetch,
  queue: ({ messages }, env) => consume(messages, env),
  scheduled: async ({ scheduledTime }, env) => {
    await prune(env);
    await startReconciliation(env, env.RECONCILE, scheduledTime);
  },
} satisfies ExportedHandler<Env>;

/** For other Workers, by a service binding: see docs/ensure.md. */
export class Mirror extends WorkerEntrypoint<Env> {
  /** The row of a user: from the copy where it is new enough, else from Clerk; null where Clerk has no such user. */
  ensureUser(id: string, options?: EnsureOptions): Promise<UserRow | null> {
    return ensure(this.env, this.ctx, "users", id, options);
  }

  /** The same for an organization. */
  ensureOrganization(id: string, options?: EnsureOptions): Promise<OrganizationRow | null> {
    return ensure(this.env, this.ctx, "organizations", id, options);
  }
}

/** Backfill and reconciliation, a page a step. */
export class Reconcile extends WorkflowEntrypoint<Env, Params> {
  override async run(event: WorkflowEvent<Params | undefined>, steps: WorkflowStep): Promise<void> {
    const wrong = wrongParameter(event.payload ?? {});
    if (wrong !== undefined) {
      throw new NonRetryableError(`${wrong} is no parameter, or has a wrong value`);
    }
    const settings = readSettings(this.env);
    const context = settings.kind === "settings" ? contextOf(settings) : settings;
    if (settings.kind === "misconfigured") throw new NonRetryableError(describe(settings));
    if (context.kind === "misconfigured") throw new NonRetryableError(describe(context));

    const ended = await runWorkflow(steps, {
      instanceId: event.instanceId,
      params: event.payload ?? {},
      context,
      hasSessions: settings.hasSessions,
      subrequests: settings.subrequests,
      start: async (id, params) => {
        if (this.env.RECONCILE !== undefined) await start(this.env.RECONCILE, id, params);
      },
    });
    if (ended.kind !== "done" && ended.kind !== "continued") throw new NonRetryableError(describe(ended));
  }
}
