import { WorkerEntrypoint, WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import { NonRetryableError } from "cloudflare:workflows";
import { addEnsure } from "./ensure-route.ts";
import { alertAfter, createAlert } from "./health/alert.ts";
import { messageOf } from "./log.ts";
import type { Result } from "./result.ts";
import { services, withClerk } from "./services.ts";
import type { Bindings } from "./settings.ts";
import { ensure, type EnsureOptions, type OrganizationRow, type UserRow } from "./sync/ensure.ts";
import { isDaily, runDaily, start, tellDue } from "./sync/schedule.ts";
import { type Params, runWorkflow, wrongParameter } from "./sync/workflow.ts";
import { createWebhook } from "./webhook/app.ts";
import { createConsumer } from "./webhook/consumer.ts";

/** The Worker's doors. */

type Env = Bindings & { RECONCILE?: Workflow<Params> };

const servicesOf = services();
const webhook = createWebhook(servicesOf);
addEnsure(webhook);
const consume = createConsumer(servicesOf);
const alert = createAlert(servicesOf);

export default {
  fetch: webhook.fetch,
  queue: async ({ messages }, env, ctx) => {
    await consume(messages, env);
    // Not awaited: messages are acknowledged when this returns, and an app that hangs does not hold that up.
    const made = servicesOf(env);
    if (made.ok && made.value.tellSoon !== undefined) ctx.waitUntil(made.value.tellSoon());
  },
  scheduled: async ({ cron, scheduledTime }, env) => {
    const using = servicesOf(env);
    const job = isDaily(cron) ? runDaily(using, env.RECONCILE, cron, scheduledTime) : tellDue(using, cron);
    await alertAfter(job, () => alert(env));
  },
} satisfies ExportedHandler<Env>;

/** For other Workers, by a service binding: see docs/ensure.md. */
export class Mirror extends WorkerEntrypoint<Env> {
  /** The row of a user: from the copy if it is new enough, else from Clerk; null if Clerk has no such user. */
  ensureUser(id: string, options?: EnsureOptions): Promise<UserRow | null> {
    return ensure(this.env, this.ctx, "users", id, options);
  }

  /** The same for an organization. */
  ensureOrganization(id: string, options?: EnsureOptions): Promise<OrganizationRow | null> {
    return ensure(this.env, this.ctx, "organizations", id, options);
  }
}

/** Backfill and reconciliation, a page per step. */
export class Reconcile extends WorkflowEntrypoint<Env, Params> {
  override async run(event: WorkflowEvent<Params | undefined>, steps: WorkflowStep): Promise<void> {
    const params = event.payload ?? {};
    const wrong = wrongParameter(params);
    if (wrong !== undefined) throw new NonRetryableError(`${wrong}: unknown parameter or invalid value`);
    const using = unwrap(withClerk(unwrap(servicesOf(this.env))));
    unwrap(
      await runWorkflow(steps, {
        instanceId: event.instanceId,
        params,
        services: using,
        settings: using.settings,
        start: async (id, next) => {
          if (this.env.RECONCILE !== undefined) await start(this.env.RECONCILE, id, next);
        },
      }),
    );
  }
}

/** A workflow that fails says why in its status. */
const unwrap = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new NonRetryableError(messageOf(result.failure));
  return result.value;
};
