/**
 * The address for Postgres's client: past Neon's pooler, which migrations do not go through, and with the certificate checked.
 * The client takes `require` for that too, with a warning.
 */
export const directUrlOf = (connectionString: string): string => {
  const url = new URL(connectionString);
  url.hostname = url.hostname.replace(/^([a-z0-9-]+)-pooler(?=\..*\.neon\.(tech|build)$)/i, "$1");
  if (/^(prefer|require|verify-ca)$/.test(url.searchParams.get("sslmode") ?? "")) {
    url.searchParams.set("sslmode", "verify-full");
  }
  return url.href;
};
