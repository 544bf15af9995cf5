import type { Actual, ActualRoutine } from "./actual.ts";
import { drop } from "./drop.ts";
import type { Expected, Routine } from "./expected.ts";
import { isLimited, type Report, runFile, runRoles } from "./findings.ts";
import { type Held, revoke } from "./revoke.ts";

/** Compares the functions, whose they are, and who may call them. */
export const compareRoutines = ({ routines, grants }: Expected, actual: Actual, report: Report): void => {
  const { fault, right: ofRights, note, mend, by, taking, own } = report;
  for (const { signature, file, body, manner } of routines) {
    const here = actual.routines.find((one) => one.signature === signature);
    const at = `the function clerk.${signature}`;
    const anew = mend(
      makeRoutines(
        routines.filter((one) => one.file === file),
        file,
        actual,
        report,
      ),
    );
    if (here === undefined) {
      fault(`${at} is missing`, anew);
      continue;
    }
    const object = objectOf(here);
    if (isLimited(here.owner)) {
      fault(
        `${at} belongs to ${here.owner}, which could change it`,
        `alter ${object} owner to ${actual.owner}${taking(here.owner)}`,
      );
    } else if (here.owner !== actual.owner) note(`${at} belongs to ${here.owner}, the schema to ${actual.owner}`);
    if (here.body !== body || here.manner !== manner) fault(`${at} differs from this release's`, anew);
    // It is dropped, and who may call it with it.
    if (here.kind !== "function") continue;
    const callers = grants.flatMap(({ role, right, on }) => (right === "execute" && on === signature ? [role] : []));
    const held: Held = { object, owner: here.owner, all: here.callers };
    const given = Map.groupBy(here.callers, ({ role }) => role);
    for (const [caller, rights] of given) {
      const passed = rights.filter(({ isGrantable }) => isGrantable);
      if (caller !== "public" && !isLimited(caller)) note(`${at} may be called by your role ${caller}`);
      else if (!callers.includes(caller)) {
        ofRights(
          `${at} may be called by ${caller === "public" ? "everybody" : caller}`,
          revoke(rights, held, "right") + by(here.owner),
        );
      } else if (passed.length > 0) {
        ofRights(
          `${caller} may give its right to call clerk.${signature} to others`,
          revoke(passed, held, "grant option") + by(here.owner),
        );
      }
    }
    for (const caller of callers) {
      if (actual.roles.includes(caller) && !given.has(caller)) {
        ofRights(`${caller} may not call clerk.${signature}`, own(object, here.owner) + runRoles);
      }
    }
  }
  for (const routine of actual.routines) {
    const { kind, signature, isDefiner, owner, callers } = routine;
    if (routines.some((one) => one.signature === signature)) continue;
    const at = `the ${kind} clerk.${signature}`;
    const everybodys = callers.filter(({ role }) => role === "public");
    if (isDefiner && everybodys.length > 0) {
      ofRights(
        `${at} is your own, and runs as its owner for everybody who may use the schema`,
        revoke(everybodys, { object: objectOf(routine), owner, all: callers }, "right") + by(owner),
      );
    } else note(`${at} is your own`);
  }
};

/** As a statement names it: of all kinds but a procedure it is a function. */
const objectOf = ({ kind, signature }: ActualRoutine): string =>
  `${kind === "procedure" ? "procedure" : "function"} clerk.${signature}`;

/** A file makes all of its functions, so what is in the way of one is in the way of each. */
const makeRoutines = (routines: readonly Routine[], file: string, actual: Actual, { own }: Report): string => {
  const here = routines.flatMap((routine) => {
    const found = actual.routines.find(({ signature }) => signature === routine.signature);
    return found === undefined ? [] : [{ routine, found }];
  });
  const dropped = here
    .filter(({ routine, found }) => !isReplaceable(routine, found))
    .map(({ found: { kind, signature } }) => ({
      name: signature,
      statement: `drop ${kind === "function" ? kind : "routine"} clerk.${signature}`,
    }));
  const owned = here.map(({ found }) => own(objectOf(found), found.owner)).join("");
  return owned + [...(dropped.length === 0 ? [] : [drop(actual, dropped)]), runFile(file)].join("; ");
};

/** Whether Postgres replaces the one by the other: what is returned, and how it may be called, has to stay. */
const isReplaceable = (routine: Routine, found: ActualRoutine): boolean =>
  found.kind === "function" &&
  found.returns === routine.returns &&
  found.defaults <= routine.defaults &&
  found.parameters.every((name, index) => name === "" || name === routine.parameters[index]);
