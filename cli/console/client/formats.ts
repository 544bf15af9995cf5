/** How numbers, spans and times are written. All times are milliseconds since 1970. */

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
const day = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric" });
const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const number = (value: number): string => whole.format(value);

/** `3 rows`, `1 row`. */
export const amount = (value: number, noun: string, plural = `${noun}s`): string =>
  `${number(value)} ${value === 1 ? noun : plural}`;

export const bytes = (value: number): string => {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log(Math.max(1, value)) / Math.log(1024)));
  return `${short.format(value / 1024 ** power)} ${units[power]}`;
};

/** A span of milliseconds, with the two largest units that it has. */
export const span = (milliseconds: number): string => {
  if (milliseconds < 1000) return `${number(milliseconds)} ms`;
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) return `${short.format(milliseconds / 1000)} s`;
  if (seconds < 3600) return joined([Math.floor(seconds / 60), "min"], [seconds % 60, "s"]);
  if (seconds < 86_400) return joined([Math.floor(seconds / 3600), "h"], [Math.floor((seconds % 3600) / 60), "min"]);
  return joined([Math.floor(seconds / 86_400), "d"], [Math.floor((seconds % 86_400) / 3600), "h"]);
};

const joined = (...parts: [number, string][]): string =>
  parts
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");

/** `14:03:22`, with the day in front if that is another one. */
export const clock = (at: number): string => {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? time.format(date) : `${day.format(date)}, ${time.format(date).slice(0, 5)}`;
};

/** `14:03`, for the ticks of an axis; `14:03:20` if they are less than a minute apart. */
export const tick = (at: number, milliseconds: number): string =>
  milliseconds < 60_000 ? time.format(at) : time.format(at).slice(0, 5);

export const ago = (at: number, now: number): string =>
  now - at < 1000 ? "just now" : `${span(Math.floor((now - at) / 1000) * 1000)} ago`;

/** A long id without its middle. Its begin says what it is of, and its end tells it from others. */
export const shortened = (id: string): string => (id.length <= 18 ? id : `${id.slice(0, 10)}…${id.slice(-5)}`);
