import { isObject } from "../../src/json.ts";
import type { Attempt, Message, Observer, TransportCounts } from "../clerk/transport.ts";
import type { Deliveries, Delivery } from "./protocol.ts";

/** What became of the latest messages of the simulated Svix. Older ones are forgotten, and only counted. */
export type DeliveryLog = Observer & { deliveries(counts: TransportCounts): Deliveries };

const mostKept = 500;
const mostShown = 50;
const longestAnswer = 300;

type Kept = { delivery: Delivery; copiesOnTheirWay: number };

/** @param delivered is called at the first 2xx of a message, with the milliseconds since its change */
export const createDeliveryLog = (delivered: (at: number, lag: number) => void): DeliveryLog => {
  /** In the order in which they were made. */
  const kept = new Map<string, Kept>();

  const message = ({ id, event, isDropped, isDoubled }: Message): void => {
    const delivery: Delivery = {
      id,
      type: event.type,
      subject: typeof event.data.id === "string" ? event.data.id : null,
      at: event.timestamp,
      state: isDropped ? "dropped" : "waiting",
      outcome: null,
      status: null,
      lag: null,
      isDoubled,
      attempts: [],
    };
    kept.set(id, { delivery, copiesOnTheirWay: isDropped ? 0 : isDoubled ? 2 : 1 });
    for (const oldest of kept.keys()) {
      if (kept.size <= mostKept) break;
      kept.delete(oldest);
    }
  };

  const attempt = ({ id, at, ms, status, answer, next }: Attempt): void => {
    const one = kept.get(id);
    if (one === undefined) return;
    const { delivery } = one;
    delivery.attempts.push({ at, ms: Math.round(ms), status, answer: answer.slice(0, longestAnswer) });
    delivery.status = status;
    if (next !== "retry") one.copiesOnTheirWay -= 1;
    if (next === "delivered" && delivery.lag === null) {
      // Clerk's events of one object never have the same time, so the second of two may be a millisecond ahead.
      const lag = Math.max(0, Math.round(at + ms - delivery.at));
      Object.assign(delivery, { state: "delivered", outcome: outcomeOf(answer), lag });
      delivered(at + ms, lag);
    } else if (delivery.state !== "delivered") {
      delivery.state = one.copiesOnTheirWay === 0 ? "given up" : "retrying";
    }
  };

  return {
    message,
    attempt,
    deliveries: ({ sent, delivered: taken, doubled, retried, failed, dropped }) => ({
      counts: { sent, delivered: taken, doubled, retried, failed, dropped },
      waiting: sent + doubled - taken - failed,
      latest: [...kept.values()]
        .slice(-mostShown)
        .toReversed()
        .map(({ delivery }) => delivery),
    }),
  };
};

/** What the Worker says that it did with a delivery. */
const outcomeOf = (answer: string): string | null => {
  try {
    const body: unknown = JSON.parse(answer);
    return isObject(body) && typeof body.outcome === "string" ? body.outcome : null;
  } catch {
    return null;
  }
};
