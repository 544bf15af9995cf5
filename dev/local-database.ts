import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";

/** A Postgres inside this process, that anything on this machine can connect to. */
export type LocalDatabase = { connectionString: string; close(): Promise<void> };

/**
 * Starts PGlite and serves Postgres's wire protocol on it.
 *
 * @param folder where it is kept; in memory where it is undefined
 * @param port of 127.0.0.1; 0 takes any free one
 * @throws where another process has the folder open: two of them lose rows without an error
 */
export const startLocalDatabase = async (folder?: string, port = 0): Promise<LocalDatabase> => {
  const unlock = folder === undefined ? undefined : await lock(folder);
  const database = await PGlite.create(folder === undefined ? "memory://" : join(folder, "data"));
  const server = new PGLiteSocketServer({ db: database, host: "127.0.0.1", port, maxConnections: 100 });
  await server.start();
  const address = server.getServerConn();
  return {
    connectionString: `postgresql://postgres:postgres@${address}/postgres`,
    close: async () => {
      // It waits for its clients to leave, and one that waits for an answer does not.
      await Promise.race([server.stop(), setTimeout(1000)]);
      await database.close();
      unlock?.();
    },
  };
};

/**
 * PGlite has no lock between processes. SQLite's is the operating system's own: it goes when the process does,
 * however that ends.
 */
const lock = async (folder: string): Promise<() => void> => {
  await mkdir(folder, { recursive: true });
  const file = new DatabaseSync(join(folder, "lock.sqlite"));
  try {
    file.exec("begin exclusive");
  } catch (error) {
    file.close();
    if (error instanceof Error && "errcode" in error && error.errcode === 5) {
      throw new Error(`Another process has the database in ${folder} open. End it first, or name another folder.`, {
        cause: error,
      });
    }
    throw error;
  }
  return () => file.close();
};
