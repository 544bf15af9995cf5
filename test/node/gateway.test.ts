import { neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate } from "../../cli/migrate.ts";
import { type Gateway, startGateway } from "../../dev/gateway.ts";
import { startLocalDatabase } from "../../dev/local-database.ts";
import { startPostgres } from "../support/postgres.ts";

const databases: [string, () => Promise<{ url: string; close(): Promise<void> }>][] = [
  [
    "PGlite",
    async () => {
      const database = await startLocalDatabase();
      return { url: database.connectionString, close: database.close };
    },
  ],
  [
    "Postgres",
    async () => {
      const postgres = await startPostgres();
      return { url: postgres.url("postgres"), close: postgres.close };
    },
  ],
];

describe.for(databases)("Neon's protocol over %s", ([kind, start]) => {
  let database: { url: string; close(): Promise<void> };
  let gateway: Gateway;
  beforeAll(async () => {
    database = await start();
    gateway = await startGateway();
    neonConfig.fetchEndpoint = gateway.url;
  });
  afterAll(async () => {
    await gateway.close();
    await database.close();
  });

  const post = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(gateway.url, {
      method: "POST",
      headers: { "Neon-Connection-String": database.url, ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    };
  };
  const raw = { "Neon-Raw-Text-Output": "true", "Neon-Array-Mode": "true" };

  test("answers one statement with its rows, its fields and its tag", async () => {
    const { status, body } = await post({ query: "select 1::int4 as one, 'a' || $1 as text", params: ["b"] }, raw);
    expect(status).toBe(200);
    expect(body).toEqual({
      command: "SELECT",
      rowCount: 1,
      rowAsArray: true,
      rows: [["1", "ab"]],
      fields: [
        { name: "one", dataTypeID: 23, tableID: 0, columnID: 0, dataTypeSize: 4, dataTypeModifier: -1, format: "text" },
        {
          name: "text",
          dataTypeID: 25,
          tableID: 0,
          columnID: 0,
          dataTypeSize: -1,
          dataTypeModifier: -1,
          format: "text",
        },
      ],
    });
  });

  test("writes Postgres's own text when it is asked to, and JSON's types when not", async () => {
    const query = `select true b, 1::int2 s, 2::int4 i, 3::int8 l, 1.5::float8 d, 'NaN'::float8 n, 'Infinity'::float8 f,
      4.50::numeric u, '{"a":1}'::jsonb j, '{1,null,2}'::int4[] a, '{{a,"b,c"}}'::text[] t, null::text z, '\\x01'::bytea y`;
    expect((await post({ query }, raw)).body.rows).toEqual([
      ["t", "1", "2", "3", "1.5", "NaN", "Infinity", "4.50", '{"a": 1}', "{1,NULL,2}", '{{a,"b,c"}}', null, "\\x01"],
    ]);
    const { body } = await post({ query });
    expect(body.rowAsArray).toBe(false);
    expect(body.rows).toEqual([
      {
        b: true,
        s: 1,
        i: 2,
        l: "3",
        d: 1.5,
        n: "NaN",
        f: "Infinity",
        u: "4.50",
        j: { a: 1 },
        a: [1, null, 2],
        t: [["a", "b,c"]],
        z: null,
        y: "\\x01",
      },
    ]);
    expect((await post({ query: "select 1 a, 2 a" }, { "Neon-Array-Mode": "true" })).body.rows).toEqual([[1, 2]]);
  });

  test("takes parameters as Neon does", async () => {
    const query = "select $1::text a, $2::bool b, $3::int c, $4::jsonb d, $5::text[] e, $6::text f";
    const params = [null, true, 7, { k: [1] }, ["x", null, 'q"\\', "NULL"], ""];
    expect((await post({ query, params })).body.rows).toEqual([
      { a: null, b: true, c: 7, d: { k: [1] }, e: ["x", null, 'q"\\', "NULL"], f: "" },
    ]);
  });

  test("reads JSON as deep as Neon's proxy does, and no deeper", async () => {
    // The body and the list of parameters are two levels of it.
    const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    const ask = (depth: number) => post(`{"query":"select $1::jsonb is not null as read","params":[${nested(depth)}]}`);
    expect(await ask(125)).toMatchObject({ status: 200, body: { rows: [{ read: true }] } });
    expect(await ask(126)).toMatchObject({ status: 400, body: { message: expect.stringMatching(/recursion limit/) } });
  });

  test("is in UTC", async () => {
    expect((await post({ query: "show timezone" })).body.rows).toEqual([{ TimeZone: "UTC" }]);
  });

  test("names every field of an error, with the status 400", async () => {
    await post({ query: "create table strict (id int primary key, n int constraint positive check (n > 0))" });
    const { status, body } = await post({ query: "insert into strict values (1, -1)" });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: "23514",
      severity: "ERROR",
      schema: "public",
      table: "strict",
      constraint: "positive",
      detail: "Failing row contains (1, -1).",
      file: "execMain.c",
      routine: "ExecConstraints",
      hint: null,
      position: null,
    });
    expect((await post({ query: "selec 1" })).body).toMatchObject({ code: "42601", position: "1" });
    expect(Object.keys(body).toSorted()).toEqual(
      [
        "message",
        "code",
        "detail",
        "hint",
        "position",
        "internalPosition",
        "internalQuery",
        "severity",
        "where",
        "table",
        "column",
        "schema",
        "dataType",
        "constraint",
        "file",
        "line",
        "routine",
      ].toSorted(),
    );
  });

  test("refuses several statements in one", async () => {
    const { status, body } = await post({ query: "select 1; select 2" });
    expect([status, body.code]).toEqual([400, "42601"]);
  });

  test("runs a batch in one transaction: all or nothing", async () => {
    await post({ query: "create table counted (n int primary key)" });
    const good = await post({
      queries: [{ query: "insert into counted values ($1)", params: ["1"] }, { query: "select n from counted" }],
    });
    expect(good.body).toMatchObject({ results: [{ command: "INSERT", rowCount: 1 }, { rows: [{ n: 1 }] }] });
    const bad = await post({
      queries: [{ query: "insert into counted values (2)" }, { query: "insert into counted values (1)" }],
    });
    expect([bad.status, bad.body.code]).toEqual([400, "23505"]);
    expect((await post({ query: "select count(*)::int from counted" })).body.rows).toEqual([{ count: 1 }]);
  });

  test("begins a batch as its headers say, and repeats them", async () => {
    const show = {
      queries: ["transaction_isolation", "transaction_read_only", "transaction_deferrable"].map((name) => ({
        query: `show ${name}`,
      })),
    };
    const values = (answer: Awaited<ReturnType<typeof post>>) =>
      (answer.body.results as { rows: Record<string, string>[] }[]).flatMap(({ rows }) => rows.flatMap(Object.values));
    const all = await post(show, {
      "Neon-Batch-Isolation-Level": "Serializable",
      "Neon-Batch-Read-Only": "true",
      "Neon-Batch-Deferrable": "true",
    });
    expect(values(all)).toEqual(["serializable", "on", "on"]);
    expect(all.headers.get("Neon-Batch-Isolation-Level")).toBe("Serializable");
    expect(all.headers.get("Neon-Batch-Read-Only")).toBe("true");
    expect(all.headers.get("Neon-Batch-Deferrable")).toBe("true");
    expect(values(await post(show))).toEqual(["read committed", "off", "off"]);
    expect(values(await post(show, { "Neon-Batch-Isolation-Level": "RepeatableRead" }))[0]).toBe("repeatable read");
    const write = await post({ queries: [{ query: "create table never ()" }] }, { "Neon-Batch-Read-Only": "true" });
    expect([write.status, write.body.code]).toEqual([400, "25006"]);
  });

  test("is what Neon's own driver speaks", async () => {
    const sql = neon(database.url);
    const rows = await sql`select ${{ a: 1 }}::jsonb as j, ${[1, 2]}::int[] as a, now() as t, ${true}::bool as b`;
    expect(rows).toEqual([{ j: { a: 1 }, a: [1, 2], t: expect.any(Date), b: true }]);
    expect(
      await sql.transaction([sql`select 1 as n`, sql`show transaction_isolation`], {
        isolationLevel: "RepeatableRead",
      }),
    ).toEqual([[{ n: 1 }], [{ transaction_isolation: "repeatable read" }]]);
    await expect(sql`select * from nowhere`).rejects.toMatchObject({ name: "NeonDbError", code: "42P01" });
  });

  test("serves many at once", async () => {
    const sql = neon(database.url);
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => sql`select ${n}::int as n`));
    expect(answers).toEqual(Array.from({ length: 40 }, (_, n) => [{ n }]));
  });

  test("answers what is not a query", async () => {
    expect((await post("{")).status).toBe(400);
    expect((await fetch(gateway.url.replace("/sql", "/"), { method: "POST" })).status).toBe(404);
    expect((await fetch(gateway.url, { method: "POST", body: "{}" })).status).toBe(400);
    const nowhere = await post({ query: "select 1" }, { "Neon-Connection-String": "postgresql://a:b@127.0.0.1:1/c" });
    expect(nowhere.status).toBe(500);
  });

  test("does not use a connection again that Postgres has ended, and opens others after it was told to end its own", async () => {
    if (kind === "PGlite") return; // It has one session.
    const pid = async () => (await post({ query: "select pg_backend_pid() as pid" })).body.rows;
    expect((await post({ query: "select pg_terminate_backend(pg_backend_pid())" })).body.code).toBe("57P01");
    const next = await pid();
    expect(next).toEqual([{ pid: expect.any(Number) }]);
    await gateway.disconnect();
    expect(await pid()).not.toEqual(next);
  });

  test("answers what cannot be connected to as Neon's proxy does", async () => {
    if (kind === "PGlite") return; // It takes every user and database.
    const to = (change: (url: URL) => void) => {
      const url = new URL(database.url);
      change(url);
      return post({ query: "select 1" }, { "Neon-Connection-String": url.href });
    };
    const wrong = await to((url) => (url.password = "wrong"));
    expect([wrong.status, wrong.body.code, wrong.body.message]).toEqual([
      400,
      "",
      "password authentication failed for user 'postgres'",
    ]);
    const nowhere = await to((url) => (url.pathname = "/nowhere"));
    expect([nowhere.status, nowhere.body.code]).toEqual([500, undefined]);
  });

  test("has the session as it was after a migration, also where all share one", async () => {
    await migrate(database.url);
    await post({ query: "create table orders ()" });
    expect((await post({ query: "select to_regclass('public.orders') is not null as there" })).body.rows).toEqual([
      { there: true },
    ]);
  });
});
