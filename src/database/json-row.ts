import type { JsonObject } from "../json.ts";
import type { outbox, tables } from "../schema.ts";

/** Rows of the copy as other programs get them: apps that are told of changes, and Workers that ask for a user. */

/**
 * A value as JSON has it: times in ISO 8601. What is open-ended is an `object`: the types of RPC make `never` of a result
 * that has `unknown` in it.
 */
type Value<Stored> = Stored extends Date
  ? string
  : Stored extends JsonObject
    ? object
    : Stored extends JsonObject[]
      ? object[]
      : Stored;

type Read<Selected> = { [Column in Exclude<keyof Selected, "version">]: Value<Selected[Column]> };

export type JsonRow<Table extends keyof typeof tables> = Read<(typeof tables)[Table]["$inferSelect"]>;

type Line = typeof outbox.$inferSelect;

/** What an app is told of one object: see docs/outbox.md. */
export type Change<Table extends keyof typeof tables = keyof typeof tables> = {
  [One in Table]: {
    table: One;
    /** Clerk's id of the object. */
    id: string;
    /** All that has changed since the app last took a change of this object, as one. */
    kind: Line["kind"];
    /** Where the last change was learnt. */
    source: Line["source"];
    /** Greater with every change of the object. A change that is told again has the same one. */
    generation: number;
    /** How often it has been told, this time included. */
    attempt: number;
    /** The row as it is now, with times in ISO 8601; null if the object is deleted. */
    row: JsonRow<One> | null;
  };
}[Table];
