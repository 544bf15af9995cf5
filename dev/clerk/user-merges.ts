import { deleteMembership, emitMembership } from "./membership-changes.ts";
import type { Membership, User } from "./objects.ts";
import type { State } from "./state.ts";
import { deleteUser, publicUserData, updateUser } from "./user-changes.ts";

/** What makes one user of two. */
export type UserMerges = {
  /**
   * Moves what the duplicate has to the user that is kept, and deletes the duplicate, with its sessions. Where both have
   * a value, as a name or a membership of one organization, that of the kept user stays.
   *
   * Source: Clerk's changelog of 2026-10-23, on `POST /users/{id}/merge`. Which events it sends besides `user.merged` is
   * not documented: these are those of its changes when each is made alone.
   */
  mergeUsers(keptId: string, duplicateId: string): User;
};

const moveFields = (kept: User, duplicate: User): void => {
  kept.email_addresses.push(...duplicate.email_addresses);
  kept.phone_numbers.push(...duplicate.phone_numbers);
  kept.external_accounts.push(...duplicate.external_accounts);
  kept.primary_email_address_id ??= duplicate.primary_email_address_id;
  kept.primary_phone_number_id ??= duplicate.primary_phone_number_id;
  kept.username ??= duplicate.username;
  kept.first_name ??= duplicate.first_name;
  kept.last_name ??= duplicate.last_name;
  kept.public_metadata = { ...duplicate.public_metadata, ...kept.public_metadata };
  kept.private_metadata = { ...duplicate.private_metadata, ...kept.private_metadata };
  kept.unsafe_metadata = { ...duplicate.unsafe_metadata, ...kept.unsafe_metadata };
};

export const userMerges = (state: State): UserMerges => {
  /** The membership is the same one, of another user. */
  const moveMembership = (membership: Membership, kept: User): void => {
    state.memberships.delete(membership.id);
    const moved = state.memberships.add({ ...membership, public_user_data: publicUserData(state, kept) });
    state.touch(moved);
    emitMembership(state, "updated", moved, moved.updated_at);
  };

  return {
    mergeUsers: (keptId, duplicateId) => {
      if (keptId === duplicateId) throw new Error(`${keptId} cannot be merged with itself`);
      const kept = state.users.need(keptId);
      const duplicate = state.users.need(duplicateId);
      const joined = new Set(state.memberships.of(keptId).map(({ organization }) => organization.id));
      // A copy: the list changes while they move.
      for (const membership of state.memberships.of(duplicateId).slice()) {
        if (joined.has(membership.organization.id)) deleteMembership(state, membership);
        else moveMembership(membership, kept);
      }
      updateUser(state, keptId, () => moveFields(kept, duplicate));
      deleteUser(state, duplicateId);
      // What Clerk's event says of the two is not public.
      state.emit("user.merged", { object: "user_merge" }, state.now());
      return kept;
    },
  };
};
