import { isId, isObject, isTime, type JsonObject } from "../json.ts";

/**
 * Reads the fields of one of Clerk's objects.
 *
 * A field that is absent or null reads as undefined, which JSON leaves out. So does a field whose type is not the one that
 * Clerk writes: its path is kept in `wrong`, which the caller checks once, after reading everything. Fields that nobody
 * reads are not checked: Clerk may add some any day.
 */
export class Fields {
  /** The path of the first field that is not as Clerk writes it, for example `data.email_addresses[0].id`. */
  wrong: string | undefined;

  readonly #object: JsonObject;
  readonly #name: string;
  readonly #outer: Fields | undefined;

  /** @param name how an error names the object, for example `data`; empty for the outermost one */
  constructor(object: JsonObject, name = "", outer?: Fields) {
    this.#object = object;
    this.#name = name;
    this.#outer = outer;
  }

  has(name: string): boolean {
    return this.#object[name] !== undefined;
  }

  text(name: string): string | undefined {
    return this.#read(name, isText);
  }

  flag(name: string): boolean | undefined {
    return this.#read(name, isFlag);
  }

  /** Any whole number that Postgres's `bigint` and JavaScript both hold. */
  integer(name: string): number | undefined {
    return this.#read(name, isInteger);
  }

  /** Milliseconds since 1970. */
  time(name: string): number | undefined {
    return this.#read(name, isTime);
  }

  /** An open-ended object, kept as it is. */
  json(name: string): JsonObject | undefined {
    return this.#read(name, isObject);
  }

  /** A list of objects, kept as it is. */
  list(name: string): JsonObject[] | undefined {
    return this.#read(name, isList);
  }

  texts(name: string): string[] | undefined {
    return this.#read(name, isTexts);
  }

  /** An id that need not be there. */
  optionalId(name: string): string | undefined {
    return this.#read(name, isId);
  }

  /** The object's own id, which is the only required field. */
  id(name: string): string {
    const id = this.optionalId(name);
    if (id === undefined) this.#note(name);
    return id ?? "";
  }

  /** What `read` makes of an object inside this one, if it is there. `wrong` of the outermost object names a wrong field. */
  inside<Value>(name: string, read: (fields: Fields) => Value): Value | undefined {
    const object = this.json(name);
    return object === undefined ? undefined : read(new Fields(object, name, this));
  }

  /** The same for the object with this `id` in a list. */
  inList<Value>(name: string, id: string | undefined, read: (fields: Fields) => Value): Value | undefined {
    if (id === undefined) return undefined;
    const list = this.list(name) ?? [];
    const index = list.findIndex((object) => object.id === id);
    const object = list[index];
    return object === undefined ? undefined : read(new Fields(object, `${name}[${index}]`, this));
  }

  #read<Value>(name: string, is: (value: unknown) => value is Value): Value | undefined {
    const value = this.#object[name];
    if (value === undefined || value === null) return undefined;
    if (is(value)) return value;
    this.#note(name);
    return undefined;
  }

  /** Builds a path only if a field is wrong. */
  #note(name: string): void {
    const path = this.#name === "" ? name : `${this.#name}.${name}`;
    if (this.#outer === undefined) this.wrong ??= path;
    else this.#outer.#note(path);
  }
}

const isText = (value: unknown): value is string => typeof value === "string";
const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
const isList = (value: unknown): value is JsonObject[] => Array.isArray(value) && value.every(isObject);
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
