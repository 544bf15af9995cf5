import { common, entity } from "./entity.ts";

/** Only the id of the invitation inside is kept: its url signs somebody up. */
export const waitlistEntry = entity({
  table: "waitlist_entries",
  events: ["waitlistEntry.created", "waitlistEntry.updated"],
  row: (data, observation) => ({
    ...common(data, observation),
    email_address: data.text("email_address"),
    status: data.text("status"),
    is_locked: data.flag("is_locked"),
    invitation_id: data.inside("invitation", (invitation) => invitation.text("id")),
  }),
});
