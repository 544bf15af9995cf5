/** What the Backend API answers: JSON. */
export type Answer = { status: number; body: unknown };

/** An error in Clerk's form. */
export const refusal = (status: number, code: string, message: string, meta: object = {}): Answer => ({
  status,
  body: { errors: [{ message, long_message: message, code, meta }] },
});

export const notFound = (what: string): Answer => refusal(404, "resource_not_found", `not found: ${what}`);

export type Order = { field: string; descending: boolean };

/** The most values per parameter, by Clerk's OpenAPI. */
const maximumValues = 100;

/**
 * Reads the parameters of a request. A parameter that Clerk's OpenAPI does not allow reads as if it were absent. The
 * first one is kept in `refused`, which the caller checks once, after reading everything.
 */
export class ApiQuery {
  refused: Answer | undefined;
  readonly #parameters: URLSearchParams;

  /** @param known the parameters that the endpoint reads. Others are refused: an ignored filter would seem to work */
  constructor(parameters: URLSearchParams, known: readonly string[]) {
    this.#parameters = parameters;
    for (const name of parameters.keys()) {
      if (!known.includes(name)) this.refuse(name, "form_param_unknown", `unknown parameter ${name}`);
    }
  }

  refuse(parameter: string, code: string, message: string): void {
    this.refused ??= refusal(422, code, message, { param_name: parameter });
  }

  text(name: string): string | null {
    return this.#parameters.get(name);
  }

  /** One of `values`. */
  oneOf(name: string, values: readonly string[]): string | null {
    const text = this.text(name);
    if (text === null || values.includes(text)) return text;
    this.refuse(name, "form_param_value_invalid", `${name} must be one of ${values.join(", ")}`);
    return null;
  }

  flag(name: string): boolean {
    return this.oneOf(name, ["true", "false"]) === "true";
  }

  /** The most objects in the answer, and how many to skip before them. */
  page(): { limit: number; offset: number } {
    return { limit: this.#integer("limit", 10, 1, 500), offset: this.#integer("offset", 0, 0, 2 ** 31 - 1) };
  }

  /** Milliseconds since 1970. */
  time(name: string): number | null {
    return this.text(name) === null ? null : this.#integer(name, 0, 0, Number.MAX_SAFE_INTEGER);
  }

  /** The included ids, `id` or `+id`, and the excluded ones, `-id`. */
  ids(name: string): { included: string[]; excluded: string[] } {
    const values = this.#parameters.getAll(name);
    if (values.length > maximumValues) {
      this.refuse(name, "form_param_value_invalid", `${name} takes at most ${maximumValues} values`);
    }
    const excluded = values.filter((value) => value.startsWith("-")).map((value) => value.slice(1));
    const included = values.filter((value) => !value.startsWith("-")).map(withoutPlus);
    return { included, excluded };
  }

  /** The order of the answer: newest first, unless another one is asked for. */
  order(fields: readonly string[]): Order {
    const text = this.text("order_by") ?? "-created_at";
    const descending = text.startsWith("-");
    const field = descending ? text.slice(1) : withoutPlus(text);
    if (fields.includes(field)) return { field, descending };
    this.refuse("order_by", "form_param_value_invalid", `order_by must be one of ${fields.join(", ")}`);
    return { field: "created_at", descending: true };
  }

  #integer(name: string, otherwise: number, minimum: number, maximum: number): number {
    const text = this.text(name);
    if (text === null) return otherwise;
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    this.refuse(name, "form_param_value_invalid", `${name} must be a whole number from ${minimum} to ${maximum}`);
    return otherwise;
  }
}

/** An unencoded `+` arrives as a space. */
const withoutPlus = (text: string): string => text.replace(/^[+ ]/, "");
