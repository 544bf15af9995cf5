import type { RunningWorker } from "./workerd.ts";

const batchesAtOnce = 8;

/** Bodies as a consumer is given them, in JSON: so many a batch. */
export const batchesOf = (bodies: readonly string[], size = 100): string[] =>
  Array.from({ length: Math.ceil(bodies.length / size) }, (_, at) =>
    JSON.stringify(bodies.slice(at * size, (at + 1) * size)),
  );

export type Consumer = {
  /** What the door has put into the queue since this was last asked. */
  queued(): Promise<string[]>;
  /** Gives batches to the consumer, 8 at once. One that is not acknowledged whole is an error. */
  drive(batches: readonly string[]): Promise<void>;
};

/** @param worker one that was started with a queue */
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
