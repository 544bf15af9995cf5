import pg from "pg";
import { expect } from "vitest";
import { migrate } from "../../../cli/migrate.ts";
import { copyDatabase, execute, startPostgres } from "../postgres.ts";
import { asRole, type Role, rolesSql } from "../roles.ts";

/** Databases with a copy and its roles, for the apps of docs/apps. */
export type AppsPostgres = {
  /** Makes a database, and returns its URLs: the owner's, or a role's. */
  database(name: string): Promise<(role?: Role) => string>;
  /** Makes an empty one, of the role of the app's migrations. */
  empty(name: string): Promise<string>;
  close(): Promise<void>;
};

export const startAppsPostgres = async (): Promise<AppsPostgres> => {
  const postgres = await startPostgres();
  await execute(postgres.url("postgres"), "create database base");
  await migrate(postgres.url("base"));
  await execute(postgres.url("base"), rolesSql());
  return {
    database: async (name) => {
      await execute(postgres.url("postgres"), copyDatabase("base", name));
      // A copy does not have the rights on the database itself.
      await execute(postgres.url(name), rolesSql());
      return (role) => (role === undefined ? postgres.url(name) : asRole(postgres.url(name), role));
    },
    empty: async (name) => {
      await execute(postgres.url("postgres"), `create database ${name} owner clerk_app_owner`);
      return asRole(postgres.url(name), "clerk_app_owner");
    },
    close: () => postgres.close(),
  };
};

/** The rows of a query, as a role. */
export const rowsOf = async (url: string, query: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(query)).rows;
  } finally {
    await client.end();
  }
};

export type App = {
  placeOrder(userId: string, totalCents: number): Promise<number | bigint | string | null>;
  listOrders(): Promise<{ buyer: string; total_cents: number }[]>;
};

/** What each app does with the orders of a user: before the event, after it, and after the end. */
export const expectLife = async (url: (role?: Role) => string, app: App): Promise<void> => {
  const id = "user_29w83sxmDNGwOuEthce5gg56FcC";
  const shown = async () => (await app.listOrders()).map(({ buyer, total_cents }) => [buyer, total_cents]);

  expect(await app.placeOrder(id, 500)).not.toBeNull();
  expect(await shown()).toEqual([["New customer", 500]]);

  await execute(
    url(),
    `update clerk.users set name = 'Ada Lovelace', email = 'ada@example.com', synced_at = now(), version = '1' where id = '${id}'`,
  );
  expect(await app.placeOrder(id, 700)).not.toBeNull();
  expect(await shown()).toEqual([
    ["Ada Lovelace", 500],
    ["Ada Lovelace", 700],
  ]);

  await execute(
    url(),
    `update clerk.users set name = null, email = null, deleted_at = now(), version = '2' where id = '${id}'`,
  );
  expect(await app.placeOrder(id, 900)).toBeNull();
  expect(await shown()).toEqual([
    ["Deleted customer", 500],
    ["Deleted customer", 700],
  ]);
  const invoices = "select user_id, billed_name, billed_email, total_cents from orders order by total_cents";
  expect(await rowsOf(url("clerk_app"), invoices)).toEqual([
    { user_id: id, billed_name: null, billed_email: null, total_cents: 500 },
    { user_id: id, billed_name: "Ada Lovelace", billed_email: "ada@example.com", total_cents: 700 },
  ]);

  // The key holds, for the app's role too.
  const unknown = "insert into orders (user_id, total_cents) values ('user_none', 1)";
  await expect(rowsOf(url("clerk_app"), unknown)).rejects.toMatchObject({ code: "23503" });
};

/** A pool whose connections may be the last to go: one that has ended says so before they are closed. */
export const poolOf = (config: pg.PoolConfig): pg.Pool => {
  const pool = new pg.Pool(config);
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
};
