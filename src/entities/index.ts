import type { Entity, TableName } from "./entity.ts";
import { organization } from "./organization.ts";
import { organizationDomain } from "./organization-domain.ts";
import { organizationInvitation } from "./organization-invitation.ts";
import { organizationMembership } from "./organization-membership.ts";
import { paymentAttempt } from "./payment-attempt.ts";
import { permission } from "./permission.ts";
import { role } from "./role.ts";
import { session } from "./session.ts";
import { subscription } from "./subscription.ts";
import { subscriptionItem } from "./subscription-item.ts";
import { user } from "./user.ts";
import { waitlistEntry } from "./waitlist-entry.ts";

/** All that is mirrored. One line an entity. */
export const entities: readonly Entity[] = [
  user,
  session,
  organization,
  organizationMembership,
  organizationInvitation,
  organizationDomain,
  role,
  permission,
  waitlistEntry,
  subscription,
  subscriptionItem,
  paymentAttempt,
];

/** The entity that a type of event is about. */
export const entityOfType: ReadonlyMap<string, Entity> = new Map(
  entities.flatMap((entity) => entity.types.map((type) => [type, entity] as const)),
);

export const entityOfTable: ReadonlyMap<TableName, Entity> = new Map(entities.map((entity) => [entity.table, entity]));
