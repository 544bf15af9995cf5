import { isObject } from "../json.ts";
import { type ClerkFailure, fail, ok, type Result } from "../result.ts";

/**
 * The part of Clerk's Backend API that this project uses: one GET at a time, with every failure as a value.
 *
 * Source: https://clerk.com/docs/reference/backend-api; its limits, https://clerk.com/docs/guides/how-clerk-works/system-limits
 */
export type Clerk = {
  /** @returns an answer without a body if there is no such object (404) */
  get(path: string, query?: Query): Promise<Result<Answer, ClerkFailure>>;
};

/** A name with several values is sent several times. */
export type Query = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * `sentAt`: when the request was sent, by Clerk's clock, in milliseconds since 1970: what the answer's `Date` says, less the
 * time that it took. What the answer says is at least as new. No clock of a Worker or a terminal has a say in what is newest.
 */
export type Answer = { body: unknown; sentAt: number };

/** The version whose shapes src/entities reads. */
const apiVersion = "2026-05-12";

export type ClerkOptions = {
  secretKey: string;
  /** The API's address, for example `https://api.clerk.com/v1`. */
  url: string;
  /** Milliseconds that an answer may take, its body included. */
  deadline: number;
  fetcher?: typeof fetch;
  /** Milliseconds, of which only differences count. */
  now?: () => number;
};

export const connectToClerk = ({
  secretKey,
  url,
  deadline,
  fetcher = (input, init) => fetch(input, init),
  now = Date.now,
}: ClerkOptions): Clerk => ({
  get: async (path, query = {}) => {
    const began = now();
    const signal = AbortSignal.timeout(deadline);
    try {
      const response = await fetcher(`${url}${path}?${parametersOf(query).toString()}`, {
        headers: {
          Authorization: `Bearer ${secretKey}`,
          "Clerk-API-Version": apiVersion,
        },
        // Do not send the key to another address.
        redirect: "manual",
        signal,
      });
      const took = Math.max(0, now() - began);
      if (response.ok || response.status === 404) return await answerOf(response, took, signal);
      // An unread body holds its connection.
      await response.body?.cancel();
      return refusalOf(response);
    } catch {
      return fail({ kind: "clerk_unavailable", cause: signal.aborted ? "timeout" : "network" });
    }
  },
});

const parametersOf = (query: Query): URLSearchParams => {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of typeof value === "object" ? value : [value]) parameters.append(name, String(one));
  }
  return parameters;
};

/** As HTTP writes a time. `Date.parse` takes much else, such as `5`. */
const dateForm = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} 20\d{2} \d{2}:\d{2}:\d{2} GMT$/;

const answerOf = async (
  response: Response,
  took: number,
  signal: AbortSignal,
): Promise<Result<Answer, ClerkFailure>> => {
  const date = response.headers.get("Date") ?? "";
  const sentAt = dateForm.test(date) ? Date.parse(date) - took : Number.NaN;
  try {
    const body: unknown = await response.json();
    if (Number.isNaN(sentAt)) return fail({ kind: "clerk_unavailable", cause: "answer" });
    if (response.ok) return ok({ body, sentAt });
    // Only Clerk's own word says that an object is gone: another server's 404 says that the address is wrong.
    return isObject(body) && Array.isArray(body.errors) && body.errors.length > 0
      ? ok({ body: undefined, sentAt })
      : fail({ kind: "clerk_rejected", status: 404 });
  } catch {
    const isPage = !(response.headers.get("Content-Type") ?? "").includes("json");
    if (response.status === 404 && isPage && !signal.aborted) return fail({ kind: "clerk_rejected", status: 404 });
    // Cut off, or the page of a proxy in between.
    return fail({ kind: "clerk_unavailable", cause: signal.aborted ? "timeout" : "answer" });
  }
};

const refusalOf = ({ status, headers }: Response): Result<never, ClerkFailure> => {
  if (status === 401) return fail({ kind: "clerk_unauthorized" });
  if (status !== 429 && status !== 408 && status < 500) return fail({ kind: "clerk_rejected", status });
  const seconds = Number(headers.get("Retry-After") ?? Number.NaN);
  return fail({
    kind: "clerk_unavailable",
    cause: `http_${status}`,
    ...(Number.isFinite(seconds) && seconds >= 0 ? { seconds } : {}),
  });
};
