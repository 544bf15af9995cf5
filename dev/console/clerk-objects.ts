import type { TableName } from "../../src/entities/entity.ts";
import { ownerOf } from "../clerk/billing-objects.ts";
import type { Instance } from "../clerk/instance.ts";

/**
 * The objects that the copy must have, by table and id, in the shape of the Backend API: all that a run lists that reads
 * sessions and billing too.
 */
export const objectsOf: { readonly [Table in TableName]: (instance: Instance) => ReadonlyMap<string, object> } = {
  users: ({ users }) => users,
  organizations: ({ organizations }) => organizations,
  sessions: ({ sessions }) => sessions,
  organization_memberships: ({ memberships }) => memberships,
  organization_invitations: ({ invitations }) => invitations,
  organization_domains: ({ domains }) => domains,
  roles: ({ roles }) => roles,
  permissions: ({ permissions }) => permissions,
  waitlist_entries: ({ waitlistEntries }) => waitlistEntries,
  subscriptions: (instance) => subscriptionsOf(instance, true),
  subscription_items: ({ subscriptionItems }) => subscriptionItems,
  payment_attempts: ({ paymentAttempts }) => paymentAttempts,
};

/**
 * What Clerk has and lists no more: subscriptions of payers that are deleted. Those that the copy has stay there, as they were
 * when their payer was.
 */
export const unlistedOf = (instance: Instance, table: TableName): ReadonlyMap<string, object> =>
  table === "subscriptions" ? subscriptionsOf(instance, false) : none;

const none: ReadonlyMap<string, object> = new Map();

const subscriptionsOf = (
  { accounts, users, organizations }: Instance,
  isPayerThere: boolean,
): ReadonlyMap<string, object> => {
  const found = new Map<string, object>();
  for (const { subscription, payer } of accounts.values()) {
    const owner = ownerOf(payer);
    if ((users.has(owner) || organizations.has(owner)) !== isPayerThere) continue;
    found.set(subscription.id, { ...subscription, payer });
  }
  return found;
};
