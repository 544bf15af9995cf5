import type { TableName } from "../../src/entities/entity.ts";

/** What the database's comments and docs/schema.md say about a table, in addition to the schema itself. */
export type Notes = {
  comment: string;
  /** Clerk's fields that have no column, and why. */
  left?: Record<string, string>;
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
    comment:
      "Clerk's users. Rows are never removed, so on delete cascade never fires: reference clerk.users (id) from your own tables.",
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
      deprovisioned: "Whether a company's directory has taken the user out.",
    },
    left: {
      "primary_email_address_id, primary_phone_number_id": "`email` and `phone` are what they name",
      has_image: "`image_url` is never empty; whether it is the user's own says little",
      profile_image_url: "the older name of `image_url`",
      saml_accounts: "the older form of `enterprise_accounts`",
      organization_memberships: "a table of its own; most sources leave it out",
      "lockout_expires_in_seconds, verification_attempts_remaining":
        "they count down, without an event and without a new `updated_at`",
      bypass_client_trust: "a switch of Clerk's own sign-in; most sources leave it out",
      scim: "only events have it, so a reconciliation could not tell whether it is right",
    },
  },
  organizations: {
    comment:
      "Clerk's organizations. Rows are never removed, so on delete cascade never fires: reference clerk.organizations (id) from your own tables.",
    notes: {
      created_by: "The user who created it.",
      private_metadata: "Only for your backend.",
    },
    left: {
      members_count:
        "it changes without an event of the organization: count the rows of `clerk.organization_memberships`",
      pending_invitations_count: "the same, of `clerk.organization_invitations`",
      missing_member_with_elevated_permissions: "computed by Clerk on request, and in no event",
      has_image: "`image_url` is never empty",
    },
  },
  sessions: {
    comment: "Sign-ins. Deleted with their user.",
    notes: {
      actor: "Who impersonates the user, or null.",
      latest_activity: "Device, browser, city and IP address. Personal data: use MIRROR_OMIT to keep it out.",
      status: "active, pending, ended, removed, revoked, expired, abandoned or replaced.",
    },
    left: {
      user: "it is mirrored in `clerk.users`",
      tasks: "only Clerk's lists have it, not its events",
    },
  },
  organization_memberships: {
    comment: "Who is in which organization. Deleted with the user or the organization. Joining again gives a new id.",
    fields: { organization_id: "organization.id", user_id: "public_user_data.user_id" },
    left: {
      organization: "it is mirrored in `clerk.organizations`",
      public_user_data: "a part of the user, which is in `clerk.users`",
    },
  },
  organization_invitations: {
    comment: "Invitations to an organization. Deleted with it.",
    notes: {
      email_address: "Null once it is no longer pending.",
      url: "Null once it is no longer pending. Anybody who has it can sign up.",
      public_metadata: "Null once it is no longer pending.",
      private_metadata: "Null once it is no longer pending.",
    },
    left: { user_id: "who accepted it: only one event has it. The membership that comes with it names the user" },
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
    comment: "Billing: what a user or an organization has subscribed to. Stays when the payer is deleted.",
    fields: payer,
    notes: payerNotes,
    left: {
      "canceled_at, ended_at, latest_payment_id, payment_source_id":
        "only events have them; `clerk.subscription_items` and `clerk.payment_attempts` say what became of it",
      "eligible_for_free_trial, next_payment": "only Clerk's lists have them",
    },
  },
  subscription_items: {
    comment: "Billing: the plans of a subscription, with their periods. Stays when the payer is deleted.",
    fields: {
      ...payer,
      interval: "interval, or plan_period",
      plan_name: "plan.name",
      plan_slug: "plan.slug",
      seats: "seats.quantity",
    },
    notes: {
      ...payerNotes,
      interval: "month or annual.",
      seats: "Null if unlimited, or if the plan does not count seats.",
    },
    left: {
      subscription_id: "only events have it. A payer has one subscription: join by `user_id` or `organization_id`",
      plan: "events and lists describe it differently, but for its id, name and slug",
      "canceled_at, ended_at, past_due_at, credits, lifetime_paid, next_payment, payment_method":
        "only Clerk's lists have them",
    },
  },
  payment_attempts: {
    comment: "Billing: payment attempts. Cards, names and addresses are not stored. Stays when the payer is deleted.",
    fields: { ...payer, amount: "totals.grand_total.amount", currency: "totals.grand_total.currency" },
    notes: { ...payerNotes, amount: "The grand total, in the currency's smallest unit." },
    left: {
      "billing_date, failed_reason, invoice_id": "only events have them",
      totals: "events and lists break it down differently, but for the grand total",
      "payee, payment_source, payment_method": "of cards, and of your own account",
    },
  },
};

