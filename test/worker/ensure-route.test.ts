import { exports } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { addEnsure } from "../../src/ensure-route.ts";
import { services } from "../../src/services.ts";
import type { Bindings } from "../../src/settings.ts";
import { ensure } from "../../src/sync/ensure.ts";
import { createWebhook } from "../../src/webhook/app.ts";
import { deletion, event, userData } from "../support/worker/clerk.ts";
import { logged } from "../support/worker/logged.ts";
import { type Answer, newWorld, type World } from "../support/worker/world.ts";

/** `POST /api/ensure`, with a Clerk of which the tests say what it answers. */

const token = "an-app-that-is-no-worker-and-nobody-else";
const clerkUrl = "https://clerk.example/v1";
const date = { Date: "Thu, 09 Oct 2025 08:53:20 GMT" };

let world: World;
let bindings: Bindings;
let now: number;
let app: ReturnType<typeof createWebhook>;
/** What Clerk answers, and how often it was asked. */
let clerk: (path: string) => Promise<Response>;
let asked: number;

const nobody = async () => Response.json({ errors: [{ code: "resource_not_found" }] }, { status: 404, headers: date });

beforeAll(async () => {
  world = await newWorld();
  await world.deliver("msg_1", event("user.created", userData({ id: "user_there" })));
  await world.deliver("msg_2", event("user.deleted", deletion("user_deleted")));
});
beforeEach(() => {
  bindings = {
    ...world.bindings,
    MIRROR_ENSURE_TOKEN: token,
    CLERK_SECRET_KEY: "sk_test_simulated",
    CLERK_API_URL: clerkUrl,
  };
  now = 1_760_000_000_000;
  app = createWebhook(services());
  addEnsure(app, () => now);
  clerk = nobody;
  asked = 0;
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    const url = input instanceof Request ? input.url : input.toString();
    if (!url.startsWith(clerkUrl)) return real(input, init);
    asked += 1;
    return clerk(url.slice(clerkUrl.length));
  });
});
afterEach(() => void vi.restoreAllMocks());

const invocation = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };

type Sent = { path?: string; method?: string; headers?: Record<string, string>; own?: Bindings };

const send = async (
  body: string | Uint8Array,
  { path = "/api/ensure", method = "POST", headers = { Authorization: `Bearer ${token}` }, own = bindings }: Sent = {},
): Promise<Answer> => {
  const init = method === "GET" ? { method, headers } : { method, headers, body };
  const answer = await app.fetch(new Request(`https://mirror.example${path}`, init), own, invocation);
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
};
const post = (question: unknown, sent?: Sent): Promise<Answer> => send(JSON.stringify(question), sent);

/** Clerk has whoever is asked for. */
const hasAll = async (path: string) => {
  const id = path.split(/[/?]/)[2];
  const object = path.startsWith("/users")
    ? userData({ id, external_id: id })
    : { object: "organization", id, name: "Acme", slug: "acme", created_at: 1, updated_at: 2 };
  return Response.json(object, { headers: date });
};

