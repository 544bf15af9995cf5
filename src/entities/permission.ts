import { common, entity } from "./entity.ts";

export const permission = entity(
  "permissions",
  ["permission.created", "permission.updated", "permission.deleted"],
  (data, observation) => ({
    ...common(data, observation),
    name: data.text("name"),
    key: data.text("key"),
    description: data.text("description"),
    type: data.text("type"),
  }),
);
