import type { Actual } from "./actual.ts";
import type { Expected } from "./expected.ts";
import { isLimited, type Report, runFile, runRoles } from "./findings.ts";

/** Compares the functions, whose they are, and who may call them. */
export const compareRoutines = (
  { routines, grants }: Expected,
  actual: Actual,
  { fault, note, mend }: Report,
): void => {
  for (const { signature, file, body, manner } of routines) {
    const here = actual.routines.find((one) => one.signature === signature);
    const at = `the function clerk.${signature}`;
    if (here === undefined) {
      fault(`${at} is missing`, mend(runFile(file)));
      continue;
    }
    if (here.body !== body || here.manner !== manner) fault(`${at} differs from this release's`, mend(runFile(file)));
    if (isLimited(here.owner)) {
      fault(
        `${at} belongs to ${here.owner}, which could change it`,
        `alter function clerk.${signature} owner to ${actual.owner}`,
      );
    } else if (here.owner !== actual.owner) note(`${at} belongs to ${here.owner}, the schema to ${actual.owner}`);
    const callers = grants.flatMap(({ role, right, on }) => (right === "execute" && on === signature ? [role] : []));
    for (const caller of here.callers) {
      if (callers.includes(caller)) continue;
      if (caller === "public" || isLimited(caller)) {
        fault(
          `${at} may be called by ${caller === "public" ? "everybody" : caller}`,
          `revoke execute on function clerk.${signature} from ${caller}`,
        );
      } else note(`${at} may be called by your role ${caller}`);
    }
    for (const caller of callers) {
      if (actual.roles.includes(caller) && !here.callers.includes(caller)) {
        fault(`${caller} may not call clerk.${signature}`, runRoles);
      }
    }
  }
  for (const { signature, manner, callers } of actual.routines) {
    if (routines.some((one) => one.signature === signature)) continue;
    const at = `the function clerk.${signature}`;
    if (manner.includes("security definer") && callers.includes("public")) {
      fault(
        `${at} is your own, and runs as its owner for everybody who may use the schema`,
        `revoke execute on function clerk.${signature} from public`,
      );
    } else note(`${at} is your own`);
  }
};