describe("200", () => {
  const questions: [string, "users" | "organizations", string, object][] = [
    ["a row that is there", "users", "user_there", { user: "user_there" }],
    ["a user whose event has not arrived", "users", "user_new", { user: "user_new" }],
    ["an organization", "organizations", "org_new", { organization: "org_new" }],
    ["one that Clerk has deleted", "users", "user_deleted", { user: "user_deleted" }],
    ["an organization's id as a user's", "users", "org_new", { user: "org_new" }],
    ["what is no id", "users", "../count", { user: "../count" }],
  ];
  test.for(questions)("answers as Mirror does: %s", async ([, table, id, question]) => {
    clerk = hasAll;
    const answer = await post(question);
    expect(answer).toMatchObject({ status: 200 });
    const row = await ensure(bindings, invocation, table, id);
    expect(answer.body).toEqual({ row });
    expect(row === null).toBe(
      !id.endsWith("_new") && !id.endsWith("_there") ? true : table === "users" && id === "org_new",
    );
  });

  test("is null for whom Clerk does not know", async () => {
    expect((await post({ user: "user_nobody" })).body).toEqual({ row: null });
    expect(asked).toBe(1);
  });

  test("asks Clerk for a row that is older than updatedAfter", async () => {
    clerk = hasAll;
    await post({ user: "user_there" });
    await post({ user: "user_there", updatedAfter: 1 });
    expect(asked).toBe(0);
    expect((await post({ user: "user_there", updatedAfter: Date.now() })).body).toMatchObject({
      row: { id: "user_there" },
    });
    expect(asked).toBe(1);
  });

  test("asks Clerk once for many who ask at once", async () => {
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    clerk = async (path) => {
      await opened;
      return hasAll(path);
    };
    const answers = Promise.all(Array.from({ length: 15 }, () => post({ user: "user_popular" })));
    await expect.poll(() => asked).toBe(1);
    open();
    for (const { body } of await answers) expect(body).toMatchObject({ row: { id: "user_popular" } });
    expect(asked).toBe(1);
  });

  test("is given with a slash at the end", async () => {
    expect(await post({ user: "user_there" }, { path: "/api/ensure/" })).toMatchObject({ status: 200 });
  });
});

describe("401", () => {
  const unauthorized: [string, Record<string, string>][] = [
    ["without a token", {}],
    ["with another", { Authorization: `Bearer ${token}x` }],
    ["with a part of it", { Authorization: `Bearer ${token.slice(0, -1)}` }],
    ["with none after the scheme", { Authorization: "Bearer " }],
    ["with another scheme", { Authorization: `Basic ${token}` }],
    ["with the token of /health", { Authorization: "Bearer an-uptime-monitor-and-nobody-else" }],
  ];
  test.for(unauthorized)("%s, and nobody is asked", async ([, headers]) => {
    const own = {
      ...bindings,
      MIRROR_HEALTH_TOKEN: "an-uptime-monitor-and-nobody-else",
      NEON_FETCH_ENDPOINT: "http://127.0.0.1:1/sql",
    };
    const answer = await post({ user: "user_new_401" }, { headers, own });
    expect([answer.status, answer.body]).toEqual([401, { error: "unauthorized" }]);
    expect(answer.headers.get("WWW-Authenticate")).toBe("Bearer");
    expect(asked).toBe(0);
  });
});

describe("404", () => {
  test.for([undefined, "", "  ", "short", "with a space and long enough"])(
    "as of an unknown path, with MIRROR_ENSURE_TOKEN %j",
    async (MIRROR_ENSURE_TOKEN) => {
      const own = { ...bindings, MIRROR_ENSURE_TOKEN };
      const headers = { Authorization: `Bearer ${MIRROR_ENSURE_TOKEN}` };
      for (const method of ["POST", "GET"]) {
        const lines = await logged(async () => {
          const [answer, unknown] = [
            await post({ user: "user_there" }, { own, headers, method }),
            await post({ user: "user_there" }, { own, headers, method, path: "/api/unknown" }),
          ];
          expect([answer.status, answer.body]).toEqual([404, { error: "not_found" }]);
          expect([unknown.status, unknown.body, [...unknown.headers]]).toEqual([
            answer.status,
            answer.body,
            [...answer.headers],
          ]);
        });
        expect(lines[0]?.replace("/api/ensure", "/api/unknown")).toBe(lines[1]);
        expect(lines).toHaveLength(2);
      }
    },
  );

  test("to another method", async () => {
    expect(await send("", { method: "GET" })).toMatchObject({ status: 404, body: { error: "not_found" } });
  });

  test("by the Worker itself, which has no such secret here", async () => {
    const answer = await exports.default.fetch("https://mirror.example/api/ensure", { method: "POST", body: "{}" });
    expect([answer.status, await answer.json()]).toEqual([404, { error: "not_found" }]);
  });

  test("not of the webhook's paths, which go on", async () => {
    expect(await send("{}", { path: "/api/webhook" })).toMatchObject({ status: 400, body: { error: "malformed" } });
    expect(await send("", { path: "/health", method: "GET" })).toMatchObject({ status: 200 });
  });
});

