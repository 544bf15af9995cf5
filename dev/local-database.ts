import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { CommandError } from "../cli/command-error.ts";
import { OneBackend } from "./one-backend.ts";

/** A Postgres inside this process. Anything on this machine can connect to it. */
export type LocalDatabase = { connectionString: string; close(): Promise<void> };

/** That this process alone may use the Postgres in a folder. */
export type Lock = { close(): Promise<void> };

/** The connection string of one that listens at a port. */
export const localConnectionString = (port: number): string =>
  `postgresql://postgres:postgres@127.0.0.1:${port}/postgres`;

/**
 * Starts PGlite and serves Postgres's wire protocol on it.
 *
 * @param folder where it is kept; undefined keeps it in memory
 * @param port on 127.0.0.1; 0 for any free one
 * @param given the folder's lock, if the caller has it already. It stays the caller's
 * @throws if another process has the folder open: two of them would lose rows without an error
 */
export const startLocalDatabase = async (folder?: string, port = 0, given?: Lock): Promise<LocalDatabase> => {
  const own = folder === undefined || given !== undefined ? undefined : await lockDatabase(folder);
  // One that was killed has left it.
  if (folder !== undefined) await rm(addressIn(folder), { force: true });
  const database = new OneBackend(folder === undefined ? "memory://" : join(folder, "data"));
  await database.waitReady;
  const server = new PGLiteSocketServer({ db: database, host: "127.0.0.1", port, maxConnections: 100 });
  await server.start();
  const connectionString = `postgresql://postgres:postgres@${server.getServerConn()}/postgres`;
  if (folder !== undefined) await writeFile(addressIn(folder), connectionString);
  return {
    connectionString,
    close: async () => {
      if (folder !== undefined) await rm(addressIn(folder), { force: true });
      // It waits for its clients to leave, but a client that waits for an answer does not leave.
      await Promise.race([server.stop(), setTimeout(1000)]);
      await database.close();
      await own?.close();
    },
  };
};

/** Starts it, or joins the one that another process, such as `npm run dev`, has started in this folder. */
export const joinLocalDatabase = async (folder: string): Promise<LocalDatabase> => {
  try {
    return await startLocalDatabase(folder);
  } catch (error) {
    if (!(error instanceof InUseError)) throw error;
    const connectionString = await readFile(addressIn(folder), "utf8").catch(() => undefined);
    if (connectionString === undefined) throw error;
    return { connectionString, close: async () => {} };
  }
};

/** That another process has the lock. */
export class InUseError extends CommandError {}

/** Where the address of the Postgres is kept while it runs. */
const addressIn = (folder: string): string => join(folder, "address");

/**
 * Locks the folder, since PGlite does not lock out other processes. SQLite's lock is the operating system's own: it is
 * released when the process ends, however it ends.
 *
 * @throws InUseError if another process has it
 */
export const lockDatabase = async (folder: string): Promise<Lock> => {
  await mkdir(folder, { recursive: true });
  const file = new DatabaseSync(join(folder, "lock.sqlite"));
  try {
    file.exec("begin exclusive");
  } catch (error) {
    file.close();
    if (error instanceof Error && "errcode" in error && error.errcode === 5) {
      throw new InUseError(`Another process has the database in ${folder} open. Stop it, or use another --folder.`);
    }
    throw error;
  }
  return { close: async () => file.close() };
};
