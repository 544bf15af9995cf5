import { type Delivery, signDelivery } from "./delivery.ts";
import type { ClerkEvent } from "./events.ts";
import type { Instance } from "./instance.ts";
import { idsFrom, randomFrom } from "./random.ts";

/**
 * How long Svix waits before each attempt, in milliseconds: eight attempts over 27.6 hours.
 *
 * Source: Svix's documentation of its retry schedule.
 */
export const svixDelays: readonly number[] = [
  0,
  5_000,
  5 * 60_000,
  30 * 60_000,
  2 * 3_600_000,
  5 * 3_600_000,
  10 * 3_600_000,
  10 * 3_600_000,
];

/** How many waiting messages may overtake each other. */
const reorderWindow = 64;

export type TransportOptions = {
  instance: Instance;
  /** `whsec_…`: signs the deliveries. */
  secret: string;
  /** Makes an attempt. It fails if the status is not 2xx, or if the promise is rejected. */
  send: (delivery: Delivery, signal: AbortSignal) => Promise<{ status: number }>;
  /** Decides what is dropped, doubled and reordered, and the messages' ids. */
  seed: number;
  /** The probability that a message is never sent, as for a disabled endpoint: Svix itself does not lose messages. */
  drop?: number;
  /** The probability that a message is sent twice. */
  double?: number;
  /** Whether messages overtake each other. */
  reorder?: boolean;
  /** How many attempts are under way at once. */
  concurrency?: number;
  /** Milliseconds before each attempt, one per attempt. */
  retryDelays?: readonly number[];
  /** Multiplies the delays. */
  timeScale?: number;
  /** Milliseconds after which an attempt without an answer fails. Not scaled. */
  attemptTimeout?: number;
};

/** At the end, `sent + doubled = delivered + failed`. */
export type TransportCounts = {
  /** Messages to deliver, without the dropped ones. */
  sent: number;
  /** Copies answered with 2xx. */
  delivered: number;
  dropped: number;
  /** Second copies of messages. */
  doubled: number;
  /** Attempts after a copy's first. */
  retried: number;
  /** Copies given up after the last attempt. */
  failed: number;
};

export type Transport = {
  readonly counts: Readonly<TransportCounts>;
  /** Settles when no attempt is under way or due. */
  drained(): Promise<void>;
  /** Stops taking events and making attempts. Settles when the attempts under way have ended. */
  stop(): Promise<void>;
};

/** A copy of a message on its way. */
type Copy = { id: string; event: ClerkEvent; attempt: number };

/** Delivers every event of an instance from now on, as Svix does: at least once, in any order. */
export const startTransport = ({
  instance,
  secret,
  send,
  seed,
  drop = 0,
  double = 0,
  reorder = false,
  concurrency = 8,
  retryDelays = svixDelays,
  timeScale = 1,
  attemptTimeout = 15_000,
}: TransportOptions): Transport => {
  const random = randomFrom(seed);
  const newId = idsFrom(random);
  // A separate generator: when messages are taken depends on the answers, and must not change what is dropped.
  const order = randomFrom(seed + 1);
  const counts: TransportCounts = { sent: 0, delivered: 0, dropped: 0, doubled: 0, retried: 0, failed: 0 };

  const waiting: Copy[] = [];
  let first = 0;
  let active = 0;
  let isStopped = false;
  const timers = new Set<NodeJS.Timeout>();
  const idle: (() => void)[] = [];

  const take = (): Copy | undefined => {
    const length = waiting.length - first;
    if (length === 0 || isStopped) return undefined;
    const at = reorder ? first + order.below(Math.min(length, reorderWindow)) : first;
    const [next, chosen] = [waiting[first], waiting[at]];
    if (next !== undefined) waiting[at] = next;
    first += 1;
    // Removes the taken messages only now and then: the cost grows with the length of the list.
    if (first > 1024 && first * 2 > waiting.length) {
      waiting.splice(0, first);
      first = 0;
    }
    return chosen;
  };

  const attempt = async (copy: Copy): Promise<boolean> => {
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        controller.abort();
        reject(new Error("no answer in time"));
      }, attemptTimeout);
    });
    try {
      const delivery = signDelivery(secret, copy.id, copy.event);
      const { status } = await Promise.race([send(delivery, controller.signal), late]);
      return status >= 200 && status < 300;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  };

  const schedule = (copy: Copy): void => {
    const delay = (retryDelays[copy.attempt] ?? 0) * timeScale;
    if (delay === 0) {
      waiting.push(copy);
      return pump();
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      waiting.push(copy);
      pump();
    }, delay);
    timers.add(timer);
  };

  const settle = (copy: Copy, isDelivered: boolean): void => {
    active -= 1;
    if (isDelivered) counts.delivered += 1;
    else if (copy.attempt + 1 >= retryDelays.length) counts.failed += 1;
    else if (!isStopped) {
      counts.retried += 1;
      schedule({ ...copy, attempt: copy.attempt + 1 });
    }
    pump();
  };

  const pump = (): void => {
    while (active < concurrency) {
      const copy = take();
      if (copy === undefined) break;
      active += 1;
      void attempt(copy).then((isDelivered) => settle(copy, isDelivered));
    }
    if (isIdle()) for (const resolve of idle.splice(0)) resolve();
  };

  const isIdle = (): boolean => active === 0 && (isStopped || (waiting.length === first && timers.size === 0));
  const drained = (): Promise<void> =>
    new Promise((resolve) => {
      if (isIdle()) resolve();
      else idle.push(resolve);
    });

  const forget = instance.onEvent((event) => {
    const id = newId("msg");
    const isDropped = random.chance(drop);
    const isDoubled = random.chance(double);
    if (isDropped) {
      counts.dropped += 1;
      return;
    }
    counts.sent += 1;
    schedule({ id, event, attempt: 0 });
    if (isDoubled) {
      counts.doubled += 1;
      schedule({ id, event, attempt: 0 });
    }
  });

  return {
    counts,
    drained,
    stop: () => {
      isStopped = true;
      forget();
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      return drained();
    },
  };
};
