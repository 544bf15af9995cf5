import type { ApiQuery } from "./api-query.ts";
import type { Shown } from "./api-shown.ts";
import { type Listed, positionOf } from "./collection.ts";

/** What a list can be sorted by in addition to `created_at`, the order in which it is kept. */
export type SortKeys<Value> = Readonly<Record<string, (value: Value) => string | number | null>>;

type Page = { limit: number; offset: number; descending: boolean };

/** A slice of a list that is sorted in ascending order. */
const pageOf = <Value>(list: readonly Value[], { limit, offset, descending }: Page): Value[] => {
  if (!descending) return list.slice(offset, offset + limit);
  const end = Math.max(0, list.length - offset);
  return list.slice(Math.max(0, end - limit), end).toReversed();
};

const sorted = <Value>(list: readonly Value[], key: (value: Value) => string | number | null): Value[] =>
  list
    .map((value) => ({ value, key: key(value) ?? "" }))
    .toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
    .map(({ value }) => value);

/** The objects of a page, in the form of most of Clerk's lists. It sorts only if the order is not by `created_at`. */
export const listed = <Value extends Listed>(
  query: ApiQuery,
  list: readonly Value[],
  keys: SortKeys<Value> = {},
): { data: Value[]; total_count: number } => {
  const { field, descending } = query.order(["created_at", ...Object.keys(keys)]);
  const key = keys[field];
  const ordered = key === undefined ? list : sorted(list, key);
  return { data: pageOf(ordered, { ...query.page(), descending }), total_count: list.length };
};

/** The objects with the included ids, or all if none are given, without those with the excluded ids. */
export const selected = <Value extends Listed>(
  query: ApiQuery,
  name: string,
  collection: Shown<Value>,
): readonly Value[] => {
  const { included, excluded } = query.ids(name);
  if (included.length === 0 && excluded.length === 0) return collection.oldestFirst;
  const values =
    included.length === 0
      ? collection.oldestFirst
      : [...new Set(included)].flatMap((id) => collection.get(id) ?? []).toSorted(byAge);
  return values.filter(({ id }) => !excluded.includes(id));
};

const byAge = (a: Listed, b: Listed): number => a.created_at - b.created_at || (a.id < b.id ? -1 : 1);

/**
 * A page of a list, from its start or after the object that `starting_after` names, which must still exist. Clerk's
 * OpenAPI says what a cursor cannot be combined with. Of an unknown cursor it says only that invalid parameters are
 * answered with 422.
 */
export const listedAfter = <Value extends Listed>(
  query: ApiQuery,
  list: readonly Value[],
  collection: Shown<Value>,
  keys: SortKeys<Value>,
): Value[] => {
  const name = "starting_after";
  const id = query.text(name);
  if (id === null) return listed(query, list, keys).data;

  const { limit, offset } = query.page();
  const { field, descending } = query.order(["created_at", ...Object.keys(keys)]);
  if (offset > 0) query.refuse(name, "form_param_value_invalid", `${name} cannot be combined with an offset`);
  if (field !== "created_at") query.refuse(name, "form_param_value_invalid", `${name} needs the order by created_at`);
  const cursor = collection.get(id);
  if (cursor === undefined) {
    query.refuse(name, "form_param_value_invalid", `${name} does not name an object of the list`);
    return [];
  }
  const position = positionOf(list, cursor);
  if (descending) return list.slice(Math.max(0, position - limit), position).toReversed();
  const next = list[position] === cursor ? position + 1 : position;
  return list.slice(next, next + limit);
};
