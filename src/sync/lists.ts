import type { Query } from "./clerk-api.ts";
import type { Known, LinkColumn, TableName } from "../entities/entity.ts";
import { isObject, type JsonObject } from "../json.ts";

/**
 * A list of the Backend API, newest objects first. In that order a page stands for a span of time: an object of the
 * copy from that span that is not on the page may be missing in Clerk.
 *
 * Source: Clerk's OpenAPI for the Backend API
 */
export type List = OneList | OwnersList;

/** A list of all objects. */
export type OneList = Questions & {
  owners?: undefined;
  path: string;
  query?: Query;
  /**
   * By the id of the last object, if the list can do that, since an offset skips objects when earlier ones are deleted.
   * Undefined: by an offset.
   */
  paging?: "cursor";
  /** Where Clerk says how many objects there are, if a page of the list does not. */
  count?: string;
};

/** A list of which each owner has one. It costs a request per owner, so it is read only on request. */
export type OwnersList = Questions & {
  /** Whose: users of the copy, users and organizations of the copy, or Clerk's statements of what was to be paid. */
  owners: "users" | "payers" | "statements";
  /** The column that names the owner; null if rows that Clerk does not have are not looked for. */
  column: LinkColumn | null;
  /** The list of one of them. */
  of(owner: string): Question;
  /** Whether it has no pages: at most one object. */
  isOne?: true;
  itemsIn(body: unknown, owner: string): JsonObject[] | undefined;
};

type Questions = {
  table: TableName;
  /** Every instance has it. If an instance does not have one of the others, Clerk refuses it. */
  isEverywhere?: true;
  /** Clerk removes old ones by itself: however many are gone, it is no fault. */
  isShortLived?: true;
  /** How to ask Clerk for one of its objects, or undefined if its owner is unknown. Without it, absent rows stay. */
  one?(object: Known): Question | undefined;
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
const maximumItems = 500;

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

/** Where a payer's subscription is. It names the payer by an id that nothing else has. */
const subscriptionOf = (payer: string): Question => ({
  path: `/${payer.startsWith("org_") ? "organizations" : "users"}/${encodeURIComponent(payer)}/billing/subscription`,
});

export const lists: readonly OneList[] = [
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
    // Clerk ends them and never deletes one.
  },
];

export const sessionsOfUsers: OwnersList = {
  table: "sessions",
  owners: "users",
  column: "user_id",
  of: (user_id) => ({ path: "/sessions", query: { paginated: "true", user_id } }),
  itemsIn: itemsOf,
  isEverywhere: true,
  isShortLived: true,
  one: ({ id }) => ({ path: `/sessions/${id}` }),
};

export const statementsPath = "/billing/statements";

/** Neither is ever deleted. */
export const billing: readonly OwnersList[] = [
  {
    table: "subscriptions",
    owners: "payers",
    column: null,
    of: subscriptionOf,
    isOne: true,
    itemsIn: (body, id) =>
      isObject(body)
        ? [{ ...body, payer: id.startsWith("org_") ? { organization_id: id } : { user_id: id } }]
        : undefined,
  },
  {
    table: "payment_attempts",
    owners: "statements",
    column: null,
    of: (statement) => ({
      path: `${statementsPath}/${encodeURIComponent(statement)}/payment_attempts`,
      query: { paginated: "true" },
    }),
    itemsIn: itemsOf,
  },
];

export const listOf = (table: TableName): List => {
  const list = [...lists, sessionsOfUsers, ...billing].find((one) => one.table === table);
  if (list === undefined) throw new Error(`Clerk has no list of ${table}`);
  return list;
};
