import { Webhook } from "svix";
import { describe, expect, test } from "vitest";
import { parseDelivery } from "../../src/webhook/delivery.ts";
import { readSettings } from "../../src/settings.ts";
import { importSecrets, toleranceSeconds } from "../../src/webhook/verify.ts";
import { verdictOn } from "../support/worker/verdict.ts";
import { refusedSecrets, stricter, type Vector, vectors } from "../support/worker/vectors.ts";

const encoder = new TextEncoder();
const settingsWith = (secret: string) =>
  readSettings({
    DATABASE_URL: "postgresql://user:password@ep-cool-rain-1.us-east-2.aws.neon.tech/database",
    CLERK_WEBHOOK_SIGNING_SECRET: secret,
  });

/** Signature and bytes, as the Worker looks at them before it looks at the event. */
const receive = async (
  secret: Uint8Array<ArrayBuffer>,
  headers: Headers,
  body: Uint8Array,
  now: number,
  tolerance = toleranceSeconds,
): Promise<"accept" | "reject"> => {
  const verdict = await verdictOn(headers, body, await importSecrets([secret]), now, tolerance);
  if (!verdict.ok) return "reject";
  // The libraries verify text: bytes that are none are refused by them, and by the Worker when it reads the event.
  if (isText(body)) return "accept";
  expect(parseDelivery(verdict.value, body)).toMatchObject({ failure: { kind: "malformed" } });
  return "reject";
};

const isText = (body: Uint8Array): boolean => {
  try {
    return !new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body).startsWith("\ufeff");
  } catch {
    return false;
  }
};

const headersOf = (vector: Vector): { headers: Headers; now: number } => {
  const { timestamp, id, body, family = "svix" } = vector;
  const now = vector.clock ?? Number(timestamp);
  const text = typeof timestamp === "number" ? String(now + timestamp) : timestamp;
  const svix = new Webhook(vector.secret);
  const sign = (at: number) => svix.sign(id, new Date(at * 1000), String(body));
  const signature = vector.signature
    .replace("VALID@now", () => sign(now))
    .replace("VALID[0:8]", () => sign(Number(text)).slice(0, 8))
    .replace("VALID", () => sign(Number(text)));
  const names = vector.headerNames ?? {
    id: `${family}-id`,
    timestamp: `${family}-timestamp`,
    signature: `${family}-signature`,
  };
  const headers = new Headers();
  if (vector.without !== "id") headers.set(names.id, id);
  if (vector.without !== "timestamp") headers.set(names.timestamp, text);
  if (vector.without !== "signature") headers.set(names.signature, signature);
  return { headers, now };
};

describe("the family of the headers", () => {
  const secret = new Uint8Array(32).fill(7);
  const now = 1_760_000_000;
  const signed = (family: string) => {
    const signature = new Webhook(secret, { format: "raw" }).sign("msg_1", new Date(now * 1000), "{}");
    return { [`${family}-id`]: "msg_1", [`${family}-timestamp`]: String(now), [`${family}-signature`]: signature };
  };
  const verdict = async (headers: Record<string, string>) =>
    verdictOn(new Headers(headers), encoder.encode("{}"), await importSecrets([secret]), now);

  test("is svix where both are there", async () => {
    const forged = { "webhook-id": "msg_2", "webhook-timestamp": String(now), "webhook-signature": "v1,none" };
    expect(await verdict({ ...signed("svix"), ...forged })).toMatchObject({
      ok: true,
      value: { id: "msg_1", signedAt: now * 1000 },
    });
  });

  test("is never made up of a header of each", async () => {
    const { "webhook-id": id = "", ...others } = signed("webhook");
    expect(await verdict({ "svix-id": id, ...others })).toMatchObject({
      failure: { reason: "svix-timestamp is missing" },
    });
  });

  test("is svix, which is Clerk's, where none is there", async () => {
    expect(await verdict({})).toEqual({ ok: false, failure: { kind: "malformed", reason: "svix-id is missing" } });
  });
});

describe("the cases of the public libraries", () => {
  test("are all here", () => {
    expect(vectors.length + refusedSecrets.length).toBe(70);
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
    expect(Object.keys(stricter).every((name) => vectors.some((vector) => vector.name === name))).toBe(true);
  });

  test.for(vectors)("$name: $expected", async (vector) => {
    const { headers, now } = headersOf(vector);
    const body = typeof vector.body === "string" ? encoder.encode(vector.body) : vector.body;
    const secret = Uint8Array.fromBase64(vector.secret.replace("whsec_", ""));
    const isSecret = vector.secret.startsWith("whsec_") && secret.length >= 24;
    expect(settingsWith(vector.secret).ok).toBe(isSecret);

    // What else a case shows, it shows with a secret that the settings refuse as well.
    const verdict = await receive(secret, headers, body, now, vector.toleranceSeconds);
    expect(verdict).toBe(vector.name in stricter ? "reject" : vector.expected);
  });

  test.for(refusedSecrets)("the secret «%s» is a misconfiguration", (secret) => {
    expect(settingsWith(secret)).toMatchObject({
      failure: { kind: "misconfigured", setting: "CLERK_WEBHOOK_SIGNING_SECRET" },
    });
  });
});

test("takes one spelling of a signature: bits that base64 does not use must be zero", async () => {
  const now = 1_760_000_000;
  const secret = vectors[0]?.secret ?? "";
  const keys = await importSecrets([Uint8Array.fromBase64(secret.slice(6))]);
  const valid = new Webhook(secret).sign("msg_1", new Date(now * 1000), "{}");
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const last = alphabet.indexOf(valid.at(-2) ?? "");
  const verdicts = await Promise.all(
    [0, 1, 2, 3].map(async (bits) => {
      const signature = `${valid.slice(0, -2)}${alphabet[last + bits]}=`;
      const headers = new Headers({ "svix-id": "msg_1", "svix-timestamp": String(now), "svix-signature": signature });
      const verdict = await verdictOn(headers, encoder.encode("{}"), keys, now);
      return verdict.ok ? "verified" : verdict.failure.kind;
    }),
  );
  expect(verdicts).toEqual(["verified", "unverified", "unverified", "unverified"]);
});
