-- Made by dev/generate/schema-docs.ts from src/schema.ts. Do not edit.
comment on schema clerk is 'A copy of a Clerk instance. Only the function clerk.merge_1 writes its rows.';
--> statement-breakpoint
comment on table clerk.users is 'Clerk''s users. Rows are never removed: reference clerk.users (id) from your own tables.';
--> statement-breakpoint
comment on column clerk.users.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.users.email is 'The primary email address, or null. Not unique: an address may change hands.';
--> statement-breakpoint
comment on column clerk.users.email_verified is 'Whether the primary email address is verified.';
--> statement-breakpoint
comment on column clerk.users.phone is 'The primary phone number, or null.';
--> statement-breakpoint
comment on column clerk.users.phone_verified is 'Whether the primary phone number is verified.';
--> statement-breakpoint
comment on column clerk.users.name is 'First and last name, or the one that is set, without extra spaces. Null if neither is set.';
--> statement-breakpoint
comment on column clerk.users.private_metadata is 'Only for your backend: never show it to the user.';
--> statement-breakpoint
comment on column clerk.users.unsafe_metadata is 'Written by the user''s browser: do not trust it.';
--> statement-breakpoint
comment on column clerk.users.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.users.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.users.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.organizations is 'Clerk''s organizations. Rows are never removed: reference clerk.organizations (id) from your own tables.';
--> statement-breakpoint
comment on column clerk.organizations.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.organizations.created_by is 'The user who created it.';
--> statement-breakpoint
comment on column clerk.organizations.members_count is 'As of the organization''s newest event. For an exact number, count rows of clerk.organization_memberships.';
--> statement-breakpoint
comment on column clerk.organizations.private_metadata is 'Only for your backend.';
--> statement-breakpoint
comment on column clerk.organizations.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.organizations.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.organizations.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.sessions is 'Sign-ins. Deleted with their user.';
--> statement-breakpoint
comment on column clerk.sessions.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.sessions.status is 'active, pending, ended, removed, revoked, expired, abandoned or replaced.';
--> statement-breakpoint
comment on column clerk.sessions.actor is 'Who impersonates the user, or null.';
--> statement-breakpoint
comment on column clerk.sessions.latest_activity is 'Device, browser, city and IP address. Personal data: use MIRROR_OMIT to keep it out.';
--> statement-breakpoint
comment on column clerk.sessions.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.sessions.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.sessions.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.organization_memberships is 'Who is in which organization. Deleted with the user or the organization. Joining again gives a new id.';
--> statement-breakpoint
comment on column clerk.organization_memberships.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.organization_memberships.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.organization_memberships.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.organization_memberships.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.organization_invitations is 'Invitations to an organization. Deleted with it.';
--> statement-breakpoint
comment on column clerk.organization_invitations.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.organization_invitations.user_id is 'The user who accepted it.';
--> statement-breakpoint
comment on column clerk.organization_invitations.email_address is 'Null once it is no longer pending.';
--> statement-breakpoint
comment on column clerk.organization_invitations.url is 'Null once it is no longer pending. Anybody who has it can sign up.';
--> statement-breakpoint
comment on column clerk.organization_invitations.public_metadata is 'Null once it is no longer pending.';
--> statement-breakpoint
comment on column clerk.organization_invitations.private_metadata is 'Null once it is no longer pending.';
--> statement-breakpoint
comment on column clerk.organization_invitations.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.organization_invitations.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.organization_invitations.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.organization_domains is 'Domains of an organization. Deleted with it.';
--> statement-breakpoint
comment on column clerk.organization_domains.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.organization_domains.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.organization_domains.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.organization_domains.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.roles is 'Roles that a member of an organization can have.';
--> statement-breakpoint
comment on column clerk.roles.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.roles.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.roles.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.roles.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.permissions is 'Permissions that a role can hold.';
--> statement-breakpoint
comment on column clerk.permissions.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.permissions.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.permissions.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.permissions.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.waitlist_entries is 'People who wait for an invitation to the application.';
--> statement-breakpoint
comment on column clerk.waitlist_entries.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.waitlist_entries.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.waitlist_entries.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.waitlist_entries.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.subscriptions is 'Billing: what a user or an organization has subscribed to.';
--> statement-breakpoint
comment on column clerk.subscriptions.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.subscriptions.user_id is 'The user who pays, or null.';
--> statement-breakpoint
comment on column clerk.subscriptions.organization_id is 'The organization that pays, or null.';
--> statement-breakpoint
comment on column clerk.subscriptions.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.subscriptions.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.subscriptions.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.subscription_items is 'Billing: the plans of a subscription, with their periods.';
--> statement-breakpoint
comment on column clerk.subscription_items.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.subscription_items.user_id is 'The user who pays, or null.';
--> statement-breakpoint
comment on column clerk.subscription_items.organization_id is 'The organization that pays, or null.';
--> statement-breakpoint
comment on column clerk.subscription_items.interval is 'month or annual.';
--> statement-breakpoint
comment on column clerk.subscription_items.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.subscription_items.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.subscription_items.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.payment_attempts is 'Billing: payment attempts. Cards, names and addresses are not stored.';
--> statement-breakpoint
comment on column clerk.payment_attempts.id is 'Clerk''s id.';
--> statement-breakpoint
comment on column clerk.payment_attempts.user_id is 'The user who pays, or null.';
--> statement-breakpoint
comment on column clerk.payment_attempts.organization_id is 'The organization that pays, or null.';
--> statement-breakpoint
comment on column clerk.payment_attempts.deleted_at is 'When the copy learned that Clerk deleted the object. Then only id, deleted_at and synced_at are left.';
--> statement-breakpoint
comment on column clerk.payment_attempts.synced_at is 'When the copy last wrote the row; null if an app inserted the id before Clerk''s event arrived.';
--> statement-breakpoint
comment on column clerk.payment_attempts.version is 'Orders the observations of one object. For internal use.';
--> statement-breakpoint
comment on table clerk.deliveries is 'The ledger: one row per committed delivery, without its payload. Pruned by received_at.';
--> statement-breakpoint
comment on column clerk.deliveries.id is 'The same for every attempt and replay of one delivery.';
--> statement-breakpoint
comment on column clerk.deliveries.received_at is 'When it was first committed.';
--> statement-breakpoint
comment on column clerk.deliveries.attempts is 'How often it was committed.';
--> statement-breakpoint
comment on column clerk.deliveries.outcome is 'At its first commit: applied (its subject''s row changed), stale (nothing new) or ignored (not mirrored).';
--> statement-breakpoint
comment on table clerk.reconciliations is 'What a backfill or reconcile found and did: one row per run and table.';
--> statement-breakpoint
comment on column clerk.reconciliations.checked is 'Objects in Clerk''s list.';
--> statement-breakpoint
comment on column clerk.reconciliations.missing is 'Those that the copy did not have.';
--> statement-breakpoint
comment on column clerk.reconciliations.stale is 'Those that differed in the copy.';
--> statement-breakpoint
comment on column clerk.reconciliations.extra is 'Objects that the copy had and Clerk does not: each was asked for, and Clerk answered with 404.';
--> statement-breakpoint
comment on column clerk.reconciliations.repaired is 'Rows that were merged, or deleted after a second 404.';
--> statement-breakpoint
comment on column clerk.reconciliations.held is 'Rows that were left unchanged: after a first 404, or because too many would have been deleted.';
--> statement-breakpoint
comment on column clerk.reconciliations.erased_here is 'Objects in Clerk''s list that are deleted in the copy.';
--> statement-breakpoint
comment on column clerk.reconciliations.note is 'Why rows were left unchanged, or why the list was not read.';
--> statement-breakpoint
comment on table clerk.absences is 'Objects that Clerk answered with 404 in the latest run. A second 404 in a row deletes them.';
--> statement-breakpoint
comment on column clerk.absences.since is 'When the run that first missed the object began.';
