import type { tables } from "../schema.ts";
import type { Fields } from "./fields.ts";

/**
 * A row as it travels to `clerk.merge_1`: what Clerk says, and the version; times in milliseconds since 1970. JSON leaves
 * out what is undefined, and Postgres reads an absent column as null.
 */
type Row<Selected> = {
  [Column in Exclude<keyof Selected, Receipt>]: Date extends Selected[Column]
    ? number | undefined
    : null extends Selected[Column]
      ? Exclude<Selected[Column], null> | undefined
      : Selected[Column];
};

/** Only Postgres writes these. */
type Receipt = "deleted_at" | "synced_at";

/** The rows of each table. */
export type Rows = { [Table in keyof typeof tables]: Row<(typeof tables)[Table]["$inferSelect"]> };

export type TableName = keyof Rows;

/** That an object is deleted: all that is left of it. */
export type Tombstone = { id: string; version: string; deleted: true };

/** A delete that Clerk or the owner of the copy has told: no observation is above it. */
export const tombstone = (id: string): Tombstone => ({ id, version: "2", deleted: true });

/** A delete that was inferred, since Clerk no longer has the object: an observation like any other, that a newer one undoes. */
export const inferredTombstone = (id: string, updatedAt: number, observation: Observation): Tombstone => ({
  id,
  version: versionOf(true, updatedAt, observation),
  deleted: true,
});

/** A row as it is sent: its columns without those that are omitted. */
export type SentRow = { readonly id: string; readonly version: string; readonly [column: string]: unknown };

/** One observation of one object. */
export type Change = { table: TableName; row: SentRow | Tombstone };

export const keyOf = ({ table, row }: Change): string => `${table}:${row.id}`;

/** Where and when something was observed. */
export type Observation = {
  /** Milliseconds since 1970, by Clerk's clock: an event's `timestamp`, or when the request to the Backend API was sent. */
  at: number;
  /** The delivery's id: it decides between observations that agree in everything else. */
  id: string;
};

/** Columns that name other objects. */
export const linkColumns = ["user_id", "organization_id"] as const;
export type LinkColumn = (typeof linkColumns)[number];

/** An object of the copy and what it names: all that is needed to ask Clerk for it. */
export type Known = { id: string } & { [Column in LinkColumn]?: string | null };

/** What is mirrored of one kind of Clerk's objects. */
export type Entity<Table extends TableName = TableName> = {
  table: Table;
  /** The event types about it. One that ends in `.deleted` leaves a tombstone of `data.id`. */
  events: readonly string[];
  /** The objects that it is deleted with: the column that names each, and its table. */
  owners: { readonly [Column in LinkColumn]?: "users" | "organizations" };
  /** Reads the object itself, from an event's `data` or an item of the Backend API's list. */
  row(data: Fields, observation: Observation): SentRow;
  /** Reads the other objects inside an event's `data`. */
  embedded(data: Fields, observation: Observation): Change[];
};

type Definition<Table extends TableName> = Pick<Entity<Table>, "table" | "events"> & {
  row(data: Fields, observation: Observation): Rows[Table];
} & Partial<Entity<Table>>;

/** Defines an entity: see `Entity`. */
export const entity = <Table extends TableName>(definition: Definition<Table>): Entity<Table> => ({
  owners: {},
  embedded: () => [],
  ...definition,
});

/**
 * What every row has.
 *
 * @param isWhole whether it has all that decides about it: a child that leaves out an owner is a fragment, so that its
 *   owners and all else always come from one observation
 */
export const common = (data: Fields, observation: Observation, isWhole = true) => {
  const updated_at = data.time("updated_at");
  return {
    id: data.id("id"),
    created_at: data.time("created_at"),
    updated_at,
    version: versionOf(isWhole, updated_at, observation),
  };
};

/**
 * The total order of the observations of one object, whatever the order in which they arrive: whole above partial, then
 * Clerk's `updated_at`, then the time of the observation, then its id. `updated_at` alone leaves ties, since Clerk sends
 * several events with the same one. One that is more than a day after its observation is not believed, or it would keep
 * all that comes later out.
 *
 * @param isWhole whether it was the object with all its fields, or a fragment inside another object
 * @param updatedAt milliseconds since 1970, undefined if Clerk names none
 */
export const versionOf = (isWhole: boolean, updatedAt: number | undefined, { at, id }: Observation): string => {
  const updated = updatedAt === undefined || updatedAt > at + day ? at : updatedAt;
  return `${isWhole ? 1 : 0}${digits(updated)}${digits(at)}${id}`;
};

/** Milliseconds. How far Clerk's own times may be ahead of one another. */
export const day = 86_400_000;

const digits = (milliseconds: number): string => String(milliseconds).padStart(13, "0");
