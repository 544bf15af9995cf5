import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";

/**
 * Neon's HTTP protocol over any Postgres, for local work and tests: `POST /sql`, with the database to use in the
 * header `Neon-Connection-String`, as for Neon's own proxy. It listens only on this machine.
 *
 * Source: the driver's `src/httpQuery.ts` (github.com/neondatabase/serverless) and the proxy's
 * `serverless/sql_over_http.rs` (github.com/neondatabase/neon).
 */
export type Gateway = {
  url: string;
  /** How many requests were answered. */
  readonly answers: number;
  /** While it is true every connection is cut, as if the database were away. The address stays its own. */
  isAway: boolean;
  /** Ends its connections to Postgres when they are free. The next request opens others. */
  disconnect(): Promise<void>;
  close(): Promise<void>;
};

export type GatewayOptions = {
  /** 0 for any free one. */
  port?: number;
  /** The most connections per database. */
  connections?: number;
};

type Query = { query: string; params?: unknown[] };

/** The largest request that Neon takes. */
const maximumBytes = 10 * 1024 * 1024;

export const startGateway = async ({ port = 0, connections = 10 }: GatewayOptions = {}): Promise<Gateway> => {
  const pools = new Map<string, pg.Pool>();

  const poolOf = (connectionString: string): pg.Pool => {
    let pool = pools.get(connectionString);
    if (pool === undefined) {
      pool = new pg.Pool({
        connectionString,
        max: connections,
        connectionTimeoutMillis: 10_000,
        idleTimeoutMillis: 2000,
      });
      // Neon's sessions are in UTC, whatever the server's zone. The client runs this before anything else.
      pool.on("connect", (client) => {
        // If it breaks during a query, the query's own error says so.
        client.on("error", () => {});
        client.query("set timezone to 'UTC'").catch(() => {});
      });
      // A pool without a listener ends the process when an idle connection breaks. The next query opens another.
      pool.on("error", () => {});
      pools.set(connectionString, pool);
    }
    return pool;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== "POST" || request.url !== "/sql") return reply(response, 404, { message: "not found" });
    const connectionString = header(request, "neon-connection-string");
    if (connectionString === undefined) {
      return reply(response, 400, { message: "the header Neon-Connection-String is missing" });
    }
    const body = await readBody(request);
    if (body === undefined) return reply(response, 413, { message: "the request is too large" });
    if (body === "too deep") return reply(response, 400, { message: "could not parse json: recursion limit exceeded" });

    const shape: Shape = {
      raw: header(request, "neon-raw-text-output") === "true",
      array: header(request, "neon-array-mode") === "true",
    };
    let client: pg.PoolClient;
    try {
      client = await poolOf(connectionString).connect();
    } catch (error) {
      return refuse(response, error);
    }
    try {
      if (Array.isArray(body.queries)) {
        const { begin, echo } = transaction(request);
        const results = await runBatch(client, begin, body.queries, shape);
        reply(response, 200, { results }, echo);
      } else {
        reply(response, 200, await runOne(client, body, shape));
      }
      client.release();
    } catch (error) {
      const isAnswer = error instanceof pg.DatabaseError;
      // After any error that is not Postgres's own, the state of the connection is unknown, and a fatal one ends it.
      client.release(!isAnswer || error.severity === "FATAL");
      if (isAnswer) reply(response, 400, errorBody(error));
      else reply(response, 500, { message: error instanceof Error ? error.message : "unknown" });
    }
  };

  const disconnect = async (): Promise<void> => {
    const open = [...pools.values()];
    pools.clear();
    await Promise.all(open.map((pool) => pool.end()));
  };

  let answers = 0;
  let isAway = false;
  const server = createServer((request, response) => {
    response.once("finish", () => (answers += 1));
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) reply(response, 400, { message: String(error) });
    });
  });
  // If a connection closes while workerd sends its next request on it, that looks like a broken database.
  server.keepAliveTimeout = 0;
  server.on("connection", (socket) => {
    if (isAway) socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sql`,
    get answers() {
      return answers;
    },
    get isAway() {
      return isAway;
    },
    set isAway(next) {
      isAway = next;
      if (isAway) server.closeAllConnections();
    },
    disconnect,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await disconnect();
    },
  };
};

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

const readBody = async (request: IncomingMessage) => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maximumBytes) return undefined;
    chunks.push(chunk);
  }
  const body = JSON.parse(Buffer.concat(chunks).toString()) as Query & { queries?: Query[] };
  return isDeeper(body, deepest) ? "too deep" : body;
};

/** The most levels of JSON: Neon's proxy reads it with serde_json, which has this limit. */
const deepest = 127;

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));

const reply = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) => {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(JSON.stringify(body));
};

const isolationLevels: Record<string, string> = {
  ReadUncommitted: "read uncommitted",
  ReadCommitted: "read committed",
  RepeatableRead: "repeatable read",
  Serializable: "serializable",
};

/** The statement that begins a batch, from its headers, which Neon repeats in the answer. */
const transaction = (request: IncomingMessage) => {
  const isolation = header(request, "neon-batch-isolation-level");
  const readOnly = header(request, "neon-batch-read-only");
  const deferrable = header(request, "neon-batch-deferrable");
  let begin = "begin";
  const echo: Record<string, string> = {};
  if (isolation !== undefined) {
    const level = isolationLevels[isolation];
    if (level === undefined) throw new Error(`unknown isolation level ${isolation}`);
    begin += ` isolation level ${level}`;
    echo["Neon-Batch-Isolation-Level"] = isolation;
  }
  if (readOnly === "true") {
    begin += " read only";
    echo["Neon-Batch-Read-Only"] = readOnly;
  }
  if (deferrable === "true") {
    begin += " deferrable";
    echo["Neon-Batch-Deferrable"] = deferrable;
  }
  return { begin, echo };
};

const runBatch = async (client: pg.PoolClient, begin: string, queries: Query[], shape: Shape) => {
  const results: unknown[] = [];
  await client.query(begin);
  try {
    for (const query of queries) results.push(await runOne(client, query, shape));
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
  return results;
};

/** How the rows are written: Postgres's own text or JSON values; arrays or objects. */
type Shape = { raw: boolean; array: boolean };

const runOne = async (client: pg.PoolClient, { query, params = [] }: Query, shape: Shape) => {
  const result = await client.query<(string | null)[]>({
    text: query,
    values: params.map(parameter),
    rowMode: "array",
    // Only one statement: Postgres then answers several with 42601, as Neon does.
    queryMode: "extended",
    types: { getTypeParser: () => (value: string) => value },
  } as pg.QueryArrayConfig);
  const { fields } = result;
  return {
    command: result.command,
    rowCount: result.rowCount,
    rowAsArray: shape.array,
    rows: result.rows.map((row) => {
      const values = shape.raw ? row : row.map((text, index) => typed(text, fields[index]?.dataTypeID ?? 0));
      return shape.array
        ? values
        : Object.fromEntries(values.map((value, index) => [fields[index]?.name ?? "", value]));
    }),
    fields: fields.map((field) => ({
      name: field.name,
      dataTypeID: field.dataTypeID,
      tableID: field.tableID,
      columnID: field.columnID,
      dataTypeSize: field.dataTypeSize,
      dataTypeModifier: field.dataTypeModifier,
      format: "text",
    })),
  };
};

/** null is NULL, a string is itself, an array is a Postgres array, and the rest is its JSON. */
const parameter = (value: unknown): string | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  return Array.isArray(value) ? arrayLiteral(value) : JSON.stringify(value);
};

const arrayLiteral = (values: unknown[]): string => `{${values.map(arrayElement).join(",")}}`;

const arrayElement = (value: unknown): string => {
  if (Array.isArray(value)) return arrayLiteral(value);
  const text = parameter(value);
  return text === null ? "NULL" : `"${text.replace(/["\\]/g, "\\$&")}"`;
};

