import { epoch, event } from "./clerk.ts";
import type { Delivered } from "./fold.ts";
import { randomFrom } from "./random.ts";

/**
 * Valid histories of a small Clerk instance: users, sessions, organizations, memberships, invitations, domains, roles,
 * waitlist and billing. Times are often equal, people join again, parents are deleted before and after their children,
 * and all of Clerk's unusual forms occur. A number, the seed, selects the history.
 */
type Json = Record<string, unknown>;

export const historyOf = (seed: number): Delivered[] => {
  const random = randomFrom(seed);
  const made: Delivered[] = [];
  let clock = epoch;
  let serial = 0;

  /** An id that is unique to this history. */
  const newId = (kind: string) => `${kind}_${seed}x${(serial += 1)}`;
  const emit = (type: string, data: Json) => {
    clock += random.pick([0, 0, 1, 1, 2, 1000]);
    const timestamp = clock + random.pick([0, 0, 0, -1, 1]);
    made.push({ id: newId("msg"), event: event(type, data, timestamp) as unknown as Delivered["event"] });
  };
  const word = () =>
    random
      .pick(["Ada", "Bo", "", " Cy", "Di Eve", "null", "Zoë", "\u0000", "\ud800"])
      .toWellFormed()
      .replaceAll("\u0000", "");
  const metadata = () => random.pick([{}, { a: 1 }, { s: word(), n: [1, null, { d: true }] }]);
  const updated = () => ({ updated_at: random.chance(0.1) ? undefined : clock + random.pick([0, 0, 0, -1, -2]) });

  const users = Array.from({ length: 1 + random.below(2) }, () => newId("user"));
  const organizations = Array.from({ length: 1 + random.below(2) }, () => newId("org"));
  const known: Record<string, string[]> = {};
  /** An existing object of a kind, or a new one. */
  const some = (kind: string, isNew = random.chance(0.5)): string => {
    const ids = (known[kind] ??= []);
    if (isNew || ids.length === 0) ids.push(newId(kind));
    return isNew ? (ids.at(-1) ?? "") : random.pick(ids);
  };
  /** What each object is tied to, which never changes. */
  const ties = new Map<string, Json>();
  const tied = (id: string, tie: () => Json): Json => {
    const tieOfIt = ties.get(id) ?? tie();
    ties.set(id, tieOfIt);
    return tieOfIt;
  };

  const user = (id: string): Json => {
    const emails = random.pick([
      [],
      [{ id: "idn_1", email_address: `${id}@example.com`, verification: random.pick([null, { status: "verified" }]) }],
    ]);
    return {
      id,
      first_name: random.pick([null, word()]),
      last_name: random.pick([undefined, null, word()]),
      primary_email_address_id: random.pick([null, "idn_1"]),
      email_addresses: random.pick([emails, undefined]),
      phone_numbers: [],
      banned: random.chance(0.5),
      public_metadata: metadata(),
      private_metadata: metadata(),
      created_at: epoch,
      ...updated(),
    };
  };
  const embeddedUser = (id: string): Json | null =>
    random.pick([null, user(id), user(id), { ...user(id), private_metadata: undefined }, { id, username: word() }]);
  const organization = (id: string): Json => ({
    id,
    name: word(),
    slug: word(),
    created_by: random.pick(users),
    members_count: random.below(9),
    public_metadata: metadata(),
    private_metadata: metadata(),
    created_at: epoch,
    ...updated(),
  });
  const membership = (): Json => {
    const id = some("orgmem");
    const { organization_id, user_id } = tied(id, () => ({
      organization_id: random.pick(organizations),
      user_id: random.pick(users),
    }));
    const whole = organization(String(organization_id));
    return {
      id,
      role: random.pick(["org:admin", "org:member"]),
      permissions: random.pick([[], ["org:x"]]),
      public_metadata: metadata(),
      organization: random.pick([
        whole,
        { ...whole, private_metadata: undefined, created_by: undefined },
        { ...whole, private_metadata: undefined },
        { ...whole, created_by: undefined },
        { id: organization_id },
      ]),
      public_user_data: random.pick([undefined, null, { user_id, identifier: "x" }, { user_id }, { user_id }]),
      created_at: epoch,
      ...updated(),
    };
  };
  const payer = (id: string): Json | undefined => {
    const tie = tied(id, () =>
      random.pick([
        { user_id: random.pick(users), organization_id: "" },
        { organization_id: random.pick(organizations) },
      ]),
    );
    return random.chance(0.7) ? { id: "cpayer_1", email: "payer@example.com", ...tie } : undefined;
  };

  const actions: [number, () => void][] = [
    [5, () => emit(random.pick(["user.created", "user.updated"]), user(random.pick(users)))],
    [1, () => emit("user.deleted", { object: "user", id: random.pick(users), deleted: true })],
    [
      6,
      () => {
        const id = some("sess");
        const { user_id } = tied(id, () => ({ user_id: random.pick(users) }));
        // When it ends, a session often keeps its `updated_at`.
        emit(`session.${random.pick(["created", "pending", "ended", "removed", "revoked"])}`, {
          id,
          user_id: random.chance(0.8) ? user_id : undefined,
          status: random.pick(["active", "ended"]),
          user: embeddedUser(String(user_id)),
          latest_activity: random.pick([null, { ip_address: "192.0.2.9" }]),
          created_at: epoch,
          updated_at: epoch,
        });
      },
    ],
    [
      3,
      () =>
        emit(random.pick(["organization.created", "organization.updated"]), organization(random.pick(organizations))),
    ],
    [
      1,
      () =>
        emit("organization.deleted", {
          object: "organization",
          id: random.pick(organizations),
          slug: "x",
          deleted: true,
        }),
    ],
    [
      5,
      () => emit(`organizationMembership.${random.pick(["created", "updated", "updated", "deleted"])}`, membership()),
    ],
    [
      1,
      () => {
        const ids = known.orgmem ?? [];
        if (ids.length > 0)
          emit("organizationMembership.deleted", {
            object: "organization_membership",
            id: random.pick(ids),
            deleted: true,
          });
      },
    ],
    [
      4,
      () => {
        const id = some("orginv");
        const { organization_id, accepted_by } = tied(id, () => ({
          organization_id: random.pick(organizations),
          accepted_by: random.pick(users),
        }));
        const verb = random.pick(["created", "accepted", "revoked"]);
        emit(`organizationInvitation.${verb}`, {
          id,
          organization_id: random.chance(0.8) ? organization_id : undefined,
          email_address: `${id}@example.com`,
          url: "https://clerk.example/ticket",
          role: "org:member",
          status: verb === "created" ? random.pick(["pending", undefined]) : verb,
          user_id: verb === "accepted" ? accepted_by : undefined,
          public_metadata: metadata(),
          created_at: epoch,
          ...updated(),
        });
      },
    ],
    [
      3,
      () => {
        const id = some("orgdmn");
        const { organization_id } = tied(id, () => ({ organization_id: random.pick(organizations) }));
        const verb = random.pick(["created", "updated", "deleted"]);
        emit(
          `organizationDomain.${verb}`,
          verb === "deleted"
            ? { id, deleted: true }
            : {
                id,
                organization_id: random.chance(0.8) ? organization_id : undefined,
                name: word(),
                verification: random.pick([null, { status: "verified" }]),
                created_at: epoch,
                ...updated(),
              },
        );
      },
    ],
    [
      2,
      () => {
        const id = some("role");
        const verb = random.pick(["created", "updated", "updated", "deleted"]);
        const whole = { id, name: word(), key: "org:x", permissions: [], created_at: epoch, ...updated() };
        emit(`role.${verb}`, verb === "deleted" ? random.pick([whole, { id, deleted: true }]) : whole);
      },
    ],
    [
      1,
      () =>
        emit(`waitlistEntry.${random.pick(["created", "updated"])}`, {
          id: some("wle"),
          email_address: "w@example.com",
          status: word(),
          ...updated(),
        }),
    ],
    [
      2,
      () => {
        const id = some("csub");
        tied(id, () => ({ user_id: random.pick(users) }));
        emit(`subscription.${random.pick(["created", "updated", "active", "past_due"])}`, {
          id,
          status: word(),
          payer: payer(id),
          created_at: epoch,
          ...updated(),
        });
      },
    ],
    [
      3,
      () => {
        const id = some("csi");
        const { subscription } = tied(`${id} of`, () => ({ subscription: newId("csub") }));
        emit(`subscriptionItem.${random.pick(["created", "updated", "active", "pastDue"])}`, {
          id,
          status: word(),
          payer: payer(id),
          subscription_id: random.pick([subscription, null, undefined]),
          ...random.pick([{ interval: "month" }, { plan_period: "annual" }]),
          ...random.pick([{}, { created_at: epoch, ...updated() }]),
        });
      },
    ],
    [
      1,
      () => {
        const id = some("cpay");
        emit(`paymentAttempt.${random.pick(["created", "updated"])}`, {
          id,
          status: word(),
          payer: payer(id),
          totals: {},
          ...updated(),
        });
      },
    ],
    [1, () => emit("user.deleted", { object: "user", deleted: true })],
    [1, () => emit("email.created", { id: newId("ema"), body: "424242" })],
  ];
  const bag = actions.flatMap(([weight, action]) => Array.from({ length: weight }, () => action));

  for (let step = 8 + random.below(16); step > 0; step -= 1) random.pick(bag)();
  return made;
};
