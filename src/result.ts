/**
 * What may fail gives a `Result`; what throws is a bug. No failure holds any part of a payload or of a secret, so each can
 * be logged as it is.
 */
export type Result<Value, Failed extends Failure = Failure> =
  | { ok: true; value: Value }
  | { ok: false; failure: Failed };

export const ok = <Value>(value: Value): { ok: true; value: Value } => ({ ok: true, value });

export const fail = <Failed extends Failure>(failure: Failed): { ok: false; failure: Failed } => ({
  ok: false,
  failure,
});

export type Failure =
  /** A setting, or the database that it names, is not what the Worker needs. Nothing was written. */
  | { kind: "misconfigured"; setting: string; reason: string; sqlstate?: string }
  /** The request is not a signed delivery with a JSON object. */
  | { kind: "malformed"; reason: string; id?: string }
  /** It is one, but no secret of ours signed it, or not now. */
  | { kind: "unverified"; reason: string; id: string }
  | { kind: "too_large" }
  /** A valid signature, but not a Clerk event: `field` is the path of the first wrong field. */
  | { kind: "unprocessable"; field: string; type?: string }
  /** Postgres refuses these rows, now and later. Nothing was written. */
  | { kind: "refused"; sqlstate: string }
  /** Postgres or the queue is away, slow or overloaded: try again later. Whether this call was committed is unknown. */
  | { kind: "unavailable"; sqlstate: string }
  | { kind: "unavailable"; cause: UnavailableCause }
  /** Clerk's Backend API is away, slow or busy: try again later, in `seconds` if Clerk says when. */
  | { kind: "clerk_unavailable"; seconds?: number; cause: UnavailableCause }
  /** Clerk refuses the secret key. */
  | { kind: "clerk_unauthorized" }
  /** Clerk refuses this request, now and later: 402 or 403 if the instance does not have what was asked for. */
  | { kind: "clerk_rejected"; status: number }
  /** Another run, which deletes too, is under way since then, or has been meanwhile. */
  | { kind: "busy"; run: string; since: string }
  /** A bug. Its message is told to nobody: it may hold what was being worked on. */
  | { kind: "internal"; name: string; at: string[] };

/**
 * The deadline passed, there was no answer, it was not the expected JSON, the queue failed, Neon's quota is used up or it has
 * too many connections, or it was an HTTP status.
 */
export type UnavailableCause = "timeout" | "network" | "answer" | "queue" | "quota" | "connections" | `http_${string}`;

export type FailureOf<Kind extends Failure["kind"]> = Extract<Failure, { kind: Kind }>;
export type Misconfigured = FailureOf<"misconfigured">;
export type DatabaseFailure = FailureOf<"misconfigured" | "refused" | "unavailable">;
export type ClerkFailure = FailureOf<"clerk_unavailable" | "clerk_unauthorized" | "clerk_rejected">;

export const misconfigured = (setting: string, reason: string, sqlstate?: string): Misconfigured => ({
  kind: "misconfigured",
  setting,
  reason,
  ...(sqlstate === undefined ? {} : { sqlstate }),
});

export const isNotSet = (name: string): string =>
  `is not set; set it with \`npx wrangler secret put ${name}\`, for local work in .dev.vars`;

/** The name of what was thrown and where, which is enough to find a bug and says nothing of the data. */
export const internal = (error: unknown): FailureOf<"internal"> => ({
  kind: "internal",
  name: error instanceof Error ? error.name : typeof error,
  at: error instanceof Error ? (error.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? []).slice(0, 5) : [],
});

/** Whether the same call may succeed later. */
export const isTransient = (failure: Failure): boolean =>
  failure.kind === "clerk_unavailable" ||
  // That status says that the request itself is no good.
  (failure.kind === "unavailable" && !("cause" in failure && failure.cause === "http_400"));