/** What every mirrored table has. */
export const commonNotes = {
  id: "Clerk's id.",
  deleted_at:
    "When the copy learned that the object is deleted. Then only its id is left, and its owners' if it went with one.",
  synced_at: "When the copy last wrote the row; null if an app expected the id before Clerk's event arrived.",
  version: "Orders the observations of one object. For internal use.",
};

/** The Worker's own tables. */
export const ownNotes: Record<
  | "deliveries"
  | "reconciliations"
  | "absences"
  | "leases"
  | "seen"
  | "outbox"
  | "apps"
  | "refusals"
  | "alerts"
  | "crons",
  Notes
> = {
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
      extra: "Objects that the copy had and Clerk does not: it was asked for each.",
      repaired: "Rows that were merged, or deleted since two runs missed the object.",
      restored:
        "Of these, rows that had been deleted, by a run or with an owner, and are back since Clerk has the object.",
      held: "Rows that were left unchanged: missed for the first time, or too many to be deleted.",
      erased_here: "Objects in Clerk's list that stay deleted in the copy: Clerk told so before, or they were erased.",
      note: "Why rows were left unchanged, or why the list was not read.",
    },
  },
  absences: {
    comment:
      "Objects that Clerk did not have in the latest run. A run that misses them again, 20 hours later, deletes them.",
    notes: {
      since: "When the run that first missed the object began.",
      first_asked_at: "When Clerk was first asked for it, by Clerk's clock.",
      asked_at: "When Clerk was last asked for it, by Clerk's clock.",
      deleted_at: "When a run deleted it. The line stays for seven days, since only so many may be deleted in them.",
    },
  },
  leases: {
    comment: "Which run may look for what Clerk no longer has: one at a time.",
    notes: {
      name: "What it is for.",
      since: "When the run took it.",
      expires_at: "A run that makes headway puts it off.",
    },
  },
  seen: {
    comment:
      "Objects of one moment, such as an import's, that a run has seen in Clerk's list. Gone when it is done with the table, or after seven days.",
    notes: {},
  },
  outbox: {
    comment:
      "Changes that the app has not taken yet: one row per object, written in the transaction that changed it. Empty if no app is bound.",
    notes: {
      kind: "`created`, `updated` or `deleted`: all changes that wait, as one.",
      is_known: "Whether the app knows the object as a living one.",
      source: "Where the last change was learnt: `event`, `backfill`, `reconcile`, `ensure` or `erase`.",
      first_at: "When the first change that waits was merged.",
      last_at: "When the last one was.",
      generation: "Grows with every change of every object.",
      attempts: "How often it was handed to the app.",
      due_at: "When it is handed over next. While it is, when that is given up.",
      failure: "Why the app has not taken it.",
    },
  },
  apps: {
    comment: "Which app the Worker tells of changes, by its settings: commands read it.",
    notes: {
      tables: "What it is told of.",
      is_backfill_told: "Whether it is told of what a backfill copies.",
    },
  },
  refusals: {
    comment:
      "Deliveries with a valid signature that were refused. Those that were committed since are in deliveries. Pruned by last_at.",
    fields: { id: "header svix-id", type: "type" },
    notes: {
      error: "The error of the answer: refused, unprocessable, malformed or misconfigured.",
      details: "What is known of it: the SQLSTATE, the field or the setting.",
      attempts: "How often it was refused.",
    },
  },
  alerts: {
    comment: "What was said at MIRROR_ALERT_URL of the copy's health.",
    notes: {
      codes: "The reasons that were said, and when each was last there: none if the copy is healthy.",
      told_at: "When the last message was taken.",
      claimed_until: "While one is being sent.",
    },
  },
  crons: {
    comment: "When the Worker's crons came: the health tells when one does not any more.",
    notes: {
      name: "`daily`, or `outbox`, which tells the app what is due. Without an app that one leaves no row.",
      patience: "How long it may stay away, by its pattern in wrangler.toml.",
      last_at: "When it last came.",
      key_since:
        "Since when the Worker can reconcile: it has CLERK_SECRET_KEY and the workflow. Null if it cannot, and of the outbox.",
    },
  },
};
