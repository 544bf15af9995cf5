/** An object out of `JSON.parse`. */
export type JsonObject = { readonly [field: string]: unknown };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Milliseconds since 1970, of at most 13 digits: until the year 2286. */
const isTime = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 9_999_999_999_999;

/**
 * Reads the fields of one of Clerk's objects.
 *
 * Every field may be absent, which reads as null, as null does. A field of another type than Clerk writes also
 * reads as null and is remembered in `wrong`, which the caller looks at once, when all is read. Fields that are
 * not asked for are not looked at: Clerk may add some any day.
 */
export class Fields {
  /** The path of the first field that is not as Clerk writes it, for example `data.email_addresses[0].id`. */
  wrong: string | undefined;

  readonly #object: JsonObject;
  readonly #path: string;

  /** @param path how an error names the object, for example `data`; nothing for the outermost one */
  constructor(object: JsonObject, path = "") {
    this.#object = object;
    this.#path = path;
  }

  has(name: string): boolean {
    return this.#object[name] !== undefined;
  }

  text(name: string): string | null {
    return this.#read(name, (value) => typeof value === "string");
  }

  flag(name: string): boolean | null {
    return this.#read(name, (value) => typeof value === "boolean");
  }

  /** Milliseconds since 1970. */
  time(name: string): number | null {
    return this.#read(name, isTime);
  }

  /** An open-ended object, kept as it is. */
  json(name: string): JsonObject | null {
    return this.#read(name, isObject);
  }

  /** A list of objects, kept as it is. */
  list(name: string): JsonObject[] | null {
    return this.#read(name, (value) => Array.isArray(value) && value.every(isObject));
  }

  /** The id of the object itself: the one field that nothing can do without. */
  id(name: string): string {
    const id = this.text(name);
    if (id) return id;
    this.#note(name);
    return "";
  }

  /** What `read` makes of an object inside this one, or null. What is wrong inside is told by this one's `wrong`. */
  inside<Value>(name: string, read: (fields: Fields) => Value): Value | null {
    const object = this.json(name);
    if (object === null) return null;
    return this.#within(object, name, read);
  }

  /** The object with this `id` out of a list, or null. */
  inList<Value>(name: string, id: string | null, read: (fields: Fields) => Value): Value | null {
    const list = id === null ? null : this.list(name);
    const index = list?.findIndex((object) => object.id === id) ?? -1;
    const object = list?.[index];
    return object === undefined ? null : this.#within(object, `${name}[${index}]`, read);
  }

  #within<Value>(object: JsonObject, name: string, read: (fields: Fields) => Value): Value {
    const fields = new Fields(object, this.#at(name));
    const value = read(fields);
    this.wrong ??= fields.wrong;
    return value;
  }

  #read<Value>(name: string, is: (value: unknown) => value is Value): Value | null {
    const value = this.#object[name];
    if (value === undefined || value === null) return null;
    if (is(value)) return value;
    this.#note(name);
    return null;
  }

  #note(name: string): void {
    this.wrong ??= this.#at(name);
  }

  #at(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}
