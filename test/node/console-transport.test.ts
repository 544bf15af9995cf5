import { expect, test } from "vitest";
import type { Delivery } from "../../dev/clerk/delivery.ts";
import { createInstance } from "../../dev/clerk/instance.ts";
import {
  type Attempt,
  type Message,
  startTransport,
  type TransportCounts,
  type TransportOptions,
} from "../../dev/clerk/transport.ts";
import { applyChaos, noChaos } from "../../dev/console/chaos.ts";
import { createChart } from "../../dev/console/chart.ts";
import { createDeliveryLog } from "../../dev/console/deliveries.ts";

const secret = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
const otherSecret = `whsec_${Buffer.alloc(24, 2).toString("base64")}`;
const received = { status: 200, body: '{"outcome":"applied","attempts":1}' };

const optionsOf = (send: TransportOptions["send"]): TransportOptions => ({
  instance: createInstance({ seed: 1 }),
  secret,
  seed: 2,
  timeScale: 0,
  send,
});

test("what is done to messages may change while the transport runs", async () => {
  const sent: string[] = [];
  const options = optionsOf(async ({ headers }) => {
    sent.push(headers["svix-id"] ?? "");
    return received;
  });
  const transport = startTransport(options);
  const round = async (change: Partial<TransportOptions>): Promise<TransportCounts> => {
    Object.assign(options, { drop: 0, double: 0, reorder: 0, delay: 0 }, change);
    const before = { ...transport.counts };
    for (let count = 0; count < 10; count += 1) options.instance.signUp();
    await transport.drained();
    const { sent: all, delivered, dropped, doubled, retried, failed } = transport.counts;
    return {
      sent: all - before.sent,
      delivered: delivered - before.delivered,
      dropped: dropped - before.dropped,
      doubled: doubled - before.doubled,
      retried: retried - before.retried,
      failed: failed - before.failed,
    };
  };
  expect(await round({})).toMatchObject({ sent: 10, delivered: 10, dropped: 0, doubled: 0 });
  expect(await round({ drop: 1, double: 1 })).toMatchObject({ sent: 0, delivered: 0, dropped: 10, doubled: 0 });
  expect(await round({ double: 1 })).toMatchObject({ sent: 10, delivered: 20, dropped: 0, doubled: 10 });
  expect(await round({ delay: 30 })).toMatchObject({ sent: 10, delivered: 10 });
  const inOrder = [...new Set(sent)].toSorted();
  expect(inOrder).toHaveLength(30);
  await transport.stop();
});

test("a message that is delayed is sent later, and others overtake it", async () => {
  const delays: number[] = [];
  const began = performance.now();
  const options = { ...optionsOf(async () => (delays.push(performance.now() - began), received)), delay: 200 };
  const transport = startTransport(options);
  for (let count = 0; count < 30; count += 1) options.instance.signUp();
  await transport.drained();
  expect(delays).toHaveLength(30);
  expect(Math.max(...delays)).toBeGreaterThan(50);
  expect(Math.min(...delays)).toBeLessThan(Math.max(...delays) - 20);
});

test("a share of the messages is overtaken, and none of them is lost", async () => {
  const orderOf = async (reorder: TransportOptions["reorder"]): Promise<number[]> => {
    const made: string[] = [];
    const taken: string[] = [];
    const options: TransportOptions = {
      ...optionsOf(async ({ headers }) => (taken.push(headers["svix-id"] ?? ""), received)),
      ...(reorder === undefined ? {} : { reorder }),
      concurrency: 1,
      observer: { message: ({ id }) => void made.push(id), attempt: () => {} },
    };
    const transport = startTransport(options);
    for (let count = 0; count < 300; count += 1) options.instance.signUp();
    await transport.drained();
    return taken.map((id) => made.indexOf(id));
  };
  const moved = (order: number[]): number => order.filter((position, index) => position !== index).length;
  const sorted = Array.from({ length: 300 }, (_, index) => index);
  const [none, some, all] = [await orderOf(undefined), await orderOf(0.02), await orderOf(true)];
  expect(none).toEqual(sorted);
  for (const order of [some, all]) expect(order.toSorted((a, b) => a - b)).toEqual(sorted);
  expect(moved(some)).toBeGreaterThan(0);
  expect(await orderOf(1)).toEqual(all);
});

