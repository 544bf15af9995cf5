import type { Failure } from "./result.ts";

/** The start of the id of the Worker's version, where it is bound: which deploy wrote a line. */
let version: string | undefined;

/** Names the version in every line from now on: an isolate runs one. */
export const nameVersion = (id: string | undefined): void => {
  version = id?.slice(0, 8);
};

/**
 * The one place that writes to the log: a line of JSON. It never holds an address, a name, a payload or a secret.
 *
 * @param level `error` if somebody has to act
 */
export const log = (line: Record<string, unknown>, level: "log" | "error" = "log"): void =>
  console[level](JSON.stringify({ ...line, version }));

/** A failure as the fields of a line. */
export const errorOf = ({ kind: error, ...details }: Failure): Record<string, unknown> => ({ error, ...details });

/** The same, for what can only throw. */
export const messageOf = (failure: Failure): string => JSON.stringify(errorOf(failure));