describe("400", () => {
  test.for([
    "",
    "{",
    "null",
    "[]",
    '"user_there"',
    "{}",
    '{"user":7}',
    '{"user":null}',
    '{"user":"user_there","organization":"org_1"}',
    '{"user":"user_there","organization":null}',
    '{"user":"user_there","updatedAfter":"yesterday"}',
    '{"user":"user_there","updatedAfter":null}',
    '{"user":"user_there","updatedAfter":-1}',
    '{"user":"user_there","updatedAfter":1.5}',
    '{"user":"user_there","updateAfter":1}',
    '\uFEFF{"user":"user_there"}',
  ])("to %j", async (body) => {
    const answer = await send(body);
    expect([answer.status, answer.body]).toEqual([400, { error: "malformed" }]);
    expect(asked).toBe(0);
  });

  test("to more than 4 KB", async () => {
    const padded = (length: number) => '{"user":"user_there"}'.padEnd(length);
    expect(await send(padded(4096))).toMatchObject({ status: 200 });
    for (const length of [4097, 600_000]) expect(await send(padded(length))).toMatchObject({ status: 400 });
  });

  test("to what is not UTF-8", async () => {
    expect(await send(new Uint8Array([0x22, 0xff, 0x22]))).toMatchObject({ status: 400 });
  });
});

describe("what fails", () => {
  const answering = (status: number, headers: Record<string, string> = {}, body: unknown = { errors: [] }) => {
    clerk = async () => Response.json(body, { status, headers: { ...date, ...headers } });
  };
  const cases: [string, number, object, string | null, () => unknown][] = [
    ["Clerk is away", 503, { error: "clerk_unavailable", cause: "http_500" }, "5", () => answering(500)],
    [
      "Clerk is busy, and says for how long",
      503,
      { error: "clerk_unavailable", seconds: 7 },
      "7",
      () => answering(429, { "Retry-After": "7" }),
    ],
    [
      "the database is away",
      503,
      { error: "unavailable", cause: "network" },
      "5",
      () => (bindings.NEON_FETCH_ENDPOINT = "http://127.0.0.1:1/sql"),
    ],
    ["the key is revoked", 500, { error: "clerk_unauthorized" }, null, () => answering(401)],
    ["Clerk refuses the request", 500, { error: "clerk_rejected", status: 402 }, null, () => answering(402)],
    [
      "Clerk's answer is another's",
      500,
      { error: "clerk_rejected", reason: "Clerk's answer is not as Clerk writes it" },
      null,
      () => answering(200, {}, userData({ id: "user_fails", first_name: 7 })),
    ],
    [
      "there is no key",
      500,
      { error: "misconfigured", setting: "CLERK_SECRET_KEY" },
      null,
      () => delete bindings.CLERK_SECRET_KEY,
    ],
    [
      "the database is not ready",
      500,
      { error: "misconfigured", setting: "DATABASE_URL", sqlstate: "42P01" },
      null,
      () => (bindings.DATABASE_URL = world.url.replace(/\/[^/]*$/, "/postgres")),
    ],
  ];
  test.for(cases)("%s", async ([, status, body, retryAfter, arrange]) => {
    arrange();
    const lines = await logged(async () => {
      const answer = await post({ user: "user_fails" });
      expect(answer).toMatchObject({ status, body });
      expect(answer.headers.get("Retry-After")).toBe(retryAfter);
      // As the caller of an RPC gets it.
      const message = await ensure({ ...bindings }, invocation, "users", "user_fails").catch(
        (error: unknown) => (error as Error).message,
      );
      const { error, reason } = answer.body;
      expect([JSON.stringify(answer.body), reason]).toContain(message);
      expect(typeof error).toBe("string");
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ ensure: "failed", status })]);
  });

  test("a bug is told to nobody, and logged", async () => {
    clerk = async () => {
      throw Object.assign(new Error("grace@example.com"), { name: "TypeError" });
    };
    const broken = { ...invocation, waitUntil: () => invocation.props.toString().repeat(-1) as unknown as void };
    const lines = await logged(async () => {
      const init = { method: "POST", headers: { Authorization: `Bearer ${token}` }, body: '{"user":"user_bug"}' };
      const answer = await app.fetch(new Request("https://mirror.example/api/ensure", init), bindings, broken);
      expect([answer.status, await answer.json()]).toEqual([500, { error: "internal" }]);
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ ensure: "failed", error: "internal", name: "RangeError", status: 500 }),
    ]);
  });
});

