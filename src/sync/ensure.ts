import { sql } from "drizzle-orm/sql";
import type { JsonRow } from "../database/json-row.ts";
import { tombstone } from "../entities/entity.ts";
import { isId, isObject } from "../json.ts";
import { messageOf } from "../log.ts";
import type { Result } from "../result.ts";
import { services, type ServicesWithClerk, withClerk } from "../services.ts";
import type { Bindings } from "../settings.ts";
import { listOf } from "./lists.ts";
import { readItems } from "./pages.ts";
import { type Invocation, singleFlight } from "./single-flight.ts";

/**
 * A row of the copy, at once if it is there, else from Clerk through the merge. It closes the gap in which somebody has
 * signed up and the webhook has not arrived.
 */

export type UserRow = JsonRow<"users">;
export type OrganizationRow = JsonRow<"organizations">;
type ReadRows = { users: UserRow; organizations: OrganizationRow };

export type EnsureOptions = {
  /** A row whose `updated_at` is before this is asked of Clerk again: a Date, or milliseconds since 1970. */
  updatedAfter?: Date | number;
};

/** Clerk or the database did not answer, or a setting is wrong. The message holds neither an id nor a secret. */
export class EnsureError extends Error {
  override readonly name = "EnsureError";
}

/** Milliseconds that Clerk, and the database each time, may take: somebody waits. */
const deadline = 5000;

const servicesOf = services({ database: deadline, clerk: deadline });

/** What every id of Clerk's begins with: nothing else is worth a question. */
const prefixes = { users: "user_", organizations: "org_" };

/**
 * @param invocation the caller's: what others wait for too does not end with it
 * @returns null if neither the copy nor Clerk has the object, or Clerk has deleted it
 * @throws EnsureError
 */
export const ensure = async <Table extends keyof ReadRows>(
  bindings: Bindings,
  invocation: Invocation,
  table: Table,
  id: string,
  { updatedAfter }: EnsureOptions = {},
): Promise<ReadRows[Table] | null> => {
  if (!isId(id) || !id.startsWith(prefixes[table])) return null;
  const after = Number(updatedAfter ?? 0);
  if (Number.isNaN(after)) throw new EnsureError("updatedAfter is neither a Date nor a number of milliseconds");
  const using = unwrap(withClerk(unwrap(servicesOf(bindings))));

  const found = await read(using, table, id);
  if (isAnswer(found, after)) return livingOrNull(found);

  for (let isLater = false; ; isLater = true) {
    const flight = flightsOf(using)(`${table} ${id}`, invocation, () => askClerk(using, table, id));
    const answer = await flight.landed();
    if (flight.isOwn && using.tellSoon !== undefined) invocation.waitUntil(using.tellSoon());
    if (answer === "lost") continue;
    const row = answer === "known" ? await read(using, table, id) : null;
    // One that had set out before this call may know less than it asks for. The next one has not.
    if (flight.isOwn || isLater || isAnswer(row, after)) return livingOrNull(row);
  }
};

type Found<Table extends keyof ReadRows> = { row: ReadRows[Table]; version: string };

/**
 * A delete that was told is an answer. A fragment, out of another object's event, is none; nor is an id that an app has
 * inserted, or a delete that was inferred, since somebody asks for the object now.
 */
const isAnswer = <Table extends keyof ReadRows>(found: Found<Table> | null, after: number): boolean => {
  if (found === null) return false;
  const { row, version } = found;
  if (row.deleted_at !== null) return version === tombstone(row.id).version;
  return version.startsWith("1") && (row.updated_at === null ? 0 : Date.parse(row.updated_at)) >= after;
};

const livingOrNull = <Table extends keyof ReadRows>(found: Found<Table> | null): ReadRows[Table] | null =>
  found === null || found.row.deleted_at !== null ? null : found.row;

/** A row as JSON, with its times in ISO 8601. */
const read = async <Table extends keyof ReadRows>(
  { database }: ServicesWithClerk,
  table: Table,
  id: string,
): Promise<Found<Table> | null> => {
  const found = await database.query<Found<Table>>(sql`
    select pg_catalog.to_jsonb(t) - 'version'::text as row, version from clerk.${sql.identifier(table)} as t where id = ${id}
  `);
  return unwrap(found)[0] ?? null;
};

type Answer = "known" | "unknown";

/** Asks Clerk for the object, and merges what it says. */
const askClerk = async (
  { clerk, compare, settings }: ServicesWithClerk,
  table: keyof ReadRows,
  id: string,
): Promise<Answer> => {
  const list = listOf(table);
  const question = list.one?.({ id });
  if (question === undefined) return "unknown";
  const answer = unwrap(await clerk.get(question.path, question.query));
  const { body, sentAt } = answer;
  if (body === undefined) return "unknown";
  const { rows, unreadable } = readItems(settings, list, isObject(body) ? [body] : [], sentAt);
  const [row] = rows;
  if (unreadable.length > 0 || row === undefined) throw new EnsureError("Clerk's answer is not as Clerk writes it");
  // Clerk finds an organization by its slug as well.
  if (row.id !== id) return "unknown";
  const { refused } = unwrap(await compare(table, rows, null, false, { source: "ensure" }));
  const [first] = refused;
  if (first !== undefined) throw new EnsureError(messageOf({ kind: "refused", sqlstate: first.sqlstate }));
  return "known";
};

/** One request per id at a time: a page that many open at once asks Clerk once. */
const flights = new WeakMap<ServicesWithClerk["database"], ReturnType<typeof singleFlight<Answer>>>();

const flightsOf = ({ database }: ServicesWithClerk) => {
  const known = flights.get(database) ?? singleFlight<Answer>(deadline + 1000);
  flights.set(database, known);
  return known;
};

/** A caller by RPC gets an exception. */
const unwrap = <T>(result: Result<T>): T => {
  if (!result.ok) throw new EnsureError(messageOf(result.failure));
  return result.value;
};
