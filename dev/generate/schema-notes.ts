import type { TableName } from "../../src/entities/entity.ts";

/** What the database and docs/schema.md say of a table, beside what the schema itself says. */
export type Notes = {
  comment: string;
  /** Clerk's field, where it is not the column's own name in the event's `data`. */
  fields?: Record<string, string>;
  /** What a reader of the column has to know. */
  notes?: Record<string, string>;
};

const payer = { user_id: "payer.user_id", organization_id: "payer.organization_id" };
const payerNotes = {
  user_id: "The user who pays, or null.",
  organization_id: "The organization that pays, or null.",
};

export const notes: Record<TableName, Notes> = {
  users: {
    comment: "Clerk's users. Rows are never removed: reference clerk.users (id) from your own tables.",
    fields: {
      email: "email_addresses[] by primary_email_address_id: email_address",
      email_verified: "the same: verification.status",
      phone: "phone_numbers[] by primary_phone_number_id: phone_number",
      phone_verified: "the same: verification.status",
      name: "first_name, last_name",
    },
    notes: {
      email: "The primary email address; null where there is none. Not unique: an address may change hands.",
      email_verified: "Whether the primary email address is verified.",
      phone: "The primary phone number; null where there is none.",
      phone_verified: "Whether the primary phone number is verified.",
      name: "First and last name, as many as there are, without stray spaces.",
      private_metadata: "Only for your backend: never show it to the user.",
      unsafe_metadata: "Written by the user's browser: do not trust it.",
    },
  },
  organizations: {
    comment: "Clerk's organizations. Rows are never removed: reference clerk.organizations (id) from your own tables.",
    notes: {
      created_by: "The user who made it.",
      members_count: "As of the newest event of the organization: counting clerk.organization_memberships is exact.",
      private_metadata: "Only for your backend.",
    },
  },
  sessions: {
    comment: "Sign-ins. Deleted with their user.",
    notes: {
      actor: "Who impersonates the user, where somebody does.",
      latest_activity: "Device, browser, city and IP address. Personal: MIRROR_OMIT keeps it out.",
      status: "active, pending, ended, removed, revoked, expired, abandoned or replaced.",
    },
  },
  organization_memberships: {
    comment: "Who is in which organization. Deleted with either; who joins again gets a new id.",
    fields: { organization_id: "organization.id", user_id: "public_user_data.user_id" },
  },
  organization_invitations: {
    comment: "Invitations into an organization. Deleted with it.",
    notes: {
      user_id: "Who accepted it.",
      email_address: "Null once it is no longer pending.",
      url: "Null once it is no longer pending. Whoever has it can sign up.",
      public_metadata: "Null once it is no longer pending.",
      private_metadata: "Null once it is no longer pending.",
    },
  },
  organization_domains: {
    comment: "Domains of an organization. Deleted with it.",
    fields: { affiliation_verification: "affiliation_verification, or verification" },
  },
  roles: { comment: "Roles that a member of an organization can have." },
  permissions: { comment: "Permissions that a role can hold." },
  waitlist_entries: {
    comment: "Who waits for an invitation to the application.",
    fields: { invitation_id: "invitation.id" },
  },
  subscriptions: {
    comment: "Billing: what a user or an organization has subscribed to.",
    fields: payer,
    notes: payerNotes,
  },
  subscription_items: {
    comment: "Billing: the plans of a subscription, with their periods.",
    fields: { ...payer, interval: "interval, or plan_period" },
    notes: { ...payerNotes, interval: "month or annual." },
  },
  payment_attempts: {
    comment: "Billing: attempts to be paid. Cards, names and addresses are not stored.",
    fields: payer,
    notes: payerNotes,
  },
};

/** What every mirrored table has. */
export const commonNotes = {
  id: "Clerk's id.",
  deleted_at: "When the copy learned that Clerk deleted it. Only id, deleted_at and synced_at are left then.",
  synced_at: "When the copy last wrote the row; null where an app inserted the id before Clerk's event arrived.",
  version: "Orders the observations of one object. Not for reading.",
};

/** The Worker's own tables. */
export const ownNotes: Record<"deliveries" | "reconciliations" | "absences", Notes> = {
  deliveries: {
    comment: "The ledger: every delivery of Clerk's that was committed, without its payload. Pruned by received_at.",
    fields: {
      id: "header svix-id",
      type: "type",
      subject_id: "data.id",
      instance_id: "instance_id",
      occurred_at: "timestamp",
    },
    notes: {
      id: "The same for every attempt and replay of one delivery.",
      received_at: "When it was first committed.",
      attempts: "How often it was committed.",
      outcome:
        "Of its first commit: applied (its subject's row changed), stale (nothing new) or ignored (not mirrored).",
    },
  },
  reconciliations: {
    comment: "What became of a run of backfill or reconcile over one of Clerk's lists: a row a table and run.",
    notes: {
      checked: "Objects that Clerk's list had.",
      missing: "Of these, which the copy did not have.",
      stale: "Of these, which the copy had otherwise.",
      extra: "Objects that the copy had and Clerk has not: asked for one by one, and answered with 404.",
      repaired: "Rows that were merged, and those deleted after the second 404.",
      held: "Rows that were left as they are: after a first 404, or where too many would have been deleted.",
      erased_here: "Objects that Clerk's list had and that are deleted in the copy.",
      note: "Why rows were left, or why the list was not read.",
    },
  },
  absences: {
    comment: "Objects that Clerk answered with 404 in the latest run. The second one in a row deletes them.",
    notes: { since: "When the run began that missed the object first." },
  },
};
