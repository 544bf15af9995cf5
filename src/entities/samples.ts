import type { TableName } from "./entity.ts";

/**
 * Clerk's published examples, which its dashboard sends as samples, validly signed.
 *
 * Source: Clerk's OpenAPI for webhooks. An id is told by its exact text: it has the form of a real one.
 */

const number = "2g7np7Hrk0SN6kj5EDMLDaKNL0S";

/** The instances that samples are of. */
export const sampleInstances: ReadonlySet<string | undefined> = new Set([`ins_${number}`, "ins_123"]);

/** The objects that samples are about. */
export const samples: readonly { table: TableName; id: string }[] = [
  { table: "users", id: `user_${number}` },
  { table: "organizations", id: `org_${number}` },
  { table: "sessions", id: `sess_${number}` },
  { table: "organization_memberships", id: `orgmem_${number}` },
  { table: "organization_invitations", id: `orginv_${number}` },
  { table: "organization_domains", id: `orgdmn_${number}` },
  { table: "organization_domains", id: `orgdm_${number}` },
  { table: "roles", id: `role_${number}` },
  { table: "permissions", id: `perm_${number}` },
  { table: "waitlist_entries", id: `wle_${number}` },
  { table: "subscriptions", id: `csub_${number}` },
  { table: "subscription_items", id: `csub_item_${number}` },
  { table: "payment_attempts", id: `pa_${number}` },
];
