CREATE SCHEMA "clerk";
--> statement-breakpoint
CREATE TABLE "clerk"."deliveries" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"subject_id" text,
	"instance_id" text,
	"occurred_at" timestamp (3) with time zone,
	"received_at" timestamp (3) with time zone NOT NULL,
	"attempts" integer NOT NULL,
	"outcome" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."organization_domains" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text,
	"name" text,
	"enrollment_mode" text,
	"affiliation_email_address" text,
	"affiliation_verification" jsonb,
	"ownership_verification" jsonb,
	"total_pending_invitations" integer,
	"total_pending_suggestions" integer,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."organization_invitations" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text,
	"inviter_id" text,
	"user_id" text,
	"email_address" text,
	"role" text,
	"role_name" text,
	"status" text,
	"url" text,
	"expires_at" timestamp (3) with time zone,
	"public_metadata" jsonb,
	"private_metadata" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."organization_memberships" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text,
	"user_id" text,
	"role" text,
	"role_name" text,
	"permissions" jsonb,
	"public_metadata" jsonb,
	"private_metadata" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."organizations" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text,
	"slug" text,
	"image_url" text,
	"created_by" text,
	"members_count" integer,
	"max_allowed_memberships" integer,
	"admin_delete_enabled" boolean,
	"role_set_key" text,
	"public_metadata" jsonb,
	"private_metadata" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."payment_attempts" (
	"id" text PRIMARY KEY NOT NULL,
	"payment_id" text,
	"statement_id" text,
	"user_id" text,
	"organization_id" text,
	"gateway_external_id" text,
	"status" text,
	"charge_type" text,
	"billing_date" timestamp (3) with time zone,
	"paid_at" timestamp (3) with time zone,
	"failed_at" timestamp (3) with time zone,
	"failed_reason" jsonb,
	"totals" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."permissions" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text,
	"key" text,
	"description" text,
	"type" text,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."roles" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text,
	"key" text,
	"description" text,
	"is_creator_eligible" boolean,
	"permissions" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."sessions" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text,
	"client_id" text,
	"status" text,
	"last_active_organization_id" text,
	"actor" jsonb,
	"latest_activity" jsonb,
	"last_active_at" timestamp (3) with time zone,
	"expire_at" timestamp (3) with time zone,
	"abandon_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."subscription_items" (
	"id" text PRIMARY KEY NOT NULL,
	"subscription_id" text,
	"user_id" text,
	"organization_id" text,
	"status" text,
	"interval" text,
	"period_start" timestamp (3) with time zone,
	"period_end" timestamp (3) with time zone,
	"is_free_trial" boolean,
	"plan_id" text,
	"plan" jsonb,
	"seats" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."subscriptions" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text,
	"organization_id" text,
	"payer_id" text,
	"status" text,
	"active_at" timestamp (3) with time zone,
	"past_due_at" timestamp (3) with time zone,
	"canceled_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"latest_payment_id" text,
	"payment_source_id" text,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."users" (
	"id" text PRIMARY KEY NOT NULL,
	"email" text,
	"email_verified" boolean,
	"phone" text,
	"phone_verified" boolean,
	"username" text,
	"first_name" text,
	"last_name" text,
	"name" text,
	"image_url" text,
	"external_id" text,
	"locale" text,
	"banned" boolean,
	"locked" boolean,
	"two_factor_enabled" boolean,
	"password_enabled" boolean,
	"last_sign_in_at" timestamp (3) with time zone,
	"last_active_at" timestamp (3) with time zone,
	"legal_accepted_at" timestamp (3) with time zone,
	"email_addresses" jsonb,
	"phone_numbers" jsonb,
	"web3_wallets" jsonb,
	"external_accounts" jsonb,
	"public_metadata" jsonb,
	"private_metadata" jsonb,
	"unsafe_metadata" jsonb,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "clerk"."waitlist_entries" (
	"id" text PRIMARY KEY NOT NULL,
	"email_address" text,
	"status" text,
	"is_locked" boolean,
	"invitation_id" text,
	"created_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"synced_at" timestamp (3) with time zone,
	"version" text collate "C" DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE INDEX "deliveries_received_at_index" ON "clerk"."deliveries" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "organization_domains_organization_id_index" ON "clerk"."organization_domains" USING btree ("organization_id");--> statement-breakpoint
CREATE INDEX "organization_invitations_organization_id_index" ON "clerk"."organization_invitations" USING btree ("organization_id");--> statement-breakpoint
CREATE INDEX "organization_memberships_organization_id_index" ON "clerk"."organization_memberships" USING btree ("organization_id");--> statement-breakpoint
CREATE INDEX "organization_memberships_user_id_index" ON "clerk"."organization_memberships" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "organizations_slug_index" ON "clerk"."organizations" USING btree ("slug");--> statement-breakpoint
CREATE INDEX "payment_attempts_user_id_index" ON "clerk"."payment_attempts" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "payment_attempts_organization_id_index" ON "clerk"."payment_attempts" USING btree ("organization_id");--> statement-breakpoint
CREATE INDEX "sessions_user_id_index" ON "clerk"."sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "subscription_items_subscription_id_index" ON "clerk"."subscription_items" USING btree ("subscription_id");--> statement-breakpoint
CREATE INDEX "subscription_items_user_id_index" ON "clerk"."subscription_items" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "subscription_items_organization_id_index" ON "clerk"."subscription_items" USING btree ("organization_id");--> statement-breakpoint
CREATE INDEX "subscriptions_user_id_index" ON "clerk"."subscriptions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "subscriptions_organization_id_index" ON "clerk"."subscriptions" USING btree ("organization_id");--> statement-breakpoint
CREATE INDEX "users_email_index" ON "clerk"."users" USING btree ("email");--> statement-breakpoint
CREATE INDEX "users_external_id_index" ON "clerk"."users" USING btree ("external_id");