/** A line of a comparison of two texts: as it was (`-`), as it becomes (`+`), or as it stays. */
export type DiffLine = { sign: "-" | "+" | " "; text: string };

/**
 * Compares two short texts line by line, and gives what differs, with the lines around it.
 *
 * @param context how many unchanged lines to keep on each side of a change
 */
export const diffOf = (before: string, after: string, context = 1): DiffLine[] => {
  const lines = aligned(before.split("\n"), after.split("\n"));
  const isNear = (at: number): boolean =>
    lines.slice(Math.max(0, at - context), at + context + 1).some(({ sign }) => sign !== " ");
  return lines.filter((_, at) => isNear(at));
};

/** By the longest common subsequence: the fewest lines that change. */
const aligned = (before: readonly string[], after: readonly string[]): DiffLine[] => {
  // How long it is for what follows each pair of places.
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  const lengthAt = (left: number, right: number): number => lengths[left * width + right] ?? 0;
  for (let left = before.length - 1; left >= 0; left -= 1) {
    for (let right = after.length - 1; right >= 0; right -= 1) {
      lengths[left * width + right] =
        before[left] === after[right]
          ? lengthAt(left + 1, right + 1) + 1
          : Math.max(lengthAt(left + 1, right), lengthAt(left, right + 1));
    }
  }
  const lines: DiffLine[] = [];
  let left = 0;
  let right = 0;
  while (left < before.length || right < after.length) {
    const [old, next] = [before[left], after[right]];
    if (old !== undefined && old === next) {
      lines.push({ sign: " ", text: old });
      left += 1;
      right += 1;
    } else if (old !== undefined && (next === undefined || lengthAt(left + 1, right) >= lengthAt(left, right + 1))) {
      lines.push({ sign: "-", text: old });
      left += 1;
    } else {
      lines.push({ sign: "+", text: next ?? "" });
      right += 1;
    }
  }
  return lines;
};
