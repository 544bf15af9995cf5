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
  /** Where Clerk says how many objects there are, if a page of the list does not. */
  count?: string;
  /** Every instance has it. If an instance does not have one of the others, Clerk refuses it. */
  isEverywhere?: true;
  /** How to ask Clerk for one of its objects, or undefined if its owner is unknown. */
  one(object: Known): Question | undefined;
  /** Whether the answer has the object, if the answer is a list; undefined if it does not say. */
  isIn?(body: unknown, id: string): boolean | undefined;
  /**
   * Two questions for how many objects the owner has. An answer without any of them says that one is gone only where
   * these agree: else it is a fault of Clerk's.
   */
  counts?(object: Known): readonly [Counted, Counted] | undefined;
};

export type Question = { path: string; query?: Query };

/** `field` of the answer is a count. */
export type Counted = Question & { field: string };

const newestFirst = { order_by: "-created_at" };

/** The objects of an answer: most lists have an envelope, some do not. */
export const itemsOf = (body: unknown): JsonObject[] | undefined => {
  const items = isObject(body) ? body.data : body;
  return Array.isArray(items) && items.every(isObject) ? items : undefined;
};

/** The most objects per answer. */
export const maximumItems = 500;

/** How many objects a list has by its own word, or null. */
export const totalOf = (body: unknown): number | null =>
  isObject(body) && typeof body.total_count === "number" ? body.total_count : null;

/** An object is not in a list whose count says that this is all of it. */
const isListed = (body: unknown, id: string): boolean | undefined => {
  const items = itemsOf(body);
  if (items?.some((item) => item.id === id)) return true;
  return items !== undefined && totalOf(body) === items.length ? false : undefined;
};

/** `path` may end in a parent's id. */
const within = <Asked>(parent: string | null | undefined, ask: (id: string) => Asked): Asked | undefined =>
  parent ? ask(encodeURIComponent(parent)) : undefined;

export const lists: readonly List[] = [
  {
    table: "users",
    path: "/users",
    query: newestFirst,
    paging: "cursor",
    count: "/users/count",
    isEverywhere: true,
    one: ({ id }) => ({ path: `/users/${id}` }),
  },
  {
    table: "organizations",
    path: "/organizations",
    query: newestFirst,
    one: ({ id }) => ({ path: `/organizations/${id}` }),
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
    counts: ({ organization_id }) =>
      within(organization_id, (organization) => [
        { path: `/organizations/${organization}/memberships`, query: { limit: 1 }, field: "total_count" },
        { path: `/organizations/${organization}`, query: { include_members_count: "true" }, field: "members_count" },
      ]),
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
    query: { include_free: "true", paginated: "true" },
    one: ({ organization_id, user_id }) =>
      within(organization_id, (organization) => ({ path: `/organizations/${organization}/billing/subscription` })) ??
      within(user_id, (user) => ({ path: `/users/${user}/billing/subscription` })),
    // A subscription has at least one item: of one without any nothing can be said.
    isIn: (body, id) => {
      const items = isObject(body) ? itemsOf(body.subscription_items) : undefined;
      return items === undefined || items.length === 0 ? undefined : items.some((item) => item.id === id);
    },
  },
];

/** One request per user, so it is read only on request. */
export const sessionsOfUsers: List = {
  table: "sessions",
  path: "/sessions",
  query: { paginated: "true" },
  paging: "by_user",
  isEverywhere: true,
  one: ({ id }) => ({ path: `/sessions/${id}` }),
};

export const listOf = (table: TableName): List => {
  const list = [...lists, sessionsOfUsers].find((one) => one.table === table);
  if (list === undefined) throw new Error(`Clerk has no list of ${table}`);
  return list;
};
