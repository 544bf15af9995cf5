import { expect, test } from "vitest";
import { connectToClerk } from "../../src/sync/clerk-api.ts";

const date = "Sat, 28 Nov 2026 12:00:00 GMT";

/** A Clerk that gives one answer, and the clock of whoever asks, which goes on by so many milliseconds meanwhile. */
const asked = async (answer: Response, { clock = 0, takes = 0 } = {}) => {
  let now = clock;
  const clerk = connectToClerk({
    secretKey: "sk_test_x",
    url: "https://clerk.example/v1",
    deadline: 10_000,
    fetcher: async () => {
      now += takes;
      return answer;
    },
    now: () => now,
  });
  return clerk.get("/users/user_1");
};

const json = (body: unknown, status = 200, headers: Record<string, string> = { Date: date }) =>
  new Response(JSON.stringify(body), { status, headers });

test.for([0, Date.parse(date) - 86_400_000, Date.parse(date) + 86_400_000, Date.parse("2200-01-01")])(
  "when it was asked is told by Clerk's clock, less the time that the answer took, whatever a clock here says (%i)",
  async (clock) => {
    expect(await asked(json({ id: "user_1" }), { clock, takes: 700 })).toEqual({
      ok: true,
      value: { body: { id: "user_1" }, sentAt: Date.parse(date) - 700 },
    });
  },
);

test("a clock that is set back meanwhile does not make an answer newer", async () => {
  expect(await asked(json({}), { takes: -3_600_000 })).toMatchObject({ value: { sentAt: Date.parse(date) } });
});

test.for([undefined, "5", "2026-11-28T12:00:00Z", "Tue, 31 Dec 2199 12:00:00 GMT", "tomorrow"])(
  "an answer without a date as HTTP writes it, of this century, is not Clerk's (%s)",
  async (Date) => {
    expect(await asked(json({}, 200, Date === undefined ? {} : { Date }))).toEqual({
      ok: false,
      failure: { kind: "clerk_unavailable", cause: "answer" },
    });
  },
);

test("only Clerk's own 404 says that there is no such object", async () => {
  expect(await asked(json({ errors: [{ code: "resource_not_found" }] }, 404))).toEqual({
    ok: true,
    value: { body: undefined, sentAt: Date.parse(date) },
  });
  for (const other of [
    json({ message: "no such route" }, 404),
    json({ errors: [] }, 404),
    new Response("<html>", { status: 404 }),
  ]) {
    expect(await asked(other)).toEqual({ ok: false, failure: { kind: "clerk_rejected", status: 404 } });
  }
  const headers = { Date: date, "Content-Type": "application/json" };
  const cutOff = new Response('{"errors": [', { status: 404, headers });
  expect(await asked(cutOff)).toEqual({ ok: false, failure: { kind: "clerk_unavailable", cause: "answer" } });
});
