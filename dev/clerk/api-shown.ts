import type { Collection, Listed } from "./collection.ts";
import type { Instance } from "./instance.ts";

/** What the API shows of the objects of one kind. */
export type Shown<Value> = {
  readonly oldestFirst: readonly Value[];
  of(parent: string): readonly Value[];
  get(id: string): Value | undefined;
  has(id: string): boolean;
  /** The owner of an object that is shown. */
  need(id: string): Value;
};

/** Whether the API acts as if the object with this id were deleted. */
export type Hides = (id: string) => boolean;

/** @param ownersOf the ids of the objects with which this one would be deleted */
const shown = <Value extends Listed>(
  collection: Collection<Value>,
  hides: () => Hides | undefined,
  ownersOf: (value: Value) => readonly string[] = () => [],
): Shown<Value> => {
  const visible = (values: readonly Value[]): readonly Value[] => {
    const isHidden = hides();
    // The list itself, if nothing is hidden: a copy of a long one would take time at each page.
    if (isHidden === undefined) return values;
    return values.filter((value) => ![value.id, ...ownersOf(value)].some((id) => isHidden(id)));
  };
  const get = (id: string): Value | undefined => {
    const value = collection.get(id);
    return value === undefined ? undefined : visible([value])[0];
  };
  return {
    get oldestFirst() {
      return visible(collection.oldestFirst);
    },
    of: (parent) => visible(collection.of(parent)),
    get,
    has: (id) => get(id) !== undefined,
    need: (id) => collection.need(id),
  };
};

/** An instance as its API shows it: without what is hidden, and without what would be deleted together with it. */
export const shownOf = (instance: Instance, hides: () => Hides | undefined) => ({
  id: instance.id,
  users: shown(instance.users, hides),
  sessions: shown(instance.sessions, hides, ({ user_id }) => [user_id]),
  organizations: shown(instance.organizations, hides),
  memberships: shown(instance.memberships, hides, ({ organization, public_user_data }) => [
    organization.id,
    public_user_data.user_id,
  ]),
  invitations: shown(instance.invitations, hides, ({ organization_id }) => [organization_id]),
  domains: shown(instance.domains, hides, ({ organization_id }) => [organization_id]),
  roles: shown(instance.roles, hides),
  permissions: shown(instance.permissions, hides),
  waitlistEntries: shown(instance.waitlistEntries, hides),
  // What was bought stays when its payer is deleted.
  accounts: instance.accounts,
  subscriptionItems: shown(instance.subscriptionItems, hides),
  statements: shown(instance.statements, hides),
  paymentAttempts: shown(instance.paymentAttempts, hides),
});

export type ShownInstance = ReturnType<typeof shownOf>;
