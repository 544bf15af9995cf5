/**
 * Standard Webhooks as Svix sends them for Clerk: bytes, headers and secrets in, a verdict out.
 * No I/O except Web Crypto; the clock is an argument.
 *
 * Source: https://docs.svix.com/receiving/verifying-payloads/how-manual and the Standard Webhooks
 * specification. If a rule is stricter than their libraries, its comment says why.
 */

import { fail, type FailureOf, ok, type Result } from "../result.ts";

/** How far from now, in either direction, a delivery may have been signed. Inclusive, as in Svix's libraries. */
export const toleranceSeconds = 300;

/** Each signature costs an HMAC over the body, and anybody can send many. A rotation needs two. */
const maximumSignatures = 5;

/** A dot in the id would shift the boundaries of the signed `id.timestamp.body`. */
const idForm = /^[A-Za-z0-9_-]{1,128}$/;

/** Ten digits last until 2286. A lenient number parser also takes `1731705121abc` and `1731705121, 1731705121`. */
const timestampForm = /^[0-9]{10}$/;

/** 32 bytes in base64, padded and canonical, so that a signature has one spelling. */
const signatureForm = /^v1,([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)$/;

export type SigningKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/**
 * Imports signing secrets for `verify`.
 *
 * @param secrets the bytes of each secret, without `whsec_` and decoded
 */
export const importSecrets = (secrets: readonly Uint8Array<ArrayBuffer>[]): Promise<SigningKey[]> =>
  Promise.all(
    secrets.map((secret) =>
      crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]),
    ),
  );

/** The same, when the keys are first asked for. A promise is not kept: its invocation may end before it settles. */
export const importedOnce = (secrets: readonly Uint8Array<ArrayBuffer>[]): (() => Promise<readonly SigningKey[]>) => {
  let keys: readonly SigningKey[] | undefined;
  return async () => (keys ??= await importSecrets(secrets));
};

/** A delivery's id, and when this attempt was signed, in milliseconds since 1970. */
export type Signed = { id: string; signedAt: number };

/**
 * Decides whether `body` was signed with one of `keys`, at most `tolerance` seconds from `now`.
 *
 * @param headers of the request: `svix-id`, `svix-timestamp` and `svix-signature`, or the same with `webhook-`
 * @param body the raw bytes of the request's body, before any decoding
 * @param now seconds since 1970
 * @param tolerance seconds, in both directions
 */
export const verify = async (
  headers: Headers,
  body: Uint8Array,
  keys: readonly SigningKey[],
  now: number,
  tolerance = toleranceSeconds,
): Promise<Result<Signed, FailureOf<"malformed" | "unverified">>> => {
  // One family or the other, never a header of each. A header sent twice is joined by ", ", which no form allows.
  let family = "svix";
  let id = headers.get("svix-id");
  if (id === null && headers.has("webhook-id")) {
    family = "webhook";
    id = headers.get("webhook-id");
  }
  if (id === null) return fail({ kind: "malformed", reason: `${family}-id is missing` });
  if (!idForm.test(id)) return fail({ kind: "malformed", reason: `${family}-id is malformed` });

  const timestamp = headers.get(`${family}-timestamp`);
  if (timestamp === null) return fail({ kind: "malformed", reason: `${family}-timestamp is missing`, id });
  if (!timestampForm.test(timestamp))
    return fail({ kind: "malformed", reason: `${family}-timestamp is malformed`, id });

  const signatureHeader = headers.get(`${family}-signature`);
  if (signatureHeader === null) return fail({ kind: "malformed", reason: `${family}-signature is missing`, id });
  if (signatureHeader.includes(", "))
    return fail({ kind: "malformed", reason: `${family}-signature is sent twice`, id });

  if (Math.abs(now - Number(timestamp)) > tolerance) {
    return fail({ kind: "unverified", reason: `${family}-timestamp is more than ${tolerance} s from now`, id });
  }

  const signatures: Uint8Array<ArrayBuffer>[] = [];
  // Skip signatures of other schemes: v1a is asymmetric, and there may be a v2 some day.
  for (const token of signatureHeader.split(" ")) {
    const signature = signatureForm.exec(token)?.[1];
    if (signature !== undefined) signatures.push(Uint8Array.fromBase64(signature));
  }
  if (signatures.length > maximumSignatures) {
    return fail({ kind: "malformed", reason: `${family}-signature has more than ${maximumSignatures} signatures`, id });
  }

  const signed = signedContent(id, timestamp, body);
  for (const key of keys) {
    for (const signature of signatures) {
      if (await crypto.subtle.verify("HMAC", key, signature, signed)) {
        return ok({ id, signedAt: Number(timestamp) * 1000 });
      }
    }
  }
  return fail({ kind: "unverified", reason: "no signature matches", id });
};

const encoder = new TextEncoder();

/** `id.timestamp.body`; the first two are ASCII here. */
const signedContent = (id: string, timestamp: string, body: Uint8Array): Uint8Array<ArrayBuffer> => {
  const prefix = `${id}.${timestamp}.`;
  const content = new Uint8Array(prefix.length + body.length);
  encoder.encodeInto(prefix, content);
  content.set(body, prefix.length);
  return content;
};
