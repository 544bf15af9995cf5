import { beforeAll, describe, expect, test } from "vitest";
import { deletion, epoch, event, sessionData, userData } from "../support/worker/clerk.ts";
import { membershipData, organizationData } from "../support/worker/fixtures.ts";
import { type Copy, type Delivered, fold, type Inferred, versionOf } from "../support/worker/fold.ts";
import { inLanes } from "../support/worker/lanes.ts";
import { randomFrom } from "../support/worker/random.ts";
import { orders } from "../support/worker/six-deliveries.ts";
import { newWorld, type World } from "../support/worker/world.ts";

type Json = Record<string, unknown>;

const day = 24 * 60 * 60 * 1000;
const year2200 = Date.UTC(2200, 0);

const delivery = (id: string, type: string, data: Json, at: number): Delivered => ({
  id,
  event: event(type, data, at) as unknown as Delivered["event"],
});

const inferred = (table: string, id: string, updated_at: number | null, at: number): Inferred => ({
  table,
  id,
  updated_at,
  at,
  observation: "api_1",
});

const take = async (world: World, observations: readonly (Delivered | Inferred)[]): Promise<void> => {
  for (const one of observations) {
    if ("event" in one) expect((await world.deliver(one.id, one.event)).status).toBe(200);
    else await world.infer(one);
  }
};

let worlds: World[];
beforeAll(async () => {
  worlds = await Promise.all([newWorld(), newWorld(), newWorld()]);
});

/** Takes each of some sequences into an empty copy, and looks at it after each. */
const inEach = (
  sequences: readonly (readonly (Delivered | Inferred)[])[],
  look: (world: World) => Promise<void>,
): Promise<void> =>
  inLanes(
    sequences,
    async (sequence) => {
      const world = worlds.pop();
      if (world === undefined) throw new Error("there are as many as lanes");
      try {
        await world.empty();
        await take(world, sequence);
        await look(world);
      } finally {
        worlds.push(world);
      }
    },
    worlds.length,
  );

/** Takes observations in every order: each has to end as the fold of them says, and as the test does. */
const inAllOrders = (all: readonly (Delivered | Inferred)[], look: (copy: Copy) => void = () => {}): Promise<void> => {
  const told = all.filter((one) => "event" in one);
  const expected = fold(
    told,
    all.filter((one) => "table" in one),
  );
  return inEach(orders([...all]), async (world) => {
    const copy = await world.copy();
    expect(copy).toEqual(expected);
    look(copy);
  });
};

/** Expects that a row has these columns, is deleted, and holds nothing else. */
const expectOnly = (row: Json | undefined, columns: Json): void => {
  const filled = Object.entries(row ?? {}).filter(([, value]) => value !== null);
  expect(Object.fromEntries(filled)).toEqual({ ...columns, deleted: true });
};

const invitation = {
  id: "orginv_1",
  organization_id: "org_1",
  email_address: "invited@example.com",
  status: "pending",
  updated_at: epoch,
};
const domain = { id: "orgdmn_1", organization_id: "org_1", name: "acme.example", updated_at: epoch };
const member = (user_id: unknown, updated_at: number, fields: Json = {}): Json => ({
  ...membershipData,
  organization: { id: "org_1" },
  public_user_data: { user_id },
  updated_at,
  ...fields,
});
const session = (user_id: unknown, updated_at: number, fields: Json = {}): Json =>
  sessionData(null, { user_id, updated_at, ...fields });

/** A child of each kind, one under each of its owners. */
type Child = { table: string; type: string; data: Json; owner: "user" | "organization"; owners: Json };
const children: Child[] = [
  {
    table: "sessions",
    type: "session.created",
    data: sessionData(null),
    owner: "user",
    owners: { user_id: "user_1" },
  },
  ...(["user", "organization"] as const).map((owner) => ({
    table: "organization_memberships",
    type: "organizationMembership.created",
    data: membershipData,
    owner,
    owners: { organization_id: "org_1", user_id: "user_1" },
  })),
  {
    table: "organization_invitations",
    type: "organizationInvitation.created",
    data: invitation,
    owner: "organization",
    owners: { organization_id: "org_1" },
  },
  {
    table: "organization_domains",
    type: "organizationDomain.created",
    data: domain,
    owner: "organization",
    owners: { organization_id: "org_1" },
  },
];
const ownerOf = ({ owner }: Child) =>
  owner === "user" ? { table: "users", id: "user_1" } : { table: "organizations", id: "org_1" };

