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
