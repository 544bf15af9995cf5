import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { databaseFailure, withinDeadline } from "../../src/database/connect.ts";

// An invocation has a limit of timers: one that asks often would run out of them.

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("an answer in time is given, and leaves no timer", async () => {
  expect(await withinDeadline(Promise.resolve("answer"), 1000)).toBe("answer");
  expect(vi.getTimerCount()).toBe(0);
});

test("neither does a query that fails", async () => {
  await expect(withinDeadline(Promise.reject(new Error("failed")), 1000)).rejects.toThrow("failed");
  expect(vi.getTimerCount()).toBe(0);
});

test("a query that takes longer is a timeout, at the deadline and not before", async () => {
  const failure = withinDeadline(new Promise(() => {}), 1000).catch(databaseFailure);
  const seen = vi.fn();
  void failure.then(seen);
  await vi.advanceTimersByTimeAsync(999);
  expect(seen).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(await failure).toEqual({ kind: "unavailable", cause: "timeout" });
});
