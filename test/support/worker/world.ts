import { Webhook } from "svix";
import { inject } from "vitest";
import { type Copy, type Inferred, tableNames, versionOf } from "./fold.ts";
import { createWebhook } from "../../../src/webhook/app.ts";
import { services } from "../../../src/services.ts";
import type { Bindings } from "../../../src/settings.ts";

/** A database of its own, the Worker on it, and access to its rows without the Worker's code. */
export type World = {
  bindings: Bindings & { DATABASE_URL: string };
  /** The database, as its owner. */
  url: string;
  /** Runs one statement through the gateway, as the owner; values are Postgres's own text. */
  query(text: string, params?: (string | null)[]): Promise<(string | null)[][]>;
  /** The same as one of the roles of drizzle/roles.sql. */
  queryAs(role: "clerk_mirror" | "clerk_app", text: string, params?: (string | null)[]): Promise<(string | null)[][]>;
  /** Every row of every table, as Postgres writes it. */
  dump(): Promise<(string | null)[][]>;
  /** Every mirrored row, as JSON made by Postgres, without receipts except for whether it is deleted. */
  copy(): Promise<Copy>;
  /** The same for `clerk.users` only. */
  users(): Promise<Copy[string]>;
  /** The ledger, without receipts. */
  ledger(): Promise<unknown[]>;
  /** Takes out every row. */
  empty(): Promise<void>;
  /** Sends a request to the Worker. What it does after its answer is in `afterwards`. */
  fetch(path: string, init?: RequestInit, bindings?: Bindings): Promise<Answer>;
  afterwards: Promise<unknown>[];
  /** Signs an event, sends it to the Worker, and returns the answer. */
  deliver(id: string, event: unknown, bindings?: Bindings): Promise<Answer>;
  /** Deletes an object as a reconciliation does that found it gone from Clerk's lists, with the Worker's own rights. */
  infer(inferred: Inferred, notify?: object): Promise<void>;
};

export type Answer = { status: number; headers: Headers; body: Record<string, unknown> };

const webhook = createWebhook(services());

let databases = 0;

export const newWorld = async (): Promise<World> => {
  const template = new URL(inject("databaseUrl"));
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}_${(databases += 1)}`;
  const url = new URL(template);
  url.pathname = `/${name}`;
  const server = new URL(template);
  server.pathname = "/postgres";
  // By its files: the default goes through Postgres's log, and takes 150 ms more.
  await runQuery(server.href, `create database ${name} template ${template.pathname.slice(1)} strategy file_copy`);

  const as = (role: string): string => {
    const own = new URL(url);
    own.username = role;
    own.password = role;
    return own.href;
  };
  const bindings = {
    // With the rights that it has in production, and no more.
    DATABASE_URL: as("clerk_mirror"),
    NEON_FETCH_ENDPOINT: inject("endpoint"),
    CLERK_WEBHOOK_SIGNING_SECRET: inject("signingSecret"),
  };
  const query = (text: string, params: (string | null)[] = []) => runQuery(url.href, text, params);
  const queryAs = (role: string, text: string, params: (string | null)[] = []) => runQuery(as(role), text, params);
  const json = async (text: string): Promise<unknown[]> =>
    (await query(text)).map(([value]): unknown => JSON.parse(value ?? "null"));
  /** Of each table in one statement: a statement each takes a round trip each. */
  const fromEach = (tables: readonly string[], columns: string) =>
    query(
      `${tables.map((table) => `select '${table}', ${columns} from clerk.${table} as t`).join(" union all ")} order by 1, 2`,
    );
  const copyOf = async (tables: readonly string[]): Promise<Copy> => {
    const copy: Copy = Object.fromEntries(tables.map((table) => [table, {}]));
    const rows = await fromEach(
      tables,
      "id, (to_jsonb(t) - 'synced_at' - 'deleted_at' || jsonb_build_object('deleted', deleted_at is not null))::text",
    );
    for (const [table, id, row] of rows) (copy[table ?? ""] ??= {})[id ?? ""] = JSON.parse(row ?? "null");
    return copy;
  };
  const afterwards: Promise<unknown>[] = [];
  const fetch = async (path: string, init?: RequestInit, own: Bindings = bindings): Promise<Answer> => {
    const invocation = {
      waitUntil: (promise: Promise<unknown>) => void afterwards.push(promise),
      passThroughOnException: () => {},
      props: {},
    };
    const response = await webhook.fetch(new Request(`https://mirror.example${path}`, init), own, invocation);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
  };

  return {
    bindings,
    url: url.href,
    query,
    queryAs,
    dump: () => fromEach([...tableNames, "deliveries"], "t::text"),
    copy: () => copyOf(tableNames),
    users: async () => (await copyOf(["users"])).users ?? {},
    ledger: () => json("select to_jsonb(d) - 'received_at' from clerk.deliveries as d order by id"),
    empty: async () =>
      void (await query(`truncate ${[...tableNames, "deliveries"].map((table) => `clerk.${table}`).join()}`)),
    fetch,
    afterwards,
    deliver: (id, event, own) => fetch("/api/webhook", signed(id, JSON.stringify(event)), own),
    infer: async (inferred, notify) => {
      const { table, id } = inferred;
      const changes = JSON.stringify({ [table]: [{ id, version: versionOf(inferred), deleted: true }] });
      const told = notify === undefined ? null : JSON.stringify(notify);
      await queryAs("clerk_mirror", "select clerk.merge_1($1::jsonb, '[]'::jsonb, $2::jsonb)", [changes, told]);
    },
  };
};

/** A request as Svix sends it, signed by its own package. */
export const signed = (
  id: string,
  body: string,
  { at = Date.now(), secret = inject("signingSecret"), family = "svix" } = {},
): { method: "POST"; headers: Record<string, string>; body: string } => ({
  method: "POST",
  headers: {
    [`${family}-id`]: id,
    [`${family}-timestamp`]: String(Math.floor(at / 1000)),
    [`${family}-signature`]: new Webhook(secret).sign(id, new Date(at), body),
  },
  body,
});

const runQuery = async (
  connectionString: string,
  query: string,
  params: (string | null)[] = [],
): Promise<(string | null)[][]> => {
  const response = await fetch(inject("endpoint"), {
    method: "POST",
    headers: {
      "Neon-Connection-String": connectionString,
      "Neon-Raw-Text-Output": "true",
      "Neon-Array-Mode": "true",
    },
    body: JSON.stringify({ query, params }),
  });
  const answer = await response.json<{ rows: (string | null)[][]; message?: string; code?: string }>();
  if (!response.ok) throw new Error(`${answer.code} ${answer.message} in ${query}`);
  return answer.rows;
};
