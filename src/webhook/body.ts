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
  // Without a length the body may have no end: no more than the limit is ever held.
  const declared = Number(request.headers.get("content-length") ?? maximumBytes);
  if (declared > maximumBytes) return tooLarge;
  // In one piece: each costs time.
  const room = new Uint8Array(declared + 1);
  const body = (await request.body?.getReader({ mode: "byob" }).readAtLeast(room.length, room))?.value;
  if (body === undefined) return ok(new Uint8Array());
  return body.length > declared ? tooLarge : ok(body);
};
