import type { Known } from "../entities/entity.ts";
import { isObject } from "../json.ts";
import { type ClerkFailure, ok, type Result } from "../result.ts";
import type { Answer, Clerk } from "./clerk-api.ts";
import type { Counted, List, Question } from "./lists.ts";

/** Asks Clerk for an object that its list did not have: only its word for this one says that it is gone. */

/** `goneAt`: when Clerk was asked, by its clock, in milliseconds since 1970. */
export type Found = "there" | "unknown" | { goneAt: number };

export const ask = async (clerk: Clerk, list: List, known: Known): Promise<Result<Found, ClerkFailure>> => {
  const question = list.one?.(known);
  if (question === undefined) return ok("unknown");
  const answer = await answerTo(clerk, question);
  if (!answer.ok) return answer;
  if (answer.value === undefined) return ok("unknown");
  const { body, sentAt } = answer.value;
  // The object, or the owner whose list was asked.
  if (body === undefined) return ok({ goneAt: sentAt });
  if (list.isIn === undefined) return ok("there");
  const isIn = list.isIn(body, known.id);
  if (isIn !== false) return ok(isIn === true ? "there" : "unknown");

  const counts = list.counts?.(known);
  if (counts === undefined) return ok({ goneAt: sentAt });
  const [one, other] = counts;
  const first = await countOf(clerk, one);
  if (!first.ok) return first;
  const second = await countOf(clerk, other);
  if (!second.ok) return second;
  return ok(first.value !== null && first.value === second.value ? { goneAt: sentAt } : "unknown");
};

/** Undefined if Clerk refuses the question: nothing can be said then. */
const answerTo = async (clerk: Clerk, { path, query }: Question): Promise<Result<Answer | undefined, ClerkFailure>> => {
  const answer = await clerk.get(path, query);
  return !answer.ok && answer.failure.kind === "clerk_rejected" ? ok(undefined) : answer;
};

const countOf = async (clerk: Clerk, { field, ...question }: Counted): Promise<Result<number | null, ClerkFailure>> => {
  const answer = await answerTo(clerk, question);
  if (!answer.ok) return answer;
  const count = isObject(answer.value?.body) ? answer.value.body[field] : undefined;
  return ok(typeof count === "number" ? count : null);
};
