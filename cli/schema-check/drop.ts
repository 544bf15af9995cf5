import type { Actual } from "./actual.ts";

/** A view, a function or a column such as `users.mine`, and the statement that drops it. */
export type Drop = { name: string; statement: string };

/**
 * The statements that drop these. Postgres refuses to drop what something else depends on: then that goes too, and is named before.
 * `keep` is what else to keep.
 */
export const drop = ({ doomed }: Actual, drops: readonly Drop[], keep?: string): string => {
  const others = [...new Set(doomed.filter(({ of }) => drops.some(({ name }) => name === of)).map(({ what }) => what))];
  const kept = [
    ...(keep === undefined ? [] : [keep]),
    ...(others.length === 0 ? [] : [`a copy of ${others.toSorted().join(", ")}, which this drops too`]),
  ];
  const statements = drops.map(({ name, statement }) =>
    doomed.some(({ of }) => of === name) ? `${statement} cascade` : statement,
  );
  return `${kept.length === 0 ? "" : `Keep ${kept.join(", and ")}: `}${statements.join("; ")}`;
};
