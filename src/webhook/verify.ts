/**
 * Standard Webhooks as Svix sends them for Clerk: headers, bytes and secrets in, a verdict out.
 * No I/O except Web Crypto; the clock is an argument.
 *
 * Source: https://docs.svix.com/receiving/verifying-payloads/how-manual and the Standard Webhooks
 * specification. If a rule is stricter than their libraries, its comment says why.
 */

import { fail, type FailureOf, ok, type Result } from "../result.ts";

/** How far from now, in either direction, a delivery may have been signed. Inclusive, as in Svix's libraries. */
export const toleranceSeconds = 300;

/** A rotation needs two. */
const maximumSignatures = 5;

/** A dot in the id would shift the boundaries of the signed `id.timestamp.body`. */
const idForm = /^[A-Za-z0-9_-]{1,128}$/;

/** Ten digits last until 2286. A lenient number parser also takes `1731705121abc` and `1731705121, 1731705121`. */
const timestampForm = /^[0-9]{10}$/;

/** 32 bytes in base64, padded and canonical, so that a signature has one spelling. */
const signatureForm = /^v1,([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)$/;

export type SigningKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/**
 * Imports signing secrets for `isSigned`.
 *
 * @param secrets the bytes of each secret, without `whsec_` and decoded
 */
export const importSecrets = (secrets: readonly Uint8Array<ArrayBuffer>[]): Promise<SigningKey[]> =>
  Promise.all(
    secrets.map((secret) => crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"])),
  );

/** The same, when the keys are first asked for. A promise is not kept: its invocation may end before it settles. */
export const importedOnce = (secrets: readonly Uint8Array<ArrayBuffer>[]): (() => Promise<readonly SigningKey[]>) => {
  let keys: readonly SigningKey[] | undefined;
  return async () => (keys ??= await importSecrets(secrets));
};

/** What the headers say of a delivery, before its body is read. */
export type Signature = {
  id: string;
  /** When this attempt was signed, in milliseconds since 1970. */
  signedAt: number;
  /** 32 bytes each. None if all are of schemes that are not `v1`. */
  signatures: Uint8Array<ArrayBuffer>[];
};

/**
 * Reads the headers of a delivery that was signed at most `tolerance` seconds from `now`.
 *
 * @param headers of the request: `svix-id`, `svix-timestamp` and `svix-signature`, or the same with `webhook-`
 * @param now seconds since 1970
 * @param tolerance seconds, in both directions
 */
export const readSignature = (
  headers: Headers,
  now: number,
  tolerance = toleranceSeconds,
): Result<Signature, FailureOf<"malformed" | "unverified">> => {
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

  const signedAt = Number(timestamp);
  if (Math.abs(now - signedAt) > tolerance) {
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
  if (signatures.length === 0) return fail({ kind: "unverified", reason: noneMatches, id });
  return ok({ id, signedAt: signedAt * 1000, signatures });
};

const noneMatches = "no signature matches";

/**
 * Decides whether one of the signatures was made with one of `keys`: an HMAC per key, however many signatures are sent, and
 * each is compared in constant time.
 *
 * @param body the raw bytes of the request's body, before any decoding
 */
export const verify = async (
  { id, signedAt, signatures }: Signature,
  body: Uint8Array,
  keys: readonly SigningKey[],
): Promise<Result<null, FailureOf<"unverified">>> => {
  // Ten digits that are near now have one spelling.
  const content = signedContent(`${id}.${signedAt / 1000}.`, body);
  let isSigned = false;
  for (const key of keys) {
    const expected = await crypto.subtle.sign("HMAC", key, content);
    for (const signature of signatures) isSigned = crypto.subtle.timingSafeEqual(signature, expected) || isSigned;
  }
  return isSigned ? ok(null) : fail({ kind: "unverified", reason: noneMatches, id });
};

const encoder = new TextEncoder();

/** `id.timestamp.body`; the first two are ASCII here. */
const signedContent = (prefix: string, body: Uint8Array): Uint8Array<ArrayBuffer> => {
  const content = new Uint8Array(prefix.length + body.length);
  encoder.encodeInto(prefix, content);
  content.set(body, prefix.length);
  return content;
};
