import { isNoted } from "../database/health.ts";
import type { Merged } from "../database/merge.ts";
import { withoutOmitted } from "../entities/omit.ts";
import { fail, internal, type Misconfigured, misconfigured, ok, type Result } from "../result.ts";
import type { Services } from "../services.ts";
import { readBody } from "./body.ts";
import { isSample, ledgerLine, parseDelivery } from "./delivery.ts";
import { enqueue } from "./enqueue.ts";
import { readSignature, type Signature, verify } from "./verify.ts";

/** Which delivery a request is about, as far as it is known. Each is of a form that holds nothing else. */
export type About = { id?: string; type?: string; occurredAt?: number };

/** Committed by the merge, waiting in the queue, or a sample of Clerk's dashboard, of which nothing is kept. */
export type Accepted =
  | Pick<Merged, "outcome" | "attempts">
  | { outcome: "queued" }
  | { outcome: "ignored"; sample: true };

/**
 * A delivery's whole way, from the door to the row. What costs nothing comes first: anybody can send headers and a body.
 *
 * @param about is filled as it becomes known which delivery it is
 * @param after takes what goes on when the sender has its answer
 */
export const accept = async (
  request: Request,
  servicesFor: () => Result<Services, Misconfigured>,
  about: About,
  after: (job: Promise<unknown>) => void,
): Promise<Result<Accepted>> => {
  const made = servicesFor();
  if (!made.ok) return made;
  const services = made.value;

  const signature = readSignature(request.headers, Math.floor(Date.now() / 1000));
  if (!signature.ok) return signature;
  about.id = signature.value.id;

  const body = await readBody(request);
  if (!body.ok) return body;

  const verified = await verify(signature.value, body.value, await services.keys());
  if (!verified.ok) return verified;

  const taken = await take(services, signature.value, body.value, about, after).catch((error: unknown) =>
    fail(internal(error)),
  );
  if (!taken.ok && isNoted(taken.failure)) after(services.health.refuse(about, taken.failure));
  return taken;
};

/** The rest of the way of a delivery that Clerk has signed. */
const take = async (
  services: Services,
  signature: Signature,
  body: Uint8Array,
  about: About,
  after: (job: Promise<unknown>) => void,
): Promise<Result<Accepted>> => {
  const parsed = parseDelivery(signature, body);
  if (!parsed.ok) {
    if ("type" in parsed.failure) about.type = parsed.failure.type;
    return parsed;
  }
  about.type = parsed.value.type;
  about.occurredAt = parsed.value.occurredAt;
  if (isSample(parsed.value)) return ok({ outcome: "ignored", sample: true });

  const { instanceId, omitted } = services.settings;
  // It was signed with a secret of ours, and each instance has its own: so the setting is wrong, and nothing may be lost.
  if (instanceId !== undefined && (parsed.value.instanceId ?? instanceId) !== instanceId) {
    return fail(misconfigured("CLERK_INSTANCE_ID", `is not the instance of this delivery, ${parsed.value.instanceId}`));
  }

  const delivery = { ...parsed.value, changes: withoutOmitted(parsed.value.changes, omitted) };
  if (services.queue !== undefined) {
    const queued = await enqueue(services.queue, delivery, services.deadlines.database);
    if (queued.ok) return ok({ outcome: "queued" });
    if (queued.failure.kind === "unavailable") return queued;
  }
  const merged = await services.merge(delivery.changes, [ledgerLine(delivery)]);
  if (!merged.ok) return merged;
  const [line] = merged.value;
  if (line === undefined) return fail({ kind: "unavailable", cause: "answer" });
  if (line.is_told === true && services.tellSoon !== undefined) after(services.tellSoon());
  return ok({ outcome: line.outcome, attempts: line.attempts });
};
