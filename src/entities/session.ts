import type { Entity } from "./entity.ts";
import { embeddedUser } from "./user.ts";

/** Sessions embed their user, so that every sign-in heals the copy of it. */
export const session: Entity = {
  types: ["session.created", "session.ended", "session.pending", "session.removed", "session.revoked"],
  changes: (data, observation) => {
    const change = data.inside("user", (embedded) => embeddedUser(embedded, observation));
    return change === null ? [] : [change];
  },
};
