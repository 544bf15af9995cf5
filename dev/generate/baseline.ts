import { readFileSync } from "node:fs";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import * as schema from "../../src/schema.ts";
import { comments } from "./schema-docs.ts";
import { tableFunctions, tableFunctionsFile, tableSignatures } from "./table-functions.ts";

/**
 * The one migration: tables, functions and comments. Until 1.0 it is written anew, since nothing was released; then it never
 * changes again, and what changes comes in a new one.
 */

/** A function that is written by hand. */
const written = (name: string): string =>
  readFileSync(new URL(`../../drizzle/functions/${name}.sql`, import.meta.url), "utf8").trim();

/** The functions of a file that has several, a statement each. */
const functionsIn = (name: string): string[] => written(name).split(/\n\n(?=-- .*\n(?:-- .*\n|--\n)*create )/);

/** Only its owner may call a function. */
const ownersAlone = (signature: string): string => `revoke all on function ${signature} from public;`;

/** So may these roles of drizzle/roles.sql, if they exist. */
const rights = (signature: string, roles: readonly string[] = ["clerk_mirror"]): string[] => [
  ownersAlone(signature),
  ...roles.map(
    (role) => `do $grant$
begin
  if exists (select from pg_roles where rolname = '${role}') then
    grant execute on function ${signature} to ${role};
  end if;
end
$grant$;`,
  ),
];

const app = ["clerk_app", "clerk_app_owner"];
const migrations = ["clerk_app_owner"];

/** Drizzle makes ids at random: these stay, so that the same schema gives the same files. */
const id = "00000000-0000-4000-8000-000000000001";
const none = "00000000-0000-0000-0000-000000000000";

type Snapshot = ReturnType<typeof generateDrizzleJson>;
const snapshotOf = (of: Record<string, unknown>): Snapshot => ({ ...generateDrizzleJson(of), id, prevId: none });

const tag = "0000_baseline";

/** The files of `drizzle/`, by path. */
export const baseline = async (): Promise<Record<string, string>> => {
  const snapshot = snapshotOf(schema);
  const tables = await generateMigration(snapshotOf({}), snapshot);
  const statements = [
    // The migrator has made it already, for its journal.
    ...tables.map((statement) => statement.trim().replace(/^CREATE SCHEMA (?!IF)/, "CREATE SCHEMA IF NOT EXISTS ")),
    ...tableFunctions,
    ...tableSignatures.map(ownersAlone),
    written("locks"),
    ownersAlone("clerk.take_locks(jsonb, text[])"),
    written("merge"),
    ...rights("clerk.merge_1(jsonb, jsonb, jsonb)"),
    written("compare"),
    ...rights("clerk.compare_1(text, jsonb, jsonb, boolean, jsonb)"),
    written("cron"),
    ownersAlone("clerk.cron_1(text, text, boolean)"),
    written("prune"),
    ...rights("clerk.prune_1(integer, integer, jsonb)"),
    written("outbox"),
    ...rights("clerk.outbox_1(jsonb, integer, jsonb)"),
    written("health"),
    ...rights("clerk.health_1(text)"),
    written("alert"),
    ...rights("clerk.alert_1(text, jsonb)"),
    ...functionsIn("expect"),
    ...rights("clerk.expect_user(text)", app),
    ...rights("clerk.expect_organization(text)", app),
    ...functionsIn("reference"),
    ...rights("clerk.reference(regclass, name, regclass, name)", migrations),
    ...rights("clerk.reference_unchecked(regclass, name, regclass, name)", migrations),
    ...written("views").split(/\n\n(?=create )/),
    ...comments,
  ];
  const journal = {
    version: "7",
    dialect: "postgresql",
    entries: [{ idx: 0, version: "7", when: 1_795_543_439_740, tag, breakpoints: true }],
  };
  return {
    "drizzle/functions/tables.sql": tableFunctionsFile,
    [`drizzle/${tag}.sql`]: `-- Generated from src/schema.ts and src/entities by npm run db:generate. Do not edit.\n${statements.join("\n--> statement-breakpoint\n")}\n`,
    "drizzle/meta/0000_snapshot.json": `${JSON.stringify(snapshot, null, 2)}\n`,
    "drizzle/meta/_journal.json": `${JSON.stringify(journal, null, 2)}\n`,
  };
};
