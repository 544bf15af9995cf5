import { type Change, tombstone } from "../entities/entity.ts";
import { entityOfType } from "../entities/index.ts";
import { Fields, isObject, isTime } from "../entities/fields.ts";

/** A verified delivery, as far as it concerns the copy. */
export type Event = {
  kind: "event";
  /** The delivery's id. */
  id: string;
  type: string;
  instanceId: string | null;
  /** Milliseconds since 1970; null where a type that is not mirrored names none. */
  occurredAt: number | null;
  /** Clerk's id of the object that the event is about; null where it names none. */
  subjectId: string | null;
  /** What it says of the copy's objects, its subject first. Empty where nothing of it is mirrored. */
  changes: Change[];
};

export type Unreadable =
  /** The body is no JSON object in UTF-8. */
  | { kind: "malformed"; reason: string; id: string }
  /** It is, but no event as Clerk writes them: `field` is the path of the first that is wrong. */
  | { kind: "unprocessable"; field: string; id: string; type?: string };

/** Fatal, and keeps a byte order mark, which is no JSON: bodies with different bytes must not read alike. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Clerk's types look like `user.created`. The form makes any type safe to log. */
const typeForm = /^[A-Za-z0-9_.-]{1,128}$/;

/**
 * Reads a verified body. A type that is not mirrored is an event without changes, and fields that are not
 * mirrored are not looked at: what Clerk adds never fails.
 *
 * @param id the delivery's id, from its header
 * @param instanceId where only one of Clerk's instances is mirrored: an event of another is one without changes
 */
export const readEvent = (id: string, body: Uint8Array, instanceId?: string): Event | Unreadable => {
  let json: unknown;
  try {
    json = JSON.parse(decoder.decode(body));
  } catch {
    return { kind: "malformed", reason: "the body is no JSON in UTF-8", id };
  }
  if (!isObject(json)) return { kind: "malformed", reason: "the body is no JSON object", id };

  const envelope = new Fields(json);
  const type = envelope.text("type");
  if (type === null || !typeForm.test(type)) return { kind: "unprocessable", field: "type", id };

  const object = envelope.json("data");
  const data = new Fields(object ?? {}, "data");
  const event: Event = {
    kind: "event",
    id,
    type,
    instanceId: envelope.idOrNull("instance_id"),
    occurredAt: milliseconds(envelope.time("timestamp")),
    subjectId: data.idOrNull("id"),
    changes: [],
  };

  const entity = entityOfType.get(type);
  const isOurs = instanceId === undefined || event.instanceId === null || event.instanceId === instanceId;
  if (entity === undefined || !isOurs) return event;

  const { occurredAt: at, subjectId } = event;
  if (at === null) return { kind: "unprocessable", field: "timestamp", id, type };
  if (object === null) return { kind: "unprocessable", field: "data", id, type };

  if (!type.endsWith(".deleted")) event.changes = entity.changes(data, { at, id });
  else if (subjectId !== null) event.changes = [{ table: entity.table, row: tombstone(subjectId) }];

  const wrong = envelope.wrong ?? data.wrong;
  return wrong === undefined ? event : { kind: "unprocessable", field: wrong, id, type };
};

/** Clerk's events have milliseconds, and the examples in its OpenAPI, which its dashboard sends, have seconds. */
const milliseconds = (timestamp: number | null): number | null => {
  const scaled = timestamp !== null && timestamp < 1e12 ? timestamp * 1000 : timestamp;
  return isTime(scaled) ? scaled : null;
};