/** Postgres's built-in arrays whose elements are not strings in JSON, with the type of the element. */
const elementTypes: Record<number, number> = {
  199: 114,
  1000: 16,
  1005: 21,
  1007: 23,
  1021: 700,
  1022: 701,
  3807: 3802,
};
const stringArrays = new Set([1001, 1002, 1009, 1014, 1015, 1016, 1115, 1182, 1183, 1185, 1187, 1231, 1270, 2951]);

/** Its published types are those of another version. */
const arrayParser = pg.types.arrayParser as unknown as {
  create(text: string, element: (text: string | null) => unknown): { parse(): unknown[] };
};

/** A value as Neon writes it without raw output: what JSON holds without loss is JSON, the rest is Postgres's text. */
const typed = (text: string | null, type: number): unknown => {
  if (text === null) return null;
  const elementType = elementTypes[type] ?? (stringArrays.has(type) ? 25 : undefined);
  if (elementType !== undefined) {
    return arrayParser.create(text, (element) => typed(element, elementType)).parse();
  }
  switch (type) {
    case 16: // bool
      return text === "t";
    case 21: // int2
    case 23: // int4
    case 700: // float4
    case 701: // float8
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 114: // json
    case 3802: // jsonb
      return JSON.parse(text);
    default:
      return text;
  }
};

/** If it cannot connect, Neon answers a wrong password with 400 and an empty SQLSTATE, and anything else with 500. */
const refuse = (response: ServerResponse, error: unknown): void => {
  if (error instanceof pg.DatabaseError && error.code === "28P01") {
    return reply(response, 400, { ...errorBody(error), message: error.message.replaceAll('"', "'"), code: "" });
  }
  return reply(response, 500, { message: error instanceof Error ? error.message : "unknown" });
};

const errorFields = [
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
] as const;

const errorBody = (error: pg.DatabaseError) => ({
  message: error.message,
  ...Object.fromEntries(errorFields.map((field) => [field, error[field] ?? null])),
});
