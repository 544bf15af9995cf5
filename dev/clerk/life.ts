import type { Changes } from "./changes.ts";
import { isHeld } from "./role-changes.ts";

/** `change` makes one change of its kind, or returns false if there is nothing to change. */
type Kind = { weight: number; change: () => boolean };

/** How many objects are tried to find one that fits. A rare one is sometimes not found: then nothing is changed. */
const looks = 8;

const isPending = ({ status }: { status: string }) => status === "pending";
const isActive = ({ status }: { status: string }) => status === "active";
const isOwn = ({ key }: { key: string }) => key !== "org:admin" && key !== "org:member";
const isUsers = ({ type }: { type: string }) => type === "user";

/**
 * What happens in an instance, at random.
 *
 * @returns makes one change, or a sign-up if there is no object for that change
 */
export const lifeOf = (instance: Changes): (() => void) => {
  const { random } = instance;

  /** Changes one object of a list, if one of those that are tried fits. */
  const someOf =
    <Value>(
      list: () => readonly Value[],
      change: (value: Value) => unknown,
      isFit: (value: Value) => boolean = () => true,
    ) =>
    (): boolean => {
      const values = list();
      for (let look = 0; look < looks && values.length > 0; look += 1) {
        const value = random.pick(values);
        if (!isFit(value)) continue;
        change(value);
        return true;
      }
      return false;
    };

  const users = () => instance.users.oldestFirst;
  const sessions = () => instance.sessions.oldestFirst;
  const organizations = () => instance.organizations.oldestFirst;
  const memberships = () => instance.memberships.oldestFirst;
  const invitations = () => instance.invitations.oldestFirst;
  const domains = () => instance.domains.oldestFirst;
  const roles = () => instance.roles.oldestFirst;
  const permissions = () => instance.permissions.oldestFirst;
  const waitlistEntries = () => instance.waitlistEntries.oldestFirst;
  const items = () => instance.subscriptionItems.oldestFirst;

  const join = someOf(organizations, ({ id }) => {
    const user = random.pick(users());
    const isMember = instance.memberships.of(user.id).some(({ organization }) => organization.id === id);
    instance.join(id, isMember ? instance.signUp().id : user.id);
  });
  const merge = someOf(users, (kept) => {
    const duplicate = random.pick(users());
    if (duplicate === kept) instance.signUp();
    else instance.mergeUsers(kept.id, duplicate.id);
  });
  const kinds: Kind[] = [
    { weight: 160, change: () => false },
    { weight: 140, change: someOf(users, ({ id }) => instance.rename(id)) },
    { weight: 40, change: someOf(users, ({ id }) => instance.addAddress(id)) },
    {
      weight: 40,
      change: someOf(
        users,
        ({ id }) => instance.changePrimaryAddress(id),
        ({ email_addresses }) => email_addresses.length > 1,
      ),
    },
    { weight: 180, change: someOf(users, ({ id }) => instance.signIn(id)) },
    {
      weight: 90,
      change: someOf(
        sessions,
        ({ id }) => instance.endSession(id, random.pick(["ended", "removed", "revoked"])),
        isActive,
      ),
    },
    { weight: 30, change: someOf(users, ({ id }) => instance.deleteUser(id)) },
    { weight: 4, change: merge },
    { weight: 40, change: someOf(users, ({ id }) => instance.createOrganization(id)) },
    { weight: 35, change: someOf(organizations, ({ id }) => instance.renameOrganization(id)) },
    { weight: 8, change: someOf(organizations, ({ id }) => instance.deleteOrganization(id)) },
    { weight: 70, change: () => users().length > 0 && join() },
    { weight: 35, change: someOf(memberships, ({ id }) => instance.changeRole(id, random.pick(roles()).key)) },
    { weight: 30, change: someOf(memberships, ({ id }) => instance.leave(id)) },
    {
      weight: 50,
      change: someOf(organizations, ({ id }) => {
        const members = instance.memberships.of(id);
        const inviter = members.length === 0 ? {} : { inviterId: random.pick(members).public_user_data.user_id };
        instance.invite(id, inviter);
      }),
    },
    { weight: 25, change: someOf(invitations, ({ id }) => instance.acceptInvitation(id), isPending) },
    { weight: 15, change: someOf(invitations, ({ id }) => instance.revokeInvitation(id), isPending) },
    { weight: 20, change: someOf(organizations, ({ id }) => instance.addDomain(id)) },
    { weight: 12, change: someOf(domains, ({ id }) => instance.verifyDomain(id)) },
    { weight: 8, change: someOf(domains, ({ id }) => instance.removeDomain(id)) },
    {
      weight: 4,
      change: () =>
        instance.createRole({
          permissions: permissions()
            .slice(0, 2)
            .map(({ id }) => id),
        }) !== undefined,
    },
    { weight: 4, change: someOf(roles, ({ id }) => instance.updateRole(id), isOwn) },
    {
      weight: 2,
      change: someOf(
        roles,
        ({ id }) => instance.deleteRole(id),
        (role) => isOwn(role) && !isHeld(instance, role),
      ),
    },
    { weight: 3, change: () => instance.createPermission() !== undefined },
    { weight: 3, change: someOf(permissions, ({ id }) => instance.updatePermission(id), isUsers) },
    { weight: 1, change: someOf(permissions, ({ id }) => instance.deletePermission(id), isUsers) },
    { weight: 20, change: () => instance.joinWaitlist() !== undefined },
    { weight: 10, change: someOf(waitlistEntries, ({ id }) => instance.approveWaitlist(id), isPending) },
    { weight: 3, change: someOf(waitlistEntries, ({ id }) => instance.rejectWaitlist(id), isPending) },
    { weight: 15, change: someOf(users, ({ id }) => instance.subscribe(id)) },
    { weight: 10, change: someOf(organizations, ({ id }) => instance.subscribe(id)) },
    { weight: 10, change: someOf(items, ({ id }) => instance.cancelSubscription(id), isActive) },
    { weight: 10, change: someOf(items, ({ id }) => instance.renewSubscription(id), isActive) },
    {
      weight: 5,
      change: someOf(
        items,
        ({ id }) => instance.endSubscription(id),
        ({ status }) => status === "canceled",
      ),
    },
  ];
  const total = kinds.reduce((sum, { weight }) => sum + weight, 0);

  return () => {
    let point = random.below(total);
    const kind = kinds.find(({ weight }) => (point -= weight) < 0);
    if (kind?.change() !== true) instance.signUp();
  };
};