describe("a child of a deleted owner is deleted", () => {
  test.for(children)(
    "$table with its $owner, whichever comes first: its id, its owners and its version stay",
    async (child) => {
      const { table, type, data, owner, owners } = child;
      const id = String(data.id);
      const first = delivery("msg_child", type, { ...data, updated_at: epoch }, epoch + 20);
      const gone = delivery("msg_gone", `${owner}.deleted`, { id: ownerOf(child).id, deleted: true }, epoch + 10);
      const again = delivery("msg_again", type, { ...data, updated_at: epoch + 99 }, epoch + 99);
      await inAllOrders([first, gone], (copy) => {
        expectOnly(copy[table]?.[id], { id, ...owners, version: `1${epoch}${epoch + 20}msg_child` });
      });
      // Newer, but of the same owner.
      await inAllOrders([first, gone, again], (copy) => {
        expectOnly(copy[table]?.[id], { id, ...owners, version: `1${epoch + 99}${epoch + 99}msg_again` });
      });
    },
  );

  test.for(children)(
    "$table: a newer observation under another $owner brings it back, an older one does not",
    async (child) => {
      const { table, type, data, owner } = child;
      const moved = {
        user: { user_id: "user_2", public_user_data: { user_id: "user_2" } },
        organization: { organization_id: "org_2", organization: { id: "org_2" } },
      }[owner];
      const gone = delivery("msg_gone", `${owner}.deleted`, { id: ownerOf(child).id, deleted: true }, epoch + 10);
      const under = delivery("msg_under", type, { ...data, updated_at: epoch + 5 }, epoch + 5);
      const newer = delivery("msg_newer", type, { ...data, ...moved, updated_at: epoch + 6 }, epoch + 6);
      const older = delivery("msg_older", type, { ...data, ...moved, updated_at: epoch + 4 }, epoch + 4);
      const isDeleted = (copy: Copy) => copy[table]?.[String(data.id)]?.deleted;
      await inAllOrders([gone, under, newer], (copy) => expect(isDeleted(copy)).toBe(false));
      await inAllOrders([gone, under, older], (copy) => expect(isDeleted(copy)).toBe(true));
    },
  );

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

describe("a child that changes its owner goes with the newest observation alone", () => {
  test.for([
    ["smaller", "user_a", "user_b"],
    ["greater", "user_b", "user_a"],
  ] as const)("to one with the %s id, whose predecessor is deleted", ([, stays, goes]) =>
    inAllOrders(
      [
        delivery("msg_1", "organizationMembership.created", member(goes, epoch), epoch),
        delivery("msg_2", "organizationMembership.updated", member(stays, epoch + 1, { role: "org:owner" }), epoch + 1),
        delivery("msg_3", "user.deleted", deletion(goes), epoch + 2),
        delivery("msg_4", "user.updated", userData({ id: stays, updated_at: epoch + 2 }), epoch + 2),
      ],
      (copy) => {
        expect(copy.organization_memberships).toMatchObject({
          orgmem_1: { user_id: stays, organization_id: "org_1", role: "org:owner", deleted: false },
        });
        expect(copy.users).toMatchObject({ [stays]: { deleted: false }, [goes]: { deleted: true } });
      },
    ),
  );

  test.for([
    ["a session stays when the user that it had is deleted", "sessions", "user_1", false],
    ["a session goes with the user that it has", "sessions", "user_2", true],
    ["a membership stays when the user that it had is deleted", "organization_memberships", "user_1", false],
    ["a membership goes with the user that it has", "organization_memberships", "user_2", true],
  ] as const)("%s", ([, table, deleted, isGone]) => {
    const [type, under] =
      table === "sessions"
        ? (["session.ended", session] as const)
        : (["organizationMembership.updated", member] as const);
    return inAllOrders(
      [
        delivery("msg_1", type, under("user_1", epoch), epoch),
        delivery("msg_2", type, under("user_2", epoch + 1), epoch + 1),
        delivery("msg_3", "user.deleted", deletion(deleted), epoch + 2),
      ],
      (copy) => expect(Object.values(copy[table] ?? {})).toMatchObject([{ user_id: "user_2", deleted: isGone }]),
    );
  });
});

describe("a child that leaves out an owner is a fragment", () => {
  const leaving: [string, string, string, Json, Json][] = [
    ["a session without its user", "sessions", "session.ended", sessionData(null), { user_id: undefined }],
    [
      "a membership without its user",
      "organization_memberships",
      "organizationMembership.updated",
      membershipData,
      { public_user_data: null },
    ],
    [
      "a membership whose user has no id",
      "organization_memberships",
      "organizationMembership.updated",
      membershipData,
      { public_user_data: { identifier: "x" } },
    ],
    [
      "a membership without its organization",
      "organization_memberships",
      "organizationMembership.updated",
      membershipData,
      { organization: null },
    ],
    [
      "an invitation without its organization",
      "organization_invitations",
      "organizationInvitation.revoked",
      invitation,
      { organization_id: null },
    ],
    [
      "a domain without its organization",
      "organization_domains",
      "organizationDomain.updated",
      domain,
      { organization_id: undefined },
    ],
  ];
  test.for(leaving)("%s fills an empty place alone, and its owners are known", async ([, table, type, data, lacks]) => {
    const id = String(data.id);
    const whole = delivery("msg_1", type, { ...data, updated_at: epoch }, epoch);
    const fragment = delivery("msg_2", type, { ...data, ...lacks, updated_at: epoch + 7 }, epoch + 8);
    const newer = delivery("msg_3", type, { ...data, ...lacks, updated_at: epoch + 8 }, epoch + 8);
    await inAllOrders([fragment, newer], (copy) => {
      expect(copy[table]?.[id]).toMatchObject({ version: `0${epoch + 8}${epoch + 8}msg_3`, deleted: false });
    });
    await inAllOrders([whole, fragment, newer], (copy) => {
      expect(copy[table]?.[id]).toMatchObject({ version: `1${epoch}${epoch}msg_1`, deleted: false });
    });
  });

  test("and so the delete of an owner finds it, though its newest observation does not name the owner", () =>
    inAllOrders(
      [
        delivery("msg_1", "session.created", session("user_1", epoch), epoch),
        delivery(
          "msg_2",
          "session.ended",
          session(undefined, epoch + 1, { latest_activity: { ip_address: "192.0.2.77" } }),
          epoch + 1,
        ),
        delivery("msg_3", "user.deleted", deletion("user_1"), epoch),
      ],
      (copy) => expect(JSON.stringify(copy)).not.toContain("192.0.2.77"),
    ));

  test("a membership with only one of its owners is deleted with that one", () =>
    inAllOrders(
      [
        delivery("msg_1", "organizationMembership.updated", member(undefined, epoch), epoch),
        delivery("msg_2", "organization.deleted", { id: "org_1", deleted: true }, epoch),
      ],
      (copy) => {
        const version = `0${epoch}${epoch}msg_1`;
        expectOnly(copy.organization_memberships?.orgmem_1, { id: "orgmem_1", organization_id: "org_1", version });
      },
    ));
});

describe("a delete that Clerk told is final", () => {
  const deletes: [string, string, string, Json][] = [
    ["users", "user.deleted", "user.updated", userData()],
    ["organizations", "organization.deleted", "organization.updated", organizationData],
    [
      "organization_memberships",
      "organizationMembership.deleted",
      "organizationMembership.updated",
      member("user_1", epoch),
    ],
    ["organization_domains", "organizationDomain.deleted", "organizationDomain.updated", domain],
    ["roles", "role.deleted", "role.updated", { id: "role_1", name: "Admin" }],
  ];
  test.for(deletes)("%s: whatever is newer, only the id stays", async ([table, deleted, updated, data]) => {
    const id = String(data.id);
    await inAllOrders(
      [
        delivery("msg_1", updated, { ...data, updated_at: epoch }, epoch),
        delivery("msg_2", deleted, { id, deleted: true }, epoch + 1),
        delivery("msg_3", updated, { ...data, updated_at: epoch + day }, epoch + day),
        inferred(table, id, epoch + 2 * day, epoch + 2 * day),
      ],
      (copy) => expectOnly(copy[table]?.[id], { id, version: "2" }),
    );
  });

  test("a child's own, though its owner is deleted as well, leaves no owner either", () =>
    inAllOrders(
      [
        delivery("msg_1", "organizationMembership.created", member("user_1", epoch), epoch),
        delivery("msg_2", "organizationMembership.deleted", { id: "orgmem_1", deleted: true }, epoch + 1),
        delivery("msg_3", "user.deleted", deletion("user_1"), epoch + 2),
      ],
      (copy) => expectOnly(copy.organization_memberships?.orgmem_1, { id: "orgmem_1", version: "2" }),
    ));
});

describe("a delete that was inferred is an observation like others", () => {
  const objects: [string, string, Json][] = [
    ["users", "user.updated", userData()],
    ["organizations", "organization.updated", organizationData],
    ["sessions", "session.created", session("user_1", epoch)],
    ["organization_memberships", "organizationMembership.updated", member("user_1", epoch)],
    ["organization_invitations", "organizationInvitation.created", invitation],
    ["organization_domains", "organizationDomain.updated", domain],
    ["roles", "role.updated", { id: "role_1", name: "Admin" }],
    ["subscription_items", "subscriptionItem.updated", { id: "csi_1", payer: { user_id: "user_1" } }],
  ];
  test.for(objects)("%s: a newer observation undoes it, and an older one does not", async ([table, type, data]) => {
    const id = String(data.id);
    const seen = (name: string, updated_at: number, at: number) => delivery(name, type, { ...data, updated_at }, at);
    const missed = inferred(table, id, epoch + 5, epoch + 50);
    await inAllOrders([seen("msg_1", epoch, epoch), seen("msg_2", epoch + 5, epoch + 49), missed], (copy) => {
      expectOnly(copy[table]?.[id], { id, version: `1${epoch + 5}${epoch + 50}api_1` });
    });
    await inAllOrders([seen("msg_1", epoch, epoch), seen("msg_2", epoch + 5, epoch + 51), missed], (copy) => {
      expect(copy[table]?.[id]).toMatchObject({ version: `1${epoch + 5}${epoch + 51}msg_2`, deleted: false });
    });
    await inAllOrders([seen("msg_1", epoch, epoch), seen("msg_2", epoch + 6, epoch + 6), missed], (copy) => {
      expect(copy[table]?.[id]).toMatchObject({ version: `1${epoch + 6}${epoch + 6}msg_2`, deleted: false });
    });
  });

  test("a fragment does not undo it, however new", () =>
    inAllOrders(
      [
        inferred("users", "user_1", null, epoch + 50),
        delivery("msg_1", "session.created", session("user_2", epoch, { user: { id: "user_1" } }), epoch + 99),
      ],
      (copy) => expectOnly(copy.users?.user_1, { id: "user_1", version: `1${epoch + 50}${epoch + 50}api_1` }),
    ));

  test("of a child leaves no owner", async () => {
    const missed = inferred("organization_memberships", "orgmem_1", null, epoch + 50);
    await inAllOrders(
      [
        delivery("msg_1", "organizationMembership.created", member("user_1", epoch), epoch),
        missed,
        delivery("msg_2", "user.deleted", deletion("user_1"), epoch + 60),
      ],
      (copy) => {
        expectOnly(copy.organization_memberships?.orgmem_1, { id: "orgmem_1", version: versionOf(missed) });
      },
    );
  });

  test.for(children)(
    "of a $owner: $table dies with it, and comes back by its own next observation alone",
    async (child) => {
      const { table, type, data, owner, owners } = child;
      const id = String(data.id);
      const kept = ownerOf(child);
      const ownerData = owner === "user" ? userData() : organizationData;
      const ownerSeen = (name: string, at: number) =>
        delivery(name, `${owner}.updated`, { ...ownerData, updated_at: at }, at);
      const born = delivery("msg_1", type, { ...data, updated_at: epoch }, epoch);
      const missed = inferred(kept.table, kept.id, epoch + 1, epoch + 50);
      const version = `1${epoch}${epoch}msg_1`;

      const world = await newWorld();
      const rowNow = async () => (await world.copy())[table]?.[id];
      await take(world, [ownerSeen("msg_0", epoch + 1), born]);
      expect(await rowNow()).toMatchObject({ version, deleted: false });
      await take(world, [missed]);
      expectOnly(await rowNow(), { id, ...owners, version });

      await take(world, [ownerSeen("msg_2", epoch + 60)]);
      expect((await world.copy())[kept.table]?.[kept.id]).toMatchObject({ deleted: false });
      // What is known already, and what is older, is no next observation.
      await take(world, [born, delivery("msg_3", type, { ...data, updated_at: epoch - 1 }, epoch - 1)]);
      expectOnly(await rowNow(), { id, ...owners, version });

      await take(world, [delivery("msg_4", type, { ...data, updated_at: epoch + 61 }, epoch + 61)]);
      expect(await rowNow()).toMatchObject({ version: `1${epoch + 61}${epoch + 61}msg_4`, deleted: false, ...owners });
    },
  );

  test.for(children)("of a $owner that was seen since changes nothing: neither it nor $table", async (child) => {
    const { type, data, owner } = child;
    const { table, id } = ownerOf(child);
    const world = await newWorld();
    const ownerData = owner === "user" ? userData() : organizationData;
    await take(world, [
      delivery("msg_1", `${owner}.updated`, { ...ownerData, updated_at: epoch + 60 }, epoch + 60),
      delivery("msg_2", type, { ...data, organization: { id: "org_1" }, updated_at: epoch }, epoch),
    ]);
    const before = await world.dump();
    await take(world, [inferred(table, id, epoch + 1, epoch + 50)]);
    expect(await world.dump()).toEqual(before);
  });
});

describe("an updated_at is believed up to a day after it was seen", () => {
  const seen = (name: string, updated_at: number | undefined, at: number) =>
    delivery(`msg_${name}`, "user.updated", userData({ first_name: name, updated_at }), at);
  const nameOf = (copy: Copy) => copy.users?.user_1?.first_name;

  test("one of the year 2200 does not keep out what comes later, and is stored as it is", async () => {
    const future = seen("future", year2200, epoch + 5);
    await inAllOrders([seen("older", epoch + 4, epoch + 4), future], (copy) => {
      expect(copy.users?.user_1).toMatchObject({
        first_name: "future",
        updated_at: "2200-01-01T00:00:00+00:00",
        version: `1${epoch + 5}${epoch + 5}msg_future`,
      });
    });
    await inAllOrders([seen("older", epoch + 4, epoch + 4), future, seen("later", epoch + 6, epoch + 6)], (copy) =>
      expect(nameOf(copy)).toBe("later"),
    );
  });

  test("a day less a second is believed", () =>
    inAllOrders([seen("ahead", epoch + day - 1000, epoch), seen("later", epoch + 6, epoch + 6)], (copy) =>
      expect(nameOf(copy)).toBe("ahead"),
    ));

  test("a day and a second is not", () =>
    inAllOrders([seen("ahead", epoch + day + 1000, epoch), seen("later", epoch + 6, epoch + 6)], (copy) =>
      expect(nameOf(copy)).toBe("later"),
    ));

  test("the object inside another one's event is measured by that event", () =>
    inAllOrders(
      [
        delivery(
          "msg_1",
          "session.created",
          session("user_1", epoch, { user: userData({ first_name: "inside", updated_at: year2200 }) }),
          epoch + 5,
        ),
        seen("later", epoch + 6, epoch + 6),
      ],
      (copy) => expect(nameOf(copy)).toBe("later"),
    ));
});

test("a session's latest activity is what its newest observation says, even if that is nothing", () =>
  inAllOrders(
    [
      delivery("msg_1", "session.created", session("user_1", epoch, { latest_activity: { city: "Rome" } }), epoch),
      delivery("msg_2", "session.ended", session("user_1", epoch + 1), epoch + 1),
    ],
    (copy) => expect(copy.sessions).toMatchObject({ sess_1: { latest_activity: null } }),
  ));

test.for([
  ["subscription", "subscriptions"],
  ["subscriptionItem", "subscription_items"],
  ["paymentAttempt", "payment_attempts"],
] as const)("who pays for a %s is what its newest observation says, even if that is nobody", ([kind, table]) =>
  inAllOrders(
    [
      delivery("msg_1", `${kind}.created`, { id: "x_1", payer: { user_id: "user_1" } }, epoch),
      delivery("msg_2", `${kind}.updated`, { id: "x_1" }, epoch + 1),
    ],
    (copy) => expect(copy[table]).toMatchObject({ x_1: { user_id: null, deleted: false } }),
  ),
);

test("what somebody pays stays when the payer is deleted", () =>
  inAllOrders(
    [
      delivery("msg_1", "subscription.created", { id: "csub_1", status: "a", payer: { user_id: "user_1" } }, epoch),
      delivery("msg_2", "subscriptionItem.created", { id: "csi_1", payer: { user_id: "user_1" } }, epoch),
      delivery("msg_3", "paymentAttempt.created", { id: "cpay_1", payer: { user_id: "user_1" } }, epoch),
      delivery("msg_4", "user.deleted", deletion("user_1"), epoch + 1),
    ],
    (copy) => {
      expect(copy.subscriptions).toMatchObject({ csub_1: { user_id: "user_1", status: "a", deleted: false } });
      expect(copy.subscription_items).toMatchObject({ csi_1: { user_id: "user_1", deleted: false } });
      expect(copy.payment_attempts).toMatchObject({ cpay_1: { user_id: "user_1", deleted: false } });
    },
  ));

test.for(["created_by", "private_metadata"])("an organization inside that lacks only %s is a fragment", (lacking) => {
  const name = "Fragment";
  const inside = { ...organizationData, [lacking]: undefined, name, updated_at: epoch + 500 };
  return inAllOrders([
    delivery("msg_1", "organization.created", organizationData, epoch),
    delivery("msg_2", "organizationMembership.updated", { ...membershipData, organization: inside }, epoch + 500),
  ]);
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
    const activeSession = (id: string, embedded: unknown) =>
      sessionData(embedded, {
        id,
        latest_activity: { ip_address: marked("ip"), city: marked("city") },
        actor: { sub: marked("actor") },
      });
    const all = [
      delivery("msg_1", "user.created", user, epoch),
      delivery("msg_2", "user.updated", { ...user, first_name: marked("renamed"), updated_at: epoch + 9 }, epoch + 9),
      delivery("msg_3", "session.created", activeSession("sess_1", user), epoch + 1),
      delivery("msg_4", "session.ended", activeSession("sess_1", { ...user, private_metadata: undefined }), epoch + 2),
      delivery("msg_5", "session.created", activeSession("sess_2", null), epoch + 3),
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
    const random = randomFrom(11);
    const sequences = Array.from({ length: 40 }, () => random.shuffled(all));
    await inEach(sequences, async (world) => {
      const dump = JSON.stringify(await world.dump());
      expect(dump).not.toContain("marker-");
      expect(dump).toContain("user_1");
      expect(dump).toContain("Acme");
    });
  });

  test("finds the strings while the user is there: the dump is one", async () => {
    const world = await newWorld();
    await take(world, [delivery("msg_1", "user.created", userData({ first_name: "marker-first" }), epoch)]);
    expect(JSON.stringify(await world.dump())).toContain("marker-first");
  });
});
