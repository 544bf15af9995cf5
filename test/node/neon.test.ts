import { neon as driver, neonConfig } from "@neondatabase/serverless";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Gateway, startGateway } from "../../dev/gateway.ts";
import { JsonText, neon, NeonError, NetworkError } from "../../src/database/neon.ts";
import { type Postgres, startPostgres } from "../support/postgres.ts";

let postgres: Postgres;
let gateway: Gateway;
let url: string;
beforeAll(async () => {
  postgres = await startPostgres();
  gateway = await startGateway();
  url = postgres.url("postgres");
  neonConfig.fetchEndpoint = gateway.url;
});
afterAll(async () => {
  await gateway.close();
  await postgres.close();
});

describe("answers as Neon's own driver does", () => {
  const statements: [string, unknown[]][] = [
    ["select 1 as one, true as yes, null as nothing, 1.5::float8 as half", []],
    [
      "select $1::text as text, $2::int as number, $3::boolean as flag, $4::text as nothing",
      ["a'\"\\", 7, false, null],
    ],
    ["select '{\"a\": [1, 2.50, \"é\"]}'::jsonb as json, array['x', 'y,z'] as list", []],
    ["select g as n from generate_series(1, 3) as g", []],
    ["select 1 where false", []],
  ];

  test.for(statements)("to %s", async ([statement, parameters]) => {
    const expected = await driver(url).query(statement, parameters as never[]);
    expect((await neon(url, gateway.url)(statement, parameters, false)).rows).toEqual(expected);
    const arrays = await driver(url).query(statement, parameters as never[], { arrayMode: true });
    expect((await neon(url, gateway.url)(statement, parameters, true)).rows).toEqual(arrays);
  });

  test.for(["select * from nowhere", "select 1 / 0", "select 'x'::int", "select 1; select 2"])(
    "to %s, which Postgres refuses",
    async (statement) => {
      const expected: unknown = await driver(url)
        .query(statement)
        .catch((error: unknown) => error);
      const found: unknown = await neon(url, gateway.url)(statement, [], false).catch((error: unknown) => error);
      expect(found).toBeInstanceOf(NeonError);
      expect(found).toMatchObject({ status: 400, sqlstate: (expected as { code: string }).code });
      expect((found as NeonError).message).toBe((expected as Error).message);
    },
  );
});

describe("JSON as text", () => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

  test.for(['{"a":[1,{"b":"x\\u0001\\"y"}],"c":null}', "{}", nested(100), nested(124), nested(125), nested(3000)])(
    "is what Postgres reads, however deep: %#",
    async (json) => {
      const { rows } = await neon(url, gateway.url)(
        "select $1::jsonb = $2::jsonb as same, $3::text as text",
        [new JsonText(json), json, "after"],
        true,
      );
      expect(rows).toEqual([[true, "after"]]);
    },
  );

  test("does not hide what else is refused", async () => {
    const wrong = new URL(url);
    wrong.password = "wrong";
    const query = neon(wrong.href, gateway.url);
    await expect(query("select $1::jsonb", [new JsonText("{}")], true)).rejects.toMatchObject({
      status: 400,
      sqlstate: "",
      message: expect.stringMatching(/^password authentication failed/) as string,
    });
  });
});

test("takes no parameter that Neon would read otherwise", async () => {
  for (const parameter of [[1], { a: 1 }, undefined, new Date()]) {
    await expect(neon(url, gateway.url)("select $1", [parameter], true)).rejects.toThrow(TypeError);
  }
});

describe("what is sent", () => {
  let server: Server;
  let headers: IncomingHttpHeaders;
  let body: string;
  let answer: (response: import("node:http").ServerResponse) => void;
  let endpoint: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      headers = request.headers;
      body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => answer(response));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sql`;
  });
  afterAll(() => server.close());
  beforeEach(() => {
    answer = (response) => response.end('{"rows":[]}');
  });

  test("is the statement, its parameters and the connection string, and JSON is not a text in JSON", async () => {
    await neon("postgresql://u:p@h/d", endpoint)("select $1, $2", ["x", new JsonText('{"y":1}')], true);
    expect(JSON.parse(body)).toEqual({ query: "select $1, $2", params: ["x", { y: 1 }] });
    expect(headers).toMatchObject({ "neon-connection-string": "postgresql://u:p@h/d", "neon-array-mode": "true" });
  });

  test.for([500, 502, 429])("and status %i is an error without an SQLSTATE", async (status) => {
    answer = (response) => response.writeHead(status).end("no");
    const query = neon("postgresql://u:p@h/d", endpoint);
    await expect(query("select 1", [], true)).rejects.toMatchObject({ name: "NeonError", status, sqlstate: "" });
  });

  test("and no answer is a network error", async () => {
    answer = (response) => response.destroy();
    await expect(neon("postgresql://u:p@h/d", endpoint)("select 1", [], true)).rejects.toBeInstanceOf(NetworkError);
  });

  test("goes where the driver sends it", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", (to: string | URL) => {
      asked.push(String(to));
      return Promise.resolve(Response.json({ rows: [], fields: [] }));
    });
    const hosts = [
      "ep-cool-rain-123.us-east-2.aws.neon.tech",
      "ep-cool-rain-123-pooler.c-2.eu-central-1.aws.neon.tech",
    ];
    const configured = neonConfig.fetchEndpoint;
    neonConfig.fetchEndpoint = undefined as never;
    try {
      for (const host of hosts) {
        const string = `postgresql://owner:secret@${host}/neondb?sslmode=require&channel_binding=require`;
        await driver(string).query("select 1");
        await neon(string)("select 1", [], true);
      }
    } finally {
      neonConfig.fetchEndpoint = configured;
      vi.unstubAllGlobals();
    }
    const [first, second, third, fourth] = asked;
    expect(asked).toHaveLength(4);
    expect([second, fourth]).toEqual([first, third]);
    expect(first).toBe("https://api.us-east-2.aws.neon.tech/sql");
  });
});
