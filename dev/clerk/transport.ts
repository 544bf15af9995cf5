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

/** What is done to messages. Read anew for each of them, so that whoever has the object may change it meanwhile. */
export type Treatment = {
  /** `whsec_…`: signs the deliveries, each attempt anew. */
  secret: string;
  /** The probability that a message is never sent, as for a disabled endpoint: Svix itself does not lose messages. */
  drop?: number;
  /** The probability that a message is sent twice. */
  double?: number;
  /** The probability that a message that is taken is one of the next 64, and not the first; true is 1. */
  reorder?: boolean | number;
  /** The most milliseconds that a message is held back before its first attempt. */
  delay?: number;
};

/** A message of an event, as it is made. */
export type Message = { id: string; event: ClerkEvent; isDropped: boolean; isDoubled: boolean };

/** An attempt that has ended. */
export type Attempt = {
  /** The message's id. */
  id: string;
  /** When it was begun, in milliseconds since 1970, and how many milliseconds it took. */
  at: number;
  ms: number;
  /** Null if there was no answer. Then `answer` says why. */
  status: number | null;
  answer: string;
  /** What becomes of this copy of the message. */
  next: "delivered" | "retry" | "given up";
};

/** Is told of everything, dropped messages too. */
export type Observer = { message(message: Message): void; attempt(attempt: Attempt): void };

export type TransportOptions = Treatment & {
  instance: Instance;
  /** Makes an attempt. It fails if the status is not 2xx, or if the promise is rejected. */
  send: (delivery: Delivery, signal: AbortSignal) => Promise<{ status: number; body?: string }>;
  /** Decides what is dropped, doubled, delayed and reordered, and the messages' ids. */
  seed: number;
  observer?: Observer;
  /** How many attempts are under way at once. */
  concurrency?: number;
  /** Milliseconds before each attempt, one per attempt. */
  retryDelays?: readonly number[];
  /** Multiplies these delays. */
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
export const startTransport = (options: TransportOptions): Transport => {
  const { instance, send, seed, observer, concurrency = 8, retryDelays = svixDelays, timeScale = 1 } = options;
  const { attemptTimeout = 15_000 } = options;
  const random = randomFrom(seed);
  const newId = idsFrom(random);
  // A separate generator: when messages are taken depends on the answers, and must not change what is dropped.
  const order = randomFrom(seed + 1);
  // Another one, and only asked if there are delays: they must not change what is dropped either.
  const delays = randomFrom(seed + 2);
  const counts: TransportCounts = { sent: 0, delivered: 0, dropped: 0, doubled: 0, retried: 0, failed: 0 };

  const waiting: Copy[] = [];
  let first = 0;
  let active = 0;
  let isStopped = false;
  const timers = new Set<NodeJS.Timeout>();
  const idle: (() => void)[] = [];

  const overtakes = (): boolean => {
    const share = Number(options.reorder ?? 0);
    return share > 0 && (share >= 1 || order.chance(share));
  };

  const take = (): Copy | undefined => {
    const length = waiting.length - first;
    if (length === 0 || isStopped) return undefined;
    const at = overtakes() ? first + order.below(Math.min(length, reorderWindow)) : first;
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

  const attempt = async (copy: Copy): Promise<Pick<Attempt, "status" | "answer">> => {
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        controller.abort();
        reject(new Error("no answer in time"));
      }, attemptTimeout);
    });
    try {
      const delivery = signDelivery(options.secret, copy.id, copy.event);
      const { status, body = "" } = await Promise.race([send(delivery, controller.signal), late]);
      return { status, answer: body };
    } catch (error) {
      return { status: null, answer: error instanceof Error ? error.message : "no answer" };
    } finally {
      clearTimeout(timer);
    }
  };

  const schedule = (copy: Copy, delay: number): void => {
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

  /** Milliseconds before the next attempt of a copy. */
  const delayOf = ({ attempt: number }: Copy): number => {
    const longest = number === 0 ? (options.delay ?? 0) : 0;
    return (retryDelays[number] ?? 0) * timeScale + (longest > 0 ? delays.below(longest + 1) : 0);
  };

  const nextOf = (copy: Copy, status: number | null): Attempt["next"] => {
    if (status !== null && status >= 200 && status < 300) return "delivered";
    return copy.attempt + 1 >= retryDelays.length ? "given up" : "retry";
  };

  const deliver = async (copy: Copy): Promise<void> => {
    const at = Date.now();
    const began = performance.now();
    const { status, answer } = await attempt(copy);
    const next = nextOf(copy, status);
    active -= 1;
    if (next === "delivered") counts.delivered += 1;
    else if (next === "given up") counts.failed += 1;
    else if (!isStopped) {
      counts.retried += 1;
      const again = { ...copy, attempt: copy.attempt + 1 };
      schedule(again, delayOf(again));
    }
    observer?.attempt({ id: copy.id, at, ms: performance.now() - began, status, answer, next });
    pump();
  };

  const pump = (): void => {
    while (active < concurrency) {
      const copy = take();
      if (copy === undefined) break;
      active += 1;
      void deliver(copy);
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
    const isDropped = random.chance(options.drop ?? 0);
    const isDoubled = random.chance(options.double ?? 0) && !isDropped;
    observer?.message({ id, event, isDropped, isDoubled });
    if (isDropped) {
      counts.dropped += 1;
      return;
    }
    const copy: Copy = { id, event, attempt: 0 };
    counts.sent += 1;
    schedule(copy, delayOf(copy));
    if (isDoubled) {
      counts.doubled += 1;
      schedule(copy, delayOf(copy));
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
