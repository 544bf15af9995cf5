import { common, entity } from "./entity.ts";

export const role = entity({
  table: "roles",
  events: ["role.created", "role.updated", "role.deleted"],
  row: (data, observation) => ({
    ...common(data, observation),
    name: data.text("name"),
    key: data.text("key"),
    description: data.text("description"),
    is_creator_eligible: data.flag("is_creator_eligible"),
    permissions: data.list("permissions"),
  }),
});
