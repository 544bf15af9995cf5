/** What every object of Clerk's has. Neither field ever changes. */
type Listed = { readonly id: string; readonly created_at: number };

/**
 * All objects of one kind by id, which also stand in the order of their creation, and so again for each of their
 * parents: a page of a list is then a slice of an array, however long the list is.
 *
 * Objects are changed in place. A change of what `parentsOf` reads would lose them.
 */
export class Collection<Value extends Listed> extends Map<string, Value> {
  readonly #oldestFirst: Value[] = [];
  readonly #children = new Map<string, Value[]>();
  readonly #parentsOf: (value: Value) => readonly string[];

  /** @param parentsOf what the objects are listed by besides: ids of other objects, or names of a part of them */
  constructor(parentsOf: (value: Value) => readonly string[] = () => []) {
    super();
    this.#parentsOf = parentsOf;
  }

  /** All, by the time of their creation and, of one millisecond, by id. */
  get oldestFirst(): readonly Value[] {
    return this.#oldestFirst;
  }

  /** Those of a parent, in the same order. */
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

  /** The object with this id. Throws where there is none: only Clerk's API asks for what may not be there. */
  need(id: string): Value {
    const value = this.get(id);
    if (value === undefined) throw new Error(`there is no ${id}`);
    return value;
  }
}

const none: readonly never[] = [];

const isBefore = (a: Listed, b: Listed): boolean =>
  a.created_at < b.created_at || (a.created_at === b.created_at && a.id < b.id);

/** Where the object stands in the list, or would stand. */
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

const insert = <Value extends Listed>(list: Value[], value: Value): void => {
  const last = list.at(-1);
  if (last === undefined || isBefore(last, value)) list.push(value);
  else list.splice(positionOf(list, value), 0, value);
};

const remove = <Value extends Listed>(list: Value[], value: Value): void => {
  const position = positionOf(list, value);
  if (list[position] === value) list.splice(position, 1);
};
