import type { outbox, tables } from "../schema.ts";
import type { JsonRow } from "./json-row.ts";

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
