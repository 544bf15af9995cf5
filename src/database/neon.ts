/**
 * Neon's SQL over HTTP: a statement is a request. The Worker asks for one statement at a time and reads what JSON can
 * hold, and that is all that is here. Neon's own driver also carries a whole client for Postgres's wire protocol, which
 * was more than half of the bundle and a tenth of a delivery's CPU; test/node/neon.test.ts holds this against it.
 *
 * Source: `src/httpQuery.ts` of github.com/neondatabase/serverless, and what answers it, `sql_over_http.rs` and
 * `json.rs` of github.com/neondatabase/neon
 */

/** A parameter that is JSON already: an object, as text. It goes into the request as it is, not as a text in JSON. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** `rows` are objects, or arrays where `isArray` says so. Numbers, booleans and JSON are values, all else is text. */
export type Query = (statement: string, parameters: readonly unknown[], isArray: boolean) => Promise<Answer>;

type Answer = { rows: unknown[] };
type Refusal = { message: string; code: string | null };

/** Neon, or Postgres behind it, has answered with an error. The message may hold parameters: it is for no log. */
export class NeonError extends Error {
  override readonly name = "NeonError";
  readonly status: number;
  /** Empty where it is no error of Postgres. */
  readonly sqlstate: string;

  constructor(status: number, sqlstate: string, message: string) {
    super(message);
    this.status = status;
    this.sqlstate = sqlstate;
  }
}

/** There was no answer. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
}

/**
 * @param endpoint where the protocol is spoken; without it, where Neon does for the host of the connection string
 */
export const neon = (connectionString: string, endpoint = endpointOf(connectionString)): Query => {
  const rowsAsObjects = new Headers({ "Neon-Connection-String": connectionString });
  const rowsAsArrays = new Headers({ "Neon-Connection-String": connectionString, "Neon-Array-Mode": "true" });

  const ask = async (statement: string, parameters: readonly string[], isArray: boolean) => {
    const body = `{"query":${JSON.stringify(statement)},"params":[${parameters.join(",")}]}`;
    const headers = isArray ? rowsAsArrays : rowsAsObjects;
    let response: Response;
    try {
      response = await fetch(endpoint, { method: "POST", headers, body });
    } catch (cause) {
      throw new NetworkError("no answer", { cause });
    }
    const text = await response.text();
    if (response.ok) {
      const answer: Answer = JSON.parse(text);
      return answer;
    }
    if (response.status !== 400) throw new NeonError(response.status, "", text);
    const { message, code }: Refusal = JSON.parse(text);
    throw new NeonError(400, code ?? "", message);
  };

  return async (statement, parameters, isArray) => {
    try {
      return await ask(statement, parameters.map(inBody), isArray);
    } catch (error) {
      // Neon's proxy reads JSON 128 deep, and answers this to more. Postgres reads thousands.
      const isRefused = error instanceof NeonError && error.status === 400 && error.sqlstate === "";
      if (!isRefused || !parameters.some((one) => one instanceof JsonText)) throw error;
      return await ask(statement, parameters.map(asText), isArray);
    }
  };
};

const endpointOf = (connectionString: string): string =>
  `https://${new URL(connectionString).hostname.replace(/^[^.]+\./, "api.")}/sql`;

/** Neon takes an array of JSON for one of Postgres's, and an object for the text of its JSON. */
const inBody = (value: unknown): string => (value instanceof JsonText ? value.text : asText(value));

const asText = (value: unknown): string => {
  if (value instanceof JsonText) return JSON.stringify(value.text);
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return JSON.stringify(value);
  }
  throw new TypeError("a parameter is a text, a number, a boolean, null, or JSON as text");
};
