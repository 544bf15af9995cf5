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
export const samples: readonly { table: TableName; id: string }[] = (
  [
    ["users", "user"],
    ["organizations", "org"],
    ["sessions", "sess"],
    ["organization_memberships", "orgmem"],
    ["organization_invitations", "orginv"],
    ["organization_domains", "orgdmn"],
    ["organization_domains", "orgdm"],
    ["roles", "role"],
    ["permissions", "perm"],
    ["waitlist_entries", "wle"],
    ["subscriptions", "csub"],
    ["subscription_items", "csub_item"],
    ["payment_attempts", "pa"],
  ] as const
).map(([table, prefix]) => ({ table, id: `${prefix}_${number}` }));
