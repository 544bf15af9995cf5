import { type ClerkFailure, fail, ok, type Result } from "../result.ts";

/**
 * The part of Clerk's Backend API that this project uses: one GET at a time, with every failure as a value.
 *
 * Source: https://clerk.com/docs/reference/backend-api; its limits, https://clerk.com/docs/guides/how-clerk-works/system-limits
 */
export type Clerk = {
  /** @returns null if there is no such object (404) */
  get(path: string, query?: Query): Promise<Result<Answer | null, ClerkFailure>>;
};

/** A name with several values is sent several times. */
export type Query = Readonly<Record<string, string | number | readonly string[]>>;

/** `sentAt`: when the request was sent, in milliseconds since 1970. What the answer says is at least as new. */
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
  /** Milliseconds since 1970. */
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
    const sentAt = now();
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort(), deadline);
    try {
      const response = await fetcher(`${url}${path}?${parametersOf(query).toString()}`, {
        headers: {
          Authorization: `Bearer ${secretKey}`,
          "Clerk-API-Version": apiVersion,
        },
        // Do not send the key to another address.
        redirect: "manual",
        signal: ending.signal,
      });
      if (response.ok) return await bodyOf(response, sentAt, ending.signal);
      // An unread body holds its connection.
      await response.body?.cancel();
      return withoutBody(response);
    } catch {
      return fail({ kind: "clerk_unavailable", cause: ending.signal.aborted ? "timeout" : "network" });
    } finally {
      clearTimeout(timer);
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

const bodyOf = async (
  response: Response,
  sentAt: number,
  signal: AbortSignal,
): Promise<Result<Answer, ClerkFailure>> => {
  try {
    return ok({ body: await response.json(), sentAt });
  } catch {
    // Cut off, or the page of a proxy in between.
    return fail({ kind: "clerk_unavailable", cause: signal.aborted ? "timeout" : "answer" });
  }
};

const withoutBody = ({ status, headers }: Response): Result<null, ClerkFailure> => {
  if (status === 404) return ok(null);
  if (status === 401) return fail({ kind: "clerk_unauthorized" });
  if (status !== 429 && status !== 408 && status < 500) return fail({ kind: "clerk_rejected", status });
  const seconds = Number(headers.get("Retry-After") ?? Number.NaN);
  return fail({
    kind: "clerk_unavailable",
    cause: `http_${status}`,
    ...(Number.isFinite(seconds) && seconds >= 0 ? { seconds } : {}),
  });
};
