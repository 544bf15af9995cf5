import { exports } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { deletion, epoch, event, sessionData, userData } from "../support/worker/clerk.ts";
import { logged } from "../support/worker/logged.ts";
import { services } from "../../src/services.ts";
import type { Bindings } from "../../src/settings.ts";
import { createWebhook } from "../../src/webhook/app.ts";
import { type Answer, newWorld, signed, type World } from "../support/worker/world.ts";

let world: World;
beforeAll(async () => {
  world = await newWorld();
  // What stands there before, so that "changes nothing" can be seen.
  await world.deliver("msg_before", event("user.created", userData({ id: "user_before" })));
});

afterEach(() => void vi.useRealTimers());

/** Runs it and expects that no row of any table has changed. */
const unchanged = async (run: () => Promise<Answer>): Promise<Answer> => {
  const before = await world.dump();
  const answer = await run();
  expect(await world.dump()).toEqual(before);
  return answer;
};

const body = JSON.stringify(event("user.created", userData()));
const post = (change: (request: ReturnType<typeof signed>) => unknown) => {
  const request = signed("msg_1", body);
  change(request);
  return world.fetch("/api/webhook", request);
};

describe("200", () => {
  test("says applied where the row changed, stale where it did not, and counts the attempts", async () => {
    const created = event("user.created", userData({ id: "user_200" }), epoch + 10);
    expect(await world.deliver("msg_200", created)).toMatchObject({
      status: 200,
      body: { outcome: "applied", attempts: 1 },
    });
    expect(await world.deliver("msg_200", created)).toMatchObject({
      status: 200,
      body: { outcome: "stale", attempts: 2 },
    });
    const ledger = await world.query("select outcome, attempts from clerk.deliveries where id = 'msg_200'");
    expect(ledger).toEqual([["applied", "2"]]);
  });

  test("says ignored to a type that is not mirrored, whatever it holds, and stores only a line of the ledger", async () => {
    const users = await world.users();
    const future = { type: "passkey.created", data: { id: "pk_1", secret: "x" }, timestamp: "soon", instance_id: 7 };
    expect(await world.deliver("msg_future", future)).toMatchObject({
      status: 200,
      body: { outcome: "ignored", attempts: 1 },
    });
    expect(await world.deliver("msg_bare", { type: "something.else" })).toMatchObject({
      status: 200,
      body: { outcome: "ignored" },
    });
    const odd = { type: "passkey.created", data: { id: "grace@example.com" }, instance_id: "x y" };
    expect(await world.deliver("msg_odd", odd)).toMatchObject({ status: 200, body: { outcome: "ignored" } });
    expect(await world.query("select subject_id, instance_id from clerk.deliveries where id = 'msg_odd'")).toEqual([
      [null, null],
    ]);
    const email = event("email.created", {
      id: "ema_1",
      body: "Your code is 424242",
      to_email_address: "x@example.com",
    });
    expect(await world.deliver("msg_email", email)).toMatchObject({ status: 200, body: { outcome: "ignored" } });
    expect(await world.users()).toEqual(users);
    expect(await world.query("select * from clerk.deliveries where id = 'msg_email'")).toEqual([
      ["msg_email", "email.created", "ema_1", "ins_1", "2025-10-09 08:53:20+00", expect.any(String), "1", "ignored"],
    ]);
    expect(
      await world.query("select type, subject_id, occurred_at from clerk.deliveries where id = 'msg_future'"),
    ).toEqual([["passkey.created", "pk_1", null]]);
  });

  test("says ignored to a delete without an id", async () => {
    const users = await world.users();
    const nothing = event("user.deleted", { object: "user", deleted: true });
    expect(await world.deliver("msg_noid", nothing)).toMatchObject({ status: 200, body: { outcome: "ignored" } });
    expect(await world.users()).toEqual(users);
  });

  test("is given through the Worker's own bindings as well, and over the other family of headers", async () => {
    // The template database, so nothing may be written: a sample of Clerk's dashboard does that, after all checks.
    const sample = { ...event("user.created", userData()), instance_id: "ins_2g7np7Hrk0SN6kj5EDMLDaKNL0S" };
    const response = await exports.default.fetch(
      "https://mirror.example/api/webhook",
      signed("msg_1", JSON.stringify(sample), { family: "webhook" }),
    );
    expect([response.status, await response.json()]).toEqual([200, { outcome: "ignored", sample: true }]);
    const request = signed("msg_unbranded", JSON.stringify(event("user.deleted", deletion("user_unbranded"))), {
      family: "webhook",
    });
    expect(await world.fetch("/api/webhook", request)).toMatchObject({ status: 200, body: { outcome: "applied" } });
  });

  test("costs one round trip to the database, whatever the event holds", async () => {
    const sent = vi.spyOn(globalThis, "fetch");
    const events = [
      event("user.updated", userData({ id: "user_trip" })),
      event("session.created", sessionData(userData({ id: "user_trip" }), { id: "sess_trip" })),
      event("user.deleted", deletion("user_trip")),
      event("email.created", { id: "ema_1" }),
    ];
    try {
      for (const [index, one] of events.entries()) {
        expect((await world.deliver(`msg_trip${index}`, one)).status).toBe(200);
        expect(sent).toHaveBeenCalledTimes(index + 1);
      }
    } finally {
      sent.mockRestore();
    }
  });

  test.for(["/api/webhook", "/api/webhook/", "/api/webhooks", "/api/webhooks/"])("is given at %s", async (path) => {
    expect(await world.fetch(path, signed("msg_path", body))).toMatchObject({ status: 200 });
  });

  test.for(["ins_2g7np7Hrk0SN6kj5EDMLDaKNL0S", "ins_123"])(
    "says ignored to a sample of Clerk's dashboard (%s), and keeps nothing of it, whatever else is set",
    async (instance_id) => {
      const sent = vi.fn(async () => {});
      const own = { ...world.bindings, CLERK_INSTANCE_ID: "ins_1", EVENTS: { send: sent } };
      const samples = [
        event("user.created", userData({ id: "user_2g7np7Hrk0SN6kj5EDMLDaKNL0S" }), 1_716_883_200, { instance_id }),
        event("user.deleted", deletion("user_2g7np7Hrk0SN6kj5EDMLDaKNL0S"), 1_716_883_200, { instance_id }),
        event("subscription.created", { id: "csub_2g7np7Hrk0SN6kj5EDMLDaKNL0S", items: 7 }, epoch, { instance_id }),
        event("email.created", { id: "ema_abcd" }, epoch, { instance_id }),
      ];
      for (const bindings of [world.bindings, own])
        for (const sample of samples) {
          const answer = await unchanged(() => world.deliver("msg_sample", sample, bindings));
          expect([answer.status, answer.body]).toEqual([200, { outcome: "ignored", sample: true }]);
        }
      expect(sent).not.toHaveBeenCalled();
    },
  );

  test("is not told from a sample by the form of an instance's id", async () => {
    const instance_id = "ins_2g7np7Hrk0SN6kj5EDMLDaKNL0T";
    const own = event("user.created", userData({ id: "user_formed" }), epoch, { instance_id });
    expect(await world.deliver("msg_formed", own)).toMatchObject({ body: { outcome: "applied" } });
  });

  test("is given to an event like Clerk's own examples: seconds, and a primary address that dangles", async () => {
    const example = {
      ...userData({
        id: "user_example",
        primary_email_address_id: "idn_example",
        email_addresses: [],
        phone_numbers: [],
        primary_phone_number_id: null,
        private_metadata: null,
      }),
      profile_image_url: "https://img.clerk.com/xxxxxx",
    };
    expect(await world.deliver("msg_example1", event("user.created", example, 1_716_883_200))).toMatchObject({
      body: { outcome: "applied" },
    });
    expect((await world.users()).user_example).toMatchObject({
      email: null,
      // Its `updated_at` is more than a day after the example's own time, and so that counts instead.
      version: "117168832000001716883200000msg_example1",
    });
    const embedded = { ...example, private_metadata: {}, updated_at: epoch + 6 };
    expect(
      await world.deliver(
        "msg_example2",
        event("session.created", sessionData(embedded, { id: "sess_example" }), 1_716_883_200),
      ),
    ).toMatchObject({ status: 200 });
    expect((await world.users()).user_example).toMatchObject({
      version: "117168832000001716883200000msg_example1",
    });
  });

  test("is given to a body of just 512 KiB, sent with its length or in chunks", async () => {
    const padded = (id: string) => {
      const data = userData({ id, public_metadata: { padding: "" } });
      const empty = JSON.stringify(event("user.created", data)).length;
      return JSON.stringify(
        event("user.created", { ...data, public_metadata: { padding: "x".repeat(512 * 1024 - empty) } }),
      );
    };
    const whole = signed("msg_512", padded("user_512"));
    expect(whole.body.length).toBe(512 * 1024);
    expect(await world.fetch("/api/webhook", whole)).toMatchObject({ status: 200 });
    const chunked = signed("msg_chunked", padded("user_chunked"));
    expect(await world.fetch("/api/webhook", { ...chunked, body: stream(chunked.body, 1000) })).toMatchObject({
      status: 200,
    });
    expect(
      await world.query(
        "select length(public_metadata ->> 'padding') > 500000 from clerk.users where id in ('user_512', 'user_chunked')",
      ),
    ).toEqual([["t"], ["t"]]);
  });
});

