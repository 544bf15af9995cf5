import { expect, test } from "vitest";
import { triggeredEvent, triggerTypes } from "../../dev/clerk/samples.ts";
import { parseDelivery } from "../../src/webhook/delivery.ts";

const at = 1_760_000_000_000;

const parsed = (type: string, fields: Record<string, unknown> = {}, userId?: string) =>
  parseDelivery(
    { id: "msg_1", signedAt: at },
    new TextEncoder().encode(JSON.stringify(triggeredEvent(type, at, fields, userId))),
  );

test.for(triggerTypes)("%s has a sample that the Worker takes, with an id and a time of one's own", (type) => {
  const delivery = parsed(type, { id: "own_1" });
  expect(delivery).toMatchObject({
    ok: true,
    value: { type, occurredAt: at, subjectId: "own_1", instanceId: "ins_local" },
  });
  const changes = delivery.ok ? delivery.value.changes : [];
  if (/^(email|sms)\./.test(type)) expect(changes).toEqual([]);
  else expect(changes[0]).toMatchObject({ row: { id: "own_1" } });
});

test("an object's user can be named", () => {
  for (const type of ["session.created", "session.ended", "session.revoked"]) {
    expect(parsed(type, {}, "user_1")).toMatchObject({
      value: { changes: [{ row: { user_id: "user_1" } }, { row: { id: "user_1" } }] },
    });
  }
});
