import { journal } from "../migrate.ts";
import type { Actual } from "./actual.ts";
import { compareMembers, compareRights } from "./compare-rights.ts";
import { compareRoutines } from "./compare-routines.ts";
import { compareTable, compareVisible } from "./compare-tables.ts";
import { compareView } from "./compare-views.ts";
import type { Expected } from "./expected.ts";
import { type Fault, type Findings, isLimited, makeAnew, migrateIt, type Report } from "./findings.ts";

/** Compares a database with what this release expects of it. */
export const compare = (expected: Expected, actual: Actual): Findings => {
  const { owner } = actual;
  if (owner === null) return { faults: [{ what: "there is no schema clerk", next: migrateIt }], notes: [] };
  const faults: Fault[] = [];
  const notes: string[] = [];
  const behind = actual.migratedAt === null || actual.migratedAt < expected.migratedAt;
  const report: Report = {
    fault: (what, next) => void faults.push({ what, next }),
    note: (what) => void notes.push(what),
    mend: (remedy) => (behind ? migrateIt : remedy),
  };
  const { fault, note, mend } = report;
  if (actual.migratedAt === null) fault("the schema clerk has no migrations yet", migrateIt);
  else if (behind) fault("the schema clerk is of an earlier release", migrateIt);
  else if (actual.migratedAt > expected.migratedAt) {
    fault("the schema clerk is of a later release than this checkout", "git pull, npm ci");
  }

  for (const [kind, of] of [
    ["schema clerk", owner] as const,
    ...actual.tables.map((table) => [`table clerk.${table.name}`, table.owner] as const),
  ]) {
    if (isLimited(of)) fault(`the ${kind} belongs to ${of}, which could drop it`, makeAnew);
    else if (of !== owner) note(`the ${kind} belongs to ${of}, the schema to ${owner}`);
  }
  for (const { name, parts } of actual.extensions) {
    fault(
      `the extension ${name} has ${parts} parts in the schema clerk`,
      `alter extension ${name} set schema public; if it cannot be moved: drop extension ${name}; create extension ${name} schema public`,
    );
  }

  const known = new Set([...expected.tables.map(({ name }) => name), journal.table]);
  for (const table of expected.tables) {
    const found = actual.tables.find(({ name }) => name === table.name);
    if (found === undefined) fault(`the table clerk.${table.name} is missing`, mend(makeAnew));
    else compareTable(table, found, report);
  }
  for (const table of actual.tables) if (known.has(table.name)) compareVisible(table, actual, report);
  for (const name of expected.sequences) {
    const found = actual.sequences.find((one) => one.name === name);
    if (found === undefined) fault(`the sequence clerk.${name} is missing`, mend(makeAnew));
    else if (isLimited(found.owner)) {
      fault(
        `the sequence clerk.${name} belongs to ${found.owner}, which could drop it`,
        `alter sequence clerk.${name} owner to ${owner}`,
      );
    }
  }
  for (const view of expected.views) compareView(view, actual, report);
  compareRoutines(expected, actual, report);
  compareRights(expected, actual, report);
  compareMembers(actual, report);

  for (const { name } of actual.tables) if (!known.has(name)) note(`the table clerk.${name} is your own`);
  for (const { name } of actual.views) {
    if (!expected.views.some((one) => one.name === name)) note(`the view clerk.${name} is your own`);
  }
  for (const { what, on } of actual.dependents) {
    if (known.has(on) && !expected.views.some(({ name }) => what === `the view clerk.${name}`)) {
      note(`${what} names columns of clerk.${on}: an upgrade that changes one is refused until you drop it`);
    }
  }
  for (const { column, of } of actual.rowTypes) {
    if (known.has(of))
      note(`the column ${column} has the row type of clerk.${of}: an upgrade that adds a column to it is refused`);
  }
  if (!actual.roles.includes("clerk_mirror")) {
    note("the roles of drizzle/roles.sql are not there: the Worker connects as the owner");
  }
  return { faults, notes };
};