describe("400 malformed", () => {
  const headers: [string, (headers: Record<string, string>) => unknown][] = [
    ["no id", (all) => delete all["svix-id"]],
    ["no timestamp", (all) => delete all["svix-timestamp"]],
    ["no signature", (all) => delete all["svix-signature"]],
    ["an empty id", (all) => (all["svix-id"] = "")],
    ["an id with a dot", (all) => (all["svix-id"] = "msg.1")],
    ["an id of 129 characters", (all) => (all["svix-id"] = "m".repeat(129))],
    ["a doubled id", (all) => (all["svix-id"] = "msg_1, msg_1")],
    ["a doubled timestamp", (all) => (all["svix-timestamp"] += `, ${all["svix-timestamp"]}`)],
    ["a doubled signature", (all) => (all["svix-signature"] += `, ${all["svix-signature"]}`)],
    ["a timestamp with a letter", (all) => (all["svix-timestamp"] += "s")],
    ["a timestamp in milliseconds", (all) => (all["svix-timestamp"] += "000")],
    [
      "six signatures",
      (all) => (all["svix-signature"] = Array.from({ length: 6 }).fill(all["svix-signature"]).join(" ")),
    ],
    [
      "headers of both families",
      (all) => {
        all["webhook-signature"] = all["svix-signature"] ?? "";
        delete all["svix-signature"];
      },
    ],
  ];
  test.for(headers)("answers %s, before the body is read", async ([, change]) => {
    let isRead = false;
    const answer = await unchanged(() =>
      post((request) => {
        change(request.headers);
        const unread = new ReadableStream({ pull: () => void (isRead = true) }, { highWaterMark: 0 });
        Object.assign(request, { body: unread });
      }),
    );
    expect(isRead).toBe(false);
    expect(answer).toMatchObject({
      status: 400,
      body: { error: "malformed", reason: expect.stringMatching(/^(svix|webhook)-/) },
    });
  });

  test.for(["with its length", "in chunks"])("answers a body that breaks off, sent %s, and is no bug", async (how) => {
    const lines = await logged(async () => {
      const answer = await unchanged(() =>
        post((request) => {
          if (how === "with its length") request.headers["content-length"] = String(body.length);
          let pulls = 0;
          const broken = new ReadableStream({
            pull: (controller) => {
              if ((pulls += 1) === 1) controller.enqueue(new TextEncoder().encode("{"));
              else controller.error(new Error("gone"));
            },
          });
          Object.assign(request, { body: asSent(broken) });
        }),
      );
      expect(answer).toMatchObject({ status: 400, body: { error: "malformed", reason: "body broke off" } });
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { id: "msg_1", error: "malformed", reason: "body broke off", status: 400, ms: expect.any(Number) },
    ]);
  });

  const bodies: [string, string | Uint8Array][] = [
    ["nothing", ""],
    ["no JSON", "{"],
    ["a list", "[]"],
    ["a string", '"event"'],
    ["null", "null"],
    ["JSON after a byte order mark", new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d])],
    ["bytes that are no UTF-8", new Uint8Array([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])],
  ];
  test.for(bodies)("answers a signed body that is %s", async ([, bytes]) => {
    const content = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    const answer = await unchanged(async () => world.fetch("/api/webhook", await signedBytes("msg_1", content)));
    expect(answer).toMatchObject({ status: 400, body: { error: "malformed" } });
  });
});

