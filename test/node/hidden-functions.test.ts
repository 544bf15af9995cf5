import { sql } from "drizzle-orm/sql";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addressesInCopy, find } from "../../cli/erasure.ts";
import { migrate } from "../../cli/migrate.ts";
import { orThrow } from "../../cli/or-throw.ts";
import { openReadOnly } from "../../cli/read-only.ts";
import { checkSchema } from "../../cli/schema-check/check.ts";
import { backfillStep } from "../../cli/setup/backfill-step.ts";
import { databaseStep } from "../../cli/setup/database-step.ts";
import { deliveryStep } from "../../cli/setup/delivery-step.ts";
import { migrateStep } from "../../cli/setup/migrate-step.ts";
import { withClient } from "../../cli/own-database.ts";
import { rolesHere, rolesStep } from "../../cli/setup/roles-step.ts";
import type { OwnDatabase, Session } from "../../cli/setup/session.ts";
import { startGateway, type Gateway } from "../../dev/gateway.ts";
import { connect } from "../../src/database/connect.ts";
import { runsIn } from "../../src/database/runs.ts";
import { ensure } from "../../src/sync/ensure.ts";
import { execute, type Postgres, startPostgres } from "../support/postgres.ts";
import { asRole, rolesSql } from "../support/roles.ts";

/**
 * The role of the app's migrations may create functions and operators in public. For types that are not exactly those of Postgres's
 * own, Postgres takes them in place of its own, and runs them with the rights of who calls: here of the owner, by the commands.
 */

let postgres: Postgres;
let gateway: Gateway;
let owner: string;
let appOwner: string;
beforeAll(async () => {
  postgres = await startPostgres();
  gateway = await startGateway({ connections: 4 });
  await execute(
    postgres.url("postgres"),
    // As Neon's: not a superuser.
    "create role plain_owner login createrole password 'plain_owner'",
    "create database mirror owner plain_owner",
  );
  const url = new URL(postgres.url("mirror"));
  url.username = url.password = "plain_owner";
  owner = url.href;
  appOwner = asRole(owner, "clerk_app_owner");
  await migrate(owner);
  await execute(
    owner,
    rolesSql(),
    `select clerk.merge_1('{"users":[{"id":"user_1","version":"11600000000000 1600000000000"}]}', '[]')`,
  );
});
afterAll(async () => {
  await gateway.close();
  await postgres.close();
});

/** What is hidden: how it is declared, what it returns, and a call that finds it. */
const hidden: [string, string, string][] = [
  ["length(name)", "integer", "select length(rolname) from pg_roles"],
  ["format(text, name)", "text", "select format('%I', 'a'::name)"],
  ["to_jsonb(clerk.users)", "jsonb", "select to_jsonb(u) from clerk.users as u"],
  ["- (jsonb, jsonb)", "jsonb", "select '{}'::jsonb - '1'"],
  ["* (numeric, integer)", "numeric", "select extract(epoch from now()) * 1000"],
  ["/ (bigint, numeric)", "numeric", "select 1::bigint / 1000.0"],
  ["to_timestamp(numeric)", "timestamptz", "select to_timestamp(1.0)"],
  ["jsonb_to_recordset(text)", "setof record", `select from jsonb_to_recordset('[{}]') as x (id text)`],
  ["jsonb_array_elements_text(text)", "setof text", "select jsonb_array_elements_text('[]')"],
  ["jsonb_build_object(text, timestamptz)", "jsonb", "select jsonb_build_object('a'::text, now())"],
  [
    "jsonb_populate_record(clerk.reconciliations, jsonb)",
    "clerk.reconciliations",
    "select jsonb_populate_record(null::clerk.reconciliations, '{}'::jsonb)",
  ],
];

const hide = hidden.flatMap(([declared, returned], index) => {
  const operator = /^(\W) \((\w+), (\w+)\)$/.exec(declared);
  const name = operator === null ? `public.${declared}` : `public.operator_${index}(${operator[2]}, ${operator[3]})`;
  const result = returned.startsWith("setof") ? "return" : "return null";
  return [
    `create function ${name} returns ${returned} language plpgsql as $$ begin insert into public.callers values ('${declared}'); ${result}; end $$`,
    ...(operator === null
      ? []
      : [
          `create operator public.${operator[1]} (function = public.operator_${index}, leftarg = ${operator[2]}, rightarg = ${operator[3]})`,
        ]),
  ];
});

