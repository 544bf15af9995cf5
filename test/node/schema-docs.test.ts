import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createInstance } from "../../dev/clerk/instance.ts";

const docs = readFileSync(new URL("../../docs/schema.md", import.meta.url), "utf8");
const sectionOf = (table: string): string =>
  docs.split("\n## ").find((section) => section.startsWith(`${table}\n`)) ?? "";

const instance = createInstance({ seed: 1, now: () => 1_760_000_000_000 });
instance.populate(5, 2);
instance.signIn([...instance.users.keys()][0] ?? "");

const kinds: [string, Iterable<object>][] = [
  ["users", instance.users.values()],
  ["organizations", instance.organizations.values()],
  ["sessions", instance.sessions.values()],
  ["organization_memberships", instance.memberships.values()],
];

test.for(kinds)(
  "docs/schema.md says of every field of Clerk's where it is, or why it is not mirrored (%s)",
  ([table, objects]) => {
    const section = sectionOf(table);
    const fields = new Set([...objects].flatMap((object) => Object.keys(object)));
    expect(fields.size).toBeGreaterThan(5);
    // The kind of the object is the table.
    fields.delete("object");
    const missing = [...fields].filter((field) => !new RegExp(`\\b${field}\\b`).test(section));
    expect(missing).toEqual([]);
  },
);
