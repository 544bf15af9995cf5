import { common, entity } from "./entity.ts";
import { embeddedOrganization } from "./organization.ts";

/** Memberships name their organization and their user only inside. */
export const organizationMembership = entity(
  "organization_memberships",
  ["organizationMembership.created", "organizationMembership.updated", "organizationMembership.deleted"],
  (data, observation) => ({
    ...common(data, observation),
    organization_id: data.inside("organization", (inside) => inside.text("id")),
    user_id: data.inside("public_user_data", (inside) => inside.text("user_id")),
    role: data.text("role"),
    role_name: data.text("role_name"),
    permissions: data.texts("permissions"),
    public_metadata: data.json("public_metadata"),
    private_metadata: data.json("private_metadata"),
  }),
  (data, observation) => {
    const organization = data.inside("organization", (embedded) => embeddedOrganization(embedded, observation));
    return organization === null ? [] : [organization];
  },
);
