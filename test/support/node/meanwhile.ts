import { expect } from "vitest";
import type { ClerkEvent } from "../../../dev/clerk/events.ts";
import type { Clerk } from "../../../src/sync/clerk-api.ts";
import { readEvent } from "../../../src/webhook/delivery.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** Merges an event as the webhook does, without the door. */
export const deliver = async ({ context }: SimulatedWorld, id: string, event: ClerkEvent): Promise<void> => {
  const read = readEvent(id, new TextEncoder().encode(JSON.stringify(event)));
  if (read.kind !== "event") throw new Error(`${event.type} is no event`);
  expect((await context.merge.event(read)).kind).toBe("merged");
};

/** A Clerk that answers at once how things are, and whose answer arrives after something else has happened. */
export const withMeanwhile = (world: SimulatedWorld, meanwhile: (path: string) => Promise<void>): SimulatedWorld => {
  const { clerk } = world.context;
  const slow: Clerk = {
    get: async (path, query) => {
      const answer = await clerk.get(path, query);
      await meanwhile(path);
      return answer;
    },
  };
  return { ...world, context: { ...world.context, clerk: slow } };
};
