import type { Entity, TableName } from "./entity.ts";
import { organizationDomain } from "./organization-domain.ts";
import { organizationInvitation } from "./organization-invitation.ts";
import { organizationMembership } from "./organization-membership.ts";
import { organization } from "./organization.ts";
import { paymentAttempt } from "./payment-attempt.ts";
import { permission } from "./permission.ts";
import { role } from "./role.ts";
import { session } from "./session.ts";
import { subscriptionItem } from "./subscription-item.ts";
import { subscription } from "./subscription.ts";
import { user } from "./user.ts";
import { waitlistEntry } from "./waitlist-entry.ts";

/** All that is mirrored: a line per table of the schema, or this does not compile. */
const byTable = {
  users: user,
  organizations: organization,
  sessions: session,
  organization_memberships: organizationMembership,
  organization_invitations: organizationInvitation,
  organization_domains: organizationDomain,
  roles: role,
  permissions: permission,
  waitlist_entries: waitlistEntry,
  subscriptions: subscription,
  subscription_items: subscriptionItem,
  payment_attempts: paymentAttempt,
} satisfies { [Table in TableName]: Entity<Table> };

export const entities: Readonly<Record<TableName, Entity>> = byTable;

export const isTableName = (name: string): name is TableName => Object.hasOwn(entities, name);

/** The entity that a type of event is about. */
export const entityOfEvent: ReadonlyMap<string, Entity> = new Map(
  Object.values(entities).flatMap((entity) => entity.events.map((type) => [type, entity] as const)),
);
