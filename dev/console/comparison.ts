import { setTimeout as sleep } from "node:timers/promises";
import type { TableName } from "../../src/entities/entity.ts";
import { Fields } from "../../src/entities/fields.ts";
import { entities, entityOfEvent } from "../../src/entities/index.ts";
import { type Omitted, rowWithoutOmitted } from "../../src/entities/omit.ts";
import { storable } from "../../src/database/storable.ts";
import { isObject } from "../../src/json.ts";
import type { Instance } from "../clerk/instance.ts";
import { objectsOf, unlistedOf } from "./clerk-objects.ts";
import { createCopyIds, type Ids, tableNames } from "./copy-changes.ts";
import type { CopyReader } from "./copy-reader.ts";
import type { Difference, Verdict } from "./protocol.ts";

/**
 * Compares the simulated Clerk with the copy, row by row and column by column.
 *
 * What is known to be equal stays so until one of the two changes: an event tells of each change in Clerk, and the database of
 * each row that was written. Only such rows are read again. What one side lacks is seen by the ids, each time.
 */
export type Comparison = {
  /** How many objects are to be compared yet, if it is asked during the first check. */
  readonly pending: number;
  /** Whether Clerk has changed since the last check. */
  readonly isBehind: boolean;
  check(): Promise<Omit<Verdict, "checkedAt">>;
  /** The ids of the copy, as the last check found them. */
  idsOf(table: TableName): Ids;
  close(): void;
};

/** Rows per statement. PGlite runs in this process: while it compares these, nothing else goes on. */
const mostRows = 250;
const pauseMilliseconds = 10;

/** Differences that are named. */
const mostNamed = 20;

/** Columns that say how the copy came by a row, and nothing of the object. */
const ownColumns = "'{version,synced_at}'::text[]";

const differingQuery = (table: TableName): string => `
  select x.id, array(
    select g.key from jsonb_each(to_jsonb(x) - ${ownColumns}) as g (key, value)
    where g.value is distinct from to_jsonb(t) -> g.key order by g.key
  ) as columns
  from clerk.given_${table}($1::jsonb) as x join clerk.${table} as t on t.id = x.id
  where t.deleted_at is null and to_jsonb(t) - ${ownColumns} is distinct from to_jsonb(x) - ${ownColumns}
`;

export const createComparison = (instance: Instance, reader: CopyReader, omitted: Omitted): Comparison => {
  const copy = createCopyIds();
  const differing = new Map<TableName, Map<string, string[]>>(tableNames.map((table) => [table, new Map()]));
  /** What may have changed since it was compared. */
  let changed = noIds();
  let pending = 0;

  const mark = (table: TableName, id: string): void => void changed.get(table)?.add(id);
  const forget = instance.onEvent(({ type, data }) => {
    const entity = entityOfEvent.get(type);
    if (entity !== undefined && typeof data.id === "string") mark(entity.table, data.id);
  });
  for (const table of tableNames) for (const id of objectsOf[table](instance).keys()) mark(table, id);

  const compare = async (table: TableName, ids: readonly string[]): Promise<void> => {
    const objects = objectsOf[table](instance);
    const rows = ids.flatMap((id) => {
      const object = objects.get(id);
      if (!isObject(object)) return [];
      const row = entities[table].row(new Fields(object), { at: 0, id: "" });
      return [rowWithoutOmitted(table, row, omitted)];
    });
    const found = await reader.read((ask) =>
      ask<{ id: string; columns: string[] }>(differingQuery(table), [storable(rows)]),
    );
    const known = differing.get(table);
    for (const id of ids) known?.delete(id);
    for (const { id, columns } of found) known?.set(id, columns);
  };

  /** A child is compared as if it were deleted while the copy has its owner as deleted: once it has not, that is no difference. */
  const markOrphans = (): void => {
    for (const [table, known] of differing) {
      for (const [id, columns] of known) if (columns.includes("deleted_at")) mark(table, id);
    }
  };

  const compareChanged = async (): Promise<void> => {
    const todo = changed;
    changed = noIds();
    pending = sum(todo);
    for (const [table, ids] of todo) {
      while (ids.size > 0) {
        const some = [...ids].slice(0, mostRows);
        try {
          // What either side lacks is not compared: when it comes, it is marked again.
          const living = some.filter((id) => objectsOf[table](instance).has(id) && copy.of(table).get(id) === false);
          if (living.length > 0) await compare(table, living);
        } catch (error) {
          // They are compared next time.
          for (const [left, rest] of todo) for (const id of rest) mark(left, id);
          throw error;
        }
        for (const id of some) ids.delete(id);
        pending = sum(todo);
        if (pending > 0) await sleep(pauseMilliseconds);
      }
    }
  };

  const differencesOf = (table: TableName): { rows: number; differences: Difference[] } => {
    const objects = objectsOf[table](instance);
    const unlisted = unlistedOf(instance, table);
    const ids = copy.of(table);
    const differences: Difference[] = [];
    let rows = objects.size;
    for (const id of objects.keys()) {
      if (ids.get(id) !== false) differences.push({ table, id, what: "missing", columns: [] });
      else {
        const columns = differing.get(table)?.get(id);
        if (columns !== undefined) differences.push({ table, id, what: "different", columns });
      }
    }
    for (const [id, isDeleted] of ids) {
      if (isDeleted || objects.has(id) || unlisted.has(id)) continue;
      rows += 1;
      differences.push({ table, id, what: "not in Clerk", columns: [] });
    }
    return { rows, differences };
  };

  return {
    get pending() {
      return pending;
    },
    get isBehind() {
      return sum(changed) > 0;
    },
    check: async () => {
      for (const { table, id } of await reader.read((ask) => copy.follow(ask))) mark(table, id);
      markOrphans();
      await compareChanged();
      const all = tableNames.map(differencesOf);
      const differences = all.flatMap((one) => one.differences);
      return {
        // What has changed meanwhile is compared next time.
        isEqual: differences.length === 0 && sum(changed) === 0,
        rows: all.reduce((rows, one) => rows + one.rows, 0),
        differ: differences.length,
        which: differences.slice(0, mostNamed),
      };
    },
    idsOf: (table) => copy.of(table),
    close: forget,
  };
};

type Marked = Map<TableName, Set<string>>;

const noIds = (): Marked => new Map(tableNames.map((table) => [table, new Set<string>()]));

const sum = (marked: Marked): number => [...marked.values()].reduce((all, { size }) => all + size, 0);
