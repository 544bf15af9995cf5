import { common, entity } from "./entity.ts";

export const organizationDomain = entity(
  "organization_domains",
  ["organizationDomain.created", "organizationDomain.updated", "organizationDomain.deleted"],
  (data, observation) => ({
    ...common(data, observation),
    organization_id: data.text("organization_id"),
    name: data.text("name"),
    enrollment_mode: data.text("enrollment_mode"),
    affiliation_email_address: data.text("affiliation_email_address"),
    // `verification` is its older name.
    affiliation_verification: data.json("affiliation_verification") ?? data.json("verification"),
    ownership_verification: data.json("ownership_verification"),
    total_pending_invitations: data.count("total_pending_invitations"),
    total_pending_suggestions: data.count("total_pending_suggestions"),
  }),
);
