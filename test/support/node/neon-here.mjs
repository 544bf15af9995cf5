/** With `--import`: Postgres's client is led from Neon's hosts, which have no certificate here, to this machine, without TLS. */
import pg from "pg";

const here = (options) => {
  const url = new URL(options.connectionString);
  if (!url.hostname.endsWith(".neon.tech")) return options;
  if (/-pooler\./.test(url.hostname)) throw new Error("Postgres's client goes past the pooler");
  url.hostname = "127.0.0.1";
  url.search = "";
  return { ...options, connectionString: url.href };
};

pg.Client = class extends pg.Client {
  constructor(options) {
    super(here(options));
  }
};
pg.Pool = class extends pg.Pool {
  constructor(options) {
    super(here(options));
  }
};