const called = (): Promise<string[]> =>
  withClient(appOwner, async (client) => {
    const { rows } = await client.query<{ name: string }>("select distinct name from public.callers");
    return rows.map(({ name }) => name).toSorted();
  });

const own = (): OwnDatabase => ({ url: owner, directUrl: owner, name: "mirror", mayCreateRoles: true });

/** The steps' queries: what they then would change is not agreed to. */
const session = (): Session =>
  ({
    life: { start: (resource: unknown) => resource },
    ask: { isTerminal: false, agree: () => Promise.resolve(false) },
    given: { waitSeconds: 0, databaseUrl: { text: owner, from: "--database-url" }, neonFetchEndpoint: gateway.url },
    kept: { hashes: {}, worker: "clerk-mirror" },
    database: own(),
    clerk: { secretKey: "", instanceId: "ins_1" },
  }) as unknown as Session;

const asked = sql`select to_char(asked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at from clerk.absences`;

test("no command calls a function that the app's migrations hide, though it has the owner's rights", async () => {
  await execute(
    appOwner,
    "create table public.callers (name text)",
    "grant insert on public.callers to public",
    ...hide,
  );

  // Setup's, and the commands' that read and migrate.
  await migrate(owner);
  expect((await rolesHere(own())).size).toBe(3);
  for (const step of [databaseStep, migrateStep, rolesStep, deliveryStep, backfillStep])
    await step.run(session(), false);
  const reader = openReadOnly(owner);
  expect((await checkSchema(reader)).faults).toEqual([]);
  for (const [, , statement] of hidden.slice(0, 2)) await reader.query(statement);
  await reader.close();

  // Those that use the Worker's own way to Postgres.
  const database = connect(owner, gateway.url);
  const runs = runsIn(database);
  orThrow(await runs.begin());
  orThrow(await runs.holdLease("run_1", true));
  expect(orThrow(await runs.living([{ table: "users", id: "user_1" }]))).toHaveLength(1);
  orThrow(await runs.countAlive("users", 10));
  orThrow(await runs.payersAfter("", 10));
  orThrow(await runs.usersAfter("", 10));
  orThrow(await runs.recordAbsences("users", [{ id: "user_1", asked_at: 1_700_000_000_123 }], "run_1", "2023-01-01"));
  expect(orThrow(await database.query(asked))).toEqual([{ at: "2023-11-14T22:13:20.123Z" }]);
  orThrow(await runs.due("users", "run_1", 10));
  orThrow(await runs.markDeleted("users", ["user_1"]));
  orThrow(await runs.countDeleted("users", "run_1"));
  const counts = { checked: 1, missing: 0, stale: 0, extra: 0, repaired: 0, restored: 0, held: 0, erased_here: 0 };
  const result = { run_id: "run_1", table_name: "users", kind: "backfill", instance_id: "ins_1", note: null } as const;
  orThrow(await runs.finish({ ...result, ...counts, started_at: "2023-01-01" }));
  orThrow(await runs.releaseLease("run_1"));
  await addressesInCopy(database, "user_1");
  await find(database, "user_1", ["a@b.c"]);
  const bindings = { DATABASE_URL: owner, NEON_FETCH_ENDPOINT: gateway.url, CLERK_SECRET_KEY: "sk_test_x" };
  await ensure(
    { ...bindings, CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${Buffer.alloc(24).toString("base64")}` },
    { waitUntil: () => {} },
    "users",
    "user_1",
  );
  expect(await called()).toEqual([]);

  // So would it be otherwise.
  const client = new pg.Client({ connectionString: owner });
  await client.connect();
  try {
    for (const [, , statement] of hidden) await client.query(statement);
  } finally {
    await client.end();
  }
  expect(await called()).toEqual(hidden.map(([declared]) => declared).toSorted());
});
