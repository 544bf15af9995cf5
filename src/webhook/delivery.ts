import { type Change, day, keyOf, tombstone } from "../entities/entity.ts";
import { Fields } from "../entities/fields.ts";
import { entityOfEvent, isTableName } from "../entities/index.ts";
import { sampleInstances } from "../entities/samples.ts";
import type { LedgerLine } from "../database/merge.ts";
import { isId, isObject, isTime } from "../json.ts";
import { fail, type FailureOf, ok, type Result } from "../result.ts";
import type { Signature } from "./verify.ts";

/** A verified delivery, as far as it concerns the copy. A sample of Clerk's dashboard concerns nothing. */
export type Delivery = {
  id: string;
  type: string;
  instanceId: string | undefined;
  /** Milliseconds since 1970; undefined if a type that is not mirrored names none. */
  occurredAt: number | undefined;
  /** Clerk's id of the object that the event is about; undefined if it names none. */
  subjectId: string | undefined;
  /** What it says of the copy's objects, its subject first. Empty if nothing of it is mirrored. */
  changes: Change[];
};

/** Fatal, and keeps a byte order mark, which is not JSON: bodies with different bytes must not read alike. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Clerk's types look like `user.created`. The form makes any type safe to log. */
const typeForm = /^[A-Za-z0-9_.-]{1,128}$/;

/**
 * Parses a verified body. A type that is not mirrored is a delivery without changes, and fields that are not mirrored are
 * not looked at: what Clerk adds never fails.
 *
 * An event of more than a day after it was signed is not as Clerk writes it, and would keep all that comes later out.
 */
export const parseDelivery = (
  { id, signedAt }: Pick<Signature, "id" | "signedAt">,
  body: Uint8Array,
): Result<Delivery, FailureOf<"malformed" | "unprocessable">> => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(decoder.decode(body));
  } catch {
    return fail({ kind: "malformed", reason: "body is not valid UTF-8 JSON", id });
  }
  if (!isObject(parsed)) return fail({ kind: "malformed", reason: "body is not a JSON object", id });

  const envelope = new Fields(parsed);
  const type = envelope.text("type");
  if (type === undefined || !typeForm.test(type)) return fail({ kind: "unprocessable", field: "type" });

  const object = envelope.json("data");
  const data = new Fields(object ?? {}, "data");
  const delivery: Delivery = {
    id,
    type,
    instanceId: envelope.optionalId("instance_id"),
    occurredAt: milliseconds(envelope.time("timestamp")),
    subjectId: data.optionalId("id"),
    changes: [],
  };

  const entity = entityOfEvent.get(type);
  if (entity === undefined || isSample(delivery)) return ok(delivery);

  const { occurredAt: at, subjectId } = delivery;
  if (at === undefined || at > signedAt + day) return fail({ kind: "unprocessable", field: "timestamp", type });
  if (object === undefined) return fail({ kind: "unprocessable", field: "data", type });

  const { table } = entity;
  if (!type.endsWith(".deleted")) {
    const observation = { at, id };
    delivery.changes = [{ table, row: entity.row(data, observation) }, ...entity.embedded(data, observation)];
  } else if (subjectId !== undefined) {
    delivery.changes = [{ table, row: tombstone(subjectId) }];
  }

  const wrong = envelope.wrong ?? data.wrong;
  return wrong === undefined ? ok(delivery) : fail({ kind: "unprocessable", field: wrong, type });
};

export const isSample = ({ instanceId }: Delivery): boolean => sampleInstances.has(instanceId);

/** Clerk's events have milliseconds, and the examples in its OpenAPI, which its dashboard sends, have seconds. */
const milliseconds = (timestamp: number | undefined): number | undefined => {
  const scaled = timestamp !== undefined && timestamp < 1e12 ? timestamp * 1000 : timestamp;
  return isTime(scaled) ? scaled : undefined;
};

/** A delivery's line in the ledger. */
export const ledgerLine = ({
  id,
  type,
  subjectId,
  instanceId,
  occurredAt,
  changes: [subject],
}: Delivery): LedgerLine => ({
  id,
  type,
  subject_id: subjectId,
  instance_id: instanceId,
  occurred_at: occurredAt,
  subject: subject === undefined ? undefined : keyOf(subject),
  otherwise: subject === undefined ? "ignored" : "stale",
});

/** A delivery that was queued, out of a message; undefined if the message is not one of ours. */
export const readMessage = (body: unknown): Delivery | undefined => {
  if (typeof body !== "string") return undefined;
  try {
    const delivery: Delivery = JSON.parse(body);
    const isOurs =
      isObject(delivery) &&
      isId(delivery.id) &&
      delivery.changes.every(({ table, row }) => isTableName(table) && isId(row.id));
    return isOurs ? delivery : undefined;
  } catch {
    return undefined;
  }
};
