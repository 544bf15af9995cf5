import { journal } from "../migrate.ts";
import type { Actual } from "./actual.ts";
import { compareMembers, compareRights } from "./compare-rights.ts";
import { compareRoutines } from "./compare-routines.ts";
import { compareTable, compareVisible } from "./compare-tables.ts";
import { compareViews } from "./compare-views.ts";
import type { Expected } from "./expected.ts";
import { type Fault, type Findings, isLimited, makeAnew, migrateIt, type Report } from "./findings.ts";

/** Compares a database with what this release expects of it. */
export const compare = (expected: Expected, found: Actual): Findings => {
  const { owner } = found;
  if (owner === null) {
    return { faults: [{ what: "there is no schema clerk", next: migrateIt, isOfRights: false }], notes: [] };
  }
  const actual = areRolesUsed(found) ? found : { ...found, roles: [] };
  const faults: Fault[] = [];
  const notes: string[] = [];
  const behind = actual.migratedAt === null || actual.migratedAt < expected.migratedAt;
  const isOwners = (role: string): boolean => actual.hands.includes(role);
  const report: Report = {
    fault: (what, next) => void faults.push({ what, next, isOfRights: false }),
    right: (what, next) => void faults.push({ what, next, isOfRights: true }),
    note: (what) => void notes.push(what),
    mend: (remedy) => (behind ? migrateIt : remedy),
    by: (role) => (isOwners(role) ? "" : `, as ${actual.superusers.includes(role) ? "a superuser" : role}`),
    taking: (role) => (isOwners(role) ? "" : ", as a superuser"),
    own: (object, role) => (isOwners(role) ? "" : `alter ${object} owner to ${owner}, as a superuser; `),
  };
  const { fault, note, mend, taking } = report;
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
  for (const { name, owner: of, parts } of actual.extensions) {
    const move = `alter extension ${name} set schema public`;
    const anew = `drop extension ${name}; create extension ${name} schema public`;
    fault(
      `the extension ${name} has ${parts} parts in the schema clerk`,
      // Only a superuser may move the parts, which belong to one also if somebody else has made the extension.
      isOwners(of) && !actual.superusers.some(isOwners)
        ? `${anew}; if something of yours depends on it: ${move}, as a superuser`
        : `${move}${taking(of)}; if it cannot be moved: ${anew}`,
    );
  }

  const known = new Set([...expected.tables.map(({ name }) => name), journal.table]);
  for (const table of expected.tables) {
    const here = actual.tables.find(({ name }) => name === table.name);
    if (here === undefined) fault(`the table clerk.${table.name} is missing`, mend(makeAnew));
    else compareTable(table, here, actual, report);
  }
  for (const table of actual.tables) if (known.has(table.name)) compareVisible(table, actual, report);
  for (const name of expected.sequences) {
    const here = actual.sequences.find((one) => one.name === name);
    if (here === undefined) fault(`the sequence clerk.${name} is missing`, mend(makeAnew));
    else if (isLimited(here.owner)) {
      fault(
        `the sequence clerk.${name} belongs to ${here.owner}, which could drop it`,
        `alter sequence clerk.${name} owner to ${owner}${taking(here.owner)}`,
      );
    }
  }
  compareViews(expected.views, actual, report);
  compareRoutines(expected, actual, report);
  compareRights(expected, actual, report);
  compareMembers(actual, report);

  for (const { name } of actual.tables) if (!known.has(name)) note(`the table clerk.${name} is your own`);
  for (const { name } of actual.views) {
    if (!expected.views.some((one) => one.name === name)) note(`the view clerk.${name} is your own`);
  }
  for (const { kind, name } of actual.others) note(`the ${kind} ${name} is your own`);
  for (const { what, on } of actual.dependents) {
    if (known.has(on) && !expected.views.some(({ name }) => what === `the view clerk.${name}`)) {
      note(`${what} names columns of clerk.${on}: an upgrade that changes one is refused until you drop it`);
    }
  }
  for (const { column, of } of actual.rowTypes) {
    if (known.has(of))
      note(`the column ${column} has the row type of clerk.${of}: an upgrade that adds a column to it is refused`);
  }
  if (!found.roles.includes("clerk_mirror")) {
    note("the roles of drizzle/roles.sql are not there: the Worker connects as the owner");
  } else if (actual.roles.length === 0) {
    note(
      "the roles of drizzle/roles.sql have no rights in this database: if its Worker connects as clerk_mirror, run drizzle/roles.sql, with the passwords that the roles have",
    );
  }
  return { faults, notes };
};

/**
 * Whether the roles of drizzle/roles.sql are in use here: another database of the server may be the one that has them. That they may
 * call functions says nothing, since a migration lets them if they are there.
 */
const areRolesUsed = ({ haveRolesRun, rights, defaults }: Actual): boolean =>
  haveRolesRun || [...rights, ...defaults].some(({ role }) => isLimited(role));
