import type { Actual, ActualView } from "./actual.ts";
import { drop } from "./drop.ts";
import { definitionOf, type View } from "./expected.ts";
import { isLimited, type Report, runFile } from "./findings.ts";

/** Compares what the views show, and whose rights they have. */
export const compareViews = (views: readonly View[], actual: Actual, report: Report): void => {
  const { fault, note, mend, by, taking } = report;
  for (const { name, file, definition } of views) {
    const here = actual.views.find((one) => one.name === name);
    const at = `the view clerk.${name}`;
    const anew = mend(
      makeViews(
        views.filter((one) => one.file === file),
        file,
        actual,
        report,
      ),
    );
    if (here === undefined) {
      fault(`${at} is missing${isTaken(name, actual) ? ": something else has its name" : ""}`, anew);
      continue;
    }
    if (isLimited(here.owner)) {
      fault(
        `${at} belongs to ${here.owner}, which could change it`,
        `alter view clerk.${name} owner to ${actual.owner}${taking(here.owner)}`,
      );
    } else if (here.owner !== actual.owner) note(`${at} belongs to ${here.owner}, the schema to ${actual.owner}`);
    if (definitionOf(here.definition) !== definition) fault(`${at} differs from this release's`, anew);
    if (!here.isInvoker) {
      fault(
        `${at} shows every row to whoever may read it: it does not have their rights (security_invoker)`,
        here.isMaterialized ? anew : mend(`alter view clerk.${name} set (security_invoker = true)${by(here.owner)}`),
      );
    }
    for (const rule of here.rules) {
      fault(
        `the rule ${rule} on clerk.${name} is not the copy's`,
        `drop rule ${rule} on clerk.${name}${by(here.owner)}`,
      );
    }
  }
};

/** A file makes all of its views, so what is in the way of one is in the way of each. */
const makeViews = (views: readonly View[], file: string, actual: Actual, { own }: Report): string => {
  const here = views.flatMap((view) => {
    const found = actual.views.find(({ name }) => name === view.name);
    return found === undefined ? [] : [{ view, found }];
  });
  const dropped = here
    .filter(({ view, found }) => !isReplaceable(view, found))
    .map(({ found: { name, isMaterialized } }) => ({
      name,
      statement: `drop ${isMaterialized ? "materialized view" : "view"} clerk.${name}`,
    }));
  const moved = views.flatMap(({ name }) =>
    isTaken(name, actual) ? [`alter table clerk.${name} set schema public`] : [],
  );
  const owned = here.map(({ found: { name, owner } }) => own(`table clerk.${name}`, owner)).join("");
  const drops = dropped.length === 0 ? [] : [drop(actual, dropped)];
  return owned + [...drops, ...moved, runFile(file)].join("; ");
};

/** Whether Postgres replaces the one by the other: it may only get more columns, after those that it has. */
const isReplaceable = (view: View, found: ActualView): boolean =>
  !found.isMaterialized &&
  found.columns.every(({ name, type }, index) => {
    const column = view.columns[index];
    return column?.name === name && column.type === type;
  });

/** Whether something else has the name: a table, of any kind, or a sequence. */
const isTaken = (name: string, { tables, sequences, others }: Actual): boolean =>
  [...tables, ...sequences].some((one) => one.name === name) || others.some((one) => one.name === `clerk.${name}`);
