import { createServer, type Server } from "node:http";
import { Webhook } from "svix";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { feedOf, viewOf } from "../../dev/console/feed.ts";
import type { LocalMessages } from "../../dev/console/protocol.ts";
import { actionsOf } from "../../dev/console/start.ts";
import { hasOwnApp, workerVarsIn } from "../../dev/console/worker-vars.ts";
import { createWorld, type World } from "../../dev/console/world.ts";
import { type LocalCopy, signingSecret, startLocalCopy } from "../support/node/local-copy.ts";

describe("the console", () => {
  let copy: LocalCopy;
  let worker: Server;
  let world: World;
  let actions: ReturnType<typeof actionsOf>;
  /** What an open page has been told last. */
  const told: Partial<LocalMessages> = {};
  let crons = 0;
  const left = new AbortController();
  let feeding: Promise<void>;

  /** What the Worker does with a delivery, as far as it matters here. */
  const statusOf = async (body: string, headers: Record<string, string>): Promise<number> => {
    try {
      new Webhook(signingSecret).verify(body, headers);
    } catch {
      return 401;
    }
    return copy.deliver(JSON.parse(body)).then(
      () => 200,
      () => 503,
    );
  };

  beforeAll(async () => {
    copy = await startLocalCopy(5);
    copy.instance.populate(20, 3);
    worker = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        if (request.url?.startsWith("/cdn-cgi/")) crons += 1;
        if (request.url !== "/api/webhook") return void response.end("{}");
        void statusOf(Buffer.concat(chunks).toString(), request.headers as Record<string, string>).then((status) =>
          response.writeHead(status).end(JSON.stringify({ outcome: "applied", attempts: 1 })),
        );
      });
    });
    await new Promise<void>((resolve) => worker.listen(0, "127.0.0.1", resolve));
    const address = worker.address();
    world = createWorld({
      ...copy,
      workerUrl: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
      signingSecret,
      app: undefined,
      toldTables: undefined,
      seed: 6,
    });
    actions = actionsOf(world);
    const send = (name: string, data: unknown): void => void Object.assign(told, { [name]: data });
    feeding = feedOf(world)(new URLSearchParams("table=users&find=&people=0"), send, left.signal);
  });
  afterAll(async () => {
    left.abort();
    await feeding;
    await world.close();
    worker.close();
    await copy.close();
  });

  const untilEqual = (isEqual: boolean) =>
    expect.poll(() => told.verdict).toMatchObject({ isEqual, ...(isEqual ? { differ: 0 } : {}) });
  const reconciled = async (): Promise<void> => {
    expect(await actions.reconcile({})).toBeUndefined();
    expect(await actions.reconcile({})).toBe("A reconciliation is running.");
    await expect.poll(() => world.reconciler.run().state).not.toBe("running");
    await expect.poll(() => told.run).toEqual(world.reconciler.run());
  };

  test("shows both sides, and copies all of Clerk when it is asked to reconcile", async () => {
    await expect.poll(() => told.world?.isReady).toBe(true);
    await untilEqual(false);
    await reconciled();
    expect(told.run).toMatchObject({
      state: "done",
      checked: told.run?.total,
      lines: [expect.stringContaining("First run")],
    });
    await untilEqual(true);
    await expect
      .poll(() => told.copy)
      .toMatchObject({ table: "users", total: 20, rows: { length: 20 }, columns: expect.arrayContaining(["email"]) });
    expect(told.people).toMatchObject({ total: 20 });
    expect(told.organizations).toMatchObject({ total: 3 });
    expect(told.outbox).toMatchObject({ isBound: false, waiting: 0, told: [] });
  });

  test("delivers a change, and the copy follows", async () => {
    expect(await actions.signUp({ firstName: "Zaphod", email: "z@example.com" })).toBeUndefined();
    await expect.poll(() => told.deliveries?.latest[0]).toMatchObject({ type: "user.created", state: "delivered" });
    await expect.poll(() => JSON.stringify(told.copy)).toContain("z@example.com");
    await untilEqual(true);
    const id = told.people?.rows[0]?.id;
    expect(await actions.deleteUser({ user: id })).toBeUndefined();
    await expect
      .poll(() => told.copy)
      .toMatchObject({ rows: expect.arrayContaining([{ id, isDeleted: true, cells: expect.anything() }]) });
    await untilEqual(true);
  });

  test("lets the database be away: deliveries wait, a reconciliation says why it fails, and all is well afterwards", async () => {
    expect(await actions.chaos({ isDatabaseAway: true })).toBeUndefined();
    expect(await actions.signUp({})).toBeUndefined();
    await expect.poll(() => told.deliveries?.latest[0]).toMatchObject({ state: "retrying", status: 503 });
    await reconciled();
    expect(told.run).toMatchObject({
      state: "failed",
      lines: ["The database is away. Bring it back, then reconcile again."],
    });
    expect(await actions.tell({})).toBe("The database is away. Bring it back first.");
    expect(await actions.chaos({ isDatabaseAway: false })).toBeUndefined();
    await expect.poll(() => told.deliveries?.latest[0]).toMatchObject({ state: "delivered" });
    await untilEqual(true);
  });

  test("finds what was lost, and deletes in a second run what two have missed", async () => {
    const [first, second] = copy.instance.users.oldestFirst;
    expect(await actions.chaos({ dropped: 100 })).toBeUndefined();
    expect(await actions.rename({ user: first?.id, firstName: "Lost" })).toBeUndefined();
    expect(await actions.deleteUser({ user: second?.id })).toBeUndefined();
    expect(await actions.signUp({})).toBeUndefined();
    await expect.poll(() => told.deliveries?.latest[0]?.state).toBe("dropped");
    await expect.poll(() => told.verdict).toMatchObject({ isEqual: false });
    await reconciled();
    expect(told.run).toMatchObject({
      state: "done",
      lines: [
        expect.stringMatching(/^First run: .* lacked 1, and 1 differed\. 2 rows written\.$/),
        expect.stringMatching(/^Clerk no longer has/),
        expect.stringMatching(/^A day passes/),
        expect.stringMatching(/^Second run: .* none differs\.$/),
        expect.stringMatching(/deleted: two runs/),
      ],
    });
    await untilEqual(true);
    await expect.poll(() => crons).toBeGreaterThan(0);
  });
});

