/** What every object of Clerk's has. These fields never change. */
export type Listed = { readonly id: string; readonly created_at: number };

/**
 * All objects of one kind by id. It also keeps them in the order of their creation, in all and per parent: then a page
 * of a list is a slice of an array, however long the list is.
 *
 * Objects are changed in place. Do not change what `parentsOf` reads: the object would be lost.
 */
export class Collection<Value extends Listed> extends Map<string, Value> {
  readonly #oldestFirst: Value[] = [];
  readonly #children = new Map<string, Value[]>();
  readonly #parentsOf: (value: Value) => readonly string[];

  /** @param parentsOf what the objects are also listed by: ids of other objects, or names of a subset */
  constructor(parentsOf: (value: Value) => readonly string[] = () => []) {
    super();
    this.#parentsOf = parentsOf;
  }

  /** All objects, by the time of their creation, and by id within a millisecond. */
  get oldestFirst(): readonly Value[] {
    return this.#oldestFirst;
  }

  /** The objects of a parent, in the same order. */
  of(parent: string): readonly Value[] {
    return this.#children.get(parent) ?? none;
  }

  add(value: Value): Value {
    this.set(value.id, value);
    return value;
  }

  override set(id: string, value: Value): this {
    if (this.has(id)) this.delete(id);
    insert(this.#oldestFirst, value);
    for (const parent of this.#parentsOf(value)) {
      const children = this.#children.get(parent);
      if (children === undefined) this.#children.set(parent, [value]);
      else insert(children, value);
    }
    return super.set(id, value);
  }

  override delete(id: string): boolean {
    const value = this.get(id);
    if (value === undefined) return false;
    remove(this.#oldestFirst, value);
    for (const parent of this.#parentsOf(value)) {
      const children = this.#children.get(parent) ?? [];
      remove(children, value);
      if (children.length === 0) this.#children.delete(parent);
    }
    return super.delete(id);
  }

  override clear(): void {
    for (const id of this.keys()) this.delete(id);
  }

  deleteOf(parent: string): void {
    for (const { id } of this.of(parent).toReversed()) this.delete(id);
  }

  /** The object with this id. Throws if there is none: only Clerk's API asks for objects that may be missing. */
  need(id: string): Value {
    const value = this.get(id);
    if (value === undefined) throw new Error(`there is no ${id}`);
    return value;
  }
}

const none: readonly never[] = [];

const isBefore = (a: Listed, b: Listed): boolean =>
  a.created_at < b.created_at || (a.created_at === b.created_at && a.id < b.id);

/** The object's index in the list, or the one at which it belongs. */
export const positionOf = (list: readonly Listed[], value: Listed): number => {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = list[middle];
    if (other !== undefined && isBefore(other, value)) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** How many objects of the list were created before `time`, in milliseconds since 1970. */
export const countBefore = (list: readonly Listed[], time: number): number =>
  positionOf(list, { id: "", created_at: time });

const insert = <Value extends Listed>(list: Value[], value: Value): void => {
  const last = list.at(-1);
  if (last === undefined || isBefore(last, value)) list.push(value);
  else list.splice(positionOf(list, value), 0, value);
};

const remove = <Value extends Listed>(list: Value[], value: Value): void => {
  const position = positionOf(list, value);
  if (list[position] === value) list.splice(position, 1);
};
