import { common, entity } from "./entity.ts";

export const permission = entity({
  table: "permissions",
  events: ["permission.created", "permission.updated", "permission.deleted"],
  row: (data, observation) => ({
    ...common(data, observation),
    name: data.text("name"),
    key: data.text("key"),
    description: data.text("description"),
    type: data.text("type"),
  }),
});
