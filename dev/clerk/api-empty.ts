import type { Answer } from "./api-query.ts";

type Body = { data?: unknown; subscription_items?: unknown; total_count?: number };

const emptyBody = (body: Body, count: number | undefined): unknown => {
  if (Array.isArray(body)) return [];
  // The subscription of a payer lists its items under another name.
  if (body.subscription_items !== undefined) return { ...body, subscription_items: [] };
  const total_count = count ?? body.total_count ?? 0;
  const isCount = body.data === undefined && body.total_count !== undefined;
  return isCount ? { ...body, total_count } : { data: [], total_count };
};

/**
 * An answer of 200 as if there were nothing, in place of one with objects or of a 404: an empty list, no members, no
 * items, and for a question for one object an empty list too. Refusals stay.
 *
 * @param count what `total_count` is then (default: the true one, or 0 where there is none)
 */
export const emptied = ({ status, body }: Answer, count?: number): Answer =>
  status === 200 || status === 404
    ? { status: 200, body: emptyBody(status === 200 ? (body as Body) : {}, count) }
    : { status, body };
