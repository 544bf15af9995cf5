import type { TableName } from "../../src/entities/entity.ts";

/** What the database's comments and docs/schema.md say about a table, in addition to the schema itself. */
export type Notes = {
  comment: string;
  /** Clerk's field, if it is not the one in the event's `data` with the column's name. */
  fields?: Record<string, string>;
  /** What a reader of the column must know. */
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
      email: "The primary email address, or null. Not unique: an address may change hands.",
      email_verified: "Whether the primary email address is verified.",
      phone: "The primary phone number, or null.",
      phone_verified: "Whether the primary phone number is verified.",
      name: "First and last name, or the one that is set, without extra spaces. Null if neither is set.",
      private_metadata: "Only for your backend: never show it to the user.",
      unsafe_metadata: "Written by the user's browser: do not trust it.",
    },
  },
  organizations: {
    comment: "Clerk's organizations. Rows are never removed: reference clerk.organizations (id) from your own tables.",
    notes: {
      created_by: "The user who created it.",
      members_count:
        "As of the organization's newest event. For an exact number, count rows of clerk.organization_memberships.",
      private_metadata: "Only for your backend.",
    },
  },
  sessions: {
    comment: "Sign-ins. Deleted with their user.",
    notes: {
      actor: "Who impersonates the user, or null.",
      latest_activity: "Device, browser, city and IP address. Personal data: use MIRROR_OMIT to keep it out.",
      status: "active, pending, ended, removed, revoked, expired, abandoned or replaced.",
    },
  },
  organization_memberships: {
    comment: "Who is in which organization. Deleted with the user or the organization. Joining again gives a new id.",
    fields: { organization_id: "organization.id", user_id: "public_user_data.user_id" },
  },
  organization_invitations: {
    comment: "Invitations to an organization. Deleted with it.",
    notes: {
      user_id: "The user who accepted it.",
      email_address: "Null once it is no longer pending.",
      url: "Null once it is no longer pending. Anybody who has it can sign up.",
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
    comment: "People who wait for an invitation to the application.",
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
    comment: "Billing: payment attempts. Cards, names and addresses are not stored.",
    fields: payer,
    notes: payerNotes,
  },
};

/** What every mirrored table has. */
export const commonNotes = {
  id: "Clerk's id.",
  deleted_at: "When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.",
  synced_at: "When the copy last wrote the row; null if an app inserted the id before Clerk's event arrived.",
  version: "Orders the observations of one object. For internal use.",
};

/** The Worker's own tables. */
export const ownNotes: Record<"deliveries" | "reconciliations" | "absences", Notes> = {
  deliveries: {
    comment: "The ledger: one row per committed delivery, without its payload. Pruned by received_at.",
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
        "At its first commit: applied (its subject's row changed), stale (nothing new) or ignored (not mirrored).",
    },
  },
  reconciliations: {
    comment: "What a backfill or reconcile found and did: one row per run and table.",
    notes: {
      checked: "Objects in Clerk's list.",
      missing: "Those that the copy did not have.",
      stale: "Those that differed in the copy.",
      extra: "Objects that the copy had and Clerk does not: each was asked for, and Clerk answered with 404.",
      repaired: "Rows that were merged, or deleted after a second 404.",
      held: "Rows that were left unchanged: after a first 404, or because too many would have been deleted.",
      erased_here: "Objects in Clerk's list that are deleted in the copy.",
      note: "Why rows were left unchanged, or why the list was not read.",
    },
  },
  absences: {
    comment: "Objects that Clerk answered with 404 in the latest run. A second 404 in a row deletes them.",
    notes: { since: "When the run that first missed the object began." },
  },
};
