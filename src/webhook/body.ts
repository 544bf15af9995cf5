import { fail, type FailureOf, ok, type Result } from "../result.ts";

type Unread = FailureOf<"too_large" | "malformed">;

/** Svix sends up to about 350 kB. */
const maximumBytes = 512 * 1024;

const tooLarge = fail({ kind: "too_large" });
const brokenOff = fail({ kind: "malformed", reason: "body broke off" });

/**
 * Reads the raw bytes of a request's body. Not by `hono/body-limit`: it makes a new request around what it has read, and
 * the signature is over these bytes.
 */
export const readBody = (request: Request): Promise<Result<Uint8Array, Unread>> =>
  // The sender has gone away.
  read(request).catch(() => brokenOff);

const read = async (request: Request): Promise<Result<Uint8Array, Unread>> => {
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
