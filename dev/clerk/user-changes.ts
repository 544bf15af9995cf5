import type { EmailAddress, PublicUserData, Session, User } from "./objects.ts";
import type { State } from "./state.ts";
import { type Names, newAddress, newSession, newUser, randomNames } from "./users.ts";

/** Changes of users and their sessions. */
export type UserChanges = {
  /** What is not given is invented. */
  signUp(options?: { email?: string } & Partial<Names>): User;
  rename(userId: string, names?: Partial<Names>): User;
  /** Adds an address, listed first. It becomes the primary one only if it is the only one. */
  addAddress(userId: string, email?: string): EmailAddress;
  /** Makes another of the user's addresses the primary one: the one with this id, or any. */
  changePrimaryAddress(userId: string, addressId?: string): User;
  signIn(userId: string): Session;
  /** Clerk does not touch a session's `updated_at` when it ends. */
  endSession(sessionId: string, how?: "ended" | "removed" | "revoked"): Session;
  /** Also deletes the user's memberships and sessions, without events for them. */
  deleteUser(userId: string): void;
};

const publicPart = (user: User): PublicUserData => ({
  user_id: user.id,
  first_name: user.first_name,
  last_name: user.last_name,
  profile_image_url: user.profile_image_url,
  image_url: user.image_url,
  has_image: user.has_image,
  identifier:
    user.email_addresses.find(({ id }) => id === user.primary_email_address_id)?.email_address ??
    user.phone_numbers[0]?.phone_number ??
    "",
  username: user.username,
  banned: user.banned,
  deprovisioned: user.deprovisioned,
});

/** What others see of a user. */
export const publicUserData = (state: State, user: User): PublicUserData => {
  let data = state.publicUserData.get(user.id);
  if (data === undefined) {
    data = publicPart(user);
    state.publicUserData.set(user.id, data);
  }
  return data;
};

/** Makes `change` to the user, and tells of it. */
export const updateUser = (state: State, userId: string, change: (user: User) => void): User => {
  const user = state.users.need(userId);
  change(user);
  state.touch(user);
  const seen = state.publicUserData.get(userId);
  if (seen !== undefined) Object.assign(seen, publicPart(user));
  state.emit("user.updated", user, user.updated_at);
  return user;
};

export const deleteUser = (state: State, userId: string): void => {
  const user = state.users.need(userId);
  state.memberships.deleteOf(userId);
  state.sessions.deleteOf(userId);
  state.users.delete(userId);
  state.publicUserData.delete(userId);
  state.emit("user.deleted", { object: "user", id: userId, deleted: true }, state.after(user.updated_at));
};

export const userChanges = (state: State): UserChanges => {
  const update = (userId: string, change: (user: User) => void): User => updateUser(state, userId, change);

  /** Events embed the whole user, and do not have the tasks that the API lists. */
  const emitSession = (type: string, { tasks: _tasks, ...session }: Session, user: User | null, at: number): void =>
    state.emit(`session.${type}`, { ...session, user }, at);

  return {
    signUp: ({ email, ...names } = {}) => {
      const user = state.users.add(Object.assign(newUser(state, state.now(), email), names));
      state.emit("user.created", user, user.updated_at);
      return user;
    },
    rename: (userId, names = randomNames(state.random)) => update(userId, (user) => void Object.assign(user, names)),
    addAddress: (userId, email) => {
      const address = newAddress(state, state.now(), email);
      update(userId, (user) => {
        user.email_addresses.unshift(address);
        user.primary_email_address_id ??= address.id;
      });
      return address;
    },
    changePrimaryAddress: (userId, addressId) =>
      update(userId, (user) => {
        const other = user.email_addresses.find(({ id }) =>
          addressId === undefined ? id !== user.primary_email_address_id : id === addressId,
        );
        if (other === undefined) throw new Error(`${userId} does not have that other address`);
        user.primary_email_address_id = other.id;
      }),
    signIn: (userId) => {
      const session = state.sessions.add(newSession(state, userId, state.now()));
      const user = update(userId, (signedIn) => {
        signedIn.last_sign_in_at = session.created_at;
        signedIn.last_active_at = session.created_at;
      });
      emitSession("created", session, user, user.updated_at);
      return session;
    },
    endSession: (sessionId, how = "ended") => {
      const session = state.sessions.need(sessionId);
      if (session.status !== "active") throw new Error(`${sessionId} has ended`);
      session.status = how;
      const user = state.users.get(session.user_id) ?? null;
      // Later than the session's start and the user inside: only the event's time says that this one is newer.
      const at = state.after(Math.max(session.updated_at, user?.updated_at ?? 0));
      emitSession(how, session, user, at);
      return session;
    },
    deleteUser: (userId) => deleteUser(state, userId),
  };
};
