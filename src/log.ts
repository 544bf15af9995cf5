import type { Failure } from "./result.ts";

/**
 * The one place that writes to the log: a line of JSON. It never holds an address, a name, a payload or a secret.
 *
 * @param level `error` if somebody has to act
 */
export const log = (line: Record<string, unknown>, level: "log" | "error" = "log"): void =>
  console[level](JSON.stringify(line));

/** A failure as the fields of a line. */
export const errorOf = ({ kind: error, ...details }: Failure): Record<string, unknown> => ({ error, ...details });

/** The same, for what can only throw. */
export const messageOf = (failure: Failure): string => JSON.stringify(errorOf(failure));
