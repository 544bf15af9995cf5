import type { Alert } from "../database/health.ts";
import { errorOf, log } from "../log.ts";
import { post } from "../post.ts";
import { type DatabaseFailure, internal } from "../result.ts";
import type { ServicesOf } from "../services.ts";
import { type Bindings, settingOf, wrongIn } from "../settings.ts";
import { withTimeout } from "../timeout.ts";
import { readiness, reasonOf } from "./check.ts";

/** Milliseconds. The cron that asked is over by then, and the next one asks again. */
const alertDeadline = 10_000;

/** Milliseconds. More than an app has for its answer. */
const jobPatience = 20_000;

/**
 * Waits for a cron's job, and asks for alerts when it is done: what it has mended is no reason any more. A job that takes long, or
 * throws, silences nothing, and an alert that throws is not the job's failure.
 *
 * @throws what the job throws
 */
export const alertAfter = async (
  job: Promise<void>,
  alert: () => Promise<void>,
  patience = jobPatience,
): Promise<void> => {
  await withTimeout(Promise.allSettled([job]), patience, undefined);
  await alert().catch((error: unknown) => log({ job: "alert", ...errorOf(internal(error)) }, "error"));
  await job;
};

/**
 * Posts a message to `MIRROR_ALERT_URL` when the copy's health turns bad, and when it is good again. What was said is kept in
 * the database, so that it is said once. If the database is away, or cannot be used, this isolate remembers.
 */
export const createAlert = (servicesOf: ServicesOf, deadline = alertDeadline) => {
  let isAwayTold = false;

  const send = async (url: string, { text, codes }: Alert): Promise<boolean> => {
    const answer = await post(url, JSON.stringify({ text }), deadline);
    const isTold = !("failure" in answer);
    if (isTold) log({ job: "alert", codes });
    else log({ job: "alert", codes, error: "alert", cause: answer.failure }, "error");
    return isTold;
  };

  /** Of what the database cannot tell, or cannot keep. */
  const sendAway = async (url: string, failure: DatabaseFailure): Promise<void> => {
    const { code, text, next } = reasonOf(failure);
    if (!isAwayTold) isAwayTold = await send(url, { text: `clerk-mirror: ${text}. Next: ${next}`, codes: [code] });
  };

  return async (bindings: Bindings): Promise<void> => {
    const wrong = wrongIn(bindings, "MIRROR_ALERT_URL");
    if (wrong !== undefined) return log({ job: "alert", ...errorOf(wrong) }, "error");
    const url = settingOf(bindings, "MIRROR_ALERT_URL");
    if (url === undefined) return;
    // A second time, since the first one may have woken a database that slept.
    let ready = await readiness(servicesOf(bindings));
    if (!ready.ok) ready = await readiness(servicesOf(bindings));
    if (!ready.ok) return sendAway(url, ready.failure);
    const { health, settings } = ready.value;
    const due = await health.alert(settings.instanceId);
    if (!due.ok) return sendAway(url, due.failure);
    if (due.value !== null) {
      const isTold = await send(url, due.value);
      if (isTold) isAwayTold = false;
      const settled = await health.settle(due.value, isTold);
      // Then it is said once more.
      if (!settled.ok) log({ job: "alert", ...errorOf(settled.failure) }, "error");
    } else if (isAwayTold) {
      isAwayTold = !(await send(url, { text: "clerk-mirror: the database answers again.", codes: [] }));
    }
  };
};
