/** What one open page is told, as server-sent events. */

/** Tells the page `data` under `name`, unless it is equal to the last that the page was told under that name. */
export type Send = (name: string, data: unknown) => void;

const reconnectMilliseconds = 1000;

/** Less than anything in between allows a connection to be silent. */
const aliveMilliseconds = 15_000;

/**
 * A message replaces the one of its name before it, so a page that reads slowly is told only the newest of each.
 *
 * @param feed runs from now on until its signal aborts: the page has left, or `closing` has aborted
 * @param report receives what `feed` throws; the page is told nothing of it
 */
export const liveStream = (
  feed: (send: Send, signal: AbortSignal) => Promise<void>,
  closing: AbortSignal,
  report: (error: unknown) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> => {
  const encoder = new TextEncoder();
  const left = new AbortController();
  const signal = AbortSignal.any([closing, left.signal]);
  const told = new Map<string, string>();
  const waiting = new Map<string, string>();

  return new ReadableStream({
    start: (controller) => {
      const write = (text: string): void => controller.enqueue(encoder.encode(text));
      const send: Send = (name, data) => {
        const json = JSON.stringify(data);
        if (signal.aborted || told.get(name) === json) return;
        told.set(name, json);
        waiting.set(name, json);
        if (isReading(controller)) write(taken(waiting));
      };
      const alive = setInterval(() => isReading(controller) && write(":\n\n"), aliveMilliseconds);
      const end = (): void => {
        clearInterval(alive);
        if (!left.signal.aborted) controller.close();
        left.abort();
      };
      write(`retry: ${reconnectMilliseconds}\n\n`);
      closing.addEventListener("abort", end, { signal: left.signal });
      left.signal.addEventListener("abort", () => clearInterval(alive));
      // Inside of an async function, so that what `feed` throws before it waits is caught too.
      const run = async (): Promise<void> => feed(send, signal);
      void run()
        .catch((error: unknown) => !signal.aborted && report(error))
        .finally(end);
    },
    pull: (controller) => {
      if (waiting.size > 0) controller.enqueue(encoder.encode(taken(waiting)));
    },
    cancel: () => left.abort(),
  });
};

const isReading = ({ desiredSize }: ReadableStreamDefaultController): boolean => (desiredSize ?? 0) > 0;

/** All that waits, as one piece of text. */
const taken = (waiting: Map<string, string>): string => {
  const text = [...waiting].map(([name, json]) => `event: ${name}\ndata: ${json}\n\n`).join("");
  waiting.clear();
  return text;
};
