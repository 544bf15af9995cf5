export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return (at(Math.floor((sorted.length - 1) / 2)) + at(Math.ceil((sorted.length - 1) / 2))) / 2;
};

/** The value that such a part of all values are not above. */
export const percentile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * part) - 1)] ?? Number.NaN;

/** The same, beginning with another one each turn: nobody is always the first. */
export const rotated = <Item>(items: readonly Item[], turn: number): Item[] => {
  const first = turn % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
};
