import { tables as mirrored } from "../../src/schema.ts";
import { journal } from "../migrate.ts";
import type { Actual, ActualTable } from "./actual.ts";
import type { Expected, Grant, Table } from "./expected.ts";

/** What differs, and what to do about it. */
export type Fault = { what: string; next: string };

/** `notes` are of what the owner has added, which does no harm. */
export type Findings = { faults: Fault[]; notes: string[] };

const migrateIt = "npm run db:migrate, as the owner, then drizzle/roles.sql";

/** For what cannot be mended in place. The order is that in which nothing is lost. */
const makeAnew =
  "npm run db:migrate does not mend this. As the owner: note the foreign keys of your own tables to the schema clerk; drop schema clerk cascade; npm run db:migrate; drizzle/roles.sql; npm run backfill -- --sessions --billing; add the foreign keys again; repeat erasures. Deliveries that fail meanwhile are sent again, for a day";

const runRoles = "Run drizzle/roles.sql again, as the owner";

const runFile = (file: string): string =>
  `psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f ${file}, as the owner, then drizzle/roles.sql`;

/** Compares a database with what this release expects of it. */
export const compare = (expected: Expected, actual: Actual): Findings => {
  if (actual.owner === null) return { faults: [{ what: "there is no schema clerk", next: migrateIt }], notes: [] };
  const faults: Fault[] = [];
  const notes: string[] = [];
  const fault = (what: string, next: string): void => void faults.push({ what, next });
  const behind = actual.migratedAt === null || actual.migratedAt < expected.migratedAt;
  if (actual.migratedAt === null) fault("the schema clerk has no migrations yet", migrateIt);
  else if (behind) fault("the schema clerk is of an earlier release", migrateIt);
  else if (actual.migratedAt > expected.migratedAt) {
    fault("the schema clerk is of a later release than this checkout", "git pull, npm ci");
  }
  // Of an older schema every difference has one remedy.
  const mend = (remedy: string): string => (behind ? migrateIt : remedy);

  for (const [kind, owner] of [
    ["schema clerk", actual.owner] as const,
    ...actual.tables.map(({ name, owner: of }) => [`table clerk.${name}`, of] as const),
  ]) {
    if (/^clerk_(mirror|app|app_owner)$/.test(owner)) {
      fault(`the ${kind} belongs to ${owner}, which could drop it`, makeAnew);
    }
  }

  for (const table of expected.tables) {
    const found = actual.tables.find(({ name }) => name === table.name);
    if (found === undefined) fault(`the table clerk.${table.name} is missing`, mend(makeAnew));
    else compareTable(table, found, mend, fault, notes);
  }
  for (const sequence of expected.sequences) {
    if (!actual.sequences.includes(sequence)) fault(`the sequence clerk.${sequence} is missing`, mend(makeAnew));
  }
  for (const [view, file] of expected.views) {
    if (!actual.views.includes(view)) fault(`the view clerk.${view} is missing`, mend(runFile(file)));
  }
  compareRoutines(expected, actual, mend, fault, notes);
  compareRights(expected.grants, actual, fault);

  const known = new Set([...expected.tables.map(({ name }) => name), journal.table]);
  for (const { name } of actual.tables) if (!known.has(name)) notes.push(`the table clerk.${name} is your own`);
  for (const view of actual.views) if (!expected.views.has(view)) notes.push(`the view clerk.${view} is your own`);
  if (!actual.roles.includes("clerk_mirror")) {
    notes.push("the roles of drizzle/roles.sql are not there: the Worker connects as the owner");
  }
  return { faults, notes };
};

type Say = (what: string, next: string) => void;

