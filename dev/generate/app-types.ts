/**
 * Writes what an app declares of the schema, for each way to query it: docs/apps/drizzle.ts, schema.prisma, kysely.d.ts and
 * mirror.d.ts. They are copied into repositories of others, so they import nothing of this one.
 */
import { readFileSync } from "node:fs";
import { getTableName, is } from "drizzle-orm";
import { type PgColumn, PgTable } from "drizzle-orm/pg-core";
import * as schema from "../../src/schema.ts";
import { all, isTime, type Table as Mirrored } from "./mirrored-tables.ts";

/** What a column holds, whatever an ORM calls it. The version is for internal use, and may change its form. */
type Kind = "text" | "boolean" | "bigint" | "time" | "object" | "objects" | "texts";
type Column = { name: string; kind: Kind; isPrimary: boolean; isRequired: boolean };
type Table = { name: string; columns: Column[]; owners: Mirrored["owners"] };

/** The lists among the columns of JSON; the others are objects. */
const lists: Record<string, Kind> = {
  email_addresses: "objects",
  phone_numbers: "objects",
  web3_wallets: "objects",
  passkeys: "objects",
  external_accounts: "objects",
  enterprise_accounts: "objects",
  "roles.permissions": "objects",
  "organization_memberships.permissions": "texts",
};

const kindOf = (table: string, column: PgColumn): Kind => {
  if (isTime(column)) return "time";
  const type = column.getSQLType();
  switch (type) {
    case "text":
      return "text";
    case "boolean":
      return "boolean";
    case "bigint":
      return "bigint";
    case "jsonb":
      return lists[`${table}.${column.name}`] ?? lists[column.name] ?? "object";
    default:
      throw new Error(
        `dev/generate/app-types.ts: ${table}.${column.name} has the type ${type}, which has no form here`,
      );
  }
};

const tables = all.map(({ name, columns, owners }): Table => ({
  name,
  owners,
  columns: columns
    .filter((column) => column.name !== "version")
    .map((column) => ({
      name: column.name,
      kind: kindOf(name, column),
      isPrimary: column.primary,
      isRequired: column.notNull,
    })),
}));

/** The views of drizzle/functions/views.sql: some columns of a table, under its names. */
const views = [
  ...readFileSync(new URL("../../drizzle/functions/views.sql", import.meta.url), "utf8").matchAll(
    /^create or replace view clerk\.(\w+) .*\nselect\n([\w\s,]+)\nfrom clerk\.(\w+)\n/gm,
  ),
].map(([, name = "", names = "", of = ""]): Table => {
  const columns = tables.find((table) => table.name === of)?.columns ?? [];
  return {
    name,
    owners: {},
    columns: names.split(",").map((text) => {
      const column = columns.find((one) => one.name === text.trim());
      if (column === undefined) throw new Error(`dev/generate/app-types.ts: ${name} has${text}, which is not of ${of}`);
      return { ...column, isPrimary: false, isRequired: column.isPrimary || column.isRequired };
    }),
  };
});
if (views.length === 0) throw new Error("dev/generate/app-types.ts: drizzle/functions/views.sql has no views");

/** As a type or a model of one row is called: `ClerkOrganizationMembership`. */
const rowName = (table: string): string =>
  table
    .replace(/ies$/, "y")
    .replace(/s$/, "")
    .split("_")
    .map((word) => word[0]?.toUpperCase() + word.slice(1))
    .join("");

const made = (comment: string): string =>
  `${comment} Made by dev/generate/app-types.ts of clerk-mirror. Do not edit: each release has its own.`;

const removed =
  "// Rows are never removed, so an `on delete cascade` of yours never fires: docs/apps.md#deletion of clerk-mirror has what to do.";

const indent = (lines: readonly string[], by: string): string => lines.map((line) => by + line).join("\n");

// Drizzle

const drizzleType: Record<Kind, string> = {
  text: "text()",
  boolean: "boolean()",
  bigint: `bigint({ mode: "number" })`,
  time: "timestamp({ withTimezone: true, precision: 3 })",
  object: "jsonb().$type<JsonObject>()",
  objects: "jsonb().$type<JsonObject[]>()",
  texts: "jsonb().$type<string[]>()",
};

