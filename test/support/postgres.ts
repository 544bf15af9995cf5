import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import pg from "pg";

/** A real Postgres with its own processes, for what one backend cannot show: concurrency, and speed. */
export type Postgres = {
  /** The connection string of one of its databases, which need not exist. */
  url(database: string): string;
  close(): Promise<void>;
};

/** Starts one, which ends at the latest with this process. */
export const startPostgres = async (): Promise<Postgres> => {
  const server = fork(fileURLToPath(new URL("postgres-server.ts", import.meta.url)), {
    // A terminal's Ctrl-C must not reach it: it is ended in its turn. It does not get a test runner's options either.
    detached: true,
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const exited = once(server, "exit");
  const port = await Promise.race([
    once(server, "message").then(([message]: unknown[]) => message),
    exited.then(() => undefined),
  ]);
  if (typeof port !== "number") throw new Error("Postgres did not start");
  // It does not keep this process alive.
  server.unref();
  server.channel?.unref();
  return {
    url: (database) => `postgresql://postgres:postgres@127.0.0.1:${port}/${database}`,
    close: async () => {
      server.ref();
      if (server.connected) server.disconnect();
      await exited;
    },
  };
};

/** The statement that makes a database of another one. By its files: the default goes through the log, and takes 150 ms more. */
export const copyDatabase = (template: string, name: string): string =>
  `create database ${name} template ${template} strategy file_copy`;

/** Runs statements on a database, each in its own transaction. */
export const execute = async (url: string, ...statements: string[]): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
};
