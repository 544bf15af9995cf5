import { type DatabaseFailure, deadlineMilliseconds, withinDeadline } from "../database/connect.ts";
import { entityOfTable } from "../entities/index.ts";
import type { Event } from "./delivery.ts";
import { isId, isObject } from "../entities/fields.ts";
import { folded } from "./batch.ts";
import { withoutOmitted } from "../entities/omit.ts";
import { type Receiver, receivers } from "./receiver.ts";
import type { Bindings } from "../settings.ts";

/**
 * The queue's consumer: a batch of deliveries is merged in one call, and acknowledged after the commit. A batch that comes
 * again is as good as once, since the law takes any number of duplicates.
 */

/** The part of Cloudflare's `Message` that is used. */
export type QueueMessage = {
  readonly body: unknown;
  /** How often it was delivered, with this time. */
  readonly attempts: number;
  ack(): void;
  retry(options: { delaySeconds: number }): void;
};

/** A message, as what was enqueued. */
type Waiting = { message: QueueMessage; event: Event; length: number };

/** What became of the batch's messages. */
type Counts = { applied: number; stale: number; ignored: number; retried: number; dead: number; calls: number };

/** @param deadline milliseconds that the database may take each time */
export const createConsumer = (deadline = deadlineMilliseconds) => {
  const receiverOf = receivers(deadline);

  return async (messages: readonly QueueMessage[], bindings: Bindings): Promise<void> => {
    const started = Date.now();
    const counts: Counts = { applied: 0, stale: 0, ignored: 0, retried: 0, dead: 0, calls: 0 };
    const receiver = await receiverOf(bindings);
    if (receiver.kind === "misconfigured") retryAll(messages, counts);
    const failure = receiver.kind === "misconfigured" ? receiver : await consume(messages, receiver, bindings, counts);
    const line = { job: "queue", messages: messages.length, ...counts, ms: Date.now() - started };
    if (failure === undefined) return console.log(JSON.stringify(line));
    const { kind: error, ...details } = failure;
    console.error(JSON.stringify({ ...line, error, ...details }));
  };
};

/** Merges a batch. Gives what kept some of it from being merged, if anything did. */
const consume = async (
  messages: readonly QueueMessage[],
  receiver: Receiver,
  bindings: Bindings,
  counts: Counts,
): Promise<DatabaseFailure | undefined> => {
  const waiting: Waiting[] = [];
  for (const message of messages) {
    const event = readMessage(message.body);
    if (event === undefined) {
      await bury([message], bindings, receiver.deadline, counts, { error: "malformed" });
      continue;
    }
    // Once more: a column may have been omitted since.
    event.changes = event.changes.map((change) => withoutOmitted(change, receiver.omitted));
    waiting.push({ message, event, length: String(message.body).length });
  }

  const waitingOf = Map.groupBy(waiting, ({ event }) => event.id);
  let failure: DatabaseFailure | undefined;
  const folds = folded(waiting);
  for (let fold = folds.shift(); fold !== undefined; fold = folds.shift()) {
    const own = fold.events.flatMap(({ id }) => waitingOf.get(id) ?? []);
    const ownMessages = own.map(({ message }) => message);
    // A database that did not answer is not asked again for the rest of the batch.
    if (failure !== undefined) {
      retryAll(ownMessages, counts);
      continue;
    }
    counts.calls += 1;
    const merged = await receiver.merge.fold(fold);
    if (merged.kind === "merged") {
      for (const { outcome } of merged.lines) counts[outcome] += 1;
      for (const message of ownMessages) message.ack();
    } else if (merged.kind !== "refused") {
      failure = merged;
      retryAll(ownMessages, counts);
    } else if (fold.events.length > 1) {
      // One of them is refused, and Postgres does not say which.
      const half = new Set(fold.events.slice(0, fold.events.length >> 1).map(({ id }) => id));
      folds.unshift(
        ...folded(own.filter(({ event }) => half.has(event.id))),
        ...folded(own.filter(({ event }) => !half.has(event.id))),
      );
    } else {
      const [event] = fold.events;
      const line = { error: merged.kind, id: event?.id, type: event?.type, sqlstate: merged.sqlstate };
      await bury(ownMessages, bindings, receiver.deadline, counts, line);
    }
  }
  return failure;
};

/** What was enqueued; undefined where the message is none of this Worker's. */
const readMessage = (body: unknown): Event | undefined => {
  if (typeof body !== "string") return undefined;
  try {
    const event: Event = JSON.parse(body);
    const isOurs =
      isObject(event) &&
      event.kind === "event" &&
      isId(event.id) &&
      event.changes.every(({ table, row }) => entityOfTable.has(table) && isId(row.id));
    return isOurs ? event : undefined;
  } catch {
    return undefined;
  }
};

/** Seconds. A database that is away for days is waited for at this pace. */
const longestDelay = 3600;

/**
 * Twice as long each time, up to an hour, and never two messages at one time.
 *
 * @param attempts how often the message was delivered, with this time
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
 * Takes messages out of the way of all others: into the dead-letter queue, or, where there is no binding for it, through
 * the retries that end there. The line names the delivery, whose payload is in no log.
 */
const bury = async (
  messages: readonly QueueMessage[],
  { DEAD_EVENTS }: Bindings,
  deadline: number,
  counts: Counts,
  line: Record<string, unknown>,
): Promise<void> => {
  console.error(JSON.stringify({ job: "queue", ...line }));
  if (DEAD_EVENTS === undefined) return retryAll(messages, counts);
  for (const message of messages) {
    const { body } = message;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    try {
      await withinDeadline(DEAD_EVENTS.send(text, { contentType: "text" }), deadline);
      message.ack();
      counts.dead += 1;
    } catch {
      retryAll([message], counts);
    }
  }
};
