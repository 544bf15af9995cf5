import { journal } from "../migrate.ts";
import type { Membership, Right } from "./actual-rights.ts";
import type { Actual } from "./actual.ts";
import type { Expected, Grant } from "./expected.ts";
import { isLimited, type Report, runRoles } from "./findings.ts";
import { type Held, listed, revoke } from "./revoke.ts";

/** What a role may, as `select users`, `insert(id) users` or `usage schema`. */
const lineOf = ({ right, column, on }: Pick<Right, "right" | "column" | "on">): string =>
  `${right}${column === null ? "" : `(${column})`} ${on ?? "schema"}`;

const lineOfGrant = ({ right, columns, on }: Grant): string => lineOf({ right, column: columns ?? null, on });

/** `clerk.users`, or as a statement names another kind of object: `schema clerk`, `sequence clerk.outbox_generation`. */
const nameOf = ({ kind, on }: Right): string =>
  kind === "schema" ? "schema clerk" : `${kind === "sequence" ? "sequence " : ""}clerk.${on}`;

/**
 * Compares who may do what with the copy. What the roles of drizzle/roles.sql lack or have too much is a fault, and anything that
 * everybody has. To other roles the owner has given it: that they may write is noted.
 */
export const compareRights = (expected: Expected, actual: Actual, { right: fault, note, by, own }: Report): void => {
  const { roles, rights } = actual;
  const owners = new Map([...actual.tables, ...actual.views].map(({ name, owner }) => [name, owner]));
  const needed = expected.grants.filter(({ right }) => right !== "execute");
  for (const role of roles) {
    const granted = new Set(rights.filter((one) => one.role === role).map(lineOf));
    for (const grant of needed) {
      const owner = owners.get(grant.on);
      if (grant.role !== role || owner === undefined || granted.has(lineOfGrant(grant))) continue;
      fault(
        `${role} may not ${grant.right} ${grant.right === "insert" ? "into " : ""}clerk.${grant.on}`,
        own(`table clerk.${grant.on}`, owner) + runRoles,
      );
    }
    if (!granted.has("usage schema")) fault(`${role} may not use the schema clerk`, runRoles);
  }

  const ours = new Set([
    ...expected.tables.map(({ name }) => name),
    ...expected.views.map(({ name }) => name),
    ...expected.sequences,
    journal.table,
    `${journal.table}_id_seq`,
  ]);
  /** Whether a role of drizzle/roles.sql is to have it; each may read every table, and what the owner adds. */
  const isNeeded = (right: Right): boolean =>
    right.right === "select" ||
    (right.on === null ? right.right === "usage" : !ours.has(right.on)) ||
    needed.some((grant) => grant.role === right.role && lineOfGrant(grant) === lineOf(right));
  const ofObjects = Map.groupBy(rights, nameOf);
  for (const held of Map.groupBy(rights, (right) => `${right.role} ${nameOf(right)}`).values()) {
    const [first] = held;
    if (first === undefined) continue;
    const { role, owner } = first;
    const object = nameOf(first);
    const on: Held = { object, owner, all: ofObjects.get(object) ?? [] };
    if (role === "public") {
      fault(`everybody has the right ${listed(held)} on ${object}`, revoke(held, on, "right") + by(owner));
    } else if (isLimited(role)) {
      const unneeded = held.filter((right) => !isNeeded(right));
      if (unneeded.length > 0) {
        fault(
          `${role} has the right ${listed(unneeded)} on ${object}, which it does not need`,
          revoke(unneeded, on, "right") + by(owner),
        );
      }
      const passed = held.filter((right) => right.isGrantable && isNeeded(right));
      if (passed.length > 0) {
        fault(
          `${role} may give its right ${listed(passed)} on ${object} to others`,
          revoke(passed, on, "grant option") + by(owner),
        );
      }
    } else {
      const writing = held.filter(
        ({ right }) => right !== "select" && !(right === "usage" && object === "schema clerk"),
      );
      if (writing.length > 0) note(`your role ${role} has the right ${listed(writing)} on ${object}`);
    }
  }

  for (const { maker, kind, role, right } of actual.defaults) {
    if (isLimited(role) && kind === "tables" && right === "select") continue;
    const what = `the right ${right} on ${kind} that ${maker} makes in the schema clerk later`;
    if (role === "public" || isLimited(role)) {
      fault(
        `${role === "public" ? "everybody" : role} gets ${what}`,
        `alter default privileges for role ${maker} in schema clerk revoke ${right} on ${kind} from ${role}${by(maker)}`,
      );
    } else if (right !== "select") note(`your role ${role} gets ${what}`);
  }
};

/** A member of another role has what that one has, so a role that is limited may not be one of those that own or write the copy. */
export const compareMembers = ({ members, powers }: Actual, { right: fault, note }: Report): void => {
  for (const { role, power, isOwners } of powers) {
    fault(
      `the role ${role} has the attribute ${power}`,
      `alter role ${role} no${power}${isOwners ? "" : ", as a superuser"}`,
    );
  }
  // By each who has given it.
  for (const [what, given] of Map.groupBy(members, ({ role, of }) => `role ${role} is a member of ${of}`)) {
    if (given.some(({ role }) => isLimited(role))) {
      const statements = given.map(endOf).join("; ");
      fault(
        `the ${what}, and may do what that may`,
        given.every(({ isOwners }) => isOwners) ? statements : `${statements}, as a superuser`,
      );
    } else note(`your ${what}, and may do what that may`);
  }
};

/** The statement that ends a membership. */
const endOf = ({ role, of, grantor, isPassedOn }: Membership): string =>
  `revoke ${of} from ${role}${grantor === null ? "" : ` granted by ${grantor}`}${isPassedOn ? " cascade" : ""}`;
