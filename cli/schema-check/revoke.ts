import type { Given } from "./actual-rights.ts";

/** Who has which rights on an object. */
export type Held = {
  /** As a statement names it. */
  object: string;
  owner: string;
  all: readonly Given[];
};

/** `select, insert(id)`, or as a statement has it: `select, insert (id)`. */
export const listed = (rights: readonly Given[], gap = ""): string =>
  [...new Set(rights.map(({ right, column }) => (column === null ? right : `${right}${gap}(${column})`)))].join(", ");

/**
 * The statements that take rights away from a role, or only that it may pass them on. The owner's `revoke` takes back what the owner
 * gave. What somebody else gave goes with that one's grant option, wherever that came from in the end.
 */
export const revoke = (given: readonly Given[], held: Held, what: "right" | "grant option"): string => {
  const { object, owner, all } = held;
  const option = (rights: readonly Given[], role: string): string =>
    `revoke grant option for ${listed(rights, " ")} on ${object} from ${role} cascade`;
  const statements: string[] = [];
  for (const [role, rights] of byRole(given.filter(({ grantor }) => grantor === owner))) {
    const cascade = all.some(({ grantor }) => grantor === role) ? " cascade" : "";
    statements.push(
      what === "right" ? `revoke ${listed(rights, " ")} on ${object} from ${role}${cascade}` : option(rights, role),
    );
  }
  const others = given.filter(({ grantor }) => grantor !== owner).flatMap((right) => giversOf(right, held));
  for (const [role, rights] of byRole(others.filter(({ isGrantable }) => isGrantable))) {
    statements.push(option(rights, role));
  }
  // A right on the whole table lets one give it on a column, and to revoke the one leaves the other as it is.
  for (const [role, rights] of byRole(others.filter(({ isGrantable }) => !isGrantable))) {
    const these = `${listed(rights, " ")} on ${object}`;
    statements.push(`grant ${these} to ${role} with grant option`, `revoke ${these} from ${role} cascade`);
  }
  return statements.join("; ");
};

const byRole = (rights: readonly Given[]): Map<string, Given[]> => Map.groupBy(rights, ({ role }) => role);

/** The right as those have it who have it from the owner and passed it on; not grantable of who has it only on the whole table. */
const giversOf = (right: Given, held: Held, passed: readonly string[] = []): Given[] => {
  const { grantor } = right;
  if (passed.includes(grantor)) return [];
  const own = held.all.filter(
    (one) => one.role === grantor && one.right === right.right && one.column === right.column && one.isGrantable,
  );
  if (own.length === 0) return [{ ...right, role: grantor, isGrantable: false }];
  return own.flatMap((one) => (one.grantor === held.owner ? [one] : giversOf(one, held, [...passed, grantor])));
};
