import type { Instance } from "../clerk/instance.ts";
import type { User } from "../clerk/objects.ts";
import type { Organization, Paged, Person } from "./protocol.ts";

/** What the page shows of the simulated Clerk. */

const pageSize = 25;

const pageOf = <Value, Row>(newestFirst: readonly Value[], asked: number, row: (value: Value) => Row): Paged<Row> => {
  const pages = Math.max(1, Math.ceil(newestFirst.length / pageSize));
  const page = Math.min(asked, pages - 1);
  const rows = newestFirst.slice(page * pageSize, (page + 1) * pageSize).map(row);
  return { total: newestFirst.length, page, pages, rows };
};

export const nameOf = ({ first_name, last_name }: User): string => `${first_name ?? ""} ${last_name ?? ""}`.trim();

const isLike = (user: User, sought: string): boolean =>
  [user.id, nameOf(user), ...user.email_addresses.map(({ email_address }) => email_address)].some((text) =>
    text.toLowerCase().includes(sought),
  );

/** @param find part of an id, a name or an address */
export const peopleOf = (instance: Instance, find: string, page: number): Paged<Person> => {
  const sought = find.trim().toLowerCase();
  const users = instance.users.oldestFirst;
  const found = sought === "" ? users : users.filter((user) => isLike(user, sought));
  return pageOf(found.toReversed(), page, (user) => ({
    id: user.id,
    firstName: user.first_name ?? "",
    lastName: user.last_name ?? "",
    email: user.email_addresses.find(({ id }) => id === user.primary_email_address_id)?.email_address ?? null,
    addresses: user.email_addresses.length,
    sessions: instance.sessions.of(user.id).filter(({ status }) => status === "active").length,
    memberships: instance.memberships
      .of(user.id)
      .map(({ id, organization }) => ({ id, organization: organization.name })),
  }));
};

export const organizationsOf = (instance: Instance, page: number): Paged<Organization> =>
  pageOf(instance.organizations.oldestFirst.toReversed(), page, ({ id, name }) => ({
    id,
    name,
    members: instance.memberships.of(id).length,
  }));