const drizzleColumn = ({ name, kind, isPrimary, isRequired }: Column): string =>
  `${name}: ${drizzleType[kind]}${isPrimary ? ".primaryKey()" : isRequired ? ".notNull()" : ""},`;

const drizzle = `${made("//")}
//
// The tables of the schema clerk, for queries with Drizzle. Import them where you query, and never export them from a file that
// drizzle.config.ts names as your schema: drizzle-kit would take the tables for your own.
//
${removed}
import { bigint, boolean, jsonb, pgSchema, text, timestamp } from "drizzle-orm/pg-core";

type JsonObject = Record<string, unknown>;

const clerk = pgSchema("clerk");

${tables
  .map(
    ({ name, columns }) =>
      `export const ${name} = clerk.table("${name}", {\n${indent(columns.map(drizzleColumn), "  ")}\n});\n`,
  )
  .join("\n")}
// The rows that are not deleted. These columns stay what they are.

${views
  .map(
    ({ name, columns }) =>
      `export const ${name} = clerk\n  .view("${name}", {\n${indent(columns.map(drizzleColumn), "    ")}\n  })\n  .existing();\n`,
  )
  .join("\n")}`;

// Prisma

const prismaType: Record<Kind, string> = {
  text: "String",
  boolean: "Boolean",
  bigint: "BigInt",
  time: "DateTime",
  object: "Json",
  objects: "Json",
  texts: "Json",
};

const model = (table: string): string => `Clerk${rowName(table)}`;

const prismaColumn = ({ name, kind, isPrimary, isRequired }: Column): string =>
  `${name} ${prismaType[kind]}${isPrimary ? " @id" : isRequired ? "" : "?"}${kind === "time" ? " @db.Timestamptz(3)" : ""}`;

/** \`user\` of a membership, by its user_id, and \`organization_memberships\` of a user. */
const prismaOwners = ({ owners }: Table): string[] =>
  Object.entries(owners).map(
    ([column, owner]) =>
      `${column.replace(/_id$/, "")} ${model(owner)}? @relation(fields: [${column}], references: [id], onDelete: NoAction, onUpdate: NoAction)`,
  );
const prismaOwned = (table: Table): string[] =>
  tables.flatMap(({ name, owners }) =>
    Object.values(owners).includes(table.name as never) ? [`${name} ${model(name)}[]`] : [],
  );

const prisma = `${made("//")}
//
// Models of the schema clerk, for Prisma: a file of your schema's folder. To join an order to its user, give ClerkUser the line
// of the relation's other side. Name every table of the schema in prisma.config.ts, as external.ts does: what is not external,
// Prisma takes for its own.
//
${removed}

${tables
  .map((table) => {
    const relations = [...prismaOwners(table), ...prismaOwned(table)];
    return `model ${model(table.name)} {
${indent(table.columns.map(prismaColumn), "  ")}
${relations.length > 0 ? `\n${indent(relations, "  ")}\n` : ""}
  @@map("${table.name}")
  @@schema("clerk")
}
`;
  })
  .join("\n")}`;

/** The journal is the migrator's own: it has no place in src/schema.ts. */
const everyTable = [
  ...Object.values<unknown>(schema)
    .filter((value) => is(value, PgTable))
    .map((table) => getTableName(table)),
  "migrations",
].toSorted();

const external = `${made("//")}
//
// All tables of the schema clerk, for prisma.config.ts: Prisma neither changes nor drops a table that is external.
export const external = [
${indent(
  everyTable.map((name) => `"clerk.${name}",`),
  "  ",
)}
];
`;

// Kysely

const kyselyType: Record<Kind, string> = {
  text: "string",
  boolean: "boolean",
  bigint: "string",
  time: "Date",
  object: "JsonObject",
  objects: "JsonObject[]",
  texts: "string[]",
};

