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
    return wrong(
      "has a line break, a space or a letter that is not ASCII in it; percent-encode what belongs to it, for example é as %C3%A9",
    );
  }
  const url = URL.parse(text);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) return isProtocol(text) ? wrong(encode) : wrong(form);
  // As the driver parses it.
  if (!URL.canParse(text.replace(/^\w+:/, "http:")) || url.hash !== "") return wrong(encode);
  const parts = [url.username, url.password, url.hostname, url.pathname.slice(1)];
  if (parts.includes("")) return wrong(form);
  return parts.every(isDecodable) ? ok(text) : wrong(encode);
};

const wrong = (failure: string): { ok: false; failure: string } => ({ ok: false, failure });

const form =
  "is not of the form postgresql://user:password@host/database; copy the connection string from Neon's console";
const encode =
  "is of no valid form; if its password has one of % # / ? @ : in it, percent-encode that (% as %25, # as %23, / as %2F, ? as %3F, @ as %40)";

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
