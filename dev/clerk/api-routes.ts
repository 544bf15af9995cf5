import { billingRoutesOf } from "./api-billing-routes.ts";
import { listed, listedAfter, selected, type SortKeys } from "./api-lists.ts";
import { type Answer, ApiQuery, notFound } from "./api-query.ts";
import { found, ok, ordered, paged, type Route } from "./api-route.ts";
import { type Hides, type ShownInstance, shownOf } from "./api-shown.ts";
import { countBefore } from "./collection.ts";
import type { Instance } from "./instance.ts";
import type { Membership, Organization, User } from "./objects.ts";
import { publicOrganizationData, withMembersCount } from "./organizations.ts";

const userKeys: SortKeys<User> = {
  updated_at: (user) => user.updated_at,
  email_address: ({ email_addresses, primary_email_address_id }) =>
    email_addresses.find(({ id }) => id === primary_email_address_id)?.email_address ?? null,
  web3wallet: () => null,
  first_name: (user) => user.first_name,
  last_name: (user) => user.last_name,
  phone_number: (user) => user.phone_numbers[0]?.phone_number ?? null,
  username: (user) => user.username,
  last_active_at: (user) => user.last_active_at ?? 0,
  last_sign_in_at: (user) => user.last_sign_in_at ?? 0,
};

const membershipKeys: SortKeys<Membership> = {
  phone_number: () => null,
  email_address: ({ public_user_data }) => public_user_data.identifier,
  first_name: ({ public_user_data }) => public_user_data.first_name,
  last_name: ({ public_user_data }) => public_user_data.last_name,
  username: ({ public_user_data }) => public_user_data.username,
};

const named: SortKeys<{ name: string }> = { name: ({ name }) => name };
const keyed: SortKeys<{ name: string; key: string }> = { ...named, key: ({ key }) => key };
const addressed: SortKeys<{ email_address: string }> = { email_address: ({ email_address }) => email_address };

