/** An object from `JSON.parse`. */
export type JsonObject = { readonly [field: string]: unknown };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Milliseconds since 1970, of at most 13 digits: until the year 2286. */
export const isTime = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 9_999_999_999_999;

/** Clerk's ids look like `user_29w83sxmDNGwOuEthce5gg56FcC`. An id of this form is safe to index. */
export const isId = (value: unknown): value is string =>
  typeof value === "string" && /^[A-Za-z0-9_-]{1,128}$/.test(value);
