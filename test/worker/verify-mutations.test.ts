import { Webhook } from "svix";
import { afterEach, expect, inject, test, vi } from "vitest";
import { importSecrets } from "../../src/webhook/verify.ts";
import { randomFrom } from "../support/worker/random.ts";
import { verdictOn } from "../support/worker/verdict.ts";

const encoder = new TextEncoder();

afterEach(() => void vi.useRealTimers());

// 20,000 in all.
const [seed, rounds] = inject("isRest") ? [20_261_125, 15_000] : [20_261_124, 5000];

test("agrees with Svix's own package on thousands of mutations, but where it is deliberately stricter", async () => {
  const random = randomFrom(seed);
  const secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"] as const;
  // Svix's package reads the clock itself: it stands still.
  const now = 1_760_000_000;
  vi.setSystemTime(now * 1000);
  const svix = new Webhook(secrets[0]);
  const stranger = new Webhook(secrets[1]);
  const keys = await importSecrets([Uint8Array.fromBase64(secrets[0].slice(6))]);
  const ascii = "aZ09+/=.,_- \tvV1".split("");
  const any = [...ascii, "é", "\u0000", "\ufeff", "😀"];

  const mutate = (text: string, characters = ascii): string => {
    const at = random.below(text.length + 1);
    switch (random.below(6)) {
      case 0:
        return text.slice(0, at) + random.pick(characters) + text.slice(at);
      case 1:
        return text.slice(0, at) + text.slice(at + 1);
      case 2:
        return text.slice(0, at) + random.pick(characters) + text.slice(at + 1);
      case 3:
        return text.slice(0, at);
      case 4:
        return text + text;
      default:
        return text.slice(0, at) + text.slice(at).toUpperCase();
    }
  };

  const tally = { accept: 0, reject: 0, stricter: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const signedAt = now + random.pick([0, 0, 0, 0, -300, 300, -301, 301, -5000, 5000]);
    let id = `msg_${random.below(1e9)}`;
    let body = `{"type":"user.created","data":{"first_name":"Zoë","n":${random.below(1e6)}}}`;
    let timestamp = String(signedAt);
    const valid = svix.sign(id, new Date(signedAt * 1000), body);
    const other = stranger.sign(id, new Date(signedAt * 1000), body);
    let signature = random.pick([
      valid,
      valid,
      valid,
      `${other} ${valid}`,
      `${valid} ${other}`,
      `v2,${valid.slice(3)}`,
      other,
      `v1a,x ${valid}`,
    ]);
    const family = random.pick(["svix", "webhook"]);
    const isSignedLast = random.below(4) === 0;
    for (let count = random.below(3); count > 0; count -= 1) {
      switch (random.below(4)) {
        case 0:
          id = mutate(id);
          break;
        case 1:
          timestamp = mutate(timestamp);
          break;
        case 2:
          body = mutate(body, any);
          break;
        default:
          signature = mutate(signature);
      }
    }

    if (isSignedLast) signature = svix.sign(id, new Date(signedAt * 1000), body);

    const headers = new Headers({
      [`${family}-id`]: id,
      [`${family}-timestamp`]: timestamp,
      [`${family}-signature`]: signature,
    });
    // Svix's package reads what HTTP would have carried: values without space around them.
    const carried = Object.fromEntries(headers);
    const verdict = (await verdictOn(headers, encoder.encode(body), keys, now)).ok ? "verified" : "refused";
    const reference = accepts(svix, body, carried);
    const is = `seed ${seed}, round ${round}: ${JSON.stringify({ carried, body, verdict })}`;

    // Never laxer, under no circumstances.
    if (verdict === "verified") expect(reference, is).toBe(true);
    if (reference && verdict !== "verified") {
      const mayDiffer =
        !/^[A-Za-z0-9_-]{1,128}$/.test(carried[`${family}-id`] ?? "") ||
        !/^[0-9]{10}$/.test(carried[`${family}-timestamp`] ?? "") ||
        signature.includes(", ") ||
        // That package looks at what stands between the first two commas.
        signature.split(" ").some((token) => token.split(",").length > 2) ||
        signature.split(" ").length > 5;
      expect(mayDiffer, is).toBe(true);
      tally.stricter += 1;
    } else {
      tally[reference ? "accept" : "reject"] += 1;
    }
  }
  // Each side of the comparison was there often enough to mean something.
  expect(tally.accept).toBeGreaterThan(0.15 * rounds);
  expect(tally.reject).toBeGreaterThan(0.15 * rounds);
  expect(tally.stricter).toBeGreaterThan(0.005 * rounds);
});

const accepts = (svix: Webhook, body: string, headers: Record<string, string>): boolean => {
  try {
    svix.verify(body, headers);
    return true;
  } catch {
    return false;
  }
};
