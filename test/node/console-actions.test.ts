import { beforeEach, describe, expect, test } from "vitest";
import type { ClerkEvent } from "../../dev/clerk/events.ts";
import { createInstance, type Instance } from "../../dev/clerk/instance.ts";
import { changeChaos, noChaos } from "../../dev/console/chaos.ts";
import { clerkActions } from "../../dev/console/clerk-actions.ts";
import { organizationsOf, peopleOf } from "../../dev/console/people.ts";

let instance: Instance;
let actions: ReturnType<typeof clerkActions>;
let events: ClerkEvent[];
beforeEach(() => {
  instance = createInstance({ seed: 1 });
  events = [];
  instance.onEvent((event) => events.push(event));
  actions = clerkActions(instance);
});

const types = (): string[] => events.splice(0).map(({ type }) => type);

describe("an action of the page", () => {
  test("signs people up with what is given, and invents the rest", () => {
    expect(actions.signUp({ firstName: " Ada ", lastName: "Lovelace", email: "ada@example.com" })).toBeUndefined();
    const [ada] = instance.users.oldestFirst;
    expect(ada).toMatchObject({ first_name: "Ada", last_name: "Lovelace" });
    expect(ada?.email_addresses[0]?.email_address).toBe("ada@example.com");
    expect(events[0]?.data).toMatchObject({ first_name: "Ada", id: ada?.id });
    expect(actions.signUp({})).toBeUndefined();
    expect(actions.signUpHundred({})).toBeUndefined();
    expect(instance.users.size).toBe(102);
    expect(new Set(types())).toEqual(new Set(["user.created"]));
    expect(actions.live({})).toBeUndefined();
    expect(events.length).toBeGreaterThanOrEqual(100);
  });

  test("changes a user, signs them in and out, and deletes them", () => {
    const user = instance.signUp({ email: "old@example.com" }).id;
    types();
    expect(actions.rename({ user, firstName: "Grace", lastName: "" })).toBeUndefined();
    expect(instance.users.get(user)).toMatchObject({ first_name: "Grace", last_name: null });
    expect(actions.changeAddress({ user })).toBeUndefined();
    const [address] = instance.users.need(user).email_addresses;
    expect(instance.users.get(user)?.primary_email_address_id).toBe(address?.id);
    expect(address?.email_address).not.toBe("old@example.com");
    expect(actions.signOut({ user })).toBe("Grace is not signed in.");
    expect(actions.signIn({ user })).toBeUndefined();
    expect(peopleOf(instance, "", 0).rows[0]).toMatchObject({ id: user, sessions: 1, addresses: 2 });
    expect(actions.signOut({ user })).toBeUndefined();
    expect(actions.deleteUser({ user })).toBeUndefined();
    expect(instance.users.size).toBe(0);
    expect(types()).toEqual([
      "user.updated",
      "user.updated",
      "user.updated",
      "user.updated",
      "session.created",
      "session.ended",
      "user.deleted",
    ]);
  });

  test("makes organizations, and lets people join, leave and merge", () => {
    const [founder, other] = [instance.signUp().id, instance.signUp({ first_name: "Ken", last_name: null }).id];
    expect(actions.createOrganization({ user: founder, name: "Bright Ideas & Söhne" })).toBeUndefined();
    const [organization] = instance.organizations.oldestFirst;
    expect(organization).toMatchObject({
      name: "Bright Ideas & Söhne",
      slug: expect.stringMatching(/^bright-ideas-söhne-/),
    });
    const id = organization?.id ?? "";
    expect(actions.join({ user: other, organization: id })).toBeUndefined();
    expect(actions.join({ user: other, organization: id })).toBe("Ken is a member of Bright Ideas & Söhne already.");
    expect(organizationsOf(instance, 0).rows).toEqual([{ id, name: "Bright Ideas & Söhne", members: 2 }]);
    expect(actions.renameOrganization({ organization: id, name: "Dim" })).toBeUndefined();
    expect(instance.organizations.get(id)).toMatchObject({ name: "Dim", slug: organization?.slug });
    const [membership] = instance.memberships.of(other);
    expect(actions.leave({ membership: membership?.id })).toBeUndefined();
    expect(instance.memberships.of(other)).toEqual([]);
    expect(actions.mergeUsers({ kept: founder, duplicate: other })).toBeUndefined();
    expect(instance.users.has(other)).toBe(false);
    expect(actions.deleteOrganization({ organization: id })).toBeUndefined();
    expect(actions.createOrganization({ user: founder })).toBeUndefined();
    expect(instance.organizations.size).toBe(1);
  });

  test("that is wrong says so in a sentence, and changes nothing", () => {
    const user = instance.signUp({ email: "ada@example.com" }).id;
    const organization = instance.createOrganization(user).id;
    types();
    const long = "x".repeat(201);
    const wrong: [string | undefined, string][] = [
      [actions.signUp(null), "The request is not a JSON object."],
      [actions.signUp([]), "The request is not a JSON object."],
      [actions.signUp({ firstName: 1 }), "firstName must be text."],
      [actions.signUp({ lastName: long }), "lastName is longer than 200 characters."],
      [actions.signUp({ email: "nobody" }), "nobody is not an email address."],
      [actions.signUp({ email: "ada@example.com" }), "ada@example.com is the address of another user."],
      [actions.rename({ user: "user_nobody" }), "There is no such user, or no longer."],
      [actions.rename({ user, firstName: long }), "firstName is longer than 200 characters."],
      [actions.signIn({}), "There is no such user, or no longer."],
      [actions.mergeUsers({ kept: user, duplicate: user }), "A user cannot be merged with itself."],
      [actions.mergeUsers({ kept: user, duplicate: "x" }), "There is no such user, or no longer."],
      [actions.renameOrganization({ organization, name: "  " }), "An organization needs a name."],
      [actions.renameOrganization({ organization: "x", name: "a" }), "There is no such organization, or no longer."],
      [actions.join({ user, organization: "constructor" }), "There is no such organization, or no longer."],
      [actions.leave({ membership: 7 }), "membership must be text."],
    ];
    for (const [said, sentence] of wrong) expect(said).toBe(sentence);
    expect(types()).toEqual([]);
  });
});

