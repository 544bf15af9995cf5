import { ok } from "./result.ts";

/**
 * Reads `DATABASE_URL` as it may be pasted: in quotes, behind `psql`, or with spaces around it. What is used everywhere is
 * what was checked here, since the driver, Postgres's client and a header each take another part of what is not plain.
 *
 * @returns the connection string, or what is wrong with it. Nothing of it is in that
 */
export const readConnectionString = (pasted: string): { ok: true; value: string } | { ok: false; failure: string } => {
  const unwrapped = pasted.trim().replace(/^psql\s+/, "");
  const text = (/^'(.*)'$/s.exec(unwrapped) ?? /^"(.*)"$/s.exec(unwrapped))?.[1]?.trim() ?? unwrapped;

  if (/['"]/.test(text)) return wrong("has a quote in it; copy it again, without quotes");
  if ((text.match(/postgres(ql)?:\/\//gi)?.length ?? 0) > 1) return wrong("holds two addresses; give it one");
  if (!/^[\x21-\x7e]*$/.test(text)) {
    return wrong("has a line break, a space or a letter that is not ASCII; percent-encode what belongs to it");
  }
  const url = URL.parse(text);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) return isProtocol(text) ? wrong(encode) : wrong(form);
  const parts = [url.username, url.password, url.hostname, url.pathname.slice(1)];
  // The driver parses it so, Postgres's client as above: where the two differ, what was checked would not be what is used.
  const driven = URL.parse(text.replace(/^\w+:/, "http:"));
  if (driven === null || url.hash !== "") return wrong(encode);
  if (parts.includes("")) return wrong(form);
  if (!isSame(url, driven)) return wrong(encode);
  if (overruling.some((name) => url.searchParams.has(name))) {
    return wrong("has a host, user, password or database behind its `?`; leave it out");
  }
  return parts.every(isDecodable) ? ok(text) : wrong(encode);
};

const wrong = (failure: string): { ok: false; failure: string } => ({ ok: false, failure });

const form =
  "is not of the form postgresql://user:password@host/database; copy the connection string from Neon's console";
const encode = "is of no valid form; percent-encode what its password has of % # / ? @ \\ (as %25 %23 %2F %3F %40 %5C)";

const isSame = (a: URL, b: URL): boolean =>
  a.hostname.toLowerCase() === b.hostname &&
  (["username", "password", "port", "pathname", "search"] as const).every((part) => a[part] === b[part]);

/** Postgres's client lets these win over what stands in front, and the driver does not. */
const overruling = ["host", "hostaddr", "port", "user", "password", "dbname", "database", "service"];

const isProtocol = (text: string): boolean => /^postgres(ql)?:\/\//i.test(text);

const isDecodable = (part: string): boolean => {
  try {
    return !/\p{Cc}/u.test(decodeURIComponent(part));
  } catch {
    return false;
  }
};

/** Whether Neon serves this connection string over HTTP. Others need a gateway. */
export const isNeon = (connectionString: string): boolean =>
  /\.neon\.(tech|build)$/i.test(URL.parse(connectionString)?.hostname ?? "");
