import { expect, test } from "vitest";
import { callsIn } from "../../dev/queue-log.ts";

const line = (messages: number, calls: number, retried = 0): string =>
  `info ${JSON.stringify({ job: "queue", messages, calls, retried })}`;

test("the calls of a burst are counted when the log tells of all its messages, and not before", () => {
  expect(callsIn([], 300)).toBeUndefined();
  expect(callsIn(["GET /health", line(100, 1), line(100, 2)], 300)).toBeUndefined();
  expect(callsIn([line(100, 1), line(100, 2), line(100, 1, 40)], 300)).toBeUndefined();
  expect(callsIn([line(100, 1), line(100, 2), line(100, 1, 40), line(40, 1)], 300)).toBe(5);
});
