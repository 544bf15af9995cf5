import { epoch, event } from "./clerk.ts";
import type { Delivered, Inferred } from "./fold.ts";
import { day, type Owners, randomObjects } from "./random-objects.ts";
import { randomFrom } from "./random.ts";

/**
 * Valid histories of a small Clerk instance: users, sessions, organizations, memberships, invitations, domains, roles,
 * waitlist and billing. Times are often equal or wrong, people join again, children move from one owner to another and
 * do not always name it, users are merged, and owners are deleted before and after their children: by events, or because
 * Clerk's lists no longer have them. A number, the seed, selects the history.
 */
type Json = Record<string, unknown>;

export type History = {
  /** In any order. */
  deliveries: Delivered[];
  /** At any time among them. */
  inferred: Inferred[];
  /**
   * After all of those: one more observation of every child that was ever seen under an owner with an inferred delete. A
   * child does not return with such an owner, but by its own next observation, so that without these the end would
   * depend on the order.
   */
  last: Delivered[];
};

type ChildKind = "sess" | "orgmem" | "orginv" | "orgdmn";

/** A child, the owners that it has now, and all that it was ever seen under. */
type Child = { id: string; kind: ChildKind; owners: Both; under: Set<string> };

/** An owner of each kind. Sessions have only a user, and invitations and domains only an organization. */
type Both = { user_id: string; organization_id: string };

