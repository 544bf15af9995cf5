import type { Invitation, Membership } from "./objects.ts";
import {
  type InviteOptions,
  newInvitation,
  newMembership,
  publicOrganizationData,
  roleFields,
  roleOf,
  withMembersCount,
} from "./organizations.ts";
import type { State } from "./state.ts";
import { newUser } from "./users.ts";

/** Changes of memberships and invitations. */
export type MembershipChanges = {
  /** @param role its key (default `org:member`) */
  join(organizationId: string, userId: string, role?: string): Membership;
  changeRole(membershipId: string, role: string): Membership;
  leave(membershipId: string): void;
  invite(organizationId: string, options?: InviteOptions): Invitation;
  /** @param userId who accepts it (default: somebody who signs up with its address) */
  acceptInvitation(invitationId: string, userId?: string): Membership;
  revokeInvitation(invitationId: string): Invitation;
};

/**
 * Events embed the organization with its count of members, and without `private_metadata` and `created_by`, like
 * captured events.
 */
export const emitMembership = (
  state: State,
  type: "created" | "updated" | "deleted",
  membership: Membership,
  at: number,
): void => {
  const {
    private_metadata: _metadata,
    created_by: _creator,
    ...organization
  } = withMembersCount(state, membership.organization);
  state.emit(`organizationMembership.${type}`, { ...membership, organization }, at);
};

/** Its event has the whole membership, with the `updated_at` that it had. */
export const deleteMembership = (state: State, membership: Membership): void => {
  state.memberships.delete(membership.id);
  emitMembership(state, "deleted", membership, state.after(membership.updated_at));
};

export const membershipChanges = (state: State): MembershipChanges => {
  const join = (organizationId: string, userId: string, role = "org:member"): Membership => {
    if (state.memberships.of(userId).some(({ organization }) => organization.id === organizationId)) {
      throw new Error(`${userId} is a member of ${organizationId}`);
    }
    const organization = state.organizations.need(organizationId);
    const user = state.users.need(userId);
    const membership = newMembership(state, organization, user, roleOf(state, role), state.now());
    state.memberships.add(membership);
    emitMembership(state, "created", membership, membership.updated_at);
    return membership;
  };

  const settle = (invitationId: string, status: "accepted" | "revoked", fields: object = {}): Invitation => {
    const invitation = state.invitations.need(invitationId);
    if (invitation.status !== "pending") throw new Error(`${invitationId} is ${invitation.status}`);
    invitation.status = status;
    invitation.url = null;
    state.touch(invitation);
    emitInvitation(status, invitation, fields);
    return invitation;
  };

  const emitInvitation = (type: "created" | "accepted" | "revoked", invitation: Invitation, fields: object = {}) => {
    const organization = state.organizations.need(invitation.organization_id);
    const data = { ...invitation, ...fields, data: { public_organization_data: publicOrganizationData(organization) } };
    state.emit(`organizationInvitation.${type}`, data, invitation.updated_at);
  };

  return {
    join,
    changeRole: (membershipId, role) => {
      const membership = state.memberships.need(membershipId);
      Object.assign(membership, roleFields(roleOf(state, role)));
      state.touch(membership);
      emitMembership(state, "updated", membership, membership.updated_at);
      return membership;
    },
    leave: (membershipId) => deleteMembership(state, state.memberships.need(membershipId)),
    invite: (organizationId, options) => {
      const organization = state.organizations.need(organizationId);
      const invitation = state.invitations.add(newInvitation(state, organization, state.now(), options));
      emitInvitation("created", invitation);
      return invitation;
    },
    acceptInvitation: (invitationId, userId) => {
      const invitation = state.invitations.need(invitationId);
      let user_id = userId;
      if (user_id === undefined) {
        const user = state.users.add(newUser(state, state.now(), invitation.email_address));
        state.emit("user.created", user, user.updated_at);
        user_id = user.id;
      }
      settle(invitationId, "accepted", { user_id });
      return join(invitation.organization_id, user_id, invitation.role);
    },
    revokeInvitation: (invitationId) => settle(invitationId, "revoked"),
  };
};
