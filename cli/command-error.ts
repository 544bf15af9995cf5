import { DrizzleQueryError } from "drizzle-orm/errors";
import { internal } from "../src/result.ts";

/** What a command has to say to the person at the terminal. */
export class CommandError extends Error {}

/**
 * What to print of anything that was thrown. The text of a foreign error is not: it may hold a connection string or what was
 * being worked on.
 */
export const explain = (error: unknown): string => {
  if (error instanceof CommandError) return error.message;
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (/^[0-9A-Z]{5}$/.test(code) && !(code in unreachable)) return `${ofSqlstate(code)} (SQLSTATE ${code})`;
  if (code in unreachable) return `The database of DATABASE_URL cannot be reached (${code}): ${unreachable[code]}`;
  if (
    code === "" &&
    cause instanceof Error &&
    /^(Connection terminated due to connection )?timeout/.test(cause.message)
  )
    return "The database of DATABASE_URL does not answer in time";
  if (/^E[A-Z]+$/.test(code)) return `A file or folder cannot be used (${code})`;
  const { name, at } = internal(error);
  return [`A bug, or a fault of this machine (${name}${code === "" ? "" : `, ${code}`})`, ...at].join("\n");
};

const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens at its host and port",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the name of its host cannot be looked up now",
  ETIMEDOUT: "its host does not answer",
  EHOSTUNREACH: "its host does not answer",
  ENETUNREACH: "there is no network to its host",
  ECONNRESET: "it closed the connection",
  EPIPE: "it closed the connection",
};

const ofSqlstate = (sqlstate: string): string => {
  if (sqlstate.startsWith("28")) return "DATABASE_URL has a user or password that Postgres refuses";
  if (sqlstate === "3D000") return "DATABASE_URL names a database that does not exist";
  if (sqlstate === "42501") {
    return "The user of DATABASE_URL lacks a right; use the owner of the database, who may create schemas and functions";
  }
  if (/^(3F000|42P01|42703|42883)$/.test(sqlstate))
    return "DATABASE_URL has a database without the tables of this release; run `npm run db:migrate`";
  if (sqlstate === "25006") return "DATABASE_URL is a replica, or a database that may only be read";
  if (/^(57P|53|08)/.test(sqlstate))
    return "The database of DATABASE_URL takes no more connections, or is shutting down";
  return "Postgres refuses a statement";
};