const compareTable = (
  { name, columns, key, indexes }: Table,
  found: ActualTable,
  mend: (remedy: string) => string,
  fault: Say,
  notes: string[],
): void => {
  for (const column of columns) {
    const here = found.columns.find((one) => one.name === column.name);
    const at = `the column clerk.${name}.${column.name}`;
    if (here === undefined) fault(`${at} is missing`, mend(makeAnew));
    else if (here.type !== column.type) fault(`${at} has the type ${here.type}, not ${column.type}`, mend(makeAnew));
    else if (here.isGenerated) fault(`${at} is generated`, mend(makeAnew));
    else {
      const change = `alter table clerk.${name} alter column ${column.name}`;
      if (here.isNotNull && !column.isNotNull) {
        fault(`${at} must not be null, which Clerk's objects may be`, mend(`${change} drop not null`));
      }
      if (!here.isNotNull && column.isNotNull) fault(`${at} may be null`, mend(`${change} set not null`));
      if (column.default !== null && here.default?.replace(/::text$/, "") !== column.default) {
        fault(`${at} does not have the default ${column.default}`, mend(`${change} set default ${column.default}`));
      }
    }
  }
  for (const column of found.columns) {
    if (columns.some((one) => one.name === column.name)) continue;
    const at = `the column clerk.${name}.${column.name}`;
    // The functions write whole rows of these tables.
    if (name in mirrored) {
      fault(
        `${at} is not the copy's, and every delivery for the table fails with it`,
        mend(`Keep it in a table of your own: alter table clerk.${name} drop column ${column.name}`),
      );
    } else if (column.isNotNull && column.default === null && !column.isGenerated) {
      fault(
        `${at} is your own, and must not be null`,
        `alter table clerk.${name} alter column ${column.name} drop not null`,
      );
    } else notes.push(`${at} is your own`);
  }
  if (found.key.join() !== key.join()) {
    fault(
      `the primary key of clerk.${name} is ${found.key.length === 0 ? "missing" : `(${found.key.join(", ")})`}, not (${key.join(", ")})`,
      mend(makeAnew),
    );
  }

  for (const [index, statement] of indexes) {
    const here = found.indexes.find((one) => one.name === index);
    const create = statement
      .replace("CREATE INDEX", "create index concurrently")
      .replaceAll(/ (ON|USING) /g, (word) => word.toLowerCase());
    if (here === undefined) fault(`the index clerk.${index} is missing`, mend(create));
    else if (here.definition !== statement || !here.isValid) {
      fault(
        `the index clerk.${index} ${here.isValid ? "is another one" : "is not valid"}`,
        mend(`drop index clerk.${index}; ${create}`),
      );
    }
  }
  for (const { name: index, isUnique } of found.indexes) {
    if (indexes.has(index)) continue;
    notes.push(
      `the index clerk.${index} is your own${isUnique ? "; it is unique, so a delivery with a value that is taken is refused" : ""}`,
    );
  }
  for (const trigger of found.triggers) notes.push(`the trigger ${trigger} on clerk.${name} is your own`);
  for (const constraint of found.constraints) {
    notes.push(`the constraint ${constraint} on clerk.${name} is your own; a row that breaks it is refused`);
  }
};

const compareRoutines = (
  { routines, grants }: Expected,
  actual: Actual,
  mend: (remedy: string) => string,
  fault: Say,
  notes: string[],
): void => {
  for (const { signature, file, body, manner } of routines) {
    const here = actual.routines.find((one) => one.signature === signature);
    const at = `the function clerk.${signature}`;
    if (here === undefined) {
      fault(`${at} is missing`, mend(runFile(file)));
      continue;
    }
    if (here.body !== body || here.manner !== manner) fault(`${at} differs from this release's`, mend(runFile(file)));
    if (here.owner !== actual.owner) notes.push(`${at} belongs to ${here.owner}, the schema to ${actual.owner}`);
    const callers = grants.flatMap(({ role, right, on }) => (right === "execute" && on === signature ? [role] : []));
    for (const caller of here.callers) {
      if (callers.includes(caller)) continue;
      fault(
        `${at} may be called by ${caller === "public" ? "everybody" : caller}`,
        `revoke execute on function clerk.${signature} from ${caller}`,
      );
    }
    for (const caller of callers) {
      if (actual.roles.includes(caller) && !here.callers.includes(caller)) {
        fault(`${caller} may not call clerk.${signature}`, runRoles);
      }
    }
  }
  for (const { signature } of actual.routines) {
    if (!routines.some((one) => one.signature === signature)) notes.push(`the function clerk.${signature} is your own`);
  }
};

/** A right as `Actual` has it. */
const lineOf = ({ role, right, columns, on }: Grant): string =>
  `${role} ${right}${columns === undefined ? "" : `(${columns})`} ${on}`;

const compareRights = (grants: readonly Grant[], { roles, rights, tables, views, owner }: Actual, fault: Say): void => {
  const here = new Set([...tables.map(({ name }) => name), ...views]);
  const granted = new Set(rights);
  const onTables = grants.filter(({ right }) => right !== "execute");
  const needed = new Set([
    ...onTables.map(lineOf),
    ...roles.flatMap((role) => [`${role} usage schema`, `${role} select ${journal.table}`]),
  ]);
  for (const role of roles) {
    const lacking = onTables.filter((grant) => grant.role === role && !granted.has(lineOf(grant)));
    for (const { right, on } of lacking.filter((grant) => here.has(grant.on))) {
      fault(`${role} may not ${right} ${right === "insert" ? "into " : ""}clerk.${on}`, runRoles);
    }
    if (!granted.has(`${role} usage schema`)) fault(`${role} may not use the schema clerk`, runRoles);
  }
  for (const line of rights) {
    if (needed.has(line)) continue;
    const [role = "", right = "", on = ""] = line.split(" ");
    // A view of the owner's may be read by whom they like.
    if (right === "select") continue;
    const object = on === "schema" ? "schema clerk" : `clerk.${on}`;
    fault(
      `${role} has the right ${right} on ${object}, which it does not need`,
      `revoke ${right.replace("(", " (")} on ${object} from ${role}`,
    );
  }
  if (!roles.includes("clerk_mirror")) return;
  for (const { name, hasRowSecurity, unlimited } of tables) {
    if (hasRowSecurity && !(unlimited.includes("clerk_mirror") && unlimited.includes(owner ?? ""))) {
      fault(`row-level security hides rows of clerk.${name} from the Worker`, runRoles);
    }
  }
};