const kyselyColumn = ({ name, kind, isPrimary, isRequired }: Column): string =>
  `${name}: Read<${kyselyType[kind]}${isPrimary || isRequired ? "" : " | null"}>;`;

const kysely = `${made("//")}
//
// The tables of the schema clerk, for Kysely: \`new Kysely<ClerkTables & YourTables>(…)\`, and \`selectFrom("clerk.users")\`. They can
// be read and not updated. A bigint is a string, as pg returns it.
//
${removed}
import type { ColumnType } from "kysely";

type JsonObject = Record<string, unknown>;

/** A column that only Clerk changes. */
type Read<Value> = ColumnType<Value, never, never>;

${[...tables, ...views]
  .map(({ name, columns }) => `export interface ${model(name)} {\n${indent(columns.map(kyselyColumn), "  ")}\n}\n`)
  .join("\n")}
export interface ClerkTables {
${indent(
  [...tables, ...views].map(({ name }) => `"clerk.${name}": ${model(name)};`),
  "  ",
)}
}
`;

// What the Worker gives

const jsonType: Record<Kind, string> = {
  text: "string",
  boolean: "boolean",
  bigint: "number",
  time: "string",
  object: "object",
  objects: "object[]",
  texts: "string[]",
};

const jsonColumn = ({ name, kind, isPrimary, isRequired }: Column): string =>
  `${name}: ${jsonType[kind]}${isPrimary || isRequired ? "" : " | null"};`;

const mirror = `${made("//")}
//
// What an app gets of clerk-mirror: the binding \`Mirror\`, the answer of POST /api/ensure, and changes. Times are ISO 8601.

${tables
  .map(({ name, columns }) => `export interface ${rowName(name)}Row {\n${indent(columns.map(jsonColumn), "  ")}\n}\n`)
  .join("\n")}
/** A row that is older than this is asked of Clerk again: a Date, or milliseconds since 1970. */
export interface EnsureOptions {
  updatedAfter?: Date | number;
}

/** The service binding with the entrypoint \`Mirror\`: \`type Env = { MIRROR: Mirror }\`. Both throw an Error named EnsureError. */
export interface Mirror {
  /** The row; null if Clerk has no such user. */
  ensureUser(id: string, options?: EnsureOptions): Promise<UserRow | null>;
  ensureOrganization(id: string, options?: EnsureOptions): Promise<OrganizationRow | null>;
}

/** The body of POST /api/ensure, and its answer with status 200. */
export type EnsureRequest =
  | { user: string; organization?: never; updatedAfter?: number }
  | { organization: string; user?: never; updatedAfter?: number };
export interface EnsureAnswer<Row extends UserRow | OrganizationRow = UserRow> {
  row: Row | null;
}

export interface Rows {
${indent(
  tables.map(({ name }) => `${name}: ${rowName(name)}Row;`),
  "  ",
)}
}

/** What \`changed(changes)\` of your app, or its address as \`{"changes": […]}\`, is told. */
export type Change<Table extends keyof Rows = keyof Rows> = {
  [One in Table]: {
    table: One;
    /** Clerk's id of the object. */
    id: string;
    /** All that has changed since the app last took a change of this object, as one. */
    kind: ${schema.changeKinds.map((kind) => `"${kind}"`).join(" | ")};
    /** Where the last change was learnt. */
    source: ${schema.changeSources.map((source) => `"${source}"`).join(" | ")};
    /** Greater with every change of the object. A change that comes again has the same one. */
    generation: number;
    /** How often it has been told, this time included. */
    attempt: number;
    /** The row as it is now; null if the object is deleted. */
    row: Rows[One] | null;
  };
}[Table];

/** What the app has not taken: it comes again. */
export interface Taken {
  failed?: { table: string; id: string }[];
}
`;

/** By path. */
export const appTypes: Record<string, string> = {
  "docs/apps/drizzle.ts": drizzle,
  "docs/apps/schema.prisma": prisma,
  "docs/apps/external.ts": external,
  "docs/apps/kysely.d.ts": kysely,
  "docs/apps/mirror.d.ts": mirror,
};
