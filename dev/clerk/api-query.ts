/** What the Backend API answers: JSON. */
export type Answer = { status: number; body: unknown };

/** An error in the form of Clerk's. */
export const refusal = (status: number, code: string, message: string, meta: object = {}): Answer => ({
  status,
  body: { errors: [{ message, long_message: message, code, meta }] },
});

export const notFound = (what: string): Answer => refusal(404, "resource_not_found", `not found: ${what}`);

export type Order = { field: string; descending: boolean };

/** How many values a parameter may have, by Clerk's OpenAPI. */
const maximumValues = 100;

/**
 * Reads the parameters of a request. One that is not as Clerk's OpenAPI has it reads as if it were absent, and the
 * first is remembered in `refused`, which the caller looks at once, when all is read.
 */
export class ApiQuery {
  refused: Answer | undefined;
  readonly #parameters: URLSearchParams;

  /** @param known the names of what the endpoint reads: a filter that were ignored would look like an empty one */
  constructor(parameters: URLSearchParams, known: readonly string[]) {
    this.#parameters = parameters;
    for (const name of parameters.keys()) {
      if (!known.includes(name)) this.refuse(name, "form_param_unknown", `${name} is not a parameter that is served`);
    }
  }

  refuse(parameter: string, code: string, message: string): void {
    this.refused ??= refusal(422, code, message, { param_name: parameter });
  }

  text(name: string): string | null {
    return this.#parameters.get(name);
  }

  /** One of a few texts. */
  oneOf(name: string, values: readonly string[]): string | null {
    const text = this.text(name);
    if (text === null || values.includes(text)) return text;
    this.refuse(name, "form_param_value_invalid", `${name} is one of ${values.join(", ")}`);
    return null;
  }

  flag(name: string): boolean {
    return this.oneOf(name, ["true", "false"]) === "true";
  }

  /** How many at most are in the answer, and how many are skipped before. */
  page(): { limit: number; offset: number } {
    return { limit: this.#integer("limit", 10, 1, 500), offset: this.#integer("offset", 0, 0, 2 ** 31 - 1) };
  }

  /** The ids that are included and those that are excluded: `id` or `+id`, and `-id`. */
  ids(name: string): { included: string[]; excluded: string[] } {
    const values = this.#parameters.getAll(name);
    if (values.length > maximumValues) {
      this.refuse(name, "form_param_value_invalid", `${name} takes ${maximumValues} values at most`);
    }
    const excluded = values.filter((value) => value.startsWith("-")).map((value) => value.slice(1));
    const included = values.filter((value) => !value.startsWith("-")).map(withoutPlus);
    return { included, excluded };
  }

  /** By what the answer is sorted: the newest first, unless something else is asked for. */
  order(fields: readonly string[]): Order {
    const text = this.text("order_by") ?? "-created_at";
    const descending = text.startsWith("-");
    const field = descending ? text.slice(1) : withoutPlus(text);
    if (fields.includes(field)) return { field, descending };
    this.refuse("order_by", "form_param_value_invalid", `order_by is one of ${fields.join(", ")}`);
    return { field: "created_at", descending: true };
  }

  #integer(name: string, otherwise: number, minimum: number, maximum: number): number {
    const text = this.text(name);
    if (text === null) return otherwise;
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    this.refuse(name, "form_param_value_invalid", `${name} is a whole number from ${minimum} to ${maximum}`);
    return otherwise;
  }
}

/** A `+` that was not encoded arrives as a space. */
const withoutPlus = (text: string): string => text.replace(/^[+ ]/, "");
