/**
 * The bytes of a secret as Svix and Standard Webhooks write it, `whsec_…`; undefined if it is none, or weak: anybody can forge
 * an HMAC with an empty or short key.
 *
 * Uses `atob`: the commands read settings in Node, which does not have `Uint8Array.fromBase64` yet.
 */
export const decodeSecret = (secret: string): Uint8Array<ArrayBuffer> | undefined => {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  if (base64 === undefined || base64.replace(/=+$/, "").length % 4 === 1) return undefined;
  const bytes = Uint8Array.from(atob(base64.replace(/=+$/, "")), (character) => character.charCodeAt(0));
  return bytes.length >= 24 ? bytes : undefined;
};
