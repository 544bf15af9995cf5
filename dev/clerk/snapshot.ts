import { deserialize, serialize } from "node:v8";
import type { Account, SubscriptionItem } from "./billing-objects.ts";
import type { Collection, Listed } from "./collection.ts";
import type {
  Domain,
  Invitation,
  Membership,
  Organization,
  Permission,
  PublicUserData,
  Role,
  Session,
  User,
  WaitlistEntry,
} from "./objects.ts";
import type { PaymentAttempt, Statement } from "./payment-objects.ts";
import type { State } from "./state.ts";

/**
 * All that an instance holds, as bytes. Objects that are one object stay one: a membership has its organization itself, and what
 * is shown of its user.
 *
 * The generator is no part of it. An instance that goes on takes another seed than before, so that it makes no id twice even if
 * the latest changes were lost.
 */
export type Snapshot = {
  format: typeof format;
  id: string;
  counted: { ids: number; names: number };
  users: User[];
  sessions: Session[];
  organizations: Organization[];
  memberships: Membership[];
  invitations: Invitation[];
  domains: Domain[];
  roles: Role[];
  permissions: Permission[];
  waitlistEntries: WaitlistEntry[];
  accounts: Map<string, Account>;
  subscriptionItems: SubscriptionItem[];
  statements: Statement[];
  paymentAttempts: PaymentAttempt[];
  publicUserData: Map<string, PublicUserData>;
};

/** Another one for each change of the above, or of the objects in it. */
const format = "clerk-mirror simulated Clerk 1";

export const snapshotOf = (state: State): Buffer =>
  serialize({
    format,
    id: state.id,
    counted: { ids: state.ids.value, names: state.names.value },
    users: [...state.users.oldestFirst],
    sessions: [...state.sessions.oldestFirst],
    organizations: [...state.organizations.oldestFirst],
    memberships: [...state.memberships.oldestFirst],
    invitations: [...state.invitations.oldestFirst],
    domains: [...state.domains.oldestFirst],
    roles: [...state.roles.oldestFirst],
    permissions: [...state.permissions.oldestFirst],
    waitlistEntries: [...state.waitlistEntries.oldestFirst],
    accounts: state.accounts,
    subscriptionItems: [...state.subscriptionItems.oldestFirst],
    statements: [...state.statements.oldestFirst],
    paymentAttempts: [...state.paymentAttempts.oldestFirst],
    publicUserData: state.publicUserData,
  } satisfies Snapshot);

/** What the bytes hold; undefined if they are of another format, or no snapshot at all. */
export const readSnapshot = (bytes: Uint8Array): Snapshot | undefined => {
  try {
    const value: unknown = deserialize(bytes);
    return isSnapshot(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Its format stands for all the rest: only `snapshotOf` writes it. */
const isSnapshot = (value: unknown): value is Snapshot =>
  typeof value === "object" && value !== null && "format" in value && value.format === format;

const fill = <Value extends Listed>(collection: Collection<Value>, values: readonly Value[]): void => {
  for (const value of values) collection.add(value);
};

/** Fills a state that has nothing yet. */
export const restore = (state: State, snapshot: Snapshot): void => {
  fill(state.users, snapshot.users);
  fill(state.sessions, snapshot.sessions);
  fill(state.organizations, snapshot.organizations);
  fill(state.memberships, snapshot.memberships);
  fill(state.invitations, snapshot.invitations);
  fill(state.domains, snapshot.domains);
  fill(state.roles, snapshot.roles);
  fill(state.permissions, snapshot.permissions);
  fill(state.waitlistEntries, snapshot.waitlistEntries);
  fill(state.subscriptionItems, snapshot.subscriptionItems);
  fill(state.statements, snapshot.statements);
  fill(state.paymentAttempts, snapshot.paymentAttempts);
  for (const [id, account] of snapshot.accounts) state.accounts.set(id, account);
  for (const [id, data] of snapshot.publicUserData) state.publicUserData.set(id, data);
};
