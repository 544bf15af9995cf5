import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { neonConfig } from "@neondatabase/serverless";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { createTestHarness } from "wrangler";
import { newSigningSecret } from "../../cli/dev-vars.ts";
import { type BackendApi, startBackendApi } from "../../dev/clerk/backend-api.ts";
import { createInstance, type Instance } from "../../dev/clerk/instance.ts";
import { type Gateway, startGateway } from "../../dev/gateway.ts";
import { newClock } from "../support/clock.ts";
import { type AppsPostgres, rowsOf, startAppsPostgres } from "../support/node/apps-postgres.ts";
import { root } from "../support/node/markdown.ts";
import { execute } from "../support/postgres.ts";
import type { Role } from "../support/roles.ts";

/**
 * docs/apps/next with the Worker itself. Of @clerk/nextjs it has a stand-in that says who is signed in, and of Neon's extension
 * pg_session_jwt the functions, which read the claims from a table.
 */

const secretKey = "sk_test_simulated";
const token = "a-token-of-more-than-24-characters";

let postgres: AppsPostgres;
let url: (role?: Role) => string;
let gateway: Gateway;
let instance: Instance;
let api: BackendApi;
let harness: ReturnType<typeof createTestHarness>;
let folder: string;
let POST: (request: Request) => Promise<Response>;
let myOrders: () => Promise<unknown[]>;

const signIn = (userId: string | null): void => {
  Object.assign(globalThis, { signedIn: { userId, getToken: async () => "a.session.token" } });
};

beforeAll(async () => {
  postgres = await startAppsPostgres();
  url = await postgres.database("shop");
  gateway = await startGateway({ connections: 20 });
  instance = createInstance({ seed: 1, id: "ins_2simulatedsimulatedsimulated", now: newClock() });
  api = await startBackendApi(instance, { secretKey });

  await execute(
    url("clerk_app_owner"),
    await readFile(join(root, "docs/apps/prisma/prisma/migrations/20261201000000_orders/migration.sql"), "utf8"),
  );
  await execute(
    url(),
    "create role authenticated login password 'authenticated'",
    `create schema auth;
     create table auth.token (claims jsonb);
     create function auth.jwt() returns jsonb language sql stable security definer as $$ select claims from auth.token $$;
     create function auth.user_id() returns text language sql stable as $$ select auth.jwt() ->> 'sub' $$;
     grant usage on schema auth to authenticated, clerk_app_owner`,
  );
  await execute(url("clerk_app_owner"), await readFile(join(root, "docs/apps/next/rls.sql"), "utf8"));

  folder = await mkdtemp(join(tmpdir(), "clerk-mirror-next-"));
  await cp(join(root, "docs/apps/next"), join(folder, "next"), { recursive: true });
  await cp(join(root, "docs/apps/mirror.d.ts"), join(folder, "mirror.d.ts"));
  const clerk = join(folder, "node_modules/@clerk/nextjs");
  await mkdir(clerk, { recursive: true });
  await writeFile(join(clerk, "package.json"), '{"name":"@clerk/nextjs","type":"module"}');
  await writeFile(join(clerk, "server.js"), "export const auth = async () => globalThis.signedIn;\n");
  await symlink(join(root, "node_modules/@neondatabase"), join(folder, "node_modules/@neondatabase"));
  const load = async (path: string): Promise<unknown> =>
    import(/* @vite-ignore */ pathToFileURL(join(folder, "next/app", path)).href);
  ({ POST } = (await load("api/orders/route.ts")) as { POST: typeof POST });
  ({ myOrders } = (await load("orders/data.ts")) as { myOrders: typeof myOrders });

  harness = createTestHarness({
    // Not the repository, whose .dev.vars would be read.
    root: folder,
    workers: [
      {
        config: {
          name: "clerk-mirror",
          main: join(root, "src/index.ts"),
          compatibility_date: "2026-11-01",
          vars: {
            DATABASE_URL: url("clerk_mirror"),
            NEON_FETCH_ENDPOINT: gateway.url,
            CLERK_API_URL: api.url,
            CLERK_WEBHOOK_SIGNING_SECRET: newSigningSecret(),
            CLERK_SECRET_KEY: secretKey,
            MIRROR_ENSURE_TOKEN: token,
          },
        },
      },
    ],
  });
  const { url: mirror } = await harness.listen();
  neonConfig.fetchEndpoint = gateway.url;
  vi.stubEnv("MIRROR_URL", mirror.href);
  vi.stubEnv("MIRROR_ENSURE_TOKEN", token);
  vi.stubEnv("DATABASE_URL", url("clerk_app"));
  const authenticated = new URL(url());
  authenticated.username = authenticated.password = "authenticated";
  vi.stubEnv("DATABASE_AUTHENTICATED_URL", authenticated.href);
});
afterAll(async () => {
  await harness.close();
  await gateway.close();
  await api.close();
  await postgres.close();
  await rm(folder, { recursive: true });
});
afterEach(() => void vi.restoreAllMocks());

