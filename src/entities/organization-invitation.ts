import { common, entity } from "./entity.ts";

/** Once it is no longer pending, an invitation's address, url (which signs somebody up) and metadata are not kept. */
export const organizationInvitation = entity({
  table: "organization_invitations",
  events: ["organizationInvitation.created", "organizationInvitation.accepted", "organizationInvitation.revoked"],
  owners: { organization_id: "organizations" },
  row: (data, observation) => {
    const organization_id = data.text("organization_id");
    const status = data.text("status");
    const isOpen = status === undefined || status === "pending";
    const email_address = data.text("email_address");
    const url = data.text("url");
    const public_metadata = data.json("public_metadata");
    const private_metadata = data.json("private_metadata");
    return {
      ...common(data, observation, organization_id !== undefined),
      organization_id,
      inviter_id: data.text("inviter_id"),
      email_address: isOpen ? email_address : undefined,
      role: data.text("role"),
      role_name: data.text("role_name"),
      status,
      url: isOpen ? url : undefined,
      expires_at: data.time("expires_at"),
      public_metadata: isOpen ? public_metadata : undefined,
      private_metadata: isOpen ? private_metadata : undefined,
    };
  },
});