test("the observer is told of every message, and of what each attempt came to", async () => {
  const messages: Message[] = [];
  const attempts: Attempt[] = [];
  const answers: (() => Promise<{ status: number; body?: string }>)[] = [
    async () => ({ status: 503, body: "away" }),
    () => Promise.reject(new Error("nobody is there")),
    async () => received,
  ];
  const options: TransportOptions = {
    ...optionsOf(() => (answers.shift() ?? (async () => ({ status: 500 })))()),
    retryDelays: [0, 0, 0],
    observer: { message: (message) => messages.push(message), attempt: (attempt) => attempts.push(attempt) },
  };
  const transport = startTransport(options);
  const user = options.instance.signUp();
  await transport.drained();
  options.instance.rename(user.id);
  await transport.drained();
  options.drop = 1;
  options.instance.deleteUser(user.id);
  await transport.drained();

  expect(messages.map(({ event, isDropped, isDoubled }) => [event.type, isDropped, isDoubled])).toEqual([
    ["user.created", false, false],
    ["user.updated", false, false],
    ["user.deleted", true, false],
  ]);
  const [first, second] = messages;
  expect(attempts.map(({ id, status, answer, next }) => [id, status, answer, next])).toEqual([
    [first?.id, 503, "away", "retry"],
    [first?.id, null, "nobody is there", "retry"],
    [first?.id, 200, received.body, "delivered"],
    [second?.id, 500, "", "retry"],
    [second?.id, 500, "", "retry"],
    [second?.id, 500, "", "given up"],
  ]);
  for (const { at, ms } of attempts) {
    expect(at).toBeLessThanOrEqual(Date.now());
    expect(ms).toBeGreaterThanOrEqual(0);
  }
});

test("chaos decides which secret signs, and a retry after it is signed with the right one", async () => {
  const signatures: string[] = [];
  const chaos = noChaos();
  const options = optionsOf(async ({ headers }: Delivery) => {
    signatures.push(headers["svix-signature"] ?? "");
    return signatures.length === 1 ? { status: 401 } : received;
  });
  const secrets = { signingSecret: secret, wrongSecret: otherSecret };
  chaos.isSecretWrong = true;
  applyChaos(chaos, options, secrets);
  expect(options.secret).toBe(otherSecret);
  const transport = startTransport({ ...options, retryDelays: [0, 0] });
  options.instance.signUp();
  await transport.drained();
  expect(transport.counts).toMatchObject({ delivered: 1, retried: 1 });
  Object.assign(chaos, { isSecretWrong: false, dropped: 25, doubled: 50, reordered: 100, delayed: 2 });
  applyChaos(chaos, options, secrets);
  expect(options).toMatchObject({ secret, drop: 0.25, double: 0.5, reorder: 1, delay: 2000 });
});

test("the log keeps the latest messages, with what became of them, and the chart counts first deliveries", () => {
  const chart = createChart(0);
  const log = createDeliveryLog((at, lag) => chart.add(at, lag));
  const event = { type: "user.created", object: "event", data: { id: "user_1" }, timestamp: 1000 } as const;
  const message = (id: string, isDropped = false, isDoubled = false): void =>
    log.message({
      id,
      event: { ...event, instance_id: "ins_1", event_attributes: { http_request: { client_ip: "", user_agent: "" } } },
      isDropped,
      isDoubled,
    });
  const attempt = (id: string, status: number, next: Attempt["next"], at = 1200): void =>
    log.attempt({ id, at, ms: 40, status, answer: status === 200 ? received.body : "{}", next });

  for (let old = 0; old < 600; old += 1) message(`old_${old}`);
  message("dropped", true);
  message("doubled", false, true);
  attempt("doubled", 200, "delivered");
  attempt("doubled", 503, "retry");
  message("retrying");
  attempt("retrying", 503, "retry");
  message("lost");
  attempt("lost", 503, "given up");
  attempt("old_0", 200, "delivered");

  const counts = { sent: 10, delivered: 4, dropped: 1, doubled: 1, retried: 2, failed: 1 };
  const { latest, waiting } = log.deliveries(counts);
  expect(waiting).toBe(6);
  expect(latest).toHaveLength(50);
  expect(latest.slice(0, 4).map(({ id, state, status, outcome, lag }) => [id, state, status, outcome, lag])).toEqual([
    ["lost", "given up", 503, null, null],
    ["retrying", "retrying", 503, null, null],
    ["doubled", "delivered", 503, "applied", 240],
    ["dropped", "dropped", null, null, null],
  ]);
  expect(chart.chart(10_000)).toEqual({ at: [0, 5000], perMinute: [12, 0], lag: [240, null] });
  expect(chart.chart(4999)).toEqual({ at: [], perMinute: [], lag: [] });
});
