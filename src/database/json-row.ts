import type { JsonObject } from "../json.ts";
import type { tables } from "../schema.ts";

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

/** A row of the copy as other programs get it. */
export type JsonRow<Table extends keyof typeof tables> = Read<(typeof tables)[Table]["$inferSelect"]>;
