import { isNoted } from "../database/health.ts";
import { withoutOmitted } from "../entities/omit.ts";
import { errorOf, log } from "../log.ts";
import { measure, type Metrics } from "../metrics.ts";
import type { DatabaseFailure, Failure } from "../result.ts";
import type { Services, ServicesOf } from "../services.ts";
import type { Bindings } from "../settings.ts";
import { type Batch, batched } from "./batch.ts";
import { type Delivery, readMessage } from "./delivery.ts";
import { send } from "./enqueue.ts";

/**
 * The queue's consumer: merges a batch of deliveries in one call, and acknowledges it after the commit. A batch that comes
 * again is as good as once, since the law takes any number of duplicates.
 */

/** The part of Cloudflare's `Message` that is used. */
export type QueueMessage = {
  readonly body: unknown;
  /** How often it was delivered, this time included. */
  readonly attempts: number;
  ack(): void;
  retry(options: { delaySeconds: number }): void;
};

/** A message, and the delivery in it. */
type Queued = { message: QueueMessage; delivery: Delivery; length: number };

/** What became of the batch's messages. */
type Counts = { applied: number; stale: number; ignored: number; retried: number; dead: number; calls: number };

export const createConsumer =
  (servicesOf: ServicesOf) =>
  async (messages: readonly QueueMessage[], bindings: Bindings): Promise<void> => {
    const started = Date.now();
    const counts: Counts = { applied: 0, stale: 0, ignored: 0, retried: 0, dead: 0, calls: 0 };
    const services = servicesOf(bindings);
    if (!services.ok) retryAll(messages, counts);
    const failure = services.ok ? await consume(messages, services.value, counts, bindings.METRICS) : services.failure;
    const line = { job: "queue", messages: messages.length, ...counts, ms: Date.now() - started };
    if (failure === undefined) log(line);
    else log({ ...line, ...errorOf(failure) }, "error");
  };

/** Merges messages. Gives what kept some of them from being merged, if anything did. */
const consume = async (
  messages: readonly QueueMessage[],
  services: Services,
  counts: Counts,
  metrics: Metrics | undefined,
): Promise<Failure | undefined> => {
  const queued: Queued[] = [];
  for (const message of messages) {
    const delivery = readMessage(message.body);
    if (delivery === undefined) {
      await sendToDeadLetters([message], services, counts, { error: "malformed" });
      continue;
    }
    // Once more: a column may have been omitted since.
    const changes = withoutOmitted(delivery.changes, services.settings.omitted);
    queued.push({ message, delivery: { ...delivery, changes }, length: String(message.body).length });
  }

  const queuedOf = Map.groupBy(queued, ({ delivery }) => delivery.id);
  const messagesOf = (batch: Batch): Queued[] => batch.deliveries.flatMap(({ id }) => queuedOf.get(id) ?? []);
  const batches = batched(queued);
  let failure: DatabaseFailure | undefined;
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
    const own = messagesOf(batch);
    // A database that did not answer is not asked again for the rest of the batch.
    if (failure !== undefined) {
      retryAll(messagesIn(own), counts);
      continue;
    }
    counts.calls += 1;
    const asked = Date.now();
    const merged = await services.merge(batch.changes, batch.lines);
    if (merged.ok) {
      const ms = Date.now() - asked;
      for (const { id, outcome } of merged.value) {
        counts[outcome] += 1;
        for (const { delivery } of queuedOf.get(id) ?? []) measure(metrics, { ...delivery, outcome, ms, status: 0 });
      }
      for (const { message } of own) message.ack();
    } else if (merged.failure.kind !== "refused") {
      ({ failure } = merged);
      const [delivery] = batch.deliveries;
      // One stands for all of them, if the database answers.
      if (delivery !== undefined && isNoted(failure)) await services.health.refuse(delivery, failure);
      retryAll(messagesIn(own), counts);
    } else if (batch.deliveries.length > 1) {
      batches.unshift(...halves(batch, own));
    } else {
      const [delivery] = batch.deliveries;
      const line = { id: delivery?.id, type: delivery?.type, ...errorOf(merged.failure) };
      if (delivery !== undefined) await services.health.refuse(delivery, merged.failure);
      await sendToDeadLetters(messagesIn(own), services, counts, line);
    }
  }
  return failure;
};

const messagesIn = (queued: readonly Queued[]): QueueMessage[] => queued.map(({ message }) => message);

/** One of a batch's deliveries is refused, and Postgres does not say which. */
const halves = (batch: Batch, queued: readonly Queued[]): Batch[] => {
  const { deliveries } = batch;
  const first = new Set(deliveries.slice(0, deliveries.length >> 1).map(({ id }) => id));
  return [
    ...batched(queued.filter(({ delivery }) => first.has(delivery.id))),
    ...batched(queued.filter(({ delivery }) => !first.has(delivery.id))),
  ];
};

/** Seconds. A database that is away for days is waited for at this pace. */
const longestDelay = 3600;

/**
 * Twice as long each time, up to an hour, and never two messages at one time.
 *
 * @param attempts how often the message was delivered, this time included
 */
export const delayOf = (attempts: number, random = Math.random): number => {
  const longest = Math.min(longestDelay, 10 * 2 ** (attempts - 1));
  return Math.ceil(longest * (0.5 + random() / 2));
};

const retryAll = (messages: readonly QueueMessage[], counts: Counts): void => {
  counts.retried += messages.length;
  for (const message of messages) message.retry({ delaySeconds: delayOf(message.attempts) });
};

/**
 * Moves messages out of the way of all others: into the dead-letter queue, or, without a binding for it, through the
 * retries that end there. The line names the delivery, whose payload is in no log.
 */
const sendToDeadLetters = async (
  messages: readonly QueueMessage[],
  { deadQueue, deadlines }: Services,
  counts: Counts,
  line: Record<string, unknown>,
): Promise<void> => {
  log({ job: "queue", ...line }, "error");
  if (deadQueue === undefined) return retryAll(messages, counts);
  for (const message of messages) {
    const { body } = message;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    if ((await send(deadQueue, text, deadlines.database)).ok) {
      message.ack();
      counts.dead += 1;
    } else retryAll([message], counts);
  }
};