const order = async (userId: string | null, body: unknown = { total_cents: 4200 }): Promise<number> => {
  signIn(userId);
  const request = new Request("http://shop.example/api/orders", { method: "POST", body: JSON.stringify(body) });
  return (await POST(request)).status;
};

test("an order of somebody who has just signed up has a name, though no event has arrived", async () => {
  const user = instance.signUp();
  expect(await order(user.id)).toBe(201);
  expect(await rowsOf(url("clerk_app"), "select user_id, billed_name, total_cents from orders")).toEqual([
    {
      user_id: user.id,
      billed_name: [user.first_name, user.last_name].filter((part) => part !== null).join(" ") || null,
      total_cents: 4200,
    },
  ]);
});

test("the route says what is wrong", async () => {
  expect(await order(null)).toBe(401);
  expect(await order("user_1", { total_cents: "many" })).toBe(400);
  expect(await order("user_2none")).toBe(404);
  vi.spyOn(console, "error").mockImplementation(() => {});
  vi.stubEnv("MIRROR_ENSURE_TOKEN", "another");
  expect(await order("user_2none")).toBe(503);
  vi.stubEnv("MIRROR_ENSURE_TOKEN", token);
});

/** What Neon's proxy does for each request when it has verified the token. */
const claim = (claims: object): Promise<void> =>
  execute(url(), "delete from auth.token", `insert into auth.token values ('${JSON.stringify(claims)}')`);

test("whoever is signed in sees their own orders and their organization's, and nobody else's", async () => {
  const [mine, hers, theirs] = [instance.signUp().id, instance.signUp().id, instance.signUp().id];
  for (const id of [mine, hers, theirs]) expect(await order(id)).toBe(201);
  await execute(url("clerk_app"), `update orders set organization_id = 'org_1' where user_id = '${hers}'`);
  await execute(
    url(),
    `insert into clerk.organization_memberships (id, organization_id, user_id) values ('orgmem_1', 'org_1', '${hers}')`,
  );
  const seen = async (): Promise<unknown[]> => {
    signIn(mine);
    return myOrders();
  };

  await claim({ sub: mine });
  expect(await seen()).toEqual([expect.objectContaining({ total_cents: 4200, name: expect.any(String) })]);
  await claim({ sub: mine, o: { id: "org_1" } });
  expect(await seen()).toHaveLength(2);
  await claim({ sub: "user_none" });
  expect(await seen()).toEqual([]);
  signIn(null);
  expect(await myOrders()).toEqual([]);
  // The backend sees all, and the signed-in role nothing of the copy itself.
  expect(await rowsOf(url("clerk_app"), "select id from orders")).toHaveLength(4);
  const authenticated = process.env.DATABASE_AUTHENTICATED_URL ?? "";
  await expect(rowsOf(authenticated, "select * from clerk.users")).rejects.toMatchObject({ code: "42501" });
});

test("row-level security on the copy's own tables leaves the Worker and its functions what they were", async () => {
  await execute(
    url(),
    "alter table clerk.users enable row level security",
    "create policy app on clerk.users for select to clerk_app, clerk_app_owner using (true)",
  );
  const user = instance.signUp();
  expect(await order(user.id)).toBe(201);
  expect(await rowsOf(url("clerk_app"), `select id from clerk.living_users where id = '${user.id}'`)).toHaveLength(1);
  expect(await rowsOf(url("clerk_app"), "select clerk.expect_user('user_2later')")).toEqual([
    { expect_user: "expected" },
  ]);
});