describe("the view of a page", () => {
  test("is what its address says, where that is of use", () => {
    expect(viewOf(new URLSearchParams("find=ada&people=2&organizations=1&table=sessions&page=3"))).toEqual({
      find: "ada",
      people: 2,
      organizations: 1,
      table: "sessions",
      page: 3,
    });
    const query = new URLSearchParams({
      find: "x".repeat(500),
      people: "-1",
      page: "1e3",
      organizations: "9".repeat(40),
    });
    expect(viewOf(query)).toEqual({ find: "x".repeat(200), people: 0, organizations: 0, table: "", page: 0 });
  });
});

describe("the owner's own app", () => {
  const toml = `name = "clerk-mirror"
# MIRROR_OMIT = "users.locale"
[vars]
MIRROR_OMIT = "users.image_url" # not needed
MIRROR_PAGE_SIZE = 100
[triggers]
crons = []
`;

  test("is found in wrangler.toml and in .dev.vars", () => {
    const plain = workerVarsIn(toml);
    expect(plain).toEqual({ vars: { MIRROR_OMIT: "users.image_url", MIRROR_PAGE_SIZE: "100" }, hasAppBinding: false });
    expect(hasOwnApp(plain, {})).toBe(false);
    expect(hasOwnApp(plain, { MIRROR_NOTIFY_URL: "", MIRROR_NOTIFY_SECRET: "" })).toBe(false);
    expect(hasOwnApp(plain, { MIRROR_NOTIFY_URL: "http://localhost:3000/" })).toBe(true);
    expect(hasOwnApp(workerVarsIn(`${toml}[[services]]\nbinding = "APP"\nservice = "shop"\n`), {})).toBe(true);
    expect(hasOwnApp(workerVarsIn(`${toml}# [[services]]\n# binding = "APP"\n`), {})).toBe(false);
    expect(hasOwnApp(workerVarsIn(`${toml}[[services]]\nbinding = "OTHER"\n`), {})).toBe(false);
  });
});
