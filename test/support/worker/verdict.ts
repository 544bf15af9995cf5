import { readSignature, type SigningKey, verify } from "../../../src/webhook/verify.ts";

/** What the Worker says of a request: its headers first, then its body. */
export const verdictOn = async (
  headers: Headers,
  body: Uint8Array,
  keys: readonly SigningKey[],
  now: number,
  tolerance?: number,
) => {
  const signature = readSignature(headers, now, tolerance);
  if (!signature.ok) return signature;
  const verified = await verify(signature.value, body, keys);
  return verified.ok ? signature : verified;
};