export const historyOf = (seed: number): History => {
  const random = randomFrom(seed);
  const deliveries: Delivered[] = [];
  const inferred: Inferred[] = [];
  let clock = epoch;
  let serial = 0;
  const make = randomObjects(random, () => clock);

  /** An id that is unique to this history. */
  const newId = (kind: string) => `${kind}_${seed}x${(serial += 1)}`;
  const delivery = (type: string, data: Json, timestamp: number): Delivered => ({
    id: newId("msg"),
    event: event(type, data, timestamp) as unknown as Delivered["event"],
  });
  const emit = (type: string, data: Json) => {
    clock += random.pick([0, 0, 1, 1, 2, 1000]);
    deliveries.push(delivery(type, data, clock + random.pick([0, 0, 0, -1, 1])));
  };

  const users = Array.from({ length: random.pick([1, 2, 2, 3]) }, () => newId("user"));
  const organizations = Array.from({ length: 1 + random.below(2) }, () => newId("org"));
  const known: Record<string, string[]> = {};
  /** An existing object of a kind, or a new one. */
  const some = (kind: string, isNew = random.chance(0.5)): string => {
    const ids = (known[kind] ??= []);
    if (isNew || ids.length === 0) ids.push(newId(kind));
    return isNew ? (ids.at(-1) ?? "") : random.pick(ids);
  };
  const anyOwners = (): Both => ({
    user_id: random.pick(users),
    organization_id: random.pick(organizations),
  });

  const children = new Map<string, Child>();
  const put = (id: string, kind: ChildKind, owners: Both): Child => {
    const under = children.get(id)?.under ?? new Set<string>();
    const child = { id, kind, owners, under: under.add(owners.user_id).add(owners.organization_id) };
    children.set(id, child);
    return child;
  };
  /** An existing child or a new one, which sometimes has moved to other owners. */
  const someChild = (kind: ChildKind): Child => {
    const id = some(kind);
    const child = children.get(id);
    return child === undefined || random.chance(0.25) ? put(id, kind, anyOwners()) : child;
  };
  /** A child's owners as an event names them: sometimes it leaves one out. */
  const named = ({ owners: { user_id, organization_id } }: Child): Owners => ({
    user_id: random.chance(0.85) ? user_id : undefined,
    organization_id: random.chance(0.85) ? organization_id : undefined,
  });

  const organization = (id: string) => make.organization(id, random.pick(users));
  const membership = (id: string, owners: Owners): Json => {
    const { organization_id } = owners;
    return make.membership(
      id,
      owners,
      organization_id === undefined
        ? random.pick([undefined, null])
        : make.embeddedOrganization(organization_id, random.pick(users)),
    );
  };

  /** Two users become one: what the one has goes to the other, and the one is deleted. */
  const merge = () => {
    const [from, to] = random.shuffled(users);
    if (from === undefined || to === undefined) return;
    const theirs = [...children.values()].filter(({ kind, owners }) => kind === "orgmem" && owners.user_id === from);
    for (const { id, kind, owners } of theirs) {
      const moved = put(id, kind, { ...owners, user_id: to });
      emit("organizationMembership.updated", { ...membership(id, moved.owners), updated_at: clock + 1 });
    }
    emit("user.deleted", { object: "user", id: from, deleted: true });
    emit("user.updated", { ...make.user(to), updated_at: clock + 1 });
    emit("user.merged", { object: "user", id: to });
  };

  const infer = () => {
    const [table, ids = []] = random.pick<[string, string[] | undefined]>([
      ["users", users],
      ["users", users],
      ["organizations", organizations],
      ["sessions", known.sess],
      ["organization_memberships", known.orgmem],
      ["organization_invitations", known.orginv],
      ["organization_domains", known.orgdmn],
      ["roles", known.role],
      ["waitlist_entries", known.wle],
      ["subscription_items", known.csi],
    ]);
    if (ids.length === 0) return;
    inferred.push({
      table,
      id: random.pick(ids),
      // Zero where the run found a fragment.
      updated_at: random.chance(0.1) ? 0 : (make.updatedAt() ?? null),
      at: clock + random.pick([-1000, -1, 0, 0, 1]),
      observation: newId("api"),
    });
  };

  const actions: [number, () => void][] = [
    [5, () => emit(random.pick(["user.created", "user.updated"]), make.user(random.pick(users)))],
    [1, () => emit("user.deleted", { object: "user", id: random.pick(users), deleted: true })],
    [1, merge],
    [3, infer],
    [
      6,
      () => {
        const child = someChild("sess");
        const user = make.embeddedUser(child.owners.user_id);
        const verb = random.pick(["created", "pending", "ended", "removed", "revoked"]);
        emit(`session.${verb}`, make.session(child.id, named(child), user));
      },
    ],
    [
      3,
      () =>
        emit(random.pick(["organization.created", "organization.updated"]), organization(random.pick(organizations))),
    ],
    [
      1,
      () => {
        const id = random.pick(organizations);
        emit("organization.deleted", { object: "organization", id, slug: "x", deleted: true });
      },
    ],
    [
      6,
      () => {
        const child = someChild("orgmem");
        const verb = random.pick(["created", "updated", "updated", "updated", "deleted"]);
        emit(`organizationMembership.${verb}`, membership(child.id, named(child)));
      },
    ],
    [
      1,
      () => {
        const [id] = random.shuffled(known.orgmem ?? []);
        if (id !== undefined) {
          emit("organizationMembership.deleted", { object: "organization_membership", id, deleted: true });
        }
      },
    ],
    [
      4,
      () => {
        const child = someChild("orginv");
        const verb = random.pick(["created", "accepted", "revoked"]);
        emit(`organizationInvitation.${verb}`, make.invitation(child.id, named(child), verb));
      },
    ],
    [
      3,
      () => {
        const child = someChild("orgdmn");
        const verb = random.pick(["created", "updated", "updated", "deleted"]);
        const isDeleted = verb === "deleted";
        const data = isDeleted ? { id: child.id, deleted: true } : make.domain(child.id, named(child));
        emit(`organizationDomain.${verb}`, data);
      },
    ],
    [
      2,
      () => {
        const id = some("role");
        const verb = random.pick(["created", "updated", "updated", "deleted"]);
        const whole = make.role(id);
        emit(`role.${verb}`, verb === "deleted" ? random.pick([whole, { id, deleted: true }]) : whole);
      },
    ],
    [1, () => emit(`waitlistEntry.${random.pick(["created", "updated"])}`, make.waitlistEntry(some("wle")))],
    [
      2,
      () => {
        const verb = random.pick(["created", "updated", "active", "past_due"]);
        emit(`subscription.${verb}`, make.subscription(some("csub"), anyOwners()));
      },
    ],
    [
      3,
      () => {
        const verb = random.pick(["created", "updated", "active", "pastDue"]);
        emit(`subscriptionItem.${verb}`, make.subscriptionItem(some("csi"), anyOwners()));
      },
    ],
    [
      1,
      () =>
        emit(`paymentAttempt.${random.pick(["created", "updated"])}`, make.paymentAttempt(some("cpay"), anyOwners())),
    ],
    [1, () => emit("user.deleted", { object: "user", deleted: true })],
    [1, () => emit("email.created", { id: newId("ema"), body: "424242" })],
  ];
  const bag = actions.flatMap(([weight, action]) => Array.from({ length: weight }, () => action));

  for (let step = 8 + random.below(16); step > 0; step -= 1) random.pick(bag)();

  // Later than any `updated_at` that is believed. They hold no owner that could come back by them: no user, and of the
  // organization a fragment.
  const atLast: Record<ChildKind, (id: string, owners: Owners) => [type: string, data: Json]> = {
    sess: (id, owners) => ["session.ended", make.session(id, owners, null)],
    orgmem: (id, owners) => [
      "organizationMembership.updated",
      make.membership(id, owners, { id: owners.organization_id }),
    ],
    orginv: (id, owners) => ["organizationInvitation.revoked", make.invitation(id, owners, "revoked")],
    orgdmn: (id, owners) => ["organizationDomain.updated", make.domain(id, owners)],
  };
  const missed = new Set(inferred.map(({ id }) => id));
  const last = [...children.values()]
    .filter(({ under }) => [...under].some((owner) => missed.has(owner)))
    .map(({ kind, id }) => {
      const [type, data] = atLast[kind](id, anyOwners());
      return delivery(type, { ...data, updated_at: undefined }, clock + 3 * day);
    });
  return { deliveries, inferred, last };
};
