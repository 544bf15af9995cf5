import type { Actual } from "./actual.ts";
import { definitionOf, type View } from "./expected.ts";
import { isLimited, type Report, runFile } from "./findings.ts";

/** Compares what a view shows, and whose rights it has. */
export const compareView = ({ name, file, definition }: View, actual: Actual, { fault, note, mend }: Report): void => {
  const here = actual.views.find((one) => one.name === name);
  const at = `the view clerk.${name}`;
  // Another one cannot be replaced if its columns are others.
  const anew = `drop view clerk.${name}; ${runFile(file)}`;
  if (here === undefined) {
    fault(`${at} is missing`, mend(runFile(file)));
    return;
  }
  if (definitionOf(here.definition) !== definition) fault(`${at} differs from this release's`, mend(anew));
  if (!here.isInvoker) {
    fault(
      `${at} shows every row to whoever may read it: it does not have their rights (security_invoker)`,
      mend(here.isMaterialized ? anew : `alter view clerk.${name} set (security_invoker = true)`),
    );
  }
  for (const rule of here.rules)
    fault(`the rule ${rule} on clerk.${name} is not the copy's`, `drop rule ${rule} on clerk.${name}`);
  if (isLimited(here.owner)) {
    fault(`${at} belongs to ${here.owner}, which could change it`, `alter view clerk.${name} owner to ${actual.owner}`);
  } else if (here.owner !== actual.owner) note(`${at} belongs to ${here.owner}, the schema to ${actual.owner}`);
};
