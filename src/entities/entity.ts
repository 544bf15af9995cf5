import type { Fields } from "../fields.ts";
import type * as schema from "../schema.ts";

/** A row as it travels to `clerk.merge_1`: what Clerk says, and the version; times in milliseconds since 1970. */
type Row<Table extends { $inferSelect: object }> = {
  [Column in Exclude<keyof Table["$inferSelect"], Receipt>]: Date extends Table["$inferSelect"][Column]
    ? number | null
    : Table["$inferSelect"][Column];
};

/** Written by Postgres alone. */
type Receipt = "deleted_at" | "synced_at";

export type UserRow = Row<typeof schema.users>;

/** What a table's rows look like. One line a table. */
export type Rows = {
  users: UserRow;
};

/** All that is left of an object that Clerk deleted. */
export type Tombstone = { id: string; version: ""; deleted: true };

/** One thing that was observed of one object. */
export type Change = { [Table in keyof Rows]: { table: Table; row: Rows[Table] | Tombstone } }[keyof Rows];

/** Where and when something was observed. */
export type Observation = {
  /** Milliseconds since 1970: an event's `timestamp`, or when the request to the Backend API was sent. */
  at: number;
  /** The delivery's id: it decides between observations that agree in everything else. */
  id: string;
};

export type Entity = {
  /** Where its rows stand. Absent where only what is embedded in it is mirrored. */
  table?: keyof Rows;
  /** The event types that are about it. Those that end in `.deleted` make a tombstone of `data.id`. */
  types: readonly string[];
  /** Reads `data` of all the others: the object itself first, then what is embedded in it. */
  changes(data: Fields, observation: Observation): Change[];
};

export const tombstone = (id: string): Tombstone => ({ id, version: "", deleted: true });

/**
 * The order in which the observations of one object stand, whatever the order in which they arrive: whole above
 * partial, then Clerk's `updated_at`, then the time of the observation, then its id. `updated_at` alone leaves
 * ties, since Clerk sends several events with the same one, and only a total order makes every copy end the same.
 *
 * @param whole whether it was the object with all its fields, or a fragment inside another object
 * @param updatedAt milliseconds since 1970, null where Clerk names none
 */
export const versionOf = (whole: boolean, updatedAt: number | null, observation: Observation): string =>
  `${whole ? 1 : 0}${digits(updatedAt ?? observation.at)}${digits(observation.at)}${observation.id}`;

const digits = (milliseconds: number): string => String(milliseconds).padStart(13, "0");
