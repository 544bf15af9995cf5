export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return (at(Math.floor((sorted.length - 1) / 2)) + at(Math.ceil((sorted.length - 1) / 2))) / 2;
};

/** The smallest value that at least `part` of the values (0 to 1) do not exceed. */
export const percentile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * part) - 1)] ?? Number.NaN;

/** The same items, beginning with another one each turn, so that none is always first. */
export const rotated = <Item>(items: readonly Item[], turn: number): Item[] => {
  const first = turn % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
};
