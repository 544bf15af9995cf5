import { Webhook } from "svix";
import { afterEach, beforeEach, expect, inject, test, vi } from "vitest";
import type { Merge } from "../../src/database/merge.ts";
import { ok } from "../../src/result.ts";
import { type Services, servicesWith } from "../../src/services.ts";
import { readSettings } from "../../src/settings.ts";
import { createWebhook } from "../../src/webhook/app.ts";
import { deletion, epoch, event } from "../support/worker/clerk.ts";
import { fixtures } from "../support/worker/fixtures.ts";
import { type Random, randomFrom } from "../support/worker/random.ts";

/** Random deliveries against the door, without a database: which of them reach the merge. */

const { seed, unauthentic, authentic } = inject("fuzz");

const secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"] as const;
const ours = secrets.map((secret) => new Webhook(secret));
const stranger = new Webhook("whsec_T3RoZXIgcGVvcGxlJ3Mgc2VjcmV0cyE=");

/** The clock stands still, in seconds since 1970. */
const now = Math.floor(epoch / 1000);
beforeEach(() => void vi.setSystemTime(now * 1000));
afterEach(() => void vi.useRealTimers());

/** What a request is made of. */
type Parts = { headers: Record<string, string>; body: Uint8Array; isStream: boolean };

const encoder = new TextEncoder();

/** The deliveries that the merge was asked to write. */
let written: string[] = [];

const doorOf = () => {
  const settings = readSettings({
    DATABASE_URL: "postgresql://user:password@ep-cool-rain-1.us-east-2.aws.neon.tech/mirror",
    CLERK_WEBHOOK_SIGNING_SECRET: secrets.join(" "),
  });
  if (!settings.ok) throw new Error("settings");
  const merge: Merge = async (_, lines) => {
    written.push(...lines.map(({ id }) => id));
    return ok(lines.map(({ id }) => ({ id, outcome: "applied" as const, attempts: 1 })));
  };
  const services: Services = { ...servicesWith(settings.value), merge };
  return createWebhook(() => ok(services));
};

const statusOf = async (door: ReturnType<typeof doorOf>, { headers, body, isStream }: Parts): Promise<number> => {
  const chunks = () =>
    new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (let from = 0; from < body.length; from += 50) controller.enqueue(body.slice(from, from + 50));
        controller.close();
      },
    }).pipeThrough(new IdentityTransformStream());
  const response = await door.request(
    "/api/webhook",
    {
      method: "POST",
      headers: isStream ? headers : { ...headers, "content-length": String(body.length) },
      body: isStream ? chunks() : body,
    },
    {},
  );
  await response.body?.cancel();
  return response.status;
};

/** Any of Clerk's events, with more or fewer spaces, and text of any alphabet. */
const anyEvent = (random: Random): string => {
  const { kind, verbs, data } = random.pick(fixtures);
  const id = `any_${random.below(1e9)}`;
  const word = random.pick(["", "Zoë", "名前", "😀", '"\\', "\u2028", "a".repeat(random.below(300))]);
  const given = random.chance(0.1)
    ? event(`${kind}.deleted`, deletion(id), epoch)
    : event(
        `${kind}.${random.pick(verbs)}`,
        { ...data, id, public_metadata: { word }, name: word, later: word },
        epoch,
      );
  const envelope = random.chance(0.1) ? { ...given, type: `later.${random.below(100)}` } : given;
  return JSON.stringify(envelope, undefined, random.pick([0, 0, 1, "\t"]));
};

/** A delivery as Svix sends it, signed by its own package. */
const validFrom = (random: Random) => {
  const id = `msg_${random.below(1e9).toString(36)}`;
  const text = anyEvent(random);
  const timestamp = now + random.pick([0, 0, 0, -1, 1, -300, 300, -random.below(301), random.below(301)]);
  const signature = random.pick(ours).sign(id, new Date(timestamp * 1000), text);
  return { id, text, timestamp, signature };
};

const partsOf = (
  random: Random,
  { id, timestamp, signature, text }: { id: string; timestamp: number | string; signature: string; text: string },
): Parts => {
  const family = random.pick(["svix", "webhook"]);
  return {
    headers: {
      [`${family}-id`]: id,
      [`${family}-timestamp`]: String(timestamp),
      [`${family}-signature`]: signature,
    },
    body: encoder.encode(text),
    isStream: random.chance(0.2),
  };
};

const otherOf = <Value>(make: () => Value, value: Value): Value => {
  for (;;) {
    const other = make();
    if (other !== value) return other;
  }
};

const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".split("");
const noisy = [...base64, " ", ",", "."];

