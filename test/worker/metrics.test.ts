import { beforeEach, expect, test } from "vitest";
import type { Metrics } from "../../src/metrics.ts";
import { services } from "../../src/services.ts";
import type { Bindings } from "../../src/settings.ts";
import { createConsumer } from "../../src/webhook/consumer.ts";
import { newBroker } from "../support/worker/broker.ts";
import { event, userData } from "../support/worker/clerk.ts";
import { logged } from "../support/worker/logged.ts";
import { newWorld, signed, type World } from "../support/worker/world.ts";

type Point = Parameters<Metrics["writeDataPoint"]>[0];

let world: World;
let points: Point[];
let bindings: Bindings;
beforeEach(async () => {
  world = await newWorld();
  points = [];
  bindings = { ...world.bindings, METRICS: { writeDataPoint: (point) => void points.push(point) } };
});

const ago = 90_000;
const created = (id = "user_1") => {
  const at = Date.now() - ago;
  return event("user.created", userData({ id, created_at: at, updated_at: at }), at);
};

test("a delivery is one data point: its type and outcome, the milliseconds, its lag and the status", async () => {
  await world.deliver("msg_1", created(), bindings);
  await world.deliver("msg_2", event("email.created", { id: "ema_1", body: "Your code is 424242" }), bindings);
  await world.deliver("msg_3", { type: "something.else" }, bindings);
  expect(points).toEqual([
    {
      indexes: ["user.created"],
      blobs: ["user.created", "applied"],
      doubles: [expect.any(Number), expect.any(Number), 200],
    },
    {
      indexes: ["email.created"],
      blobs: ["email.created", "ignored"],
      doubles: [expect.any(Number), expect.any(Number), 200],
    },
    { indexes: ["something.else"], blobs: ["something.else", "ignored"], doubles: [expect.any(Number), -1, 200] },
  ]);
  const [ms = -1, lag = -1] = points[0]?.doubles ?? [];
  expect(ms).toBeGreaterThanOrEqual(0);
  expect(lag).toBeGreaterThanOrEqual(ago);
  expect(lag).toBeLessThan(ago + 600_000);
});

test("so is one that is not taken, with the error in place of the outcome", async () => {
  const body = JSON.stringify(created());
  await world.fetch("/api/webhook", signed("msg_1", body, { secret: `whsec_${btoa("x".repeat(24))}` }), bindings);
  await world.fetch("/api/webhook", signed("msg_2", "{"), bindings);
  await world.deliver("msg_3", event("user.created", userData({ banned: "perhaps" })), bindings);
  await world.deliver("msg_4", created(), { ...bindings, DATABASE_URL: "" });
  const ms = expect.any(Number) as number;
  expect(points).toEqual([
    { indexes: [""], blobs: ["", "unverified"], doubles: [ms, -1, 401] },
    { indexes: [""], blobs: ["", "malformed"], doubles: [ms, -1, 400] },
    { indexes: ["user.created"], blobs: ["user.created", "unprocessable"], doubles: [ms, -1, 422] },
    { indexes: [""], blobs: ["", "misconfigured"], doubles: [ms, -1, 500] },
  ]);
});

test("in queue mode it is one when it is queued, and one when it is merged", async () => {
  const broker = newBroker();
  const own = { ...bindings, EVENTS: broker };
  await world.deliver("msg_1", created("user_1"), own);
  await world.deliver("msg_2", created("user_2"), own);
  expect(points.map(({ blobs, doubles }) => [...blobs, doubles[2]])).toEqual([
    ["user.created", "queued", 202],
    ["user.created", "queued", 202],
  ]);
  points.length = 0;
  const consume = createConsumer(services());
  await broker.dispatch((messages) => consume(messages, own), 100);
  expect(points.map(({ blobs, doubles }) => [...blobs, doubles[2]])).toEqual([
    ["user.created", "applied", 0],
    ["user.created", "applied", 0],
  ]);
  for (const { doubles } of points) expect(doubles[1]).toBeGreaterThanOrEqual(ago);
});

test("nothing in it is personal, and a type of any length is an index", async () => {
  const type = "x".repeat(128);
  await world.deliver("msg_1", created(), bindings);
  await world.deliver("msg_2", { type }, bindings);
  expect(JSON.stringify(points)).not.toMatch(/user_1|msg_|grace|example\.com|Grace|ins_/);
  expect(points[1]).toMatchObject({ indexes: ["x".repeat(96)], blobs: [type, "ignored"] });
});

test("a dataset that fails changes no answer and no row", async () => {
  const failing: Bindings = {
    ...world.bindings,
    METRICS: {
      writeDataPoint: () => {
        throw new Error("no");
      },
    },
  };
  const lines = await logged(async () => {
    expect(await world.deliver("msg_1", created(), failing)).toMatchObject({
      status: 200,
      body: { outcome: "applied", attempts: 1 },
    });
    const broker = newBroker();
    const own = { ...failing, EVENTS: broker };
    expect(await world.deliver("msg_2", created("user_2"), own)).toMatchObject({ status: 202 });
    await broker.dispatch((messages) => createConsumer(services())(messages, own), 100);
  });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ id: "msg_1", outcome: "applied" }),
    expect.objectContaining({ id: "msg_2", outcome: "queued" }),
    expect.objectContaining({ job: "queue", applied: 1, retried: 0 }),
  ]);
  expect(Object.keys(await world.users()).toSorted()).toEqual(["user_1", "user_2"]);
});
