import { Agent, request } from "node:http";
import { Webhook } from "svix";
import { epoch, event, userData } from "../test/support/worker/clerk.ts";

/** A signed delivery, the same for every contestant. */
export type Delivery = { headers: Record<string, string>; body: string };

/**
 * What fills the metadata of a body. The cost of JSON is nearly all per field with small objects, and per byte, and
 * low, with text.
 */
export type Shape = "objects" | "text";

/** What a user's last delivery said, in the columns that every contestant has. */
export type Expected = {
  id: string;
  email: string;
  first_name: string;
  last_name: string;
  image_url: string;
  public_metadata: unknown;
};

const userCount = 200;

/** Deliveries under way at once. Far fewer than users, so that no two of them are about the same user. */
const usualConcurrency = 16;

/** Every contestant's secret, which signs all deliveries. */
export const signingSecret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;

/** Events of users by turns, each newer than the last, and what the copy should hold at the end. */
export class Deliveries {
  readonly expected = new Map<string, Expected>();
  count = 0;
  readonly #webhook = new Webhook(signingSecret);
  readonly #users: number;

  /** @param users how many they are about, each far from the next */
  constructor(users = userCount) {
    this.#users = users;
  }

  /** @param bytes of each body, approximately; public metadata fills it up */
  updates(count: number, bytes: number, shape: Shape): Delivery[] {
    return Array.from({ length: count }, () => {
      const turn = this.count;
      const at = epoch + turn;
      const user: Expected = {
        id: userId((turn * stride) % this.#users),
        email: `ada.${turn}@example.com`,
        first_name: `Ada ${turn}`,
        last_name: "Lovelace",
        image_url: `https://img.clerk.com/${turn}`,
        public_metadata: { plan: "pro", entries: entries[shape](bytes - 2_000, turn) },
      };
      this.expected.set(user.id, user);
      const { email, ...fields } = user;
      const email_addresses = [{ ...emailAddress, email_address: email }];
      return this.#sign(
        event(
          turn < this.#users ? "user.created" : "user.updated",
          userData({ ...fields, email_addresses, primary_email_address_id: emailAddress.id, updated_at: at }),
          at,
        ),
      );
    });
  }

  deletion(id: string): Delivery {
    return this.#sign(event("user.deleted", { object: "user", id, deleted: true }, epoch + this.count));
  }

  #sign(payload: unknown): Delivery {
    const id = `msg_${String(this.count++).padStart(27, "0")}`;
    const body = JSON.stringify(payload);
    const date = new Date();
    return {
      headers: {
        "Content-Type": "application/json",
        "Content-Length": String(Buffer.byteLength(body)),
        "svix-id": id,
        "svix-timestamp": String(Math.floor(date.getTime() / 1000)),
        "svix-signature": this.#webhook.sign(id, date, body),
      },
      body,
    };
  }
}

/** A prime, so that every user has a turn. */
const stride = 7919;

export const userId = (number: number): string => `user_${String(number).padStart(27, "0")}`;

const emailAddress = {
  id: "idn_000000000000000000000000001",
  object: "email_address",
  reserved: false,
  verification: {
    object: "verification_otp",
    status: "verified",
    strategy: "email_code",
    attempts: 1,
    expire_at: null,
  },
  linked_to: [],
};

/** What an app might keep with a user, in about this many bytes. */
const entries: Record<Shape, (bytes: number, turn: number) => unknown[]> = {
  objects: (bytes, turn) =>
    listOf(bytes, (index) => ({
      id: `order_${turn}_${index}`,
      total: 1999 + index,
      paid: index % 3 > 0,
      items: [{ sku: "TEA-100", quantity: 2, note: 'for "Zoë"' }],
      placed_at: "2026-11-24T15:38:00.000Z",
    })),
  text: (bytes, turn) => listOf(bytes, (index) => `Note ${index} of ${turn}: `.padEnd(200, "Zoë called again. ")),
};

const listOf = (bytes: number, entry: (index: number) => unknown): unknown[] => {
  const list: unknown[] = [];
  for (let length = 0; length < bytes;) {
    const value = entry(list.length);
    list.push(value);
    length += Buffer.byteLength(JSON.stringify(value)) + 1;
  }
  return list;
};

/** Sends to one Worker, over connections that stay open. */
export type Sender = {
  /** Sends them all. Throws if an answer is not 2xx. */
  send(deliveries: Iterable<Delivery>, signal: AbortSignal): Promise<void>;
  /** The same, and returns the milliseconds that each took. */
  time(deliveries: Iterable<Delivery>, signal: AbortSignal): Promise<number[]>;
  close(): void;
};

export const senderTo = (origin: string, concurrency = usualConcurrency): Sender => {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const time = async (deliveries: Iterable<Delivery>, signal: AbortSignal): Promise<number[]> => {
    const queue = Iterator.from(deliveries);
    const milliseconds: number[] = [];
    const lane = async () => {
      for (const delivery of queue) {
        signal.throwIfAborted();
        const started = performance.now();
        await post(origin, agent, delivery);
        milliseconds.push(performance.now() - started);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, lane));
    return milliseconds;
  };
  return {
    send: async (deliveries, signal) => void (await time(deliveries, signal)),
    time,
    close: () => agent.destroy(),
  };
};

const post = async (origin: string, agent: Agent, delivery: Delivery): Promise<void> => {
  // workerd closes a connection that was idle for some seconds, sometimes at this very moment.
  const isEnded = await attempt(origin, agent, delivery);
  if (isEnded) await attempt(origin, agent, delivery);
};

/** Returns whether a connection that was used before had ended. */
const attempt = (origin: string, agent: Agent, { headers, body }: Delivery): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const sent = request(`${origin}/api/webhook`, { method: "POST", agent, headers }, (response) => {
      let answer = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (answer += text));
      response.once("error", reject);
      response.once("end", () => {
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) resolve(false);
        else reject(new Error(`a delivery was answered with ${status}: ${answer}`));
      });
    });
    sent.once("error", (error) => (sent.reusedSocket ? resolve(true) : reject(error)));
    sent.end(body);
  });
