import { readdirSync, readFileSync } from "node:fs";
import { isObject, type JsonObject } from "../../src/json.ts";

/**
 * What this release expects of the schema `clerk`, as its own files say: the snapshot that is made from src/schema.ts,
 * drizzle/functions/*.sql and drizzle/roles.sql. Everything is in Postgres's own words, so that it can be compared as text.
 */

export type Column = { name: string; type: string; isNotNull: boolean; default: string | null };

export type Table = {
  name: string;
  columns: Column[];
  /** Columns of its primary key. */
  key: string[];
  /** Names with the statements that make them. */
  indexes: Map<string, string>;
};

export type Routine = {
  /** Such as `merge_1(jsonb, jsonb, jsonb)`. */
  signature: string;
  /** The file of drizzle/functions. */
  file: string;
  body: string;
  /** As `resultOf` has it. */
  returns: string;
  /** Its return type, language and settings, in one line. */
  manner: string;
  /** The names of its parameters. */
  parameters: string[];
  /** How many of these need not be given. */
  defaults: number;
};

export type View = {
  name: string;
  /** The file of drizzle/functions. */
  file: string;
  /** As `definitionOf` has it. */
  definition: string;
  columns: { name: string; type: string }[];
};

/** What a role may: `execute` on a signature, or a right on a table, for its columns if they are named. */
export type Grant = { role: string; right: string; columns?: string; on: string };

export type Expected = {
  /** When the newest migration was made. */
  migratedAt: number;
  tables: Table[];
  sequences: string[];
  views: View[];
  routines: Routine[];
  grants: Grant[];
};

const folder = new URL("../../drizzle/", import.meta.url);

export const expected = (): Expected => {
  const entries = listOf(read("meta/_journal.json").entries);
  const newest = entries.reduce((last, entry) => (Number(entry.when) > Number(last.when) ? entry : last));
  const snapshot = read(`meta/${String(newest.idx).padStart(4, "0")}_snapshot.json`);
  const tables = Object.values(objectOf(snapshot.tables)).map((table) => tableOf(objectOf(table)));
  const files = readdirSync(new URL("functions", folder)).map((name): [string, string] => [
    `drizzle/functions/${name}`,
    readFileSync(new URL(`functions/${name}`, folder), "utf8"),
  ]);
  const views = files.flatMap(([file, text]) =>
    [...text.matchAll(/^create or replace view clerk\.(\w+) with \(security_invoker = true\) as\n([^;]+);/gm)].map(
      ([, name = "", query = ""]): View => ({
        name,
        file,
        definition: definitionOf(query),
        columns: columnsOf(query, tables),
      }),
    ),
  );
  return {
    migratedAt: Number(newest.when),
    tables,
    sequences: Object.values(objectOf(snapshot.sequences)).map((sequence) => String(objectOf(sequence).name)),
    views,
    routines: files.flatMap(([file, text]) => routinesIn(file, text)),
    grants: grantsIn(readFileSync(new URL("roles.sql", folder), "utf8"), [
      ...tables.map(({ name }) => name),
      ...views.map(({ name }) => name),
    ]),
  };
};

const read = (path: string): JsonObject => objectOf(JSON.parse(readFileSync(new URL(path, folder), "utf8")));

const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

const listOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.map(objectOf) : []);

const tableOf = (table: JsonObject): Table => {
  const name = String(table.name);
  const columns = Object.values(objectOf(table.columns)).map(objectOf);
  const [composite] = Object.values(objectOf(table.compositePrimaryKeys)).map(objectOf);
  return {
    name,
    columns: columns.map((column) => ({
      name: String(column.name),
      type: String(column.type).replace(" (", "("),
      isNotNull: column.notNull === true,
      default: typeof column.default === "string" ? column.default : null,
    })),
    key: Array.isArray(composite?.columns)
      ? composite.columns.map(String)
      : columns.flatMap((column) => (column.primaryKey === true ? [String(column.name)] : [])),
    indexes: new Map(
      Object.values(objectOf(table.indexes)).map((given): [string, string] => {
        const index = objectOf(given);
        const parts = listOf(index.columns).map(({ expression }) => String(expression).replaceAll('"', ""));
        const method = `${String(index.method)} (${parts.join(", ")})`;
        return [String(index.name), `CREATE INDEX ${String(index.name)} ON clerk.${name} USING ${method}`];
      }),
    ),
  };
};

const routine = /create or replace function clerk\.(\w+)\(([^)]*)\)\s+returns\s([\s\S]*?)\sas (\$\w*\$)([\s\S]*?)\4/g;

