import type { Query } from "./clerk-api.ts";
import type { Known, TableName } from "../entities/entity.ts";
import { isObject, type JsonObject } from "../json.ts";

/**
 * A list of the Backend API, newest objects first. In that order a page stands for a span of time: an object of the
 * copy from that span that is not on the page may be missing in Clerk.
 *
 * Source: Clerk's OpenAPI for the Backend API
 */
export type List = {
  table: TableName;
  path: string;
  query?: Query;
  /**
   * `cursor`: by the id of the last object, if the list can do that, since an offset skips objects when earlier ones
   * are deleted. `by_user`: one list per user. Undefined: by an offset.
   */
  paging?: "cursor" | "by_user";
  /** Every instance has it. If an instance does not have one of the others, Clerk answers 402, 403 or 404. */
  isEverywhere?: true;
  /**
   * Its objects are versioned by the time of the request, not by their `updated_at`: their events do not have one, and
   * are versioned by the time of the event, which is later than the change.
   */
  isTimedByRequest?: true;
  /** How to ask Clerk for one of its objects, or undefined if its owner is unknown. */
  one(object: Known): { path: string; query?: Query } | undefined;
  /** Whether the answer has the object, if the answer is a list; undefined if it does not say. */
  isIn?(body: unknown, id: string): boolean | undefined;
};

const newestFirst = { order_by: "-created_at" };

/** The objects of an answer: most lists have an envelope, some do not. */
export const itemsOf = (body: unknown): JsonObject[] | undefined => {
  const items = isObject(body) ? body.data : body;
  return Array.isArray(items) && items.every(isObject) ? items : undefined;
};

/** The most objects per answer. */
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

/** One request per user, so it is read only on request. */
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