describe("401 unverified", () => {
  test("answers a body that was changed", async () => {
    const answer = await unchanged(() => post((request) => (request.body = request.body.replace("Grace", "Wicked"))));
    expect(answer).toMatchObject({ status: 401, body: { error: "unverified" } });
  });

  test("answers a body that was parsed and written again", async () => {
    const spaced = JSON.stringify(event("user.created", userData()), null, 1);
    const request = signed("msg_1", spaced);
    request.body = JSON.stringify(JSON.parse(spaced));
    const answer = await unchanged(() => world.fetch("/api/webhook", request));
    expect(answer).toMatchObject({ status: 401 });
    request.body = spaced;
    expect(await world.fetch("/api/webhook", request)).toMatchObject({ status: 200 });
  });

  test("answers another id, another secret, another scheme, and no signature at all", async () => {
    expect(await unchanged(() => post(({ headers }) => (headers["svix-id"] = "msg_2")))).toMatchObject({ status: 401 });
    const other = signed("msg_1", body, { secret: `whsec_${btoa("x".repeat(24))}` });
    expect(await unchanged(() => world.fetch("/api/webhook", other))).toMatchObject({ status: 401 });
    const scheme = (text: string) =>
      post(({ headers }) => (headers["svix-signature"] = headers["svix-signature"]?.replace("v1", text) ?? ""));
    expect(await unchanged(() => scheme("v1a"))).toMatchObject({ status: 401 });
    expect(await unchanged(() => scheme("V1"))).toMatchObject({ status: 401 });
    expect(await unchanged(() => post(({ headers }) => (headers["svix-signature"] = "v1,")))).toMatchObject({
      status: 401,
    });
    expect(await unchanged(() => post(({ headers }) => (headers["svix-signature"] = "")))).toMatchObject({
      status: 401,
    });
  });

  test.for([-301, 301])("answers a signature of %i s from now", async (seconds) => {
    vi.setSystemTime(epoch);
    const request = signed("msg_1", body, { at: epoch + seconds * 1000 });
    expect(await unchanged(() => world.fetch("/api/webhook", request))).toMatchObject({ status: 401 });
  });

  test.for([-300, 300])("is not the answer %i s from now", async (seconds) => {
    vi.setSystemTime(epoch);
    const request = signed(`msg_${seconds}`, body, { at: epoch + seconds * 1000 });
    expect(await world.fetch("/api/webhook", request)).toMatchObject({ status: 200 });
  });

  test("is not the answer to either secret while one rotates", async () => {
    const old = `whsec_${btoa("the secret before this one")}`;
    const both = { ...world.bindings, CLERK_WEBHOOK_SIGNING_SECRET: ` ${old}\n${inject("signingSecret")} ` };
    const before = signed("msg_old", body, { secret: old });
    expect(await world.fetch("/api/webhook", before, both)).toMatchObject({ status: 200 });
    expect(await world.fetch("/api/webhook", signed("msg_new", body), both)).toMatchObject({ status: 200 });
    // Svix signs with both, the new one first.
    before.headers["svix-signature"] =
      `${signed("msg_old", body).headers["svix-signature"]} ${before.headers["svix-signature"]}`;
    expect(await world.fetch("/api/webhook", before, { ...both, CLERK_WEBHOOK_SIGNING_SECRET: old })).toMatchObject({
      status: 200,
    });
  });
});

