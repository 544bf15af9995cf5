import type { Fields } from "./fields.ts";
import { type Change, common, entity, type Observation, type Rows } from "./entity.ts";

/** The organization in a membership's event: whole if it has `private_metadata` and `created_by`, else a fragment. */
export const embeddedOrganization = (data: Fields, observation: Observation): Change => ({
  table: "organizations",
  row: organizationRow(data, observation, data.has("private_metadata") && data.has("created_by")),
});

const organizationRow = (data: Fields, observation: Observation, whole = true): Rows["organizations"] => ({
  ...common(data, observation, whole),
  name: data.text("name"),
  slug: data.text("slug"),
  image_url: data.text("image_url"),
  created_by: data.text("created_by"),
  max_allowed_memberships: data.integer("max_allowed_memberships"),
  admin_delete_enabled: data.flag("admin_delete_enabled"),
  role_set_key: data.text("role_set_key"),
  last_active_at: data.time("last_active_at"),
  public_metadata: data.json("public_metadata"),
  private_metadata: data.json("private_metadata"),
});

export const organization = entity({
  table: "organizations",
  events: ["organization.created", "organization.updated", "organization.deleted"],
  row: organizationRow,
});