describe("429", () => {
  const ask = (n: number) => post({ user: `user_rate${n}` });
  const limited = async (): Promise<void> => {
    const answer = await post({ user: "user_there" });
    expect([answer.status, answer.body]).toEqual([429, { error: "limited" }]);
    expect(answer.headers.get("Retry-After")).toBe("1");
  };

  test("after twenty questions to Clerk in a second, for the rest of it", async () => {
    for (let n = 0; n < 20; n += 1) {
      expect(await ask(n)).toMatchObject({ status: 200 });
      now += 10;
    }
    // The first was 200 ms ago.
    await limited();
    now += 799;
    await limited();
    now += 1;
    expect(await ask(20)).toMatchObject({ status: 200 });
    await limited();
    now += 10;
    expect(await ask(21)).toMatchObject({ status: 200 });
    await limited();
    expect(asked).toBe(22);
  });

  test("never to rows that are there, one after the other", async () => {
    for (let n = 0; n < 50; n += 1) expect(await post({ user: "user_there" })).toMatchObject({ status: 200 });
    expect(asked).toBe(0);
  });

  test("while twenty are under way, however long", async () => {
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    clerk = async () => {
      await opened;
      return nobody();
    };
    const answers = Promise.all(Array.from({ length: 20 }, (_, n) => ask(n)));
    await limited();
    await expect.poll(() => asked).toBe(20);
    now += 5000;
    await limited();
    open();
    for (const { status } of await answers) expect(status).toBe(200);
    expect(await ask(20)).toMatchObject({ status: 200 });
  });

  test("no longer than 30 s for those whose caller has left", async () => {
    clerk = () => new Promise(() => {});
    for (let n = 0; n < 20; n += 1) void ask(n).catch(() => {});
    await expect.poll(() => asked).toBe(20);
    now += 29_999;
    await limited();
    now += 1;
    expect(await post({ user: "user_there" })).toMatchObject({ status: 200 });
  });

  test("not for who is refused or malformed", async () => {
    for (let n = 0; n < 50; n += 1) await post({ user: "user_there" }, { headers: {} });
    for (let n = 0; n < 50; n += 1) await post({});
    expect(await ask(0)).toMatchObject({ status: 200 });
  });
});

test("the log has a line per request, and nothing of whom it was about", async () => {
  clerk = hasAll;
  const lines = await logged(async () => {
    await post({ user: "user_there" });
    await post({ user: "user_logged" });
    await post({ user: "user_deleted" });
    await post({ user: 7 });
    await post({ user: "user_there" }, { headers: {} });
    clerk = async () => Response.json({}, { status: 500, headers: date });
    await post({ organization: "org_logged" });
  });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { ensure: "ok", status: 200, ms: 0 },
    { ensure: "ok", status: 200, ms: 0 },
    { ensure: "missing", status: 200, ms: 0 },
    { ensure: "failed", error: "malformed", status: 400, ms: 0 },
    { ensure: "failed", error: "unauthorized", status: 401, ms: 0 },
    { ensure: "failed", error: "clerk_unavailable", cause: "http_500", status: 503, ms: 0 },
  ]);
  expect(lines.join("\n")).not.toMatch(/user_|org_|example|Bearer|sk_|127\.0\.0\.1/);
  expect(lines.join("\n")).not.toContain(token);
});
