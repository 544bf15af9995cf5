import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import pg from "pg";
import { Webhook } from "svix";
import { type ConsoleApp, startApp } from "../../dev/console/app.ts";
import { type Gateway, startGateway } from "../../dev/gateway.ts";
import { type LocalDatabase, startLocalDatabase } from "../../dev/local-database.ts";
import { isFree } from "../../dev/ports.ts";

let database: LocalDatabase;
beforeAll(async () => {
  database = await startLocalDatabase();
});
afterAll(() => database.close());

describe("a gateway that is away", () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  const ask = (query: string): Promise<Response> =>
    fetch(gateway.url, {
      method: "POST",
      headers: { "Neon-Connection-String": database.connectionString },
      body: JSON.stringify({ query }),
    });

  test("cuts what is under way and what comes, keeps its port, and answers again when it is back", async () => {
    expect((await ask("select 1")).status).toBe(200);
    const underWay = ask("select pg_sleep(0.5)").then(
      () => "answered",
      () => "cut",
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    gateway.isAway = true;
    expect(await underWay).toBe("cut");
    await expect(ask("select 1")).rejects.toThrow();
    expect(await isFree(Number(new URL(gateway.url).port))).toBe(false);
    gateway.isAway = false;
    expect((await ask("select 1")).status).toBe(200);
  });
});

describe("the app of the console", () => {
  let app: ConsoleApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const tell = async (body: unknown, secret = app.secret): Promise<number> => {
    const text = JSON.stringify(body);
    const at = new Date();
    const response = await fetch(app.url, {
      method: "POST",
      body: text,
      headers: {
        "webhook-id": "msg_1",
        "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
        "webhook-signature": new Webhook(secret).sign("msg_1", at, text),
      },
    });
    return response.status;
  };
  const change = (id: string) => ({ table: "users", id, kind: "created", source: "event", attempt: 1, row: { id } });

  test("takes what is signed with its secret, remembers the latest twenty, and answers 503 while it is away", async () => {
    expect(await tell({ changes: [change("user_1"), change("user_2")] })).toBe(204);
    expect(app.told().map(({ id }) => id)).toEqual(["user_2", "user_1"]);
    expect(app.told()[0]).toEqual({
      at: expect.any(Number),
      table: "users",
      id: "user_2",
      kind: "created",
      source: "event",
      attempt: 1,
    });
    expect(await tell({ changes: [change("user_3")] }, `whsec_${Buffer.alloc(24).toString("base64")}`)).toBe(401);
    expect((await fetch(app.url, { method: "POST", body: "{}" })).status).toBe(401);
    expect(await tell({ changes: [{ table: "users" }] })).toBe(400);
    app.isAway = true;
    expect(await tell({ changes: [change("user_3")] })).toBe(503);
    app.isAway = false;
    expect(await tell({ changes: Array.from({ length: 30 }, (_, n) => change(`user_${n}`)) })).toBe(204);
    expect(app.told()).toHaveLength(20);
    expect(app.told()[0]?.id).toBe("user_29");
  });
});

describe("the local Postgres", () => {
  test("gives each of many connections its own answers, in transactions and outside of them", async () => {
    const pool = new pg.Pool({ connectionString: database.connectionString, max: 10 });
    const ask = async (n: number): Promise<number | undefined> => {
      if (n % 4 !== 0) {
        const sum = await pool.query<{ sum: number }>("select $1::integer + $2::integer as sum", [n, 1]);
        return sum.rows[0]?.sum;
      }
      const client = await pool.connect();
      await client.query("begin transaction read only");
      const sum = await client.query<{ sum: number }>("select $1::integer + 1 as sum", [n]);
      await client.query("commit");
      client.release();
      return sum.rows[0]?.sum;
    };
    const asked = Array.from({ length: 1000 }, (_, n) => n);
    expect(await Promise.all(asked.map(ask))).toEqual(asked.map((n) => n + 1));
    await pool.end();
  });
});

describe("a port", () => {
  test("is free, or it is not", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    expect(await isFree(port)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
    expect(await isFree(port)).toBe(true);
  });
});
