import type { Query } from "./clerk-api.ts";
import type { TableName } from "../entities/entity.ts";
import { isObject, type JsonObject } from "../entities/fields.ts";

/** An object of the copy, and whose it is: all that is needed to ask Clerk for it. */
export type Known = { id: string; organization_id?: string | null; user_id?: string | null };

/**
 * A list of the Backend API, newest objects first: that order makes a page stand for a span of time, in which an object
 * of the copy that the page does not have is one that Clerk may not have.
 *
 * Source: Clerk's OpenAPI for the Backend API
 */
export type List = {
  table: TableName;
  path: string;
  query?: Query;
  /**
   * By the id of the last object, where the list can do that: an offset skips objects when earlier ones are deleted.
   * Some lists are a user's. By an offset without it.
   */
  paging?: "cursor" | "by_user";
  /** Whether every instance has it. Where one does without, the answer is 402, 403 or 404. */
  isEverywhere?: true;
  /**
   * Whether its objects count from the time of the request, not from their `updated_at`: where the events of a kind
   * have none, they count from the time of the event, which is later than the change that they tell.
   */
  isTimedByRequest?: true;
  /** How Clerk is asked for one of its objects, or undefined where nothing says whose it is. */
  one(object: Known): { path: string; query?: Query } | undefined;
  /** Whether the answer to that has the object, where it is a list; undefined where it does not say. */
  isIn?(body: unknown, id: string): boolean | undefined;
};

const newestFirst = { order_by: "-created_at" };

/** The objects of an answer: most lists have an envelope, and some have none. */
export const itemsOf = (body: unknown): JsonObject[] | undefined => {
  const items = isObject(body) ? body.data : body;
  return Array.isArray(items) && items.every(isObject) ? items : undefined;
};

/** The most objects that an answer has. */
export const maximumItems = 500;

const isListed = (body: unknown, id: string): boolean | undefined => {
  const items = itemsOf(body);
  const isFound = items?.some((item) => item.id === id);
  return isFound === false && items?.length === maximumItems ? undefined : isFound;
};

/** `path` may end in a parent's id. */
const within = (parent: string | null | undefined, path: (id: string) => { path: string; query?: Query }) =>
  parent ? path(encodeURIComponent(parent)) : undefined;

export const lists: readonly List[] = [
  {
    table: "users",
    path: "/users",
    query: newestFirst,
    paging: "cursor",
    isEverywhere: true,
    one: ({ id }) => ({ path: `/users/${id}` }),
  },
  {
    table: "organizations",
    path: "/organizations",
    query: { ...newestFirst, include_members_count: "true" },
    one: ({ id }) => ({ path: `/organizations/${id}`, query: { include_members_count: "true" } }),
  },
  {
    table: "organization_memberships",
    path: "/organization_memberships",
    query: newestFirst,
    one: ({ organization_id, user_id }) =>
      within(organization_id, (organization) => ({
        path: `/organizations/${organization}/memberships`,
        query: { limit: maximumItems, ...(user_id ? { user_id: [user_id] } : {}) },
      })),
    isIn: isListed,
  },
  {
    table: "organization_invitations",
    path: "/organization_invitations",
    query: newestFirst,
    one: ({ id, organization_id }) =>
      within(organization_id, (organization) => ({ path: `/organizations/${organization}/invitations/${id}` })),
  },
  {
    table: "organization_domains",
    path: "/organization_domains",
    query: newestFirst,
    one: ({ organization_id }) =>
      within(organization_id, (organization) => ({
        path: `/organizations/${organization}/domains`,
        query: { limit: maximumItems },
      })),
    isIn: isListed,
  },
  {
    table: "roles",
    path: "/organization_roles",
    query: newestFirst,
    one: ({ id }) => ({ path: `/organization_roles/${id}` }),
  },
  {
    table: "permissions",
    path: "/organization_permissions",
    query: newestFirst,
    one: ({ id }) => ({ path: `/organization_permissions/${id}` }),
  },
  {
    table: "waitlist_entries",
    path: "/waitlist_entries",
    query: newestFirst,
    one: ({ id }) => ({ path: "/waitlist_entries", query: { query: id } }),
    isIn: isListed,
  },
  {
    table: "subscription_items",
    path: "/billing/subscription_items",
    query: { include_free: "true" },
    isTimedByRequest: true,
    one: ({ organization_id, user_id }) =>
      within(organization_id, (organization) => ({ path: `/organizations/${organization}/billing/subscription` })) ??
      within(user_id, (user) => ({ path: `/users/${user}/billing/subscription` })),
    isIn: (body, id) => (isObject(body) ? isListed(body.subscription_items, id) : undefined),
  },
];

/** A request a user, so it is only read where it is wanted. */
export const sessionsOfUsers: List = {
  table: "sessions",
  path: "/sessions",
  paging: "by_user",
  isEverywhere: true,
  one: ({ id }) => ({ path: `/sessions/${id}` }),
};

export const listOf = (table: TableName): List => {
  const list = [...lists, sessionsOfUsers].find((one) => one.table === table);
  if (list === undefined) throw new Error(`Clerk has no list of ${table}`);
  return list;
};
