/**
 * A value as JSON that Postgres takes: it refuses U+0000 in text and lone surrogates in jsonb, so both become U+FFFD.
 * `JSON.stringify` writes both as escapes, and nothing else that begins with `\ud`; `\\` before them is a backslash of the
 * text.
 *
 * @throws RangeError if the value is nested thousands deep
 */
export const storable = (value: unknown): string => {
  const json = JSON.stringify(value);
  // Most texts have no such escape, and looking for one is several times faster than the expression.
  return json.includes("\\u") && /\\u(?:0000|d)/.test(json)
    ? json.replace(/\\(?:u0000|ud[0-9a-f]{3}|.)/g, (escape) => (/^\\u(?:0000|d)/.test(escape) ? "\\ufffd" : escape))
    : json;
};
