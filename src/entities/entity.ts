import { Fields } from "./fields.ts";
import type { tables } from "../schema.ts";

/** A row as it travels to `clerk.merge_1`: what Clerk says, and the version; times in milliseconds since 1970. */
type Row<Selected> = {
  [Column in Exclude<keyof Selected, Receipt>]: Date extends Selected[Column] ? number | null : Selected[Column];
};

/** Written by Postgres alone. */
type Receipt = "deleted_at" | "synced_at";

/** What the rows of each table look like. */
export type Rows = { [Table in keyof typeof tables]: Row<(typeof tables)[Table]["table"]["$inferSelect"]> };

export type TableName = keyof Rows;

/** All that is left of an object that Clerk deleted. */
export type Tombstone = { id: string; version: ""; deleted: true };

/** What is sent of a row: its columns, but for those that are omitted. */
export type SentRow = { readonly id: string; readonly version: string; readonly [column: string]: unknown };

/** One thing that was observed of one object. */
export type Change = { table: TableName; row: SentRow | Tombstone };

/** Where and when something was observed. */
export type Observation = {
  /** Milliseconds since 1970: an event's `timestamp`, or when the request to the Backend API was sent. */
  at: number;
  /** The delivery's id: it decides between observations that agree in everything else. */
  id: string;
};

type Reader<Result> = (data: Fields, observation: Observation) => Result;

export type Entity = {
  /** Where its rows stand. */
  table: TableName;
  /** The event types that are about it. Those that end in `.deleted` make a tombstone of `data.id`. */
  types: readonly string[];
  /** The columns that `row` fills. */
  columns(): string[];
  /** Reads `data` of all other types: the object itself first, then what is embedded in it. */
  changes: Reader<Change[]>;
  /** Reads the object alone, from `data` or as the Backend API gives it. */
  row: Reader<SentRow>;
};

/**
 * Defines what is mirrored of one kind of Clerk's objects.
 *
 * @param row an object's own event, or an item of the Backend API's list, to its row
 * @param embedded the other objects inside it
 */
export const entity = <Table extends TableName>(
  table: Table,
  types: readonly string[],
  row: Reader<Rows[Table]>,
  embedded: Reader<Change[]> = () => [],
): Entity => ({
  table,
  types,
  columns: () => Object.keys(row(new Fields({}), { at: 0, id: "" })),
  changes: (data, observation) => [{ table, row: row(data, observation) }, ...embedded(data, observation)],
  row,
});

export const tombstone = (id: string): Tombstone => ({ id, version: "", deleted: true });

/** The columns that say whose an object is, or of what it is a part. */
export const ties = ["user_id", "organization_id", "subscription_id"] as const;

/** What every row has. */
export const common = (data: Fields, observation: Observation, whole = true) => {
  const updated_at = data.time("updated_at");
  return {
    id: data.id("id"),
    created_at: data.time("created_at"),
    updated_at,
    version: versionOf(whole, updated_at, observation),
  };
};

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
