import { afterEach, beforeAll, expect, test } from "vitest";
import { nameVersion } from "../../src/log.ts";
import { services } from "../../src/services.ts";
import type { Bindings } from "../../src/settings.ts";
import { createConsumer } from "../../src/webhook/consumer.ts";
import { event, userData } from "../support/worker/clerk.ts";
import { logged } from "../support/worker/logged.ts";
import { newWorld, type World } from "../support/worker/world.ts";

const VERSION = { id: "3f2b8a10-0c1d-4e5f-8a9b-0123456789ab", tag: "", timestamp: "2026-11-30T00:00:00Z" };

let world: World;
beforeAll(async () => {
  world = await newWorld();
});
afterEach(() => nameVersion(undefined));

const linesOf = async (run: () => Promise<unknown>): Promise<Record<string, unknown>[]> =>
  (await logged(async () => void (await run()))).map((line): Record<string, unknown> => JSON.parse(line));

test("/health names the version that runs where it is bound, and nothing where it is not", async () => {
  expect(await world.fetch("/health", {}, { ...world.bindings, VERSION })).toMatchObject({
    status: 200,
    body: { status: "ok", version: VERSION.id },
  });
  expect((await world.fetch("/health")).body).toEqual({ status: "ok" });
});

test("every line of a delivery and of a job has the first characters of the version's id, if there is one", async () => {
  const deliver = (id: string, own?: Bindings) =>
    world.deliver(id, event("user.created", userData({ id: `user_${id}` })), own);
  const consume = (own: Bindings) => createConsumer(services())([], own);
  const without = await linesOf(async () => {
    await deliver("msg_1");
    await consume(world.bindings);
  });
  expect(without).toHaveLength(2);
  for (const line of without) expect(line).not.toHaveProperty("version");

  const own = { ...world.bindings, VERSION };
  const lines = await linesOf(async () => {
    await deliver("msg_2", own);
    await consume(own);
    await world.fetch("/nowhere", {}, own);
  });
  expect(lines).toEqual([
    expect.objectContaining({ id: "msg_2", outcome: "applied", version: "3f2b8a10" }),
    expect.objectContaining({ job: "queue", version: "3f2b8a10" }),
    { error: "not_found", method: "GET", path: "/nowhere", status: 404, version: "3f2b8a10" },
  ]);
});

test("so has the line of a Worker whose settings are wrong", async () => {
  const own = { ...world.bindings, VERSION, DATABASE_URL: "" };
  const lines = await linesOf(() => world.deliver("msg_3", event("user.created", userData()), own));
  expect(lines).toEqual([
    expect.objectContaining({ error: "misconfigured", setting: "DATABASE_URL", version: "3f2b8a10" }),
  ]);
});