/** The endpoints, each as Clerk's OpenAPI for the Backend API describes it; those of billing are separate. */
const routesOf = (instance: ShownInstance): Route[] => {
  const shown = (query: ApiQuery, organization: Organization): Organization =>
    query.flag("include_members_count") ? withMembersCount(instance, organization) : organization;

  const organizationOf = (idOrSlug: string): Organization | undefined =>
    instance.organizations.get(idOrSlug) ?? instance.organizations.oldestFirst.find(({ slug }) => slug === idOrSlug);

  return [
    {
      path: "/instance",
      parameters: [],
      answer: () =>
        ok({
          object: "instance",
          id: instance.id,
          environment_type: "development",
          allowed_origins: null,
          workspace_id: null,
        }),
    },
    {
      path: "/users",
      parameters: [...ordered, "starting_after", "user_id"],
      answer: (query) => ok(listedAfter(query, selected(query, "user_id", instance.users), instance.users, userKeys)),
    },
    {
      path: "/users/count",
      parameters: ["created_at_before", "created_at_after"],
      answer: (query) => {
        const users = instance.users.oldestFirst;
        const before = countBefore(users, query.time("created_at_before") ?? Number.POSITIVE_INFINITY);
        const after = countBefore(users, (query.time("created_at_after") ?? -1) + 1);
        return ok({ object: "total_count", total_count: Math.max(0, before - after) });
      },
    },
    { path: "/users/{}", parameters: [], answer: (_, id) => found(instance.users.get(id), id) },
    {
      path: "/organizations",
      parameters: [...ordered, "include_members_count", "organization_id"],
      answer: (query) => {
        const keys: SortKeys<Organization> = {
          ...named,
          members_count: ({ id }) => instance.memberships.of(id).length,
        };
        const page = listed(query, selected(query, "organization_id", instance.organizations), keys);
        return ok({ ...page, data: page.data.map((organization) => shown(query, organization)) });
      },
    },
    {
      path: "/organizations/{}",
      parameters: ["include_members_count"],
      answer: (query, id) => {
        const organization = organizationOf(id);
        return organization === undefined ? notFound(id) : ok(shown(query, organization));
      },
    },
    {
      path: "/organizations/{}/memberships",
      parameters: [...ordered, "user_id"],
      answer: (query, id) => {
        if (!instance.organizations.has(id)) return notFound(id);
        const { included, excluded } = query.ids("user_id");
        const all = instance.memberships.of(id);
        const isAsked = ({ public_user_data: { user_id } }: Membership) =>
          (included.length === 0 || included.includes(user_id)) && !excluded.includes(user_id);
        const members = included.length + excluded.length === 0 ? all : all.filter(isAsked);
        return ok(listed(query, members, membershipKeys));
      },
    },
    {
      path: "/organizations/{}/invitations/{}",
      parameters: [],
      answer: (_, id, invitationId) => {
        const invitation = instance.invitations.get(invitationId);
        return found(invitation?.organization_id === id ? invitation : undefined, invitationId);
      },
    },
    {
      path: "/organizations/{}/domains",
      parameters: paged,
      answer: (query, id) =>
        instance.organizations.has(id) ? ok(listed(query, instance.domains.of(id))) : notFound(id),
    },
    {
      path: "/organization_memberships",
      parameters: ordered,
      answer: (query) => ok(listed(query, instance.memberships.oldestFirst, membershipKeys)),
    },
    {
      path: "/organization_invitations",
      parameters: [...ordered, "status"],
      answer: (query) => {
        const status = query.oneOf("status", ["pending", "accepted", "revoked", "expired"]);
        const all = instance.invitations.oldestFirst;
        const page = listed(query, status === null ? all : all.filter((one) => one.status === status), addressed);
        const data = page.data.map((invitation) => ({
          ...invitation,
          public_organization_data: publicOrganizationData(instance.organizations.need(invitation.organization_id)),
        }));
        return ok({ ...page, data });
      },
    },
    {
      path: "/organization_domains",
      parameters: [...ordered, "organization_id"],
      answer: (query) => {
        const organizationId = query.text("organization_id");
        const { domains } = instance;
        return ok(listed(query, organizationId === null ? domains.oldestFirst : domains.of(organizationId), named));
      },
    },
    {
      path: "/organization_roles",
      parameters: ordered,
      answer: (query) => ok(listed(query, instance.roles.oldestFirst, keyed)),
    },
    { path: "/organization_roles/{}", parameters: [], answer: (_, id) => found(instance.roles.get(id), id) },
    {
      path: "/organization_permissions",
      parameters: ordered,
      answer: (query) => ok(listed(query, instance.permissions.oldestFirst, keyed)),
    },
    {
      path: "/organization_permissions/{}",
      parameters: [],
      answer: (_, id) => found(instance.permissions.get(id), id),
    },
    {
      path: "/waitlist_entries",
      parameters: [...ordered, "query"],
      answer: (query) => {
        const sought = query.text("query");
        const entries = instance.waitlistEntries;
        if (sought === null) return ok(listed(query, entries.oldestFirst, addressed));
        const one = entries.get(sought);
        return ok(listed(query, one === undefined ? entries.of(sought) : [one], addressed));
      },
    },
    {
      path: "/sessions",
      parameters: [...paged, "user_id", "client_id", "status", "paginated"],
      answer: (query) => {
        const userId = query.text("user_id");
        const clientId = query.text("client_id");
        const status = query.text("status");
        if (userId === null && clientId === null) {
          query.refuse("user_id", "form_param_missing", "user_id or client_id must be included");
        }
        const sessions = instance.sessions
          .of(userId ?? clientId ?? "")
          .filter((one) => (clientId ?? one.client_id) === one.client_id && (status ?? one.status) === one.status);
        const page = listed(query, sessions);
        // The OpenAPI has only the bare list. With a count, this one looks like the others.
        return ok(query.flag("paginated") ? page : page.data);
      },
    },
    { path: "/sessions/{}", parameters: [], answer: (_, id) => found(instance.sessions.get(id), id) },
  ];
};

/**
 * Answers for an instance.
 *
 * @param hides is asked at each answer; undefined if nothing is hidden
 * @returns the answer to a `GET` of a path below `/v1`, from the instance's state at that moment
 */
export const answersOf = (
  instance: Instance,
  hides: () => Hides | undefined,
): ((path: string, parameters: URLSearchParams) => Answer) => {
  const shown = shownOf(instance, hides);
  const routes = [...routesOf(shown), ...billingRoutesOf(shown)].map((route) => ({
    ...route,
    form: new RegExp(`^${route.path.replaceAll("{}", "([A-Za-z0-9_-]+)")}$`),
  }));
  return (path, parameters) => {
    for (const route of routes) {
      const match = route.form.exec(path);
      if (match === null) continue;
      const query = new ApiQuery(parameters, route.parameters);
      const answered = route.answer(query, match[1] ?? "", match[2] ?? "");
      return query.refused ?? answered;
    }
    return notFound(path);
  };
};
