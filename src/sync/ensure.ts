import { rowsOf } from "./pages.ts";
import { contextOf } from "./context.ts";
import { describe, type Failure } from "../failure.ts";
import { isId, isObject, type JsonObject } from "../entities/fields.ts";
import { listOf } from "./lists.ts";
import type { Context } from "./run.ts";
import type { organizations, users } from "../schema.ts";
import { type Bindings, readSettings } from "../settings.ts";

/**
 * A row of the copy, at once if it is there, else from Clerk through the merge. It closes the gap in which somebody has
 * signed up and the webhook has not arrived.
 */

/**
 * A value as JSON has it: times in ISO 8601. What is open-ended is an `object`: the types of RPC make `never` of a result
 * that has `unknown` in it.
 */
type Value<Stored> = Stored extends Date
  ? string
  : Stored extends JsonObject
    ? object
    : Stored extends JsonObject[]
      ? object[]
      : Stored;
type Read<Selected> = { [Column in Exclude<keyof Selected, "version">]: Value<Selected[Column]> };
export type UserRow = Read<typeof users.$inferSelect>;
export type OrganizationRow = Read<typeof organizations.$inferSelect>;
export type ReadRows = { users: UserRow; organizations: OrganizationRow };

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

/** What every id of Clerk's begins with: nothing else is worth a question. */
const prefixes = { users: "user_", organizations: "org_" };

/**
 * @param invocation the caller's: what others wait for as well is kept from ending with it
 * @returns null where neither the copy nor Clerk has the object, or Clerk has deleted it
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
  const context = contextFor(bindings);

  const found = await read(context, table, id);
  if (isAnswer(found, after)) return livingOrNull(found);

  for (let isLater = false; ; isLater = true) {
    const flight = flightOf(context, invocation, table, id);
    const answer = await (flight.isOwn ? flight.answer : landed(flight));
    if (answer === "lost") continue;
    const row = answer === "known" ? await read(context, table, id) : null;
    // One that had set out before this call may know less than it asks for. The next one has not.
    if (flight.isOwn || isLater || isAnswer(row, after)) return livingOrNull(row);
  }
};

type Found<Table extends keyof ReadRows> = { row: ReadRows[Table]; is_whole: boolean };

/** A fragment, out of another object's event, is none, and neither is an id that an app has inserted. */
const isAnswer = <Table extends keyof ReadRows>(found: Found<Table> | null, after: number): boolean => {
  if (found === null) return false;
  const { deleted_at, updated_at } = found.row;
  return deleted_at !== null || (found.is_whole && (updated_at === null ? 0 : Date.parse(updated_at)) >= after);
};

const livingOrNull = <Table extends keyof ReadRows>(found: Found<Table> | null): ReadRows[Table] | null =>
  found === null || found.row.deleted_at !== null ? null : found.row;

const read = async <Table extends keyof ReadRows>(
  { books }: Context,
  table: Table,
  id: string,
): Promise<Found<Table> | null> => {
  const found = await books.row(table, id);
  if (found.kind !== "rows") throw errorOf(found);
  return found.rows[0] ?? null;
};

type Answer = "known" | "unknown";

/** Asks Clerk for the object, and merges what it says. */
const askClerk = async (context: Context, table: keyof ReadRows, id: string): Promise<Answer> => {
  const list = listOf(table);
  const question = list.one({ id });
  if (question === undefined) return "unknown";
  const answer = await context.clerk.get(question.path, question.query);
  if (answer.kind === "not_found") return "unknown";
  if (answer.kind !== "found") throw errorOf(answer);
  const { rows, unreadable } = rowsOf(context, list, isObject(answer.body) ? [answer.body] : [], answer.sentAt);
  const [row] = rows;
  if (unreadable.length > 0 || row === undefined) throw new EnsureError("Clerk's answer is not as Clerk writes it");
  // Clerk finds an organization by its slug as well.
  if (row.id !== id) return "unknown";
  const observed = await context.observe(table, rows, null, false);
  if (observed.kind !== "observed") throw errorOf(observed);
  return "known";
};

/** What an invocation has of its runtime. */
export type Invocation = { waitUntil(promise: Promise<unknown>): void };

type Flight = { answer: Promise<Answer>; since: number };

/** One request an id at a time: a page that many open at once asks Clerk once. */
const flights = new WeakMap<Context, Map<string, Flight>>();

/**
 * Milliseconds after which nobody waits for another's flight: longer than Clerk may take. The runtime drops what an
 * invocation that was cancelled has under way, and its promises then never settle.
 */
const lostAfter = deadline + 1000;

const flightOf = (
  context: Context,
  invocation: Invocation,
  table: keyof ReadRows,
  id: string,
): Flight & { isOwn: boolean } => {
  const ofContext = flights.get(context) ?? new Map<string, Flight>();
  flights.set(context, ofContext);
  const key = `${table} ${id}`;
  const flying = ofContext.get(key);
  const since = Date.now();
  if (flying !== undefined && since - flying.since < lostAfter) return { ...flying, isOwn: false };
  const answer = askClerk(context, table, id).finally(() => {
    if (ofContext.get(key) === flight) ofContext.delete(key);
  });
  const flight = { answer, since };
  ofContext.set(key, flight);
  invocation.waitUntil(answer.catch(() => {}));
  return { ...flight, isOwn: true };
};

/** With a timer of one's own: the flight's is another invocation's, and may be gone with it. */
const landed = async ({ answer, since }: Flight): Promise<Answer | "lost"> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const lost = new Promise<"lost">((resolve) => {
    timer = setTimeout(() => resolve("lost"), since + lostAfter - Date.now());
  });
  try {
    return await Promise.race([answer, lost]);
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
};

const contexts = new WeakMap<Bindings, Context>();

const contextFor = (bindings: Bindings): Context => {
  const known = contexts.get(bindings);
  if (known !== undefined) return known;
  const settings = readSettings(bindings);
  const made = settings.kind === "settings" ? contextOf(settings, { deadline, clerkDeadline: deadline }) : settings;
  if (made.kind === "misconfigured") throw errorOf(made);
  contexts.set(bindings, made);
  return made;
};

const errorOf = (failure: Failure): EnsureError => new EnsureError(describe(failure));
