import { Webhook } from "svix";

/** A signed request, as Svix would send it. */
export type Delivery = { headers: Record<string, string>; body: string };

/**
 * Signs an event with Svix's own package.
 *
 * @param secret `whsec_…`
 * @param id the delivery's id, for example `msg_2b6c…`: the same for every attempt
 * @param at when it is sent, in milliseconds since 1970
 */
export const signDelivery = (secret: string, id: string, event: unknown, at = Date.now()): Delivery => {
  const body = JSON.stringify(event);
  return {
    headers: {
      "content-type": "application/json",
      "svix-id": id,
      "svix-timestamp": String(Math.floor(at / 1000)),
      "svix-signature": new Webhook(secret).sign(id, new Date(at), body),
    },
    body,
  };
};

/** What the Worker answered. */
export type Answer = { status: number; body: string };

export const send = async (url: string | URL, { headers, body }: Delivery, fetcher = fetch): Promise<Answer> => {
  const response = await fetcher(url, { method: "POST", headers, body });
  return { status: response.status, body: await response.text() };
};
