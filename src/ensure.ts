import { rowsOf } from "./backfill.ts";
import { contextOf } from "./context.ts";
import { describe, type Failure } from "./failure.ts";
import { isId, isObject } from "./fields.ts";
import { listOf } from "./lists.ts";
import type { Context } from "./reconcile.ts";
import type { organizations, users } from "./schema.ts";
import { type Bindings, readSettings } from "./settings.ts";

/**
 * A row of the copy, at once if it is there, else from Clerk through the merge. It closes the gap in which somebody has
 * signed up and the webhook has not arrived.
 */

/** As JSON has it: times in ISO 8601. */
type Read<Selected> = {
  [Column in Exclude<keyof Selected, "version">]: Date extends Selected[Column]
    ? Exclude<Selected[Column], Date> | string
    : Selected[Column];
};
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

/** Somebody waits for it. */
const clerkDeadline = 5000;

/**
 * @returns null where neither the copy nor Clerk has the object, or Clerk has deleted it
 * @throws EnsureError
 */
export const ensure = async <Table extends keyof ReadRows>(
  bindings: Bindings,
  table: Table,
  id: string,
  { updatedAfter }: EnsureOptions = {},
): Promise<ReadRows[Table] | null> => {
  if (!isId(id)) return null;
  const context = contextFor(bindings);
  const after = updatedAfter === undefined ? undefined : Number(updatedAfter);

  const found = await read(context, table, id);
  if (found !== null && (found.deleted_at !== null || isNewEnough(found, after))) return livingOrNull(found);

  for (;;) {
    const mine = flightOf(context, table, id);
    const known = await mine.answer;
    if (known === "unknown") return null;
    const row = await read(context, table, id);
    // One that another call had under way may be older than what is asked for here.
    if (mine.isOwn || row === null || row.deleted_at !== null || isNewEnough(row, after)) return livingOrNull(row);
  }
};

const isNewEnough = (
  { synced_at, updated_at }: { synced_at: string | null; updated_at: string | null },
  after?: number,
) => synced_at !== null && (after === undefined || (updated_at !== null && Date.parse(updated_at) >= after));

const livingOrNull = <Row extends { deleted_at: string | null }>(row: Row | null): Row | null =>
  row === null || row.deleted_at !== null ? null : row;

const read = async <Table extends keyof ReadRows>(
  { books }: Context,
  table: Table,
  id: string,
): Promise<ReadRows[Table] | null> => {
  const rows = await books.row(table, id);
  if (rows.kind !== "rows") throw errorOf(rows);
  return rows.rows[0]?.row ?? null;
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
  if (unreadable.length > 0 || rows.length === 0) throw new EnsureError("Clerk's answer is not as Clerk writes it");
  const observed = await context.observe(table, rows, null, false);
  if (observed.kind !== "observed") throw errorOf(observed);
  return "known";
};

/** One request an id at a time: a page that many open at once asks Clerk once. */
const flights = new WeakMap<Context, Map<string, Promise<Answer>>>();

const flightOf = (context: Context, table: keyof ReadRows, id: string): { answer: Promise<Answer>; isOwn: boolean } => {
  const ofContext = flights.get(context) ?? new Map<string, Promise<Answer>>();
  flights.set(context, ofContext);
  const key = `${table} ${id}`;
  const flying = ofContext.get(key);
  if (flying !== undefined) return { answer: flying, isOwn: false };
  const answer = askClerk(context, table, id).finally(() => ofContext.delete(key));
  ofContext.set(key, answer);
  return { answer, isOwn: true };
};

const contexts = new WeakMap<Bindings, Context>();

const contextFor = (bindings: Bindings): Context => {
  const known = contexts.get(bindings);
  if (known !== undefined) return known;
  const settings = readSettings(bindings);
  const made = settings.kind === "settings" ? contextOf(settings, { clerkDeadline }) : settings;
  if (made.kind === "misconfigured") throw errorOf(made);
  contexts.set(bindings, made);
  return made;
};

const errorOf = (failure: Failure): EnsureError => new EnsureError(describe(failure));
