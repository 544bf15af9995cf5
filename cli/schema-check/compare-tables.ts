import { tables as mirrored } from "../../src/schema.ts";
import type { Actual, ActualTable } from "./actual.ts";
import { drop } from "./drop.ts";
import type { Table } from "./expected.ts";
import { makeAnew, type Report, runRoles } from "./findings.ts";

/** Compares a table's columns, key and indexes, and what else could keep a delivery from its rows. */
export const compareTable = (
  { name, columns, key, indexes }: Table,
  found: ActualTable,
  actual: Actual,
  { fault, note, mend, by }: Report,
): void => {
  const own = by(found.owner);
  for (const column of columns) {
    const here = found.columns.find((one) => one.name === column.name);
    const at = `the column clerk.${name}.${column.name}`;
    if (here === undefined) fault(`${at} is missing`, mend(makeAnew));
    else if (here.type !== column.type) fault(`${at} has the type ${here.type}, not ${column.type}`, mend(makeAnew));
    else if (here.isGenerated) fault(`${at} is generated`, mend(makeAnew));
    else {
      const change = `alter table clerk.${name} alter column ${column.name}`;
      if (here.isNotNull && !column.isNotNull) {
        fault(`${at} must not be null, which Clerk's objects may be`, mend(`${change} drop not null${own}`));
      }
      if (!here.isNotNull && column.isNotNull) fault(`${at} may be null`, mend(`${change} set not null${own}`));
      if (column.default !== null && here.default?.replace(/::text$/, "") !== column.default) {
        fault(
          `${at} does not have the default ${column.default}`,
          mend(`${change} set default ${column.default}${own}`),
        );
      }
    }
  }
  for (const column of found.columns) {
    if (columns.some((one) => one.name === column.name)) continue;
    const at = `the column clerk.${name}.${column.quoted}`;
    // The functions write whole rows of these tables.
    if (name in mirrored) {
      const dropped = {
        name: `${name}.${column.quoted}`,
        statement: `alter table clerk.${name} drop column ${column.quoted}`,
      };
      fault(
        `${at} is not the copy's, and every delivery for the table fails with it`,
        mend(drop(actual, [dropped], "it in a table of your own") + own),
      );
    } else if (column.isNotNull && column.default === null && !column.isGenerated) {
      fault(
        `${at} is your own, and must not be null`,
        `alter table clerk.${name} alter column ${column.quoted} drop not null${own}`,
      );
    } else note(`${at} is your own`);
  }
  if (found.key.join() !== key.join()) {
    fault(
      `the primary key of clerk.${name} is ${found.key.length === 0 ? "missing" : `(${found.key.join(", ")})`}, not (${key.join(", ")})`,
      mend(makeAnew),
    );
  }
  if (!found.isLogged) {
    fault(
      `the table clerk.${name} is unlogged: a crash of Postgres empties it`,
      `alter table clerk.${name} set logged${own}`,
    );
  }
  for (const rule of found.rules) {
    fault(`the rule ${rule} on clerk.${name} changes what deliveries do`, `drop rule ${rule} on clerk.${name}${own}`);
  }
  for (const heir of found.heirs) {
    fault(
      `the rows of ${heir.name}, which inherits from clerk.${name}, are in it too`,
      `alter table ${heir.name} no inherit clerk.${name}${by(heir.owner)}`,
    );
  }

  for (const [index, statement] of indexes) {
    const here = found.indexes.find((one) => one.name === index);
    const create = statement
      .replace("CREATE INDEX", "create index concurrently")
      .replaceAll(/ (ON|USING) /g, (word) => word.toLowerCase());
    if (here === undefined) fault(`the index clerk.${index} is missing`, mend(create + own));
    else if (here.definition !== statement || !here.isValid) {
      const remove = here.isConstraint
        ? `alter table clerk.${name} drop constraint ${index}`
        : `drop index clerk.${index}`;
      fault(
        `the index clerk.${index} ${here.isValid ? "is another one" : "is not valid"}`,
        mend(`${remove}; ${create}${own}`),
      );
    }
  }
  for (const { name: index, isUnique } of found.indexes) {
    if (indexes.has(index)) continue;
    note(
      `the index clerk.${index} is your own${isUnique ? "; it is unique, so a delivery with a value that is taken is refused" : ""}`,
    );
  }
  for (const trigger of found.triggers) note(`the trigger ${trigger} on clerk.${name} is your own`);
  for (const constraint of found.constraints) {
    note(`the constraint ${constraint} on clerk.${name} is your own; a row that breaks it is refused`);
  }
};

/** Whether row-level security leaves every row to the Worker, and to the functions, which run as the table's owner. */
export const compareVisible = (
  { name, owner, hasRowSecurity, unlimited, restrictive }: ActualTable,
  { roles }: Actual,
  { right: fault, by, own }: Report,
): void => {
  if (!hasRowSecurity) return;
  for (const { name: policy, from } of restrictive) {
    if (!from.some((role) => role === owner || roles.includes(role))) continue;
    fault(
      `the policy ${policy} hides rows of clerk.${name} from the Worker, since it is restrictive`,
      `drop policy ${policy} on clerk.${name}${by(owner)}, and make it for your own roles: create policy ${policy} on clerk.${name} as restrictive to clerk_app …`,
    );
  }
  if (!roles.includes("clerk_mirror")) return;
  if (!(unlimited.includes("clerk_mirror") && unlimited.includes(owner))) {
    fault(
      `row-level security hides rows of clerk.${name} from the Worker`,
      own(`table clerk.${name}`, owner) + runRoles,
    );
  }
};
