import { sql } from "drizzle-orm/sql";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { connect } from "../../src/database/connect.ts";
import { withTimeout } from "../../src/timeout.ts";
import { fakeDeadlines } from "../support/worker/timers.ts";

const address = ["postgresql://user:password@host/database", "http://127.0.0.1/sql"] as const;
const database = connect(...address, 1000);

beforeEach(() => {
  vi.useFakeTimers();
  fakeDeadlines();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A request that never ends, or the body of its answer, until it is aborted. */
const hang = (where: "request" | "body") => {
  const aborted = vi.fn();
  vi.spyOn(globalThis, "fetch").mockImplementation((_url, init) => {
    const never = new Promise<never>((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => {
        aborted();
        reject(new Error("aborted"));
      });
    });
    if (where === "request") return never;
    return Promise.resolve(Object.assign(new Response(), { text: () => never }));
  });
  return aborted;
};

test("an answer in time is given", async () => {
  const answer = { fields: [{ name: "one", dataTypeID: 23 }], rows: [["1"]], command: "SELECT", rowCount: 1 };
  vi.spyOn(globalThis, "fetch").mockResolvedValue(Response.json(answer));
  expect(await database.query(sql`select 1 as one`)).toEqual({ ok: true, value: [{ one: 1 }] });
});

test("a statement that fails before its deadline is not late", async () => {
  vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("away"));
  expect(await database.query(sql`select 1`)).toEqual({
    ok: false,
    failure: { kind: "unavailable", cause: "network" },
  });
});

describe.for(["request", "body"] as const)("a %s that takes longer is aborted", (where) => {
  const late = { ok: false, failure: { kind: "unavailable", cause: "timeout" } };

  test("at the deadline and not before", async () => {
    const aborted = hang(where);
    const failure = database.query(sql`select 1`);
    await vi.advanceTimersByTimeAsync(999);
    expect(aborted).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(aborted).toHaveBeenCalledOnce();
    expect(await failure).toEqual(late);
  });

  test("by the runtime's own timer", async () => {
    vi.mocked(AbortSignal.timeout).mockRestore();
    vi.useRealTimers();
    const aborted = hang(where);
    expect(await connect(...address, 1).query(sql`select 1`)).toEqual(late);
    expect(aborted).toHaveBeenCalledOnce();
  });
});

// An invocation has a limit of timers.
test("what has no request to abort is given up at its time, and leaves no timer", async () => {
  expect(await withTimeout(Promise.resolve("answer"), 1000, "late")).toBe("answer");
  await expect(withTimeout(Promise.reject(new Error("failed")), 1000, "late")).rejects.toThrow("failed");
  const late = withTimeout(new Promise(() => {}), 1000, "late");
  await vi.advanceTimersByTimeAsync(1000);
  expect(await late).toBe("late");
  expect(vi.getTimerCount()).toBe(0);
});
