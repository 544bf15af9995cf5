import { describe, expect, test } from "vitest";
import { deletion, epoch, event, sessionData, userData } from "../support/worker/clerk.ts";
import { membershipData, organizationData } from "../support/worker/fixtures.ts";
import { type Delivered, fold } from "../support/worker/fold.ts";
import { inLanes } from "../support/worker/lanes.ts";
import { type Random, randomFrom } from "../support/worker/random.ts";
import { newWorld, type World } from "../support/worker/world.ts";

const delivery = (id: string, type: string, data: Record<string, unknown>, at: number): Delivered => ({
  id,
  event: event(type, data, at) as unknown as Delivered["event"],
});

const deliverAll = async (world: World, deliveries: Delivered[]) => {
  for (const { id, event: body } of deliveries) expect((await world.deliver(id, body)).status).toBe(200);
};

const invitation = {
  id: "orginv_1",
  organization_id: "org_1",
  email_address: "invited@example.com",
  status: "pending",
  updated_at: epoch,
};
const domain = { id: "orgdmn_1", organization_id: "org_1", name: "acme.example", updated_at: epoch };
const children: [string, string, Record<string, unknown>, "user" | "organization"][] = [
  ["sessions", "session.created", sessionData(null), "user"],
  ["organization_memberships", "organizationMembership.created", membershipData, "user"],
  ["organization_memberships", "organizationMembership.created", membershipData, "organization"],
  ["organization_invitations", "organizationInvitation.created", invitation, "organization"],
  ["organization_domains", "organizationDomain.created", domain, "organization"],
];

describe("a child of a deleted parent is deleted", () => {
  test.for(children)("$0 with its $3, whichever comes first", async ([table, type, data, parent]) => {
    const parentId = parent === "user" ? "user_1" : "org_1";
    const child = delivery("msg_child", type, data, epoch + 20);
    const gone = delivery("msg_gone", `${parent}.deleted`, { id: parentId, deleted: true }, epoch + 10);
    const again = delivery("msg_again", type, { ...data, updated_at: epoch + 99 }, epoch + 99);
    for (const deliveries of [
      [child, gone],
      [child, again, gone],
      [child, gone, again],
      [gone, child, again],
      [gone, again, child],
    ]) {
      const world = await newWorld();
      await deliverAll(world, deliveries);
      const { id, deleted, version, ...rest } = (await world.copy())[table]?.[String(data.id)] ?? {};
      expect([id, deleted, version]).toEqual([data.id, true, ""]);
      expect(Object.values(rest).every((value) => value === null)).toBe(true);
      expect(await world.copy()).toEqual(fold(deliveries));
    }
  });

  test("under concurrency", async () => {
    const world = await newWorld();
    const ids = Array.from({ length: 60 }, (_, index) => index);
    const all = ids.flatMap((n) => [
      delivery(`msg_${n}_a`, "session.created", sessionData(null, { id: `sess_${n}`, user_id: `user_${n}` }), epoch),
      delivery(`msg_${n}_b`, "user.deleted", deletion(`user_${n}`), epoch),
      delivery(`msg_${n}_c`, "organization.deleted", { id: `org_${n}`, deleted: true }, epoch),
      ...[1, 2, 3].map((m) =>
        delivery(
          `msg_${n}_${m}`,
          "organizationMembership.created",
          {
            ...membershipData,
            id: `orgmem_${n}_${m}`,
            organization: { id: `org_${n}` },
            public_user_data: { user_id: `user_${(n + m) % 60}` },
          },
          epoch,
        ),
      ),
      delivery(
        `msg_${n}_d`,
        "organizationDomain.created",
        { ...domain, id: `orgdmn_${n}`, organization_id: `org_${n}` },
        epoch,
      ),
    ]);
    await inLanes(
      randomFrom(7).shuffled(all),
      async ({ id, event: body }) => {
        expect((await world.deliver(id, body)).status).toBe(200);
      },
      16,
    );
    const copy = await world.copy();
    expect(copy).toEqual(fold(all));
    expect(Object.values(copy.sessions ?? {}).every(({ deleted }) => deleted)).toBe(true);
  });
});

/** Delivers in so many orders, each to an empty copy. */
const inOrders = async (
  times: number,
  all: readonly Delivered[],
  random: Random,
  look: (world: World) => Promise<void>,
): Promise<void> => {
  const orders = Array.from({ length: times }, () => random.shuffled(all));
  const worlds = await Promise.all([newWorld(), newWorld(), newWorld()]);
  await inLanes(
    orders,
    async (order) => {
      const world = worlds.pop();
      if (world === undefined) throw new Error("there are as many as lanes");
      await deliverAll(world, order);
      await look(world);
      await world.empty();
      worlds.push(world);
    },
    3,
  );
};

test("a child is found by its parent's delete though its newest observation does not name the parent", async () => {
  const all = [
    delivery("msg_1", "session.created", sessionData(null, { latest_activity: { ip_address: "192.0.2.77" } }), epoch),
    delivery("msg_2", "session.ended", sessionData(null, { user_id: undefined, updated_at: epoch + 1 }), epoch + 1),
    delivery("msg_3", "organizationMembership.created", membershipData, epoch),
    delivery(
      "msg_4",
      "organizationMembership.updated",
      { ...membershipData, public_user_data: null, updated_at: epoch + 9 },
      epoch + 9,
    ),
    delivery("msg_5", "user.deleted", deletion("user_1"), epoch + 2),
  ];
  await inOrders(30, all, randomFrom(5), async (world) => {
    expect(await world.copy()).toEqual(fold(all));
    expect(JSON.stringify(await world.dump())).not.toContain("192.0.2.77");
  });
});

