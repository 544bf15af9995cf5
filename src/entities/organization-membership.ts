import { common, entity } from "./entity.ts";
import { embeddedOrganization } from "./organization.ts";

/** A membership names its organization and its user only in the objects inside it. */
export const organizationMembership = entity({
  table: "organization_memberships",
  events: ["organizationMembership.created", "organizationMembership.updated", "organizationMembership.deleted"],
  owners: { organization_id: "organizations", user_id: "users" },
  row: (data, observation) => {
    const organization_id = data.inside("organization", (inside) => inside.text("id"));
    const user_id = data.inside("public_user_data", (inside) => inside.text("user_id"));
    return {
      ...common(data, observation, organization_id !== undefined && user_id !== undefined),
      organization_id,
      user_id,
      role: data.text("role"),
      role_name: data.text("role_name"),
      permissions: data.texts("permissions"),
      public_metadata: data.json("public_metadata"),
      private_metadata: data.json("private_metadata"),
    };
  },
  embedded: (data, observation) => {
    const organization = data.inside("organization", (embedded) => embeddedOrganization(embedded, observation));
    return organization === undefined ? [] : [organization];
  },
});
