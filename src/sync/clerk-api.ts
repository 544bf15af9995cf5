/**
 * Clerk's Backend API, as far as it is asked here: one GET at a time, and every way in which it can fail as a value.
 *
 * Source: https://clerk.com/docs/reference/backend-api; its limits, https://clerk.com/docs/guides/how-clerk-works/system-limits
 */
export type Clerk = { get(path: string, query?: Query): Promise<Answer> };

/** Where there are several values of one name, it is given several times. */
export type Query = Readonly<Record<string, string | number | readonly string[]>>;

export type Answer =
  /** `sentAt`: when the request was sent, in milliseconds since 1970. What the answer says is at least as new. */
  | { kind: "found"; body: unknown; sentAt: number }
  /** 404: there is no such object. */
  | { kind: "not_found" }
  | ClerkFailure;

export type ClerkFailure =
  /** Busy, away or slow: the same request may succeed later. `seconds` where Clerk says when. */
  | { kind: "wait"; seconds?: number; cause: "timeout" | "network" | "answer" | `http_${number}` }
  /** Clerk refuses the secret key. */
  | { kind: "unauthorized" }
  /** Clerk refuses this request, now and later: 402 and 403 where the instance does not have what was asked for. */
  | { kind: "rejected"; status: number };

/** The version of the shapes that src/entities reads. */
const apiVersion = "2026-05-12";

export type ClerkOptions = {
  secretKey: string;
  /** Where the API is, for example `https://api.clerk.com/v1`. */
  url: string;
  /** Milliseconds that an answer may take, its body included. */
  deadline?: number;
  fetcher?: typeof fetch;
  /** Milliseconds since 1970. */
  now?: () => number;
};

export const connectToClerk = ({
  secretKey,
  url,
  deadline = 30_000,
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
        // The key is for nobody else.
        redirect: "manual",
        signal: ending.signal,
      });
      if (response.ok) return await bodyOf(response, sentAt, ending.signal);
      // A body that is not read holds its connection.
      await response.body?.cancel();
      return failureOf(response);
    } catch {
      return { kind: "wait", cause: ending.signal.aborted ? "timeout" : "network" };
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

const bodyOf = async (response: Response, sentAt: number, signal: AbortSignal): Promise<Answer> => {
  try {
    return { kind: "found", body: await response.json(), sentAt };
  } catch {
    // Cut off, or a page of something in between.
    return { kind: "wait", cause: signal.aborted ? "timeout" : "answer" };
  }
};

const failureOf = ({ status, headers }: Response): Answer => {
  if (status === 404) return { kind: "not_found" };
  if (status === 401) return { kind: "unauthorized" };
  if (status !== 429 && status !== 408 && status < 500) return { kind: "rejected", status };
  const seconds = Number(headers.get("Retry-After") ?? Number.NaN);
  return {
    kind: "wait",
    cause: `http_${status}`,
    ...(Number.isFinite(seconds) && seconds >= 0 ? { seconds } : {}),
  };
};
