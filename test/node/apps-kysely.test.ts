import { promises as fs } from "node:fs";
import path from "node:path";
import { Kysely, PostgresDialect } from "kysely";
import { FileMigrationProvider, Migrator } from "kysely/migration";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../docs/apps/kysely/database.ts";
import { listOrders, placeOrder } from "../../docs/apps/kysely/orders.ts";
import { type AppsPostgres, expectLife, poolOf, rowsOf, startAppsPostgres } from "../support/node/apps-postgres.ts";
import { root } from "../support/node/markdown.ts";

/** docs/apps/kysely, by Kysely itself. */

let postgres: AppsPostgres;
beforeAll(async () => {
  postgres = await startAppsPostgres();
});
afterAll(() => postgres.close());

const connect = <Tables>(connectionString: string): Kysely<Tables> =>
  new Kysely<Tables>({ dialect: new PostgresDialect({ pool: poolOf({ connectionString }) }) });

const migratorOf = (db: Kysely<unknown>): Migrator =>
  new Migrator({
    db,
    provider: new FileMigrationProvider({ fs, path, migrationFolder: path.join(root, "docs/apps/kysely/migrations") }),
  });

test("orders before the event, after it, and after the user's end", async () => {
  const url = await postgres.database("life");
  const owner = connect<unknown>(url("clerk_app_owner"));
  expect(await migratorOf(owner).migrateToLatest()).toMatchObject({ results: [{ status: "Success" }] });
  expect(
    await rowsOf(url(), "select conname from pg_constraint where conrelid = 'orders'::regclass and contype = 'f'"),
  ).toEqual([{ conname: "orders_user_id_fkey" }]);

  const db = connect<Database>(url("clerk_app"));
  await expectLife(url, { placeOrder: (id, cents) => placeOrder(db, id, cents), listOrders: () => listOrders(db) });
  await db.destroy();

  expect(await migratorOf(owner).migrateDown()).toMatchObject({ results: [{ status: "Success" }] });
  await owner.destroy();
});

test("a key that Kysely makes itself is refused", async () => {
  const url = await postgres.database("refused");
  const owner = connect<unknown>(url("clerk_app_owner"));
  const made = owner.schema
    .createTable("orders")
    .addColumn("user_id", "text", (column) => column.references("clerk.users.id"))
    .execute();
  await expect(made).rejects.toMatchObject({ code: "42501" });
  await owner.destroy();
});
