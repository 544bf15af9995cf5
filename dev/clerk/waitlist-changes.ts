import type { WaitlistEntry } from "./objects.ts";
import type { State } from "./state.ts";

/** Changes of the waitlist. */
export type WaitlistChanges = {
  joinWaitlist(email?: string): WaitlistEntry;
  /** Invites the entry to sign up. */
  approveWaitlist(entryId: string): WaitlistEntry;
  rejectWaitlist(entryId: string): WaitlistEntry;
};

export const newWaitlistEntry = (
  state: State,
  at: number,
  email_address = `waiting.${state.count()}@example.com`,
): WaitlistEntry => ({
  object: "waitlist_entry",
  id: state.newId("wle"),
  email_address,
  status: "pending",
  is_locked: false,
  invitation: null,
  created_at: at,
  updated_at: at,
});

export const waitlistChanges = (state: State): WaitlistChanges => {
  const update = (entryId: string, change: (entry: WaitlistEntry) => void): WaitlistEntry => {
    const entry = state.waitlistEntries.need(entryId);
    if (entry.status !== "pending") throw new Error(`${entryId} is ${entry.status}`);
    state.touch(entry);
    change(entry);
    state.emit("waitlistEntry.updated", entry, entry.updated_at);
    return entry;
  };
  return {
    joinWaitlist: (email) => {
      const entry = state.waitlistEntries.add(newWaitlistEntry(state, state.now(), email));
      state.emit("waitlistEntry.created", entry, entry.updated_at);
      return entry;
    },
    approveWaitlist: (entryId) =>
      update(entryId, (entry) => {
        const id = state.newId("inv");
        entry.status = "invited";
        entry.invitation = {
          object: "invitation",
          id,
          email_address: entry.email_address,
          public_metadata: {},
          revoked: false,
          status: "pending",
          url: `https://accounts.example.com/v1/tickets/accept?ticket=${id}`,
          expires_at: null,
          created_at: entry.updated_at,
          updated_at: entry.updated_at,
        };
      }),
    rejectWaitlist: (entryId) =>
      update(entryId, (entry) => {
        entry.status = "rejected";
      }),
  };
};