describe("404 and 405", () => {
  test.for(["/", "/api", "/api/webhooks2", "/API/WEBHOOK"])("answers another path: %s", async (path) => {
    const answer = await unchanged(() => world.fetch(path, signed("msg_1", body)));
    expect(answer).toMatchObject({ status: 404, body: { error: "not_found" } });
  });

  test.for(["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])("answers another method: %s", async (method) => {
    const answer = await unchanged(() => world.fetch("/api/webhook", { method }));
    expect(answer.status).toBe(405);
    expect(answer.headers.get("Allow")).toBe("POST");
  });

  test("leave a line in the log, with the path if it holds nothing but letters", async () => {
    const paths = ["/api/webhok", "/api/ada@example.com", "/whsec_c2VjcmV0", "/health"];
    const lines = await logged(async () => {
      for (const path of paths) await world.fetch(`${path}?key=secret`, { method: "POST" });
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { error: "not_found", method: "POST", path: "/api/webhok", status: 404 },
      { error: "not_found", method: "POST", status: 404 },
      { error: "not_found", method: "POST", status: 404 },
      { error: "method_not_allowed", method: "POST", path: "/health", status: 405 },
    ]);
  });
});

describe("413 too_large", () => {
  test("answers a body of more than 512 KiB, by its header's word or by count, before anything of it is hashed", async () => {
    const large = signed("msg_1", " ".repeat(512 * 1024 + 1));
    const declaring = (length: string, text: string) => ({
      ...large,
      headers: { ...large.headers, "content-length": length },
      body: stream(text, 4096),
    });
    const verify = vi.spyOn(crypto.subtle, "sign");
    const tooLarge = { status: 413, body: { error: "too_large" } };
    try {
      expect(await unchanged(() => world.fetch("/api/webhook", declaring(String(512 * 1024 + 1), "{}")))).toMatchObject(
        tooLarge,
      );
      expect(await unchanged(() => world.fetch("/api/webhook", declaring("2", large.body)))).toMatchObject(tooLarge);
      expect(
        await unchanged(() => world.fetch("/api/webhook", { ...large, body: stream(large.body, 4096) })),
      ).toMatchObject(tooLarge);
      expect(await unchanged(() => world.fetch("/api/webhook", large))).toMatchObject(tooLarge);
      expect(verify).not.toHaveBeenCalled();
    } finally {
      verify.mockRestore();
    }
  });

  test("does not read an endless body to its end", async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 1;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
    });
    const request = { ...signed("msg_1", body), body: asSent(endless) };
    expect(await unchanged(() => world.fetch("/api/webhook", request))).toMatchObject({ status: 413 });
    expect(sent).toBeLessThan(16);
  });
});