/** Delivers in both orders, each to a copy of its own. */
const inBothOrders = async (all: Delivered[]) => {
  for (const deliveries of [all, all.toReversed()]) {
    const world = await newWorld();
    await deliverAll(world, deliveries);
    expect(await world.copy()).toEqual(fold(all));
  }
};

test.for(["created_by", "private_metadata"])("an organization inside that lacks only %s is a fragment", (lacking) => {
  const name = "Fragment";
  const inside = { ...organizationData, [lacking]: undefined, name, updated_at: epoch + 500 };
  return inBothOrders([
    delivery("msg_1", "organization.created", organizationData, epoch),
    delivery("msg_2", "organizationMembership.updated", { ...membershipData, organization: inside }, epoch + 500),
  ]);
});

describe("an id that only some sources name", () => {
  test("is the smaller where two are named, whichever came first and whichever is newer", () =>
    inBothOrders([
      delivery("msg_1", "session.created", sessionData(null, { user_id: "user_1" }), epoch),
      delivery("msg_2", "session.ended", sessionData(null, { user_id: "user_2", updated_at: epoch + 9 }), epoch + 9),
    ]));

  test("stays once named, whichever came first and whichever is newer", async () => {
    const named = delivery(
      "msg_1",
      "subscriptionItem.created",
      { id: "csi_1", subscription_id: "csub_1", payer: { user_id: "user_1" }, status: "a", updated_at: epoch },
      epoch,
    );
    const newer = delivery(
      "msg_2",
      "subscriptionItem.updated",
      { id: "csi_1", status: "b", updated_at: epoch + 1 },
      epoch + 1,
    );
    const accepted = delivery(
      "msg_3",
      "organizationInvitation.accepted",
      { ...invitation, status: "accepted", user_id: "user_2" },
      epoch,
    );
    const later = delivery(
      "msg_4",
      "organizationInvitation.created",
      { ...invitation, status: "accepted", updated_at: epoch + 1 },
      epoch + 1,
    );
    for (const deliveries of [
      [named, newer, accepted, later],
      [newer, named, later, accepted],
    ]) {
      const world = await newWorld();
      await deliverAll(world, deliveries);
      const copy = await world.copy();
      expect(copy.subscription_items).toMatchObject({
        csi_1: { status: "b", subscription_id: "csub_1", user_id: "user_1" },
      });
      expect(copy.organization_invitations).toMatchObject({ orginv_1: { user_id: "user_2", email_address: null } });
      expect(copy).toEqual(fold(deliveries));
    }
  });
});

describe("erasure", () => {
  test("leaves none of a deleted user's strings in a dump of the database, under any order", async () => {
    const marked = (name: string) => `marker-${name}`;
    const user = {
      ...userData({
        first_name: marked("first"),
        last_name: marked("last"),
        username: marked("username"),
        image_url: marked("image"),
        external_id: marked("external"),
        public_metadata: { [marked("key")]: marked("public") },
        private_metadata: { a: marked("private") },
        unsafe_metadata: { a: marked("unsafe") },
        external_accounts: [{ id: "eac_1", email_address: marked("account") }],
        email_addresses: [{ id: "idn_second", email_address: marked("email") }],
        phone_numbers: [{ id: "idn_phone", phone_number: marked("phone") }],
      }),
    };
    const membership = {
      ...membershipData,
      public_metadata: { a: marked("membership") },
      private_metadata: { a: marked("membership-private") },
      public_user_data: { user_id: "user_1", first_name: marked("first"), identifier: marked("email") },
    };
    const session = (id: string, embedded: unknown) =>
      sessionData(embedded, {
        id,
        latest_activity: { ip_address: marked("ip"), city: marked("city") },
        actor: { sub: marked("actor") },
      });
    const all = [
      delivery("msg_1", "user.created", user, epoch),
      delivery("msg_2", "user.updated", { ...user, first_name: marked("renamed"), updated_at: epoch + 9 }, epoch + 9),
      delivery("msg_3", "session.created", session("sess_1", user), epoch + 1),
      delivery("msg_4", "session.ended", session("sess_1", { ...user, private_metadata: undefined }), epoch + 2),
      delivery("msg_5", "session.created", session("sess_2", null), epoch + 3),
      delivery("msg_6", "organizationMembership.created", membership, epoch + 4),
      delivery(
        "msg_7",
        "subscription.created",
        {
          id: "csub_1",
          status: "active",
          payer: { user_id: "user_1", email: marked("email"), first_name: marked("first") },
        },
        epoch + 5,
      ),
      delivery("msg_8", "user.deleted", { ...deletion("user_1"), external_id: marked("external") }, epoch + 6),
      delivery("msg_9", "organization.created", organizationData, epoch),
    ];
    await inOrders(40, all, randomFrom(11), async (world) => {
      const dump = JSON.stringify(await world.dump());
      expect(dump).not.toContain("marker-");
      expect(dump).toContain("user_1");
      expect(dump).toContain("Acme");
    });
  });

  test("finds the strings while the user is there: the dump is one", async () => {
    const world = await newWorld();
    await deliverAll(world, [delivery("msg_1", "user.created", userData({ first_name: "marker-first" }), epoch)]);
    expect(JSON.stringify(await world.dump())).toContain("marker-first");
  });
});
