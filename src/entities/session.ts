import { common, entity } from "./entity.ts";
import { embeddedUser } from "./user.ts";

/** A session embeds its user, so every sign-in also repairs the copy of the user. */
export const session = entity({
  table: "sessions",
  events: ["session.created", "session.pending", "session.ended", "session.removed", "session.revoked"],
  owners: { user_id: "users" },
  row: (data, observation) => {
    const user_id = data.text("user_id");
    return {
      ...common(data, observation, user_id !== undefined),
      user_id,
      client_id: data.text("client_id"),
      status: data.text("status"),
      last_active_organization_id: data.text("last_active_organization_id"),
      actor: data.json("actor"),
      latest_activity: data.json("latest_activity"),
      last_active_at: data.time("last_active_at"),
      expire_at: data.time("expire_at"),
      abandon_at: data.time("abandon_at"),
    };
  },
  embedded: (data, observation) => {
    const user = data.inside("user", (embedded) => embeddedUser(embedded, observation));
    return user === undefined ? [] : [user];
  },
});