describe("chaos", () => {
  test("is changed in part, and not at all if anything is wrong", () => {
    const chaos = noChaos();
    expect(changeChaos(chaos, { dropped: 20, isSecretWrong: true })).toBeUndefined();
    expect(changeChaos(chaos, { delayed: 2.5 })).toBeUndefined();
    expect(chaos).toEqual({ ...noChaos(), dropped: 20, isSecretWrong: true, delayed: 2.5 });
    const wrong: [unknown, string][] = [
      [{ doubled: 5, dropped: 101 }, "dropped must be a number from 0 to 100."],
      [{ dropped: "5" }, "dropped must be a number from 0 to 100."],
      [{ dropped: Number.NaN }, "dropped must be a number from 0 to 100."],
      [{ delayed: 61 }, "delayed must be a number from 0 to 60."],
      [{ isAppAway: "true" }, "isAppAway must be true or false."],
      ["all", "The request is not a JSON object."],
    ];
    for (const [body, sentence] of wrong) expect(changeChaos(chaos, body)).toBe(sentence);
    expect(chaos).toEqual({ ...noChaos(), dropped: 20, isSecretWrong: true, delayed: 2.5 });
  });
});

describe("the list of people", () => {
  test("shows the newest first, finds by id, name and address, and has no page beyond the last", () => {
    instance.populate(60, 6);
    const grace = instance.signUp({ first_name: "Grâce", last_name: "Hopper-Ürün", email: "Special.One@example.com" });
    expect(peopleOf(instance, "", 0)).toMatchObject({ total: 61, page: 0, pages: 3, rows: { length: 25 } });
    expect(peopleOf(instance, "", 0).rows[0]?.id).toBe(grace.id);
    expect(peopleOf(instance, "", 99)).toMatchObject({ page: 2, rows: { length: 11 } });
    for (const find of [grace.id.toLowerCase(), "grâce hopper", "special.one@"]) {
      expect(peopleOf(instance, find, 0)).toMatchObject({ total: 1, pages: 1, rows: [{ id: grace.id }] });
    }
    expect(peopleOf(instance, "nobody like this", 3)).toEqual({ total: 0, page: 0, pages: 1, rows: [] });
  });
});
