import { expect, test } from "vitest";
import { leakIn } from "../support/leaks.ts";

test.each([
  ["to ada@example.com", "an address"],
  ["+12025550100", "a phone number"],
  ['{"name":"Grace"}', "a name"],
  ["José", "a name"],
  ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "a signing secret"],
  ["sk_live_abc", "a secret key"],
  ["sk_test_simulatedAndMore", "a secret key"],
  ["postgresql://owner:pass@ep-1.aws.neon.tech/db", "a password"],
])("the scanner finds what is in %j", (text, leak) => {
  expect(leakIn(`before ${text} after`)).toBe(leak);
});

test.each([
  "postgresql://postgres:postgres@127.0.0.1:5432/postgres",
  "its key is sk_test_simulated",
  "whsec_…",
  "sk_…",
  "https://site-1.example.com/v1",
  "Graceful",
  "postgresql://user:password@host/database",
])("and nothing in %j", (text) => {
  expect(leakIn(text)).toBeUndefined();
});
