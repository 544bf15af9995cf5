import { addItem } from "./billing.ts";
import { newDomain, newInvitation, newMembership, newOrganization, roleOf } from "./organizations.ts";
import { addPayment } from "./payments.ts";
import type { State } from "./state.ts";
import { newSession, newUser } from "./users.ts";
import { newWaitlistEntry } from "./waitlist-changes.ts";

const dayMilliseconds = 86_400_000;

/** How many objects share a `created_at`: paging by time alone would lose some. */
const tied = 4;

/**
 * Fills an instance with the year before yesterday, without events: organizations with members, invitations and
 * domains, and users, some with sessions and with subscriptions that they paid.
 */
export const populate = (state: State, users: number, organizations: number): void => {
  const { random } = state;
  const until = state.now() - dayMilliseconds;
  const from = until - 365 * dayMilliseconds;
  /** When object `index` of `of` was made. */
  const madeAt = (index: number, of: number): number =>
    Math.floor(from + (until - from) * ((index - (index % tied)) / Math.max(of, 1)));
  /** When it was last changed, which may be when it was made. */
  const later = (at: number): number => (random.chance(0.5) ? at : at + random.below(until - at + 1));

  for (let index = 0; index < users; index += 1) {
    const at = madeAt(index, users);
    const user = newUser(state, at);
    user.updated_at = later(at);
    state.users.add(user);
    if (random.chance(0.1)) {
      const session = state.sessions.add(newSession(state, user.id, at));
      if (random.chance(0.5)) session.status = "ended";
      user.last_sign_in_at = at;
      user.last_active_at = at;
    }
    if (random.chance(0.03)) addPayment(state, addItem(state, user.id, at), at);
    if (random.chance(0.02)) state.waitlistEntries.add(newWaitlistEntry(state, at));
  }

  if (users === 0) return;
  const admin = roleOf(state, "org:admin");
  const member = roleOf(state, "org:member");
  const everybody = state.users.oldestFirst;
  for (let index = 0; index < organizations; index += 1) {
    const at = madeAt(index, organizations);
    const creator = random.pick(everybody);
    const organization = newOrganization(state, creator.id, at);
    organization.updated_at = later(at);
    state.organizations.add(organization);
    const members = new Set([creator]);
    for (let more = random.below(12); more > 0; more -= 1) members.add(random.pick(everybody));
    for (const user of members) {
      const membership = newMembership(state, organization, user, user === creator ? admin : member, at);
      membership.updated_at = later(at);
      state.memberships.add(membership);
    }
    if (random.chance(0.5)) state.invitations.add(newInvitation(state, organization, at, { inviterId: creator.id }));
    if (random.chance(0.3)) state.domains.add(newDomain(state, organization, at));
    if (random.chance(0.3)) addPayment(state, addItem(state, organization.id, at), at);
  }
};