describe("422 unprocessable", () => {
  const user = (fields: Record<string, unknown>, envelope: Record<string, unknown> = {}) => ({
    ...event("user.updated", userData(fields)),
    ...envelope,
  });
  const events: [string, unknown][] = [
    ["type", { object: "event", data: {} }],
    ["type", user({}, { type: 7 })],
    ["type", user({}, { type: "user created" })],
    ["timestamp", user({}, { timestamp: undefined })],
    ["timestamp", user({}, { timestamp: "2026" })],
    ["timestamp", user({}, { timestamp: -1 })],
    ["timestamp", user({}, { timestamp: 10_000_000_000_000 })],
    ["timestamp", user({}, { timestamp: 10_000_000_000 })],
    ["timestamp", user({}, { timestamp: 999_999_999_999 })],
    ["type", user({}, { type: "x".repeat(129) })],
    ["data.id", user({ id: "user 1" })],
    ["data.id", user({ id: "u".repeat(129) })],
    ["data.id", event("user.deleted", { id: "", deleted: true })],
    ["data", user({}, { data: undefined })],
    ["data", user({}, { data: [] })],
    ["instance_id", user({}, { instance_id: {} })],
    ["data.id", user({ id: undefined })],
    ["data.id", user({ id: "" })],
    ["data.id", user({ id: 7 })],
    ["data.id", event("user.deleted", { id: 7, deleted: true })],
    ["data.updated_at", user({ updated_at: "2026-01-01" })],
    ["data.updated_at", user({ updated_at: 1.5 })],
    ["data.created_at", user({ created_at: 1e15 })],
    ["data.first_name", user({ first_name: { evil: true } })],
    ["data.banned", user({ banned: "no" })],
    ["data.email_addresses", user({ email_addresses: "grace@example.com" })],
    ["data.email_addresses", user({ email_addresses: [null] })],
    [
      "data.email_addresses[1].email_address",
      user({ email_addresses: [{ id: "x" }, { id: "idn_second", email_address: 1 }] }),
    ],
    ["data.phone_numbers[0].verification", user({ phone_numbers: [{ id: "idn_phone", verification: "yes" }] })],
    ["data.public_metadata", user({ public_metadata: [] })],
    ["data.user", event("session.created", sessionData("user_1"))],
    ["data.user.id", event("session.created", sessionData({ first_name: "Nobody" }))],
    ["data.user.locked", event("session.created", sessionData(userData({ locked: 1 })))],
  ];
  test.for(events)("names %s", async ([field, wrong]) => {
    const answer = await unchanged(() => world.deliver("msg_1", wrong));
    expect(answer).toMatchObject({ status: 422, body: { error: "unprocessable", field } });
  });
});

