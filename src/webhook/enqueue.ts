import { withinDeadline } from "../database/connect.ts";
import type { Event } from "./delivery.ts";
import type { EventQueue } from "../settings.ts";

/**
 * Bytes. Cloudflare takes 128 kB a message, with some 100 bytes of its own in it.
 *
 * Source: https://developers.cloudflare.com/queues/platform/limits/
 */
const maximumBytes = 127_000;

/** The queue is away, slow or full: the same delivery may be taken later. */
export type QueueFailure = { kind: "unavailable"; cause: "queue" };

const encoder = new TextEncoder();

/**
 * Puts a delivery into the queue: what it says of the copy's objects, and never the payload itself.
 *
 * @param deadline milliseconds that the queue may take
 * @returns `too_large` where a message cannot hold it: it has to be merged at once
 */
export const enqueue = async (
  queue: EventQueue,
  event: Event,
  deadline: number,
): Promise<{ kind: "queued" } | { kind: "too_large" } | QueueFailure> => {
  // As text, so that its size is known, and it is written as JSON once.
  const text = textOf(event);
  if (text === undefined) return { kind: "too_large" };
  // A character is three bytes of UTF-8 at most: most texts need not be measured.
  if (text.length * 3 > maximumBytes && encoder.encode(text).length > maximumBytes) return { kind: "too_large" };
  try {
    await withinDeadline(queue.send(text, { contentType: "text" }), deadline);
    return { kind: "queued" };
  } catch {
    return { kind: "unavailable", cause: "queue" };
  }
};

/** Undefined where metadata is nested thousands deep: the merge knows what to say to that. */
const textOf = (event: Event): string | undefined => {
  try {
    return JSON.stringify(event);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};
