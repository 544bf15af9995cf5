import { expect } from "vitest";
import { orThrow } from "../../../cli/or-throw.ts";
import type { ClerkEvent } from "../../../dev/clerk/events.ts";
import type { Clerk } from "../../../src/sync/clerk-api.ts";
import { ledgerLine, parseDelivery } from "../../../src/webhook/delivery.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** An event, as Clerk writes it. `at` is in milliseconds since 1970. */
export const eventOf = (type: string, data: Record<string, unknown>, at: number): ClerkEvent => ({
  type,
  object: "event",
  data,
  timestamp: at,
  instance_id: "ins_2simulatedsimulatedsimulated",
  event_attributes: { http_request: { client_ip: "192.0.2.1", user_agent: "x" } },
});

/** Merges an event as the webhook does, without the door. */
export const deliver = async ({ services }: SimulatedWorld, id: string, event: ClerkEvent): Promise<void> => {
  const delivery = orThrow(
    parseDelivery({ id, signedAt: event.timestamp }, new TextEncoder().encode(JSON.stringify(event))),
  );
  expect(await services.merge(delivery.changes, [ledgerLine(delivery)])).toMatchObject({ ok: true });
};

/** A Clerk that answers at once how things are, and whose answer arrives after something else has happened. */
export const withMeanwhile = (world: SimulatedWorld, meanwhile: (path: string) => Promise<void>): SimulatedWorld => {
  const { clerk } = world.services;
  const slow: Clerk = {
    get: async (path, query) => {
      const answer = await clerk.get(path, query);
      await meanwhile(path);
      return answer;
    },
  };
  return { ...world, services: { ...world.services, clerk: slow } };
};
