import { isDeepStrictEqual } from "node:util";
import { parse, type TomlTable } from "smol-toml";
import { isObject } from "../../src/json.ts";

/**
 * Edits of wrangler.toml. The file is the owner's, so it is edited as a text, in which comments stay. Each edit is then checked
 * by what TOML reads of it: the one value has changed, and nothing else.
 */

/** A value of a table, for example `CLERK_INSTANCE_ID` of `[vars]`. */
export type Setting = { table: string; key: string; value: string };

/** What the file has set already; undefined if there is no such string. @throws if the file is not TOML */
export const settingIn = (toml: string, { table, key }: Omit<Setting, "value">): string | undefined => {
  const value = valuesIn(parse(toml), table)[key];
  return typeof value === "string" ? value : undefined;
};

/** All values of a table. */
export const tableIn = (toml: string, table: string): Readonly<Record<string, unknown>> => valuesIn(parse(toml), table);

/**
 * Sets a value: in place of the one that is there, else in place of its commented example, else at the start of its table,
 * else in a new table at the end of the file.
 *
 * @returns the whole text; undefined if the file is written in a form that is not edited here, such as a table in one line
 * @throws if the file is not TOML
 */
export const withSetting = (toml: string, setting: Setting): string | undefined => {
  const before = parse(toml);
  const line = `${setting.key} = ${JSON.stringify(setting.value)}`;
  const edited = editTable(toml, setting, line) ?? `${toml.trimEnd()}\n\n[${setting.table}]\n${line}\n`;
  const wanted: TomlTable = {
    ...before,
    [setting.table]: { ...valuesIn(before, setting.table), [setting.key]: setting.value },
  };
  return isEqual(parsed(edited), wanted) ? edited : undefined;
};

const valuesIn = (toml: TomlTable, table: string): TomlTable => {
  const values = toml[table];
  return isObject(values) ? values : {};
};

const parsed = (toml: string): TomlTable | undefined => {
  try {
    return parse(toml);
  } catch {
    return undefined;
  }
};

/** smol-toml's tables have no prototype, and the order of keys says nothing. */
const isEqual = (a: unknown, b: unknown): boolean =>
  a !== undefined && isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));

const editTable = (toml: string, { table, key }: Setting, line: string): string | undefined => {
  const lines = toml.split("\n");
  const isHeader = (text: string): boolean => text.replace(/\s*(#.*)?$/, "") === `[${table}]`;
  let at = lines.findIndex(isHeader);
  if (at === -1) {
    at = lines.findIndex((text) => text.startsWith("# ") && isHeader(text.slice(2)));
    if (at === -1) return undefined;
    lines[at] = (lines[at] ?? "").slice(2);
  }
  const next = lines.findIndex((text, place) => place > at && /^(# )?\[/.test(text));
  const end = next === -1 ? lines.length : next;
  const find = (form: RegExp): number => lines.findIndex((text, place) => place > at && place < end && form.test(text));

  const set = find(new RegExp(String.raw`^\s*${key}\s*=`));
  if (set !== -1) {
    const comment = /^\s*\w+\s*=\s*(?:"[^"]*"|'[^']*'|[\w.]+)(\s+#.*)$/.exec(lines[set] ?? "")?.[1] ?? "";
    lines[set] = line + comment;
    return lines.join("\n");
  }
  const example = find(new RegExp(String.raw`^# ${key}\s*=`));
  if (example === -1) lines.splice(at + 1, 0, line);
  else lines[example] = line;
  return lines.join("\n");
};
