CREATE TABLE "clerk"."absences" (
	"table_name" text NOT NULL,
	"id" text NOT NULL,
	"run_id" text NOT NULL,
	"since" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "absences_table_name_id_pk" PRIMARY KEY("table_name","id")
);
--> statement-breakpoint
CREATE TABLE "clerk"."reconciliations" (
	"run_id" text NOT NULL,
	"table_name" text NOT NULL,
	"kind" text NOT NULL,
	"instance_id" text,
	"started_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone NOT NULL,
	"checked" integer NOT NULL,
	"missing" integer NOT NULL,
	"stale" integer NOT NULL,
	"extra" integer NOT NULL,
	"repaired" integer NOT NULL,
	"held" integer NOT NULL,
	"erased_here" integer NOT NULL,
	"note" text,
	CONSTRAINT "reconciliations_run_id_table_name_pk" PRIMARY KEY("run_id","table_name")
);
--> statement-breakpoint
CREATE INDEX "reconciliations_finished_at_index" ON "clerk"."reconciliations" USING btree ("finished_at");--> statement-breakpoint
CREATE INDEX "organization_memberships_created_at_index" ON "clerk"."organization_memberships" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "organizations_created_at_index" ON "clerk"."organizations" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "users_created_at_index" ON "clerk"."users" USING btree ("created_at");