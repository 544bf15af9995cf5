import { type Account, ownerOf, type SubscriptionItem } from "./billing-objects.ts";
import { Collection } from "./collection.ts";
import type { ClerkEvent } from "./events.ts";
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
import { type Counter, counterFrom, idsFrom, type Random, randomFrom } from "./random.ts";

export type InstanceOptions = {
  /** Everything random comes from it. */
  seed: number;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** The instance's id. */
  id?: string;
};

export type Listener = (event: ClerkEvent) => void;

/** What an instance holds: the live objects of each kind, by id. */
export type State = {
  readonly id: string;
  readonly users: Collection<User>;
  /** By id, or by a user's or a client's id. Ended ones stay. */
  readonly sessions: Collection<Session>;
  readonly organizations: Collection<Organization>;
  /** By id, or by an organization's or a user's id. */
  readonly memberships: Collection<Membership>;
  /** By id, or by an organization's id. Accepted and revoked ones stay. */
  readonly invitations: Collection<Invitation>;
  /** By id, or by an organization's id. */
  readonly domains: Collection<Domain>;
  readonly roles: Collection<Role>;
  readonly permissions: Collection<Permission>;
  /** By id, or by an address. */
  readonly waitlistEntries: Collection<WaitlistEntry>;
  /** By the id of the user or the organization: one for each that ever subscribed. */
  readonly accounts: Map<string, Account>;
  /** By id, by the payer's id, or by `paid` for those that are not free. */
  readonly subscriptionItems: Collection<SubscriptionItem>;
  readonly statements: Collection<Statement>;
  /** By id, by the statement's id, or by the `cpayer_…` of who pays. */
  readonly paymentAttempts: Collection<PaymentAttempt>;

  /** What memberships show of a user: one object for all of them, so that it is never out of date. */
  readonly publicUserData: Map<string, PublicUserData>;
  readonly random: Random;
  readonly now: () => number;
  newId(prefix: string): string;
  /** How many ids were made. */
  readonly ids: Counter;
  /** How many names were made unique by `count`. */
  readonly names: Counter;
  /** Counts up, for unique names. */
  count(): number;
  /** Now, or the millisecond after `time` if now is not later: two changes in one millisecond would look the same. */
  after(time: number): number;
  /** Gives a changed object a later `updated_at`. */
  touch(object: { updated_at: number }): number;
  /**
   * Sends an event to the listeners.
   *
   * @param data is copied: later changes do not change what was sent
   * @param at the event's `timestamp`: when it happened
   */
  emit(type: string, data: object, at: number): void;
  /** @returns removes the listener */
  onEvent(listener: Listener): () => void;
};

/** @param counted how many ids and names an instance has made that goes on with this state */
export const createState = (
  { seed, now = Date.now, id = "ins_simulated" }: InstanceOptions,
  counted = { ids: 0, names: 0 },
): State => {
  const random = randomFrom(seed);
  const ids = counterFrom(counted.ids);
  const names = counterFrom(counted.names);
  const listeners = new Set<Listener>();
  const after = (time: number) => Math.max(now(), time + 1);
  return {
    id,
    users: new Collection(),
    sessions: new Collection((session) => [session.user_id, session.client_id]),
    organizations: new Collection(),
    memberships: new Collection(({ organization, public_user_data }) => [organization.id, public_user_data.user_id]),
    invitations: new Collection((invitation) => [invitation.organization_id]),
    domains: new Collection((domain) => [domain.organization_id]),
    roles: new Collection(),
    permissions: new Collection(),
    waitlistEntries: new Collection((entry) => [entry.email_address]),
    accounts: new Map(),
    subscriptionItems: new Collection(({ payer, plan }) => [ownerOf(payer), ...(plan.fee.amount > 0 ? ["paid"] : [])]),
    statements: new Collection(),
    paymentAttempts: new Collection((attempt) => [attempt.statement_id, attempt.payer_id]),
    publicUserData: new Map(),
    random,
    now,
    ids,
    names,
    newId: idsFrom(random, ids),
    count: () => names.next(),
    after,
    touch: (object) => (object.updated_at = after(object.updated_at)),
    emit: (type, data, at) => {
      if (listeners.size === 0) return;
      const event: ClerkEvent = {
        type,
        object: "event",
        data: JSON.parse(JSON.stringify(data)) as Record<string, unknown>,
        timestamp: at,
        instance_id: id,
        event_attributes: { http_request: { client_ip: "192.0.2.1", user_agent: "clerk-mirror" } },
      };
      for (const listener of listeners) listener(event);
    },
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
