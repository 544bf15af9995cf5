import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { neon, neonConfig } from "@neondatabase/serverless";
import { sql } from "drizzle-orm/sql";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Gateway, startGateway } from "../../dev/gateway.ts";
import { isTransient } from "../../src/result.ts";
import { connect, json } from "../../src/database/connect.ts";
import { type Postgres, startPostgres } from "../support/postgres.ts";

describe("over the gateway, as over Neon", () => {
  let postgres: Postgres;
  let gateway: Gateway;
  let url: string;
  beforeAll(async () => {
    postgres = await startPostgres();
    gateway = await startGateway();
    url = postgres.url("postgres");
  });
  afterAll(async () => {
    await gateway.close();
    await postgres.close();
  });
  const query = (statement: ReturnType<typeof sql>, connectionString = url) =>
    connect(connectionString, gateway.url).query(statement);

  test("numbers, booleans and JSON are values, and all else is Postgres's own text", async () => {
    expect(
      await query(sql`
        select 1 as one, true as yes, null as nothing, 1.5::float8 as half, '{"a": [1, 2.50, "é"]}'::jsonb as json,
          '2026-01-02 03:04:05.678+00'::timestamptz as time, 9007199254740993::int8 as large
      `),
    ).toEqual({
      ok: true,
      value: [
        {
          one: 1,
          yes: true,
          nothing: null,
          half: 1.5,
          json: { a: [1, 2.5, "é"] },
          time: "2026-01-02 03:04:05.678+00",
          large: "9007199254740993",
        },
      ],
    });
    expect(await query(sql`select g as n from generate_series(1, 3) as g`)).toEqual({
      ok: true,
      value: [{ n: 1 }, { n: 2 }, { n: 3 }],
    });
    expect(await query(sql`select 1 where false`)).toEqual({ ok: true, value: [] });
  });

  test("another client of the driver in the same process keeps its own way, without our deadline", async () => {
    const { fetchEndpoint } = neonConfig;
    neonConfig.fetchEndpoint = gateway.url;
    try {
      expect(await neon(url)`select pg_sleep(0.05)::text as slept`).toEqual([{ slept: "" }]);
    } finally {
      neonConfig.fetchEndpoint = fetchEndpoint;
    }
  });

  test("parameters arrive as they are", async () => {
    const found = await query(
      sql`select ${"a'\"\\"}::text as text, ${7}::int as number, ${false}::boolean as flag, ${null}::text as nothing`,
    );
    expect(found).toEqual({ ok: true, value: [{ text: "a'\"\\", number: 7, flag: false, nothing: null }] });
  });

  const nested = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`);

  test.for([{ a: [1, { b: 'x\u0001"y' }], c: null }, {}, nested(100), nested(128), nested(3000)])(
    "JSON is what Postgres reads, however deep: %#",
    async (value) => {
      const found = await query(sql`select ${json(value)}::jsonb = ${JSON.stringify(value)}::jsonb as same`);
      expect(found).toEqual({ ok: true, value: [{ same: true }] });
    },
  );

  test("JSON that Postgres cannot hold is mended, and JSON that is too deep to write is refused", async () => {
    expect(await query(sql`select ${json("a\u0000\ud800\\u0000")}::jsonb ->> 0 as text`)).toEqual({
      ok: true,
      value: [{ text: "a\ufffd\ufffd\\u0000" }],
    });
    let deep: unknown = 1;
    for (let depth = 0; depth < 50_000; depth += 1) deep = { deep };
    expect(await query(sql`select ${json(deep)}::jsonb`)).toEqual({
      ok: false,
      failure: { kind: "refused", sqlstate: "54001" },
    });
  });

  test.for([
    ["select * from nowhere", { kind: "misconfigured", setting: "DATABASE_URL", sqlstate: "42P01" }],
    ["select 1; select 2", { kind: "misconfigured", setting: "DATABASE_URL", sqlstate: "42601" }],
    ["select 1 / 0", { kind: "refused", sqlstate: "22012" }],
    ["select 'x'::int", { kind: "refused", sqlstate: "22P02" }],
  ] as const)("%s is refused by its SQLSTATE", async ([statement, failure]) => {
    expect(await query(sql.raw(statement))).toMatchObject({ ok: false, failure });
  });

  test("a wrong password is a setting that is wrong, and is in no failure", async () => {
    const wrong = new URL(url);
    wrong.password = "hunter2";
    const found = await query(sql`select 1`, wrong.href);
    expect(found).toMatchObject({ ok: false, failure: { kind: "misconfigured", setting: "DATABASE_URL" } });
    expect(JSON.stringify(found)).not.toContain("hunter2");
  });
});

describe("what is sent", () => {
  let server: Server;
  let headers: IncomingHttpHeaders;
  let body: string;
  let answer: (response: ServerResponse) => void;
  let isClosed: Promise<void>;
  let endpoint: string;
  const connectionString = "postgresql://u:p@h/d";
  beforeAll(async () => {
    server = createServer((request, response) => {
      headers = request.headers;
      body = "";
      isClosed = new Promise((resolve) => response.once("close", () => resolve()));
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => answer(response));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sql`;
  });
  afterAll(() => server.close());
  beforeEach(() => {
    answer = (response) => response.end('{"fields":[],"rows":[],"command":"SELECT","rowCount":0}');
  });

  test("is one statement, its parameters and the connection string", async () => {
    const database = connect(connectionString, endpoint);
    expect(await database.query(sql`select ${"x"}, ${json({ y: 1 })}`)).toEqual({ ok: true, value: [] });
    expect(JSON.parse(body)).toEqual({ query: "select $1, $2", params: ["x", '{"y":1}'] });
    // The driver adds its own name.
    expect(headers["neon-connection-string"]).toMatch(/^postgresql:\/\/u:p@h\/d\?application_name=/);
  });

  test.for([500, 502, 429])("status %i is told as such", async (status) => {
    answer = (response) => response.writeHead(status).end("no");
    expect(await connect(connectionString, endpoint).query(sql`select 1`)).toEqual({
      ok: false,
      failure: { kind: "unavailable", cause: `http_${status}` },
    });
  });

  test("status 400 without an SQLSTATE is Neon's own, and no fault of the network", async () => {
    answer = (response) => response.writeHead(400).end('{"message":"something new","code":null}');
    expect(await connect(connectionString, endpoint).query(sql`select 1`)).toEqual({
      ok: false,
      failure: { kind: "unavailable", cause: "http_400" },
    });
  });

  const settled: [string, number, string, object][] = [
    [
      "an unknown endpoint",
      400,
      "The requested endpoint could not be found, or you don't have access to it. Please check the provided ID and try again.",
      { kind: "misconfigured", reason: "names an endpoint that Neon does not have" },
    ],
    [
      "an unknown endpoint, by its older words",
      500,
      "Control plane request failed: endpoint cannot be found",
      { kind: "misconfigured", reason: "names an endpoint that Neon does not have" },
    ],
    [
      "a disabled endpoint",
      500,
      "The endpoint has been disabled. Enable it using Neon API and retry.",
      { kind: "misconfigured", reason: expect.stringContaining("enable it in Neon's console") },
    ],
    [
      "a list of addresses",
      400,
      "This IP address 192.0.2.7 is not allowed to connect to this endpoint. Please add it to the allowed list in the Neon console.",
      { kind: "misconfigured", reason: expect.stringContaining("take the IP list off") },
    ],
    [
      "a quota that is used up",
      500,
      "Your account or project has exceeded the compute time quota. Upgrade your plan to increase limits.",
      { kind: "unavailable", cause: "quota" },
    ],
    [
      "too many connections",
      500,
      "Failed to acquire permit to connect to the database. Too many database connection attempts are currently ongoing.",
      { kind: "unavailable", cause: "connections" },
    ],
  ];
  test.for(settled)("%s is told by Neon's own words, which are not passed on", async ([, status, message, failure]) => {
    answer = (response) => response.writeHead(status).end(JSON.stringify({ message, code: null }));
    const found = await connect(connectionString, endpoint).query(sql`select 1`);
    expect(found).toMatchObject({ ok: false, failure });
    expect(JSON.stringify(found)).not.toMatch(/192\.0\.2\.7|Please|Upgrade/);
  });

  test("a database that may only be read is a setting that is wrong", async () => {
    answer = (response) =>
      response.writeHead(400).end('{"message":"cannot execute INSERT in a read-only transaction","code":"25006"}');
    expect(await connect(connectionString, endpoint).query(sql`select 1`)).toMatchObject({
      failure: { kind: "misconfigured", setting: "DATABASE_URL", sqlstate: "25006" },
    });
  });

  test("status 400 is not asked again, and what passes is", () => {
    expect(isTransient({ kind: "unavailable", cause: "http_400" })).toBe(false);
    for (const cause of ["http_500", "http_429", "quota", "connections", "network"] as const)
      expect(isTransient({ kind: "unavailable", cause })).toBe(true);
  });

  test("no answer is the network's fault, and one that breaks off or is not JSON the answer's", async () => {
    const failureOf = async (how: typeof answer) => {
      answer = how;
      const found = await connect(connectionString, endpoint).query(sql`select 1`);
      return found.ok ? undefined : found.failure;
    };
    expect(await failureOf((response) => response.destroy())).toEqual({ kind: "unavailable", cause: "network" });
    expect(await failureOf((response) => response.end("<html>"))).toEqual({ kind: "unavailable", cause: "answer" });
    const breakOff = (response: ServerResponse) => {
      response.writeHead(200, { "Content-Length": "1000" });
      response.write('{"rows":', () => response.destroy());
    };
    expect(await failureOf(breakOff)).toEqual({ kind: "unavailable", cause: "answer" });
  });

  test("is taken back at the deadline: the request is aborted", async () => {
    answer = () => {};
    const found = await connect(connectionString, endpoint, 50).query(sql`select 1`);
    expect(found).toEqual({ ok: false, failure: { kind: "unavailable", cause: "timeout" } });
    await isClosed;
  });

  test("goes to Neon's address for the host, without an endpoint", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", (to: string | URL) => {
      asked.push(String(to));
      return Promise.resolve(Response.json({ rows: [], fields: [] }));
    });
    const hosts = [
      "ep-cool-rain-123.us-east-2.aws.neon.tech",
      "ep-cool-rain-123-pooler.c-2.eu-central-1.aws.neon.tech",
    ];
    try {
      for (const host of hosts) {
        await connect(`postgresql://owner:secret@${host}/neondb?sslmode=require`).query(sql`select 1`);
      }
    } finally {
      vi.unstubAllGlobals();
    }
    expect(asked).toEqual([
      "https://api.us-east-2.aws.neon.tech/sql",
      "https://api.c-2.eu-central-1.aws.neon.tech/sql",
    ]);
  });
});