/** What an attacker may try with a delivery that was seen, or with a secret of one's own: none of it is authentic. */
const forgeries: ((random: Random, valid: ReturnType<typeof validFrom>) => Parts)[] = [
  // A byte of the body is another.
  (random, valid) => {
    const parts = partsOf(random, valid);
    const at = random.below(parts.body.length);
    parts.body[at] = otherOf(() => random.below(256), parts.body[at] ?? 0);
    return parts;
  },
  // The body is a byte longer or shorter.
  (random, valid) => {
    const parts = partsOf(random, valid);
    const at = random.below(parts.body.length);
    const bytes = [...parts.body];
    if (random.chance(0.5)) bytes.splice(at, 0, random.below(256));
    else bytes.splice(at, 1);
    return { ...parts, body: new Uint8Array(bytes) };
  },
  // The body is another delivery's.
  (random, valid) => partsOf(random, { ...valid, text: otherOf(() => anyEvent(random), valid.text) }),
  (random, valid) => partsOf(random, { ...valid, text: "" }),
  // The id is another.
  (random, valid) => partsOf(random, { ...valid, id: `${valid.id}${random.pick(["0", "_", "-", "a"])}` }),
  (random, valid) => partsOf(random, { ...valid, id: valid.id.slice(0, -1) }),
  // What is signed is the same, and its parts are not.
  (random, valid) => partsOf(random, { ...valid, id: `${valid.id}.${valid.timestamp}`, timestamp: now }),
  // The time is another, and near now.
  (random, valid) => {
    const timestamp = otherOf(() => now - 300 + random.below(601), valid.timestamp);
    return partsOf(random, { ...valid, timestamp });
  },
  (random, valid) => {
    const timestamp = random.pick([`0${valid.timestamp}`, `${valid.timestamp}.0`, `+${valid.timestamp}`, "", "now"]);
    return partsOf(random, { ...valid, timestamp });
  },
  // It was signed too long ago, or will be.
  (random, valid) => {
    const timestamp = now + random.pick([-1, 1]) * (301 + random.below(1e8));
    return partsOf(random, {
      ...valid,
      timestamp,
      signature: ours[0]?.sign(valid.id, new Date(timestamp * 1000), valid.text) ?? "",
    });
  },
  // A stranger signed it.
  (random, { id, timestamp, text, ...rest }) =>
    partsOf(random, { ...rest, id, timestamp, text, signature: stranger.sign(id, new Date(timestamp * 1000), text) }),
  // The signature is another's, or not quite this one.
  (random, valid) => partsOf(random, { ...valid, signature: validFrom(random).signature }),
  (random, valid) => {
    const at = 3 + random.below(42);
    const character = otherOf(() => random.pick(base64), valid.signature[at] ?? "");
    return partsOf(random, {
      ...valid,
      signature: valid.signature.slice(0, at) + character + valid.signature.slice(at + 1),
    });
  },
  (random, valid) => partsOf(random, { ...valid, signature: valid.signature.slice(0, random.below(46)) }),
  (random, valid) =>
    partsOf(random, {
      ...valid,
      signature: valid.signature.replace("v1,", random.pick(["v1a,", "v2,", "V1,", "", "v1=", "v1 "])),
    }),
  (random, valid) =>
    partsOf(random, {
      ...valid,
      signature: random.pick([valid.signature.toUpperCase(), valid.signature.toLowerCase()]),
    }),
  // A header is missing, empty, of the other family, or there twice.
  (random, valid) => {
    const parts = partsOf(random, valid);
    const name = random.pick(Object.keys(parts.headers));
    const { [name]: value = "", ...headers } = parts.headers;
    const other = name.startsWith("svix") ? name.replace("svix", "webhook") : name.replace("webhook", "svix");
    return {
      ...parts,
      headers: random.pick([
        headers,
        { ...headers, [name]: "" },
        { ...headers, [other]: value },
        { ...headers, [name]: `${value}, ${value}` },
      ]),
    };
  },
  // Too many signatures, of which the last is right.
  (random, valid) => {
    const others = Array.from({ length: 5 }, () => validFrom(random).signature);
    return partsOf(random, { ...valid, signature: [...others, valid.signature].join(" ") });
  },
  // Anything.
  (random, valid) => {
    const noise = () => Array.from({ length: random.below(60) }, () => random.pick(noisy)).join("");
    return partsOf(random, { ...valid, id: noise(), timestamp: noise(), signature: noise() });
  },
];

const silent = async (run: () => Promise<void>): Promise<void> => {
  const spies = (["log", "error"] as const).map((level) => vi.spyOn(console, level).mockImplementation(() => {}));
  try {
    await run();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
};

test(`none of ${unauthentic} deliveries that are not authentic reaches the merge`, () =>
  silent(async () => {
    const random = randomFrom(seed);
    const door = doorOf();
    written = [];
    const seen: Record<number, number> = {};
    for (let round = 0; round < unauthentic; round += 1) {
      const forgery = round % forgeries.length;
      const status = await statusOf(door, forgeries[forgery]?.(random, validFrom(random)) ?? never());
      seen[status] = (seen[status] ?? 0) + 1;
      if (![400, 401].includes(status) || written.length > 0) {
        expect.fail(`seed ${seed}, round ${round}: forgery ${forgery} was answered ${status}`);
      }
    }
    expect(seen[400]).toBeGreaterThan(unauthentic / 20);
    expect(seen[401]).toBeGreaterThan(unauthentic / 4);
  }));

test(`each of ${authentic} authentic deliveries does, once`, () =>
  silent(async () => {
    const random = randomFrom(seed + 1);
    const door = doorOf();
    for (let round = 0; round < authentic; round += 1) {
      written = [];
      const valid = validFrom(random);
      // Beside signatures of another secret, as in a rotation, and of schemes to come.
      const others = Array.from({ length: random.below(4) }, () =>
        random.pick([stranger.sign(valid.id, new Date(now * 1000), valid.text), "v1a,YWJj", "v2,YWJj", "v9"]),
      );
      const signature = random.shuffled([valid.signature, ...others]).join(" ");
      const status = await statusOf(door, partsOf(random, { ...valid, signature }));
      if (status !== 200 || written.join() !== valid.id) {
        expect.fail(`seed ${seed}, round ${round}: answered ${status}: ${JSON.stringify(valid)}`);
      }
    }
  }));

const never = (): never => {
  throw new Error("there is no such forgery");
};
