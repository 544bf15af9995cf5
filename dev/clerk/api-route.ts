import { type Answer, type ApiQuery, notFound } from "./api-query.ts";

/** An endpoint: its path, where `{}` stands for an id, and the parameters that it reads. */
export type Route = {
  path: string;
  parameters: readonly string[];
  answer(query: ApiQuery, id: string, innerId: string): Answer;
};

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const found = (object: object | undefined, id: string): Answer =>
  object === undefined ? notFound(id) : ok(object);

export const paged = ["limit", "offset"] as const;
export const ordered = [...paged, "order_by"] as const;
