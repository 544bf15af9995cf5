import { entities } from "../../src/entities/index.ts";
import { clerkId, type ClerkEvent, eventTypes, sampleEvent } from "./events.ts";
import { createInstance } from "./instance.ts";

/** All types of Clerk's events that `npm run trigger` sends: those of the mirror, and the messages that it ignores. */
export const triggerTypes: readonly string[] = [
  ...Object.values(entities).flatMap(({ events }) => events),
  "email.created",
  "sms.created",
];

/**
 * An event of any of these types.
 *
 * @param at milliseconds since 1970: the event's time, and its object's `updated_at`
 * @param fields of `data`, in place of the sample's own
 * @param userId of the user, or of the object's user
 */
export const triggeredEvent = (
  type: string,
  at: number,
  fields: Record<string, unknown>,
  userId = clerkId("user"),
): ClerkEvent => {
  const simple = eventTypes.find((known) => known === type);
  if (simple !== undefined) return sampleEvent(simple, at, fields, userId);
  const event = livedEvent(type, at) ?? { ...sampleEvent("user.created", at), data: message(type) };
  const { data } = event;
  const own = {
    ...(typeof data.updated_at === "number" ? { updated_at: at } : {}),
    ...(typeof data.user_id === "string" ? { user_id: userId } : {}),
    ...(typeof data.user === "object" && data.user !== null ? { user: { ...data.user, id: userId } } : {}),
  };
  return { ...event, type, timestamp: at, data: { ...data, ...own, ...fields } };
};

/** Of an instance that lives until it has one. A state that it never comes to is put on an object of the same kind. */
const livedEvent = (type: string, at: number): ClerkEvent | undefined => {
  const [kind = "", change = ""] = type.split(".");
  const instance = createInstance({ seed: Math.floor(Math.random() * 2 ** 31), id: "ins_local", now: () => at });
  const events = new Map<string, ClerkEvent>();
  instance.onEvent((event) => void events.set(event.type, event));
  instance.populate(10, 3);
  for (let changes = 0; changes < longestLife && !events.has(type); changes += 1) instance.live(1);
  const exact = events.get(type);
  const alike = [...events.values()].find((event) => event.type.startsWith(`${kind}.`) && event.data.deleted !== true);
  if (exact !== undefined || alike === undefined) return exact;
  const isState = typeof alike.data.status === "string" && !["created", "updated"].includes(change);
  const status = change.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return { ...alike, data: { ...alike.data, ...(isState && status !== "free_trial_ending" ? { status } : {}) } };
};

/** Changes. Of a thousand, one deletes a permission. */
const longestLife = 8000;

const message = (type: string): Record<string, unknown> => {
  const [object = ""] = type.split(".");
  return { object, id: clerkId(object === "email" ? "ema" : "sms"), status: "queued", body: "A message." };
};