const routinesIn = (file: string, text: string): Routine[] =>
  [...text.matchAll(routine)].map(([, name = "", parameters = "", commented = "", , body = ""]) => {
    const manner = commented.replaceAll(/^\s*--.*$/gm, "");
    const declared = parameters.split(",").map((parameter) => parameter.trim());
    const types = declared.map((parameter) => parameter.replace(/\sdefault\s[\s\S]*/, "").replace(/^\w+\s+/, ""));
    const returns = /^\s*([\s\S]*?)\s+language/.exec(manner)?.[1] ?? "";
    const settings = [...manner.matchAll(/^set (\w+) = (.+)$/gm)].map(
      ([, setting = "", value = ""]) => `${setting}=${value.replaceAll("'", "")}`,
    );
    return {
      signature: `${name}(${types.join(", ")})`,
      file,
      body,
      returns: resultOf(returns),
      parameters: declared.map((parameter) => /^\w+/.exec(parameter)?.[0] ?? ""),
      defaults: declared.filter((parameter) => /\sdefault\s/.test(parameter)).length,
      manner: mannerOf({
        kind: "function",
        returns,
        language: /\blanguage (\w+)/.exec(manner)?.[1] ?? "",
        volatility: /\b(stable|immutable)\b/.exec(manner)?.[1] ?? "volatile",
        isDefiner: /\bsecurity definer\b/.test(manner),
        settings,
      }),
    };
  });

/** A return type, as a file and Postgres both have it. */
export const resultOf = (returns: string): string =>
  returns.toLowerCase().replaceAll("clerk.", "").replace("table (", "table(");

/** One line of how a function is called. */
export const mannerOf = (of: {
  kind: string;
  returns: string;
  language: string;
  volatility: string;
  isDefiner: boolean;
  settings: readonly string[];
}): string =>
  [
    `${of.kind === "function" ? "" : `${of.kind}, `}returns ${resultOf(of.returns)}`,
    of.language,
    of.volatility,
    ...(of.isDefiner ? ["security definer"] : []),
    ...of.settings.map((setting) => setting.toLowerCase()).toSorted(),
  ].join(", ");

/**
 * A view's query in one line, so that the one of a file can be compared with the one that Postgres gives back. That one has its own
 * blanks and brackets, and before Postgres 16 each column with its table.
 */
export const definitionOf = (query: string): string => {
  const line = query
    .replaceAll(/[()";]/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  const table = / from clerk\.(\w+)/i.exec(line)?.[1] ?? "";
  return line
    .replaceAll(new RegExp(`(?<![.\\w])${table}\\.(?=\\w)`, "g"), "")
    .replaceAll(/\b(SELECT|FROM|WHERE|IS|NULL)\b/g, (word) => word.toLowerCase());
};

/** The columns of a view's query, which are a table's by their names. */
const columnsOf = (query: string, tables: readonly Table[]): View["columns"] => {
  const [, names = "", from = ""] = /^select([\s\S]*?)\sfrom clerk\.(\w+)/.exec(query) ?? [];
  const table = tables.find(({ name }) => name === from);
  return namesIn(names).map((name) => ({
    name,
    type: table?.columns.find((column) => column.name === name)?.type ?? "",
  }));
};

/** The grants on functions and tables; `all tables` are those that are given. */
const grantsIn = (text: string, tables: readonly string[]): Grant[] =>
  [...text.matchAll(/^grant ([a-z, ()]+?) on ([^;]+?) to ([a-z_, ]+);/gm)].flatMap(
    ([, rights = "", objects = "", roles = ""]) =>
      namesIn(roles).flatMap((role) => {
        if (objects.startsWith("function ")) {
          return [...objects.matchAll(/clerk\.(\w+) (\([^)]*\))/g)].map(([, name = "", types = ""]): Grant => ({
            role,
            right: "execute",
            on: name + types,
          }));
        }
        const on =
          objects === "all tables in schema clerk"
            ? tables
            : namesIn(objects).flatMap((name) => (name.startsWith("clerk.") ? [name.replace("clerk.", "")] : []));
        return on.flatMap((name) =>
          namesIn(rights).map((right): Grant => {
            const [, plain = right, columns] = /^(\w+) \((\w+)\)$/.exec(right) ?? [];
            return { role, right: plain, on: name, ...(columns === undefined ? {} : { columns }) };
          }),
        );
      }),
  );

const namesIn = (list: string): string[] => list.split(",").map((name) => name.trim());