describe("an event's time and the time of its signature", () => {
  const day = 24 * 60 * 60 * 1000;
  const minute = 60_000;
  /** Sends an event with that time, signed four minutes before now. */
  const send = (id: string, timestamp: number, own?: Bindings) => {
    vi.setSystemTime(epoch + 4 * minute);
    const text = JSON.stringify(event("user.updated", userData({ id: "user_early" }), timestamp));
    return world.fetch("/api/webhook", signed(id, text, { at: epoch }), own);
  };

  test.for([
    ["a second more than a day", epoch + day + 1000],
    ["a year", epoch + 365 * day],
    // As in Clerk's examples.
    ["ten minutes more than a day, in seconds,", (epoch + day + 10 * minute) / 1000],
  ] as const)("%s after the signature is refused, and changes nothing", async ([, timestamp]) => {
    const answer = await unchanged(() => send("msg_early", timestamp));
    expect(answer).toMatchObject({ status: 422, body: { error: "unprocessable", field: "timestamp" } });
  });

  test("is refused before the queue as well", async () => {
    const queued = vi.fn(async () => {});
    const own = { ...world.bindings, EVENTS: { send: queued } };
    const answer = await unchanged(() => send("msg_early", epoch + day + 1000, own));
    expect(answer).toMatchObject({ status: 422, body: { error: "unprocessable", field: "timestamp" } });
    expect(queued).not.toHaveBeenCalled();
  });

  test("a minute less than a day after it is taken", async () => {
    expect(await send("msg_early", epoch + day - minute)).toMatchObject({ status: 200, body: { outcome: "applied" } });
    expect((await world.users()).user_early).toMatchObject({
      version: `1${epoch + 5}${epoch + day - minute}msg_early`,
    });
  });
});

