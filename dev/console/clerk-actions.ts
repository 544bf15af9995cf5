import type { Instance } from "../clerk/instance.ts";
import { Asked } from "./asked.ts";
import { nameOf } from "./people.ts";
import type { Actions } from "./protocol.ts";

/** What the page may do in the simulated Clerk. */
export type ClerkActionName = Exclude<keyof Actions, "chaos" | "reconcile" | "tell">;

/** Reads what is asked for, and gives what does it. Where something is wrong, that is not called. */
type ClerkAction = (asked: Asked) => (() => unknown) | undefined;

const many = 100;

const isAddress = (text: string): boolean => /^[^\s@]+@[^\s@]+$/.test(text);

export const clerkActions = (instance: Instance): Record<ClerkActionName, (body: unknown) => string | undefined> => {
  const { users, organizations, memberships } = instance;

  const organizationName = (name: string) => ({
    name,
    slug: `${name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-")}-${instance.count()}`,
  });

  const actions: Record<ClerkActionName, ClerkAction> = {
    signUp: (asked) => {
      const [first, last, email] = [asked.text("firstName"), asked.text("lastName"), asked.text("email")];
      if (email !== "" && !isAddress(email)) asked.refuse(`${email} is not an email address.`);
      if (email !== "" && isTaken(instance, email)) asked.refuse(`${email} is the address of another user.`);
      return () =>
        instance.signUp({
          ...(email === "" ? {} : { email }),
          ...(first === "" ? {} : { first_name: first }),
          ...(last === "" ? {} : { last_name: last }),
        });
    },
    signUpHundred: () => () => {
      for (let count = 0; count < many; count += 1) instance.signUp();
    },
    live: () => () => instance.live(many),
    rename: (asked) => {
      const user = asked.known("user", users);
      const names = { first_name: asked.text("firstName") || null, last_name: asked.text("lastName") || null };
      return user && (() => instance.rename(user.id, names));
    },
    changeAddress: (asked) => {
      const user = asked.known("user", users);
      return (
        user &&
        (() => {
          const { id } = instance.addAddress(user.id);
          if (user.primary_email_address_id !== id) instance.changePrimaryAddress(user.id, id);
        })
      );
    },
    signIn: (asked) => {
      const user = asked.known("user", users);
      return user && (() => instance.signIn(user.id));
    },
    signOut: (asked) => {
      const user = asked.known("user", users);
      const session = instance.sessions.of(user?.id ?? "").findLast(({ status }) => status === "active");
      if (user !== undefined && session === undefined) asked.refuse(`${nameOf(user) || user.id} is not signed in.`);
      return session && (() => instance.endSession(session.id));
    },
    deleteUser: (asked) => {
      const user = asked.known("user", users);
      return user && (() => instance.deleteUser(user.id));
    },
    mergeUsers: (asked) => {
      const [kept, duplicate] = [asked.known("kept", users, "user"), asked.known("duplicate", users, "user")];
      if (kept !== undefined && kept === duplicate) asked.refuse("A user cannot be merged with itself.");
      return kept && duplicate && (() => instance.mergeUsers(kept.id, duplicate.id));
    },
    createOrganization: (asked) => {
      const user = asked.known("user", users);
      const name = asked.text("name");
      return user && (() => instance.createOrganization(user.id, name === "" ? undefined : organizationName(name)));
    },
    renameOrganization: (asked) => {
      const organization = asked.known("organization", organizations);
      const name = asked.filled("name", "An organization needs a name.");
      return organization && (() => instance.renameOrganization(organization.id, { name }));
    },
    deleteOrganization: (asked) => {
      const organization = asked.known("organization", organizations);
      return organization && (() => instance.deleteOrganization(organization.id));
    },
    join: (asked) => {
      const [user, organization] = [asked.known("user", users), asked.known("organization", organizations)];
      const isMember = memberships.of(user?.id ?? "").some((one) => one.organization === organization);
      if (isMember)
        asked.refuse(`${(user && nameOf(user)) || "This user"} is a member of ${organization?.name} already.`);
      return user && organization && (() => instance.join(organization.id, user.id));
    },
    leave: (asked) => {
      const membership = asked.known("membership", memberships);
      return membership && (() => instance.leave(membership.id));
    },
  };

  const doing = (name: ClerkActionName) => (body: unknown) => {
    const asked = new Asked(body);
    const act = actions[name](asked);
    if (asked.wrong === undefined) act?.();
    return asked.wrong;
  };
  return {
    signUp: doing("signUp"),
    signUpHundred: doing("signUpHundred"),
    live: doing("live"),
    rename: doing("rename"),
    changeAddress: doing("changeAddress"),
    signIn: doing("signIn"),
    signOut: doing("signOut"),
    deleteUser: doing("deleteUser"),
    mergeUsers: doing("mergeUsers"),
    createOrganization: doing("createOrganization"),
    renameOrganization: doing("renameOrganization"),
    deleteOrganization: doing("deleteOrganization"),
    join: doing("join"),
    leave: doing("leave"),
  };
};

const isTaken = ({ users }: Instance, email: string): boolean =>
  users.values().some(({ email_addresses }) => email_addresses.some((one) => one.email_address === email));
