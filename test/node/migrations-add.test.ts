import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** A migration after the baseline only adds, so that the Worker that runs while it is applied goes on working. */

const folder = new URL("../../drizzle/", import.meta.url);
const later = readdirSync(folder).filter((name) => /^\d{4}_.*\.sql$/.test(name) && !name.startsWith("0000_"));

const takesAway: readonly RegExp[] = [
  /\bdrop\s+(?!policy\b)\w+/i,
  /\brename\s+(to|column|constraint|value)\b/i,
  /\balter\s+(column\s+)?\S+\s+(set\s+data\s+)?type\b/i,
  /\bset\s+(not\s+null|schema)\b/i,
  /\badd\s+column\s+(?![^,;]*\bdefault\b)[^,;]*\bnot\s+null\b/i,
  /\badd\s+(constraint\s+\S+\s+)?(check|unique|foreign\s+key|exclude)\b/i,
  /\bcreate\s+unique\s+index\b/i,
  /\btruncate\b/i,
];

/** The statements that take something away or demand more than before; comments and the bodies of functions are not looked at. */
const takenAway = (migration: string): string[] =>
  migration
    .replaceAll(/(\$\w*\$).*?\1/gs, "")
    .replaceAll(/--.*$/gm, "")
    .split(";")
    .map((statement) => statement.trim())
    .filter((statement) => takesAway.some((form) => form.test(statement)));

test("each migration after the baseline only adds", () => {
  expect(later.flatMap((name) => takenAway(readFileSync(new URL(name, folder), "utf8")))).toEqual([]);
});

test.for([
  "alter table clerk.users drop column name",
  "drop function clerk.merge_1(jsonb, jsonb, jsonb)",
  "alter table clerk.users rename column name to full_name",
  "ALTER TABLE clerk.users ALTER COLUMN name SET DATA TYPE integer",
  "alter table clerk.users alter name type integer",
  "alter table clerk.users alter column name set not null",
  'ALTER TABLE "clerk"."users" ADD COLUMN "age" integer NOT NULL',
  "alter table clerk.users add constraint one_name unique (name)",
  "create unique index on clerk.users (name)",
])("a migration that does more is found: %s", (statement) => {
  expect(takenAway(`-- a comment;\n${statement};`)).toEqual([statement]);
});

test.for([
  "alter table clerk.users add column age integer",
  "alter table clerk.users add column age integer not null default 0",
  "create table clerk.plans (id text primary key not null)",
  "create index on clerk.users (name)",
  "create function clerk.merge_2() returns void language plpgsql as $merge$ begin drop table pages; end $merge$",
  "-- nothing is dropped: drop table\nselect 1",
])("one that adds is not: %s", (statement) => {
  expect(takenAway(`${statement};`)).toEqual([]);
});
