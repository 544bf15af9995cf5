/** Whether a line of the Worker's log is as docs/log.md says. */

export type FieldType = "text" | "number" | "true" | "list" | "object";

type Fields = Readonly<Record<string, FieldType>>;

export type LogSchema = {
  /** The fields of a line without `job`, `health` or `ensure`, and of those that have one. */
  delivery: Fields;
  health: Fields;
  ensure: Fields;
  jobs: Readonly<Record<string, Fields>>;
  /** What a line with each error may have besides. */
  errors: Readonly<Record<string, readonly string[]>>;
  ofErrors: Fields;
};

const typeOf = (value: unknown): string => {
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return "text";
  return value === true ? "true" : value === null ? "null" : typeof value;
};

/** What is wrong with a line; undefined if nothing is, or it is not the Worker's, whose lines are objects of JSON. */
export const faultIn = (text: string, schema: LogSchema): string | undefined => {
  if (!/^\{.*\}$/.test(text)) return undefined;
  let line: Record<string, unknown>;
  try {
    line = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { job, error } = line;
  const own = typeof job === "string" ? schema.jobs[job] : undefined;
  if (job !== undefined && own === undefined) return `it has no job ${JSON.stringify(job)}: ${text}`;
  const besides = typeof error === "string" ? schema.errors[error] : [];
  if (besides === undefined) return `it has no error ${JSON.stringify(error)}: ${text}`;
  const fields: Readonly<Record<string, string | undefined>> = {
    ...Object.fromEntries(besides.map((name) => [name, schema.ofErrors[name]])),
    ...(own ?? ("health" in line ? schema.health : "ensure" in line ? schema.ensure : schema.delivery)),
    job: "text",
    error: "text",
    version: "text",
  };
  const wrong = Object.entries(line).find(([name, value]) => fields[name] !== typeOf(value));
  if (wrong === undefined) return undefined;
  const [name, value] = wrong;
  return `${name} is ${fields[name] ?? "no field"} of such a line, and not ${typeOf(value)}: ${text}`;
};
