import { beforeAll, describe, expect, test } from "vitest";
import { entityOfEvent } from "../../src/entities/index.ts";
import { epoch, event, userData } from "../support/worker/clerk.ts";
import { fixtures, membershipData, messages, organizationData, unmirrored } from "../support/worker/fixtures.ts";
import { fold } from "../support/worker/fold.ts";
import { newWorld, type World } from "../support/worker/world.ts";

const cases = fixtures.flatMap(({ verbs, ...fixture }) =>
  verbs.map((verb) => ({ ...fixture, type: `${fixture.kind}.${verb}` })),
);
const deletes = fixtures.flatMap(({ deleted = [], ...fixture }) =>
  deleted.map((data, form) => ({ ...fixture, deleted: data, form, type: `${fixture.kind}.deleted` })),
);

test("there is a fixture for each of Clerk's 51 types, for two older spellings, and for one that it may add", () => {
  const types = new Set([...cases, ...deletes, ...messages, ...unmirrored].map(({ type }) => String(type)));
  expect(types.size).toBe(51 + 2 + 1);
  for (const type of entityOfEvent.keys()) expect(types).toContain(type);
  expect([...types].filter((type) => !entityOfEvent.has(type))).toEqual(
    [...messages, ...unmirrored].map(({ type }) => type),
  );
});

/** One for all events, without a row of the one before. */
let shared: Promise<World> | undefined;
const emptyWorld = async (): Promise<World> => {
  const world = await (shared ??= newWorld());
  await world.empty();
  return world;
};

describe("an event", () => {
  test.for(cases)("$type lands in its row of $table, every column of it", async ({ type, table, data, row }) => {
    const world = await emptyWorld();
    expect(await world.deliver("msg_1", event(type, data, epoch + 9))).toMatchObject({
      status: 200,
      body: { outcome: "applied" },
    });
    const copy = await world.copy();
    const expected = { ...row, version: `1${epoch + 5}${epoch + 9}msg_1`, deleted: false };
    expect(copy[table]).toEqual({ [String(row.id)]: expected });
    expect(copy).toEqual(fold([{ id: "msg_1", event: { type, data, timestamp: epoch + 9 } }]));
    expect(await world.ledger()).toMatchObject([{ type, subject_id: row.id, outcome: "applied" }]);
  });

  test.for(deletes)(
    "$type, form $form, leaves the id alone, before and after the object's own",
    async ({ type, table, data, deleted, kind }) => {
      const world = await emptyWorld();
      const created = event(`${kind}.created`, data, epoch);
      const other = event(`${kind}.created`, { ...data, id: "other_1" }, epoch);
      const gone = event(type, deleted, epoch + 9);
      const goneToo = event(type, { ...deleted, id: "other_1" }, epoch + 9);
      await world.deliver("msg_1", created);
      expect(await world.deliver("msg_2", gone)).toMatchObject({ status: 200, body: { outcome: "applied" } });
      await world.deliver("msg_3", goneToo);
      expect(await world.deliver("msg_4", other)).toMatchObject({ status: 200, body: { outcome: "stale" } });

      const rows = (await world.copy())[table] ?? {};
      for (const id of [String(data.id), "other_1"]) {
        const { id: kept, deleted: isDeleted, version, ...rest } = rows[id] ?? {};
        expect([kept, isDeleted, version]).toEqual([id, true, "2"]);
        expect(Object.values(rest).every((value) => value === null)).toBe(true);
      }
    },
  );

  test.for(messages)("$type is acknowledged and leaves nothing but a line of the ledger", async ({ type, data }) => {
    const world = await emptyWorld();
    expect(await world.deliver("msg_1", event(String(type), data))).toMatchObject({
      status: 200,
      body: { outcome: "ignored" },
    });
    expect(fold([])).toEqual(await world.copy());
    expect(JSON.stringify(await world.dump())).not.toMatch(/424242|example\.com|\+1202/);
  });

  test.for(unmirrored)("$type is ignored, and stands in the ledger", async ({ type, data }) => {
    const world = await emptyWorld();
    expect(await world.deliver("msg_1", event(String(type), data))).toMatchObject({
      status: 200,
      body: { outcome: "ignored" },
    });
    expect(await world.copy()).toEqual(fold([]));
    expect(await world.ledger()).toMatchObject([{ id: "msg_1", type, outcome: "ignored", attempts: 1 }]);
  });
});

test("every mapped column has a value of its own in a fixture, so that none can be taken for another", () => {
  for (const table of new Set(fixtures.map((fixture) => fixture.table))) {
    const rows = fixtures.filter((fixture) => fixture.table === table).map(({ row }) => row);
    const columns = Object.keys(rows[0] ?? {}).filter((column) =>
      rows.every((row) => typeof row[column] !== "boolean"),
    );
    const values = columns.map((column) => JSON.stringify(rows.map((row) => row[column] ?? null)));
    for (const [index, column] of columns.entries()) {
      expect(
        rows.some((row) => row[column] !== null && JSON.stringify(row[column]) !== "[]"),
        `${table}.${column}`,
      ).toBe(true);
      expect(values.indexOf(values[index] ?? ""), `${table}.${column}`).toBe(index);
    }
  }
});

