CREATE TABLE "orders" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "orders_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"user_id" text NOT NULL,
	"billed_name" text,
	"billed_email" text,
	"total_cents" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
-- In place of the ALTER TABLE … REFERENCES "clerk"."users" that drizzle-kit wrote, with the name that it gave the key.
SELECT clerk.reference('orders', 'user_id', constraint_name => 'orders_user_id_users_id_fk');--> statement-breakpoint
CREATE INDEX "orders_user_id_index" ON "orders" USING btree ("user_id");
