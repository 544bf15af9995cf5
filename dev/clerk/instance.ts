import { billingChanges, type BillingChanges } from "./billing.ts";
import { lifeOf } from "./life.ts";
import { membershipChanges, type MembershipChanges } from "./membership-changes.ts";
import { organizationChanges, type OrganizationChanges } from "./organization-changes.ts";
import { populate } from "./population.ts";
import { addBuiltInRoles, roleChanges, type RoleChanges } from "./role-changes.ts";
import { createState, type InstanceOptions, type State } from "./state.ts";
import { userChanges, type UserChanges } from "./user-changes.ts";
import { waitlistChanges, type WaitlistChanges } from "./waitlist-changes.ts";

export type { InstanceOptions, Listener } from "./state.ts";

/**
 * A Clerk instance in memory: of nobody, with addresses at example.com. What is done to it changes its objects, which
 * are as the Backend API serves them, and tells its listeners of it by events as Clerk's webhooks send them.
 *
 * The same seed and clock, and the same calls, make the same life, ids included.
 */
export type Instance = State &
  UserChanges &
  OrganizationChanges &
  MembershipChanges &
  RoleChanges &
  WaitlistChanges &
  BillingChanges & {
    /** Makes so many changes at random. Each sends one event or more. */
    live(changes: number): void;
    /** Fills the instance with a past, of which no events tell. */
    populate(users: number, organizations: number): void;
  };

export const createInstance = (options: InstanceOptions): Instance => {
  const state = createState(options);
  addBuiltInRoles(state, state.now());
  let makeChange: (() => void) | undefined;
  const instance: Instance = {
    ...state,
    ...userChanges(state),
    ...organizationChanges(state),
    ...membershipChanges(state),
    ...roleChanges(state),
    ...waitlistChanges(state),
    ...billingChanges(state),
    live: (changes) => {
      makeChange ??= lifeOf(instance);
      for (let change = 0; change < changes; change += 1) makeChange();
    },
    populate: (users, organizations) => populate(state, users, organizations),
  };
  return instance;
};
