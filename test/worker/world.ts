import { Webhook } from "svix";
import { inject } from "vitest";
import { webhook } from "../../src/webhook.ts";
import type { Bindings } from "../../src/settings.ts";

/** A database of its own, the Worker on it, and a look at its rows that does not go through the Worker's code. */
export type World = {
  bindings: Required<Bindings>;
  /** Runs one statement through the gateway; values are Postgres's own text. */
  query(text: string, params?: (string | null)[]): Promise<(string | null)[][]>;
  /** Every row of the copy, as Postgres writes it. */
  dump(): Promise<(string | null)[][]>;
  /** Every row of `clerk.users` by id, as JSON made by Postgres; receipts are left out, but for whether it is deleted. */
  users(): Promise<Record<string, unknown>>;
  /** The ledger, without receipts. */
  ledger(): Promise<unknown[]>;
  /** Sends a request to the Worker. */
  fetch(path: string, init?: RequestInit, bindings?: Bindings): Promise<Answer>;
  /** Signs an event, sends it to the Worker, and gives the answer. */
  deliver(id: string, event: unknown, bindings?: Bindings): Promise<Answer>;
};

export type Answer = { status: number; headers: Headers; body: Record<string, unknown> };

let databases = 0;

export const newWorld = async (): Promise<World> => {
  const template = new URL(inject("databaseUrl"));
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}_${(databases += 1)}`;
  const url = new URL(template);
  url.pathname = `/${name}`;
  const server = new URL(template);
  server.pathname = "/postgres";
  await runQuery(server.href, `create database ${name} template ${template.pathname.slice(1)}`);

  const bindings = {
    DATABASE_URL: url.href,
    NEON_FETCH_ENDPOINT: inject("endpoint"),
    CLERK_WEBHOOK_SIGNING_SECRET: inject("signingSecret"),
  };
  const query = (text: string, params: (string | null)[] = []) => runQuery(url.href, text, params);
  const json = async (text: string): Promise<unknown[]> =>
    (await query(text)).map(([value]): unknown => JSON.parse(value ?? "null"));
  const fetch = async (path: string, init?: RequestInit, own: Bindings = bindings): Promise<Answer> => {
    const response = await webhook.fetch(new Request(`https://mirror.example${path}`, init), own);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
  };

  return {
    bindings,
    query,
    dump: async () => [
      ...(await query("select * from clerk.users order by id")),
      ...(await query("select * from clerk.deliveries order by id")),
    ],
    users: async () =>
      Object.fromEntries(
        (
          await query(`
          select id, to_jsonb(u) - 'synced_at' - 'deleted_at' || jsonb_build_object('deleted', deleted_at is not null)
          from clerk.users as u order by id
        `)
        ).map(([id, row]): [string, unknown] => [id ?? "", JSON.parse(row ?? "null")]),
      ),
    ledger: () => json("select to_jsonb(d) - 'received_at' from clerk.deliveries as d order by id"),
    fetch,
    deliver: (id, event, own) => fetch("/api/webhook", signed(id, JSON.stringify(event)), own),
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
  const answer = await response.json<{ rows: (string | null)[][]; message?: string }>();
  if (!response.ok) throw new Error(`${query}: ${answer.message}`);
  return answer.rows;
};
