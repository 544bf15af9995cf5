/** Spans of time as a person reads them. */

const units: [milliseconds: number, name: string][] = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1000, "second"],
];

/** How long ago a time was, in its largest unit. */
export const ago = (at: number, now = Date.now()): string => {
  const span = Math.max(0, now - at);
  const [length, name] = units.find(([milliseconds]) => span >= milliseconds) ?? [1000, "second"];
  const count = Math.floor(span / length);
  return count === 0 ? "just now" : `${count} ${name}${count === 1 ? "" : "s"} ago`;
};

export const seconds = (milliseconds: number): string =>
  milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(1)} s` : `${Math.round(milliseconds / 1000)} s`;
