import type { RunningWorker } from "./workerd.ts";

const batchesAtOnce = 8;

/** The bodies in batches of `size`, each as JSON for the consumer. */
export const batchesOf = (bodies: readonly string[], size = 100): string[] =>
  Array.from({ length: Math.ceil(bodies.length / size) }, (_, at) =>
    JSON.stringify(bodies.slice(at * size, (at + 1) * size)),
  );

export type Consumer = {
  /** What the door has enqueued since the last call. */
  queued(): Promise<string[]>;
  /** Gives batches to the consumer, 8 at once. Throws if one is not acknowledged whole. */
  drive(batches: readonly string[]): Promise<void>;
};

/** @param worker started with a queue */
export const consumerOf = ({ broker = "", driver = "" }: RunningWorker, signal: AbortSignal): Consumer => ({
  queued: async () => (await (await fetch(broker)).json()) as string[],
  drive: async (given) => {
    const batches = Iterator.from(given);
    const lane = async () => {
      for (const batch of batches) {
        signal.throwIfAborted();
        const response = await fetch(driver, { method: "POST", body: batch });
        const ended: { outcome?: string; retryMessages?: unknown[]; ackAll?: boolean } = JSON.parse(
          await response.text(),
        );
        if (ended.outcome !== "ok" || (ended.retryMessages ?? []).length > 0) {
          throw new Error(`a batch ended with ${JSON.stringify(ended)}`);
        }
      }
    };
    await Promise.all(Array.from({ length: batchesAtOnce }, lane));
  },
});
