/**
 * Signs a request as Standard Webhooks has it. Not by the package `svix`: it computes the HMAC in JavaScript, 2 ms for a
 * request of 200 KB where Web Crypto takes 0.4, and it is 5 KiB of the bundle.
 *
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 *
 * @param secret the bytes of the secret, without `whsec_` and decoded
 * @param now seconds since 1970
 */
export const signed = async (
  secret: Uint8Array<ArrayBuffer>,
  id: string,
  now: number,
  body: string,
): Promise<Record<string, string>> => {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const content = new TextEncoder().encode(`${id}.${now}.${body}`);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, content));
  return {
    "webhook-id": id,
    "webhook-timestamp": String(now),
    "webhook-signature": `v1,${signature.toBase64()}`,
  };
};