describe("500 misconfigured", () => {
  const good = () => world.bindings;
  const settings: [string, string, Record<string, string | undefined>][] = [
    ["DATABASE_URL", "is missing", { DATABASE_URL: undefined }],
    ["DATABASE_URL", "is empty", { DATABASE_URL: " " }],
    ["DATABASE_URL", "is no URL", { DATABASE_URL: "hunter2" }],
    ["DATABASE_URL", "is not of Postgres", { DATABASE_URL: "mysql://hunter2:hunter2@host/db" }],
    ["DATABASE_URL", "names no database", { DATABASE_URL: "postgresql://hunter2:hunter2@host/" }],
    ["DATABASE_URL", "names no password", { DATABASE_URL: "postgresql://hunter2@host/db" }],
    ["DATABASE_URL", "cannot be decoded", { DATABASE_URL: "postgresql://u:hunter2%ZZ@host/db" }],
    ["DATABASE_URL", "has a control character", { DATABASE_URL: "postgresql://u:hunter2%0A@host/db" }],
    ["DATABASE_URL", "names no possible host", { DATABASE_URL: "postgresql://u:hunter2@10.0.0.256/db" }],
    ["DATABASE_URL", "is not a text", { DATABASE_URL: 7 as unknown as string }],
    ["DATABASE_URL", "names no user", { DATABASE_URL: "postgresql://host/hunter2" }],
    ["CLERK_WEBHOOK_SIGNING_SECRET", "is missing", { CLERK_WEBHOOK_SIGNING_SECRET: undefined }],
    ["CLERK_WEBHOOK_SIGNING_SECRET", "is empty", { CLERK_WEBHOOK_SIGNING_SECRET: "" }],
    ["CLERK_WEBHOOK_SIGNING_SECRET", "is the prefix alone", { CLERK_WEBHOOK_SIGNING_SECRET: "whsec_" }],
    ["CLERK_WEBHOOK_SIGNING_SECRET", "has no prefix", { CLERK_WEBHOOK_SIGNING_SECRET: btoa("hunter2".repeat(5)) }],
    ["CLERK_WEBHOOK_SIGNING_SECRET", "is 23 bytes", { CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${btoa("h".repeat(23))}` }],
    [
      "CLERK_WEBHOOK_SIGNING_SECRET",
      "is no base64",
      { CLERK_WEBHOOK_SIGNING_SECRET: "whsec_hunter2-hunter2-hunter2-hunter2-hunter2" },
    ],
    [
      "CLERK_WEBHOOK_SIGNING_SECRET",
      "has a bad one beside a good one",
      { CLERK_WEBHOOK_SIGNING_SECRET: `${inject("signingSecret")} whsec_hunter2` },
    ],
    ["NEON_FETCH_ENDPOINT", "is no URL", { NEON_FETCH_ENDPOINT: "hunter2" }],
  ];
  test.for(settings)("answers when %s %s, and names the setting alone", async ([setting, , change]) => {
    const lines = await logged(async () => {
      const own = { ...good(), ...change };
      const answer = await unchanged(() => world.fetch("/api/webhook", signed("msg_1", body), own));
      const told = [500, { error: "misconfigured", setting }];
      expect([answer.status, answer.body]).toEqual(told);
      const health = await world.fetch("/health", {}, own);
      expect([health.status, health.body]).toEqual(told);
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ error: "misconfigured", setting, reason: expect.any(String), status: 500 }),
      expect.objectContaining({ error: "misconfigured", setting }),
    ]);
    expect(lines.join("\n")).not.toMatch(/hunter2|aHVudGVy/);
  });

  test("comes before everything else, even for a request that is not a delivery", async () => {
    expect(await world.fetch("/api/webhook", { method: "POST" }, {})).toMatchObject({ status: 500 });
  });

  test("answers an empty signing key's forgery like all else", async () => {
    const forged = signed("msg_1", body, { secret: `whsec_${btoa("\0")}` });
    const own = { ...world.bindings, CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${btoa("\0")}` };
    expect(await unchanged(() => world.fetch("/api/webhook", forged, own))).toMatchObject({ status: 500 });
  });
});

