import type { EventQueue } from "../../../src/settings.ts";
import type { Random } from "./random.ts";

/** What the consumer gets: the relevant part of Cloudflare's `Message`. */
export type Held = { body: string; attempts: number; delays: number[] };

type Given = { body: unknown; attempts: number; ack(): void; retry(options: { delaySeconds: number }): void };

/** A queue as Cloudflare documents it: at least once, in any order. Delays are ignored. */
export type Broker = EventQueue & {
  waiting: Held[];
  /**
   * Takes some messages out, and gives them to the consumer. If the consumer returns without settling a message,
   * Cloudflare counts it as acknowledged, so it would be lost: here that throws. If the consumer was killed, its
   * messages come again, settled or not.
   */
  dispatch(
    consume: (messages: Given[]) => Promise<void>,
    size: number,
    options?: { random?: Random; isKilled?: boolean; isDoubled?: boolean },
  ): Promise<void>;
};

export const newBroker = (): Broker => {
  const broker: Broker = {
    waiting: [],
    send: async (body, { contentType }) => {
      if (contentType !== "text") throw new Error("only text");
      if (new TextEncoder().encode(body).length > 128_000) throw new Error("Payload Too Large");
      broker.waiting.push({ body, attempts: 0, delays: [] });
    },
    dispatch: async (consume, size, { random, isKilled = false, isDoubled = false } = {}) => {
      const all = random === undefined ? broker.waiting : random.shuffled(broker.waiting);
      const taken = all.slice(0, size);
      broker.waiting = all.slice(size);
      const again = new Set<Held>();
      const settled = new Set<Held>();
      for (const held of taken) held.attempts += 1;
      await consume(
        taken.map((held) => ({
          body: held.body,
          attempts: held.attempts,
          // The first call counts.
          ack: () => settled.add(held),
          retry: ({ delaySeconds }) => {
            if (settled.has(held)) return;
            settled.add(held);
            again.add(held);
            held.delays.push(delaySeconds);
          },
        })),
      );
      if (taken.some((held) => !settled.has(held))) throw new Error("the consumer said nothing of a message");
      broker.waiting.push(...taken.filter((held) => isKilled || isDoubled || again.has(held)));
    },
  };
  return broker;
};
