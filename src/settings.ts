/**
 * The bindings that the Worker reads. All are strings: secrets set with `wrangler secret put`, or `.dev.vars` locally.
 */
export type Bindings = {
  DATABASE_URL?: string;
  CLERK_WEBHOOK_SIGNING_SECRET?: string;
  /** Local development and tests only: the address of a gateway that speaks Neon's HTTP protocol. */
  NEON_FETCH_ENDPOINT?: string;
};

export type Settings = {
  kind: "settings";
  databaseUrl: string;
  /** The decoded bytes of each secret. */
  signingSecrets: Uint8Array<ArrayBuffer>[];
  neonFetchEndpoint: string | undefined;
};

/** A binding that is missing or wrong. Neither field holds any part of its value. */
export type Misconfigured = { kind: "misconfigured"; setting: string; reason: string };

/**
 * Reads the bindings, or says which is wrong and what to do about it. No secret has a default, and one that
 * could not keep a forger out is refused: an HMAC with an empty or short key can be made by anybody.
 */
export const readSettings = (bindings: Bindings): Settings | Misconfigured => {
  const databaseUrl = bindings.DATABASE_URL?.trim();
  if (!databaseUrl) {
    return wrong("DATABASE_URL", "is not set; set it with `npx wrangler secret put DATABASE_URL`");
  }
  if (!isConnectionString(databaseUrl)) {
    return wrong("DATABASE_URL", "is not of the form postgresql://user:password@host/database");
  }

  const signingSecrets: Uint8Array<ArrayBuffer>[] = [];
  for (const secret of bindings.CLERK_WEBHOOK_SIGNING_SECRET?.split(/\s+/).filter(Boolean) ?? []) {
    const bytes = decodeSecret(secret);
    if (bytes === undefined) {
      return wrong(
        "CLERK_WEBHOOK_SIGNING_SECRET",
        "has a secret that is not whsec_ and at least 24 bytes in base64; copy it from the endpoint's page in Clerk's dashboard",
      );
    }
    signingSecrets.push(bytes);
  }
  if (signingSecrets.length === 0) {
    return wrong(
      "CLERK_WEBHOOK_SIGNING_SECRET",
      "is not set; set it with `npx wrangler secret put CLERK_WEBHOOK_SIGNING_SECRET`",
    );
  }

  const neonFetchEndpoint = bindings.NEON_FETCH_ENDPOINT?.trim() || undefined;
  if (neonFetchEndpoint !== undefined && !URL.canParse(neonFetchEndpoint)) {
    return wrong("NEON_FETCH_ENDPOINT", "is not a URL; it is for local development only, so remove it elsewhere");
  }

  return { kind: "settings", databaseUrl, signingSecrets, neonFetchEndpoint };
};

const wrong = (setting: string, reason: string): Misconfigured => ({ kind: "misconfigured", setting, reason });

/** What the Neon driver needs to find: a user, a host and a database. */
const isConnectionString = (value: string): boolean => {
  const url = URL.parse(value);
  return (
    url !== null &&
    (url.protocol === "postgres:" || url.protocol === "postgresql:") &&
    url.username !== "" &&
    url.hostname !== "" &&
    url.pathname.length > 1
  );
};

const decodeSecret = (secret: string): Uint8Array<ArrayBuffer> | undefined => {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  if (base64 === undefined) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(base64);
    return bytes.length >= 24 ? bytes : undefined;
  } catch {
    return undefined;
  }
};