test.for([
  [
    "user.created",
    "users",
    userData(),
    [
      "banned",
      "locked",
      "deprovisioned",
      "two_factor_enabled",
      "totp_enabled",
      "backup_code_enabled",
      "password_enabled",
      "delete_self_enabled",
      "create_organization_enabled",
    ],
  ],
  ["organization.created", "organizations", organizationData, ["admin_delete_enabled"]],
  ["role.created", "roles", { id: "role_1" }, ["is_creator_eligible"]],
  ["waitlistEntry.created", "waitlist_entries", { id: "wle_1" }, ["is_locked"]],
  ["subscriptionItem.created", "subscription_items", { id: "csi_1" }, ["is_free_trial"]],
] as const)("$0: each flag alone is its own column of $1", async ([type, table, data, flags]) => {
  const world = await newWorld();
  for (const flag of flags) {
    const alone = Object.fromEntries(flags.map((name) => [name, name === flag]));
    await world.deliver(`msg_${flag}`, event(type, { ...data, ...alone, id: `x_${flag}` }));
    expect((await world.copy())[table]?.[`x_${flag}`]).toMatchObject(alone);
  }
});

describe("embedded organizations", () => {
  let world: World;
  beforeAll(async () => {
    world = await newWorld();
  });

  test("fill an empty place, never overwrite, and count as whole with their key fields", async () => {
    await world.deliver("msg_1", event("organizationMembership.created", membershipData, epoch));
    expect((await world.copy()).organizations).toMatchObject({
      org_1: { name: "Acme", created_by: null, private_metadata: null },
    });
    await world.deliver("msg_2", event("organization.created", organizationData, epoch));
    const fragment = {
      ...membershipData,
      organization: { ...(membershipData.organization as object), name: "Old", updated_at: epoch + 500 },
    };
    await world.deliver("msg_3", event("organizationMembership.updated", fragment, epoch + 500));
    expect((await world.copy()).organizations).toMatchObject({
      org_1: { name: "Acme", created_by: "user_1", private_metadata: { crm: "x" } },
    });
    const whole = { ...membershipData, organization: { ...organizationData, name: "New", updated_at: epoch + 600 } };
    await world.deliver("msg_4", event("organizationMembership.updated", whole, epoch + 600));
    expect((await world.copy()).organizations).toMatchObject({ org_1: { name: "New" } });
  });
});

test("a whole number of any size lands: Clerk's schemas give its counts no bounds", async () => {
  const world = await newWorld();
  const user = userData({ create_organizations_limit: 3_000_000_000 });
  const organization = { ...organizationData, max_allowed_memberships: -1 };
  for (const [id, type, data] of [
    ["msg_1", "user.created", user],
    ["msg_2", "organization.created", organization],
    ["msg_3", "subscriptionItem.created", { id: "csi_1", seats: { quantity: Number.MAX_SAFE_INTEGER } }],
  ] as const) {
    expect(await world.deliver(id, event(type, data))).toMatchObject({ status: 200, body: { outcome: "applied" } });
  }
  expect(
    await world.query(
      "select create_organizations_limit, max_allowed_memberships, seats from clerk.users, clerk.organizations, clerk.subscription_items",
    ),
  ).toEqual([["3000000000", "-1", String(Number.MAX_SAFE_INTEGER)]]);
});

test("a column's field of another type is answered with its path", async () => {
  const world = await newWorld();
  const wrong: [string, Record<string, unknown>, string][] = [
    ["organizationMembership.created", { ...membershipData, permissions: [1] }, "data.permissions"],
    [
      "organizationMembership.created",
      { ...membershipData, organization: { ...organizationData, max_allowed_memberships: 1.5 } },
      "data.organization.max_allowed_memberships",
    ],
    [
      "organizationMembership.created",
      { ...membershipData, public_user_data: { user_id: 1 } },
      "data.public_user_data.user_id",
    ],
    ["organization.created", { ...organizationData, max_allowed_memberships: "5" }, "data.max_allowed_memberships"],
    ["subscription.created", { id: "csub_1", payer: "user_1" }, "data.payer"],
    ["subscriptionItem.created", { id: "csi_1", plan: { name: 7 } }, "data.plan.name"],
    ["subscriptionItem.created", { id: "csi_1", seats: { quantity: 0.5 } }, "data.seats.quantity"],
    ["paymentAttempt.created", { id: "cpay_1", totals: { grand_total: 2000 } }, "data.totals.grand_total"],
    ["paymentAttempt.created", { id: "cpay_1", amount: { amount: "2000" } }, "data.amount.amount"],
    ["session.created", { id: "sess_1", user: userData({ id: "" }) }, "data.user.id"],
  ];
  for (const [type, data, field] of wrong) {
    expect(await world.deliver("msg_1", event(type, data))).toMatchObject({ status: 422, body: { field } });
  }
  expect(await world.copy()).toEqual(fold([]));
  expect(await world.ledger()).toEqual([]);
});
