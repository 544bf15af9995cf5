import { billingChanges, type BillingChanges } from "./billing.ts";
import { membershipChanges, type MembershipChanges } from "./membership-changes.ts";
import { organizationChanges, type OrganizationChanges } from "./organization-changes.ts";
import { roleChanges, type RoleChanges } from "./role-changes.ts";
import type { State } from "./state.ts";
import { userChanges, type UserChanges } from "./user-changes.ts";
import { userMerges, type UserMerges } from "./user-merges.ts";
import { waitlistChanges, type WaitlistChanges } from "./waitlist-changes.ts";

/** An instance's objects, and everything that can be done to them. */
export type Changes = State &
  UserChanges &
  UserMerges &
  OrganizationChanges &
  MembershipChanges &
  RoleChanges &
  WaitlistChanges &
  BillingChanges;

export const changesOf = (state: State): Changes => ({
  ...state,
  ...userChanges(state),
  ...userMerges(state),
  ...organizationChanges(state),
  ...membershipChanges(state),
  ...roleChanges(state),
  ...waitlistChanges(state),
  ...billingChanges(state),
});
