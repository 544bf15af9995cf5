import { common, entity } from "./entity.ts";

export const organizationDomain = entity({
  table: "organization_domains",
  events: ["organizationDomain.created", "organizationDomain.updated", "organizationDomain.deleted"],
  owners: { organization_id: "organizations" },
  row: (data, observation) => {
    const organization_id = data.text("organization_id");
    return {
      ...common(data, observation, organization_id !== undefined),
      organization_id,
      name: data.text("name"),
      enrollment_mode: data.text("enrollment_mode"),
      affiliation_email_address: data.text("affiliation_email_address"),
      // `verification` is its older name.
      affiliation_verification: data.json("affiliation_verification") ?? data.json("verification"),
      ownership_verification: data.json("ownership_verification"),
      total_pending_invitations: data.integer("total_pending_invitations"),
      total_pending_suggestions: data.integer("total_pending_suggestions"),
    };
  },
});
