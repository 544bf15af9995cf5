import { fail, type FailureOf, ok, type Result } from "../result.ts";

/** Svix sends up to about 350 kB. */
const maximumBytes = 512 * 1024;

const tooLarge = fail({ kind: "too_large" });

/**
 * Reads the raw bytes of a request's body. Not by `hono/body-limit`: it makes a new request around what it has read, and
 * the signature is over these bytes.
 */
export const readBody = async (request: Request): Promise<Result<Uint8Array, FailureOf<"too_large">>> => {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    if (Number(declared) > maximumBytes) return tooLarge;
    const body = new Uint8Array(await request.arrayBuffer());
    return body.length > maximumBytes ? tooLarge : ok(body);
  }

  // Without a length the body may have no end: no more than the limit is ever held.
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > maximumBytes) return tooLarge;
    chunks.push(chunk);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return ok(body);
};
