import { beforeAll, describe, expect, test } from "vitest";
import { deletion, event, userData } from "../support/worker/clerk.ts";
import { newWorld, type World } from "../support/worker/world.ts";

/** The views of living rows: what is in them, and whose rights they have. */

const views = {
  living_users: "users",
  living_organizations: "organizations",
  living_memberships: "organization_memberships",
};

const organization = { object: "organization", id: "org_1", name: "Acme", slug: "acme", created_at: 1, updated_at: 2 };

let world: World;
beforeAll(async () => {
  world = await newWorld();
  for (const id of ["user_1", "user_2", "user_gone"]) {
    await world.deliver(`msg_${id}`, event("user.created", userData({ id, external_id: null })));
    await world.deliver(
      `msg_m_${id}`,
      event("organizationMembership.created", {
        object: "organization_membership",
        id: `orgmem_${id}`,
        role: "org:member",
        created_at: 1,
        updated_at: 2,
        organization,
        public_user_data: { user_id: id },
      }),
    );
  }
  await world.deliver("msg_org_1", event("organization.created", organization));
  await world.deliver("msg_org_2", event("organization.created", { ...organization, id: "org_gone" }));
  await world.deliver("msg_org_3", event("organization.deleted", { ...deletion("org_gone"), object: "organization" }));
  await world.deliver("msg_gone", event("user.deleted", deletion("user_gone")));
});

const ids = (view: string, role: "clerk_mirror" | "clerk_app" = "clerk_app") =>
  world.queryAs(role, `select id from clerk.${view} order by id`).then((rows) => rows.flat());

test("they have the rows that are not deleted, and those of their tables' columns that are Clerk's", async () => {
  expect(await ids("living_users")).toEqual(["user_1", "user_2"]);
  expect(await ids("living_organizations")).toEqual(["org_1"]);
  expect(await ids("living_memberships")).toEqual(["orgmem_user_1", "orgmem_user_2"]);
  for (const [view, table] of Object.entries(views)) {
    const columns = (relation: string) =>
      world.query(
        `select attname, format_type(atttypid, atttypmod) from pg_attribute
        where attrelid = 'clerk.${relation}'::regclass and attnum > 0 order by attnum`,
      );
    const expected = (await columns(table)).filter(([name]) => name !== "deleted_at" && name !== "version");
    expect(await columns(view), view).toEqual(expected);
    expect(
      await world.query(`select to_jsonb(v) from clerk.${view} as v order by id`),
      `the values of ${view}`,
    ).toEqual(
      await world.query(
        `select to_jsonb(t) - 'version' - 'deleted_at' from clerk.${table} as t where deleted_at is null order by id`,
      ),
    );
  }
});

test("a column that a later release adds does not change them", async () => {
  const before = await world.query("select to_jsonb(v) from clerk.living_users as v order by id");
  await world.query("alter table clerk.users add column tomorrow text default 'x'");
  expect(await world.query("select to_jsonb(v) from clerk.living_users as v order by id")).toEqual(before);
});

describe("rights", () => {
  test("both roles read them, and write to none", async () => {
    for (const view of Object.keys(views)) {
      await ids(view);
      await ids(view, "clerk_mirror");
      for (const text of [
        `insert into clerk.${view} (id) values ('x')`,
        `update clerk.${view} set id = 'x'`,
        `delete from clerk.${view}`,
      ])
        await expect(world.queryAs("clerk_app", text), text).rejects.toThrow(/^(Error: )?42501/);
    }
  });

  test("a role that may read a view and not its table reads nothing", async () => {
    await world.query("create role view_only login password 'view_only'");
    try {
      await world.query("grant usage on schema clerk to view_only");
      await world.query("grant select on clerk.living_users to view_only");
      const as = (text: string) => world.queryAs("view_only" as "clerk_app", text);
      await expect(as("select id from clerk.living_users")).rejects.toThrow(/^(Error: )?42501/);
      await world.query("grant select on clerk.users to view_only");
      expect(await as("select id from clerk.living_users order by id")).toEqual([["user_1"], ["user_2"]]);
    } finally {
      await world.query("drop owned by view_only");
      await world.query("drop role view_only");
    }
  });

  test("a policy of the table's holds in the view", async () => {
    await world.query("alter table clerk.users enable row level security");
    await world.query("create policy own on clerk.users for select to clerk_app using (id = 'user_2')");
    expect(await ids("living_users")).toEqual(["user_2"]);
    // The owner, whom the policy does not bind, still sees and writes all.
    expect((await world.query("select id from clerk.living_users order by id")).flat()).toEqual(["user_1", "user_2"]);
    await world.query("alter table clerk.users disable row level security");
    expect(await ids("living_users")).toEqual(["user_1", "user_2"]);
  });
});

test("the database says what they are", async () => {
  const comments = await world.query(
    "select relname, obj_description(oid, 'pg_class') from pg_class where relnamespace = 'clerk'::regnamespace and relkind = 'v' order by 1",
  );
  expect(comments.map(([name]) => name)).toEqual(Object.keys(views).toSorted());
  for (const [name, comment] of comments) expect(comment, String(name)).toMatch(/^[A-Z].+\.$/);
});
