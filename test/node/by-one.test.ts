import { expect, test } from "vitest";
import { byOne } from "../../src/outbox/tell.ts";

/** A job that ends when it is told to. */
const slow = (now?: () => number) => {
  const ends: (() => void)[] = [];
  const job = byOne(() => new Promise<void>((resolve) => ends.push(resolve)), now);
  const end = async () => {
    ends.at(-1)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { job, end, count: () => ends.length };
};

test("who asks for a job while it is done has it done once more, by the same", async () => {
  const { job, end, count } = slow();
  const first = job();
  await Promise.all([job(), job(), job()]);
  expect(count()).toBe(1);
  await end();
  expect(count()).toBe(2);
  await end();
  await first;
  expect(count()).toBe(2);
  void job();
  expect(count()).toBe(3);
});

test("a job whose invocation is gone is begun anew after a minute, and one who always asks ends", async () => {
  let now = 0;
  const { job, end, count } = slow(() => now);
  const first = job();
  for (let turn = 1; turn <= 3; turn += 1) {
    await job();
    await end();
  }
  await first;
  expect(count()).toBe(3);

  void job();
  now += 59_999;
  await job();
  expect(count()).toBe(4);
  now += 1;
  void job();
  expect(count()).toBe(5);
});
