import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ensure } from "../../src/sync/ensure.ts";
import { atDeadline } from "../support/worker/timers.ts";

/** What test/node/ensure.test.ts cannot tell to the millisecond, with a copy that has nobody. */

/** What Clerk answers, a request each. */
let answers: (() => Promise<Response>)[];
let requests: number;
beforeEach(() => {
  requests = 0;
  vi.spyOn(globalThis, "fetch").mockImplementation((_, init) => {
    const isClerk = new Headers(init?.headers).has("Clerk-API-Version");
    if (!isClerk) return Promise.resolve(Response.json({ fields: [], rows: [] }));
    const answer = answers[requests];
    requests += 1;
    if (answer !== undefined) return answer();
    return new Promise<Response>((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
    });
  });
});
afterEach(() => void vi.restoreAllMocks());

const bindings = () => ({
  DATABASE_URL: "postgresql://user:password@ep-cool-rain-1.us-east-2.aws.neon.tech/mirror",
  CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${btoa("x".repeat(24))}`,
  CLERK_SECRET_KEY: "sk_test_nobodys",
});
const invocation = { waitUntil: () => {} };
// Vitest's own way to wait would let the clock go on.
const isAsked = (): boolean => requests > 0;
const untilAsked = async () => {
  while (!isAsked()) await scheduler.wait(5);
};

test("Clerk that does not answer is given up after 5 s", async () => {
  answers = [];
  const ensured = atDeadline(5000, () => ensure(bindings(), invocation, "users", "user_2nobody"), untilAsked);
  await expect(ensured).rejects.toThrow('{"error":"clerk_unavailable","cause":"timeout"}');
});

test("a request that was dropped with its caller is waited for 6 s, and then Clerk is asked anew", async () => {
  // Clerk's own word that there is nobody, and when it said so.
  const nobody = Response.json(
    { errors: [{ code: "resource_not_found" }] },
    { status: 404, headers: { Date: "Thu, 09 Oct 2025 08:53:20 GMT" } },
  );
  answers = [() => new Promise<Response>(() => {}), () => Promise.resolve(nobody)];
  const same = bindings();
  const ensured = atDeadline(
    6000,
    () => {
      void ensure(same, invocation, "users", "user_2nobody");
      return ensure(same, invocation, "users", "user_2nobody");
    },
    untilAsked,
  );
  expect(await ensured).toBeNull();
  expect(requests).toBe(2);
});
