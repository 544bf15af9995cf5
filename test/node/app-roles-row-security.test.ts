import { expect, test } from "vitest";
import { migrate } from "../../cli/migrate.ts";
import { orThrow } from "../../cli/or-throw.ts";
import type { Change } from "../../src/database/change.ts";
import { prune } from "../../src/database/prune.ts";
import { ensure } from "../../src/sync/ensure.ts";
import { dayPasses, playTwice } from "../support/node/days.ts";
import { play } from "../support/node/journal.ts";
import { deliver } from "../support/node/meanwhile.ts";
import { livingRows, realityOf } from "../support/node/reality.ts";
import { type SimulatedWorld, simulatedWorlds } from "../support/node/simulated-world.ts";
import { execute } from "../support/postgres.ts";
import { asRole, rolesSql } from "../support/roles.ts";

/** Row-level security that an owner enables for the app alone. The Worker must see every row all the same. */

const newWorld = simulatedWorlds();

/** Every table of a copy whose owner is not a superuser, as Neon's is not, nor may it bypass the policies, as Neon's may. */
const secured = async (world: SimulatedWorld): Promise<void> => {
  const owner = new URL(world.url);
  owner.username = owner.password = "limited_owner";
  await execute(
    world.url,
    "do $$ begin if not exists (select from pg_roles where rolname = 'limited_owner') then create role limited_owner login password 'limited_owner'; end if; end $$",
    `do $$ begin execute format('grant create on database %I to limited_owner', current_database()); end $$`,
    "drop schema clerk cascade",
  );
  await migrate(owner.href);
  await execute(
    world.url,
    rolesSql(),
    `do $$ declare name text; begin
      for name in select relname from pg_class where relnamespace = 'clerk'::regnamespace and relkind = 'r' loop
        execute format('alter table clerk.%I enable row level security', name);
        execute format('alter table clerk.%I force row level security', name);
        execute format('create policy app on clerk.%I for select to clerk_app using (false)', name);
      end loop;
    end $$`,
    "create policy own on clerk.users for select to clerk_app using (id = current_setting('app.user_id', true))",
  );
};

test("deliveries, runs, ensure, the outbox, prune and health work as before, and the app sees what its policy says", async () => {
  const told: string[] = [];
  const APP = {
    changed: async (changes: Change[]) => void told.push(...changes.map(({ id, kind }) => `${id} ${kind}`)),
  };
  const world = await newWorld({ APP, MIRROR_SESSIONS: "true" });
  await secured(world);
  const { instance, services } = world;
  instance.populate(30, 3);
  const events: Parameters<typeof deliver>[2][] = [];
  instance.onEvent((event) => events.push(event));

  await play(world, "backfill", { kind: "backfill" });
  expect(await livingRows(world.url)).toEqual(realityOf(instance));

  const created = instance.signUp().id;
  for (const [index, event] of events.entries()) await deliver(world, `msg_${index}`, event);
  await services.tell?.(10);
  expect(told).toContain(`${created} created`);
  expect(await world.query("select from clerk.outbox")).toEqual([]);

  const [renamed = "", deleted = "", held = ""] = instance.users.keys();
  instance.rename(renamed, { first_name: "Grace" });
  instance.deleteUser(deleted);
  await dayPasses(world);
  await playTwice(world);
  expect(await livingRows(world.url)).toEqual(realityOf(instance));
  expect(
    await world.query(`select deleted_at is not null as is_deleted from clerk.users where id = '${deleted}'`),
  ).toEqual([{ is_deleted: true }]);

  const after: Promise<unknown>[] = [];
  const invocation = { waitUntil: (promise: Promise<unknown>) => void after.push(promise) };
  const { settings } = world;
  const bindings = {
    DATABASE_URL: settings.databaseUrl,
    NEON_FETCH_ENDPOINT: settings.neonFetchEndpoint ?? "",
    CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${Buffer.alloc(24, 7).toString("base64")}`,
    CLERK_SECRET_KEY: "sk_test_simulated",
    CLERK_API_URL: world.api.url,
  };
  const newest = instance.signUp().id;
  await execute(asRole(world.url, "clerk_app"), `select clerk.expect_user('${newest}')`);
  expect(await ensure(bindings, invocation, "users", newest)).toMatchObject({ id: newest });
  expect(await ensure(bindings, invocation, "users", held)).toMatchObject({ id: held });
  await Promise.all(after);

  await execute(
    world.url,
    "insert into clerk.deliveries (id, type, received_at, attempts, outcome) values ('msg_old', 'x', now() - interval '90 days', 1, 'ignored')",
  );
  expect(await prune(services.database, 30, { pattern: "17 3 * * *", has_key: true })).toEqual({ pruned: 1 });
  await services.health.refuse({ id: "msg_x", type: "user.updated" }, { kind: "refused", sqlstate: "P0001" });
  expect(orThrow(await services.health.reasons(undefined)).map(({ code }) => code)).toContain("refused");

  await execute(
    asRole(world.url, "clerk_app"),
    `do $$ begin
      if exists (select from clerk.users) or exists (select from clerk.sessions) then raise 'it sees rows'; end if;
      perform set_config('app.user_id', '${newest}', true);
      if (select array_agg(id) from clerk.users) <> array['${newest}'] then raise 'it does not see its own'; end if;
    end $$`,
  );
});