describe("500 internal and refused", () => {
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  test("answers metadata that is nested too deep to be written, by this Worker or by Postgres, as refused", async () => {
    for (const depth of [7000, 100_000]) {
      const deep = JSON.stringify(event("user.created", userData({ public_metadata: { deep: 0 } }))).replace(
        '"deep":0',
        `"deep":${nested(depth)}`,
      );
      const lines = await logged(async () => {
        const answer = await unchanged(() => world.fetch("/api/webhook", signed("msg_1", deep)));
        expect(answer).toMatchObject({ status: 500, body: { error: "refused" } });
      });
      expect(lines.map((line) => JSON.parse(line))).toEqual([
        expect.objectContaining({ id: "msg_1", type: "user.created", error: "refused", sqlstate: "54001" }),
      ]);
    }
  });

  test("answers a bug before the delivery is read in the same way", async () => {
    const broken = createWebhook(() => {
      throw new TypeError("hunter2");
    });
    const lines = await logged(async () => {
      const response = await broken.fetch(
        new Request("https://mirror.example/api/webhook", signed("msg_bug", body)),
        world.bindings,
      );
      expect([response.status, await response.text()]).toEqual([500, '{"error":"internal"}']);
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain("hunter2");
  });

  test("answers a bug without a word of what was being worked on, and logs where it was", async () => {
    const parse = vi.spyOn(JSON, "parse").mockImplementation(() => ({
      type: "user.created",
      timestamp: epoch,
      get data(): never {
        throw new TypeError("Cannot read grace@example.com");
      },
    }));
    const lines = await logged(async () => {
      const response = await createWebhook(services()).fetch(
        new Request("https://mirror.example/api/webhook", signed("msg_bug", body)),
        world.bindings,
        // To note it is the database's, whose answer cannot be parsed either.
        { waitUntil: () => {}, passThroughOnException: () => {}, props: {} },
      );
      expect([response.status, await response.text()]).toEqual([500, '{"error":"internal"}']);
    });
    parse.mockRestore();
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        id: "msg_bug",
        error: "internal",
        name: "TypeError",
        at: expect.arrayContaining([expect.stringMatching(/^\s+at /)]),
        status: 500,
        ms: expect.any(Number),
      },
    ]);
    expect(lines.join()).not.toContain("grace");
  });
});

describe("health", () => {
  test("answers without the database", async () => {
    const away = {
      ...world.bindings,
      DATABASE_URL: "postgresql://a:b@127.0.0.1:1/c",
      NEON_FETCH_ENDPOINT: "http://127.0.0.1:1/sql",
    };
    expect(await world.fetch("/health", {}, away)).toMatchObject({ status: 200, body: { status: "ok" } });
    expect((await world.fetch("/health", { method: "POST" }, away)).status).toBe(405);
  });
});

test("a delivery is one line of JSON in the log, and no line or answer holds anything of its payload", async () => {
  const lines = await logged(async () => {
    const answers = [
      await world.deliver("msg_log", event("user.created", userData({ id: "user_log" }))),
      await world.deliver("msg_log2", event("user.updated", userData({ id: "user_log", banned: "grace@example.com" }))),
      await world.fetch("/api/webhook", { ...signed("msg_log3", body), body: body.replace("Grace", "Eve") }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 422, 401]);
    expect(JSON.stringify(answers)).not.toMatch(/grace|hopper|example\.com|\+1202|external-1/i);
  });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { id: "msg_log", type: "user.created", outcome: "applied", attempts: 1, status: 200, ms: expect.any(Number) },
    {
      id: "msg_log2",
      type: "user.updated",
      error: "unprocessable",
      field: "data.banned",
      status: 422,
      ms: expect.any(Number),
    },
    { id: "msg_log3", error: "unverified", reason: "no signature matches", status: 401, ms: expect.any(Number) },
  ]);
});

/** A stream of the runtime's own, as the body of a request that was received is. */
const asSent = (from: ReadableStream<Uint8Array>): ReadableStream => from.pipeThrough(new IdentityTransformStream());

/** A body whose length is not declared. */
const stream = (text: string, size: number): ReadableStream => {
  const bytes = new TextEncoder().encode(text);
  let offset = 0;
  return asSent(
    new ReadableStream({
      pull: (controller) => {
        if (offset >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(offset, (offset += size)));
      },
    }),
  );
};

/** Signs bytes, which the package of Svix cannot: it makes text of them. */
const signedBytes = async (id: string, bytes: Uint8Array) => {
  const key = await crypto.subtle.importKey(
    "raw",
    Uint8Array.fromBase64(inject("signingSecret").slice("whsec_".length)),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const timestamp = Math.floor(Date.now() / 1000);
  const prefix = new TextEncoder().encode(`${id}.${timestamp}.`);
  const signature = await crypto.subtle.sign("HMAC", key, new Uint8Array([...prefix, ...bytes]));
  return {
    method: "POST",
    headers: {
      "svix-id": id,
      "svix-timestamp": String(timestamp),
      "svix-signature": `v1,${new Uint8Array(signature).toBase64()}`,
    },
    body: bytes,
  };
};
