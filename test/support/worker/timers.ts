import { expect, vi } from "vitest";

/** Lets `AbortSignal.timeout` keep to the fake time, until the mock is restored. */
export const fakeDeadlines = () =>
  vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => {
    const ending = new AbortController();
    setTimeout(() => ending.abort(), milliseconds);
    return ending.signal;
  });

/**
 * Lets something happen that is given up at a deadline and not before, by a clock that stands still until then.
 *
 * @param until settles when all has happened that happens before the deadline
 */
export const atDeadline = async <Result>(
  milliseconds: number,
  act: () => Promise<Result>,
  until: () => Promise<void> = async () => {},
): Promise<Result> => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  const deadlines = fakeDeadlines();
  try {
    let hasEnded = false;
    const ended = act().finally(() => (hasEnded = true));
    // Who waits for it is below.
    ended.catch(() => {});
    const isWaiting = () => vi.getTimerCount() > 0 || hasEnded;
    while (!isWaiting()) await scheduler.wait(5);
    await until();
    await vi.advanceTimersByTimeAsync(milliseconds - 1);
    expect(hasEnded).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    return await ended;
  } finally {
    deadlines.mockRestore();
    vi.useRealTimers();
  }
};
