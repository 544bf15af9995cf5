import { fail, type FailureOf, ok, type Result } from "../result.ts";
import type { EventQueue } from "../settings.ts";
import { withTimeout } from "../timeout.ts";
import type { Delivery } from "./delivery.ts";

/**
 * Bytes. Cloudflare takes 128 kB per message, with some 100 bytes of its own in it.
 *
 * Source: https://developers.cloudflare.com/queues/platform/limits/
 */
const maximumBytes = 127_000;

const encoder = new TextEncoder();

/**
 * Puts a delivery into the queue: what it says of the copy's objects, and never the payload itself.
 *
 * @param deadline milliseconds that the queue may take
 * @returns `too_large` if a message cannot hold it: it has to be merged at once
 */
export const enqueue = async (
  queue: EventQueue,
  delivery: Delivery,
  deadline: number,
): Promise<Result<null, FailureOf<"too_large" | "unavailable">>> => {
  // As text, so that its size is known, and it is written as JSON once.
  const text = textOf(delivery);
  if (text === undefined) return fail({ kind: "too_large" });
  // A character is at most three bytes of UTF-8: most texts need not be measured.
  if (text.length * 3 > maximumBytes && encoder.encode(text).length > maximumBytes) return fail({ kind: "too_large" });
  return send(queue, text, deadline);
};

/** Sends a message. A queue that is away, slow or full may take the same message later. */
export const send = async (
  queue: EventQueue,
  text: string,
  deadline: number,
): Promise<Result<null, FailureOf<"unavailable">>> => {
  const sent = Promise.try(() => queue.send(text, { contentType: "text" })).then(
    () => true,
    () => false,
  );
  return (await withTimeout(sent, deadline, false)) ? ok(null) : fail({ kind: "unavailable", cause: "queue" });
};

/** Undefined if metadata is nested thousands deep: the merge knows what to say to that. */
const textOf = (delivery: Delivery): string | undefined => {
  try {
    return JSON.stringify(delivery);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};
