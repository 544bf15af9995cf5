import { isObject, type JsonObject } from "../../src/json.ts";

/**
 * Reads what the page asks for. The first thing that is wrong is kept in `wrong`, a sentence for the person, which the caller
 * checks once, after reading everything.
 */
export class Asked {
  wrong: string | undefined;
  readonly #body: JsonObject;

  constructor(body: unknown) {
    this.#body = isObject(body) ? body : {};
    if (!isObject(body)) this.refuse("The request is not a JSON object.");
  }

  refuse(sentence: string): void {
    this.wrong ??= sentence;
  }

  has(name: string): boolean {
    return this.#body[name] !== undefined;
  }

  /** Without the spaces around it; empty if it is not there. */
  text(name: string): string {
    const value = this.#body[name] ?? "";
    if (typeof value !== "string") this.refuse(`${name} must be text.`);
    else if (value.length > longestText) this.refuse(`${name} is longer than ${longestText} characters.`);
    else return value.trim();
    return "";
  }

  filled(name: string, otherwise: string): string {
    const text = this.text(name);
    if (text === "") this.refuse(otherwise);
    return text;
  }

  /**
   * The object whose id it is.
   *
   * @param kind what a person calls it
   */
  known<Value>(name: string, objects: ReadonlyMap<string, Value>, kind = name): Value | undefined {
    const value = objects.get(this.text(name));
    if (value === undefined) this.refuse(`There is no such ${kind}, or no longer.`);
    return value;
  }

  /** Undefined if it is not there. */
  number(name: string, most: number): number | undefined {
    const value = this.#body[name];
    if (value === undefined) return undefined;
    if (typeof value === "number" && value >= 0 && value <= most) return value;
    this.refuse(`${name} must be a number from 0 to ${most}.`);
    return undefined;
  }

  /** Undefined if it is not there. */
  flag(name: string): boolean | undefined {
    const value = this.#body[name];
    if (value === undefined || typeof value === "boolean") return value;
    this.refuse(`${name} must be true or false.`);
    return undefined;
  }
}

const longestText = 200;
