import { Webhook } from "svix";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type BackendApi, startBackendApi } from "../../dev/clerk/backend-api.ts";
import type { Delivery } from "../../dev/clerk/delivery.ts";
import type { ClerkEvent } from "../../dev/clerk/events.ts";
import { createInstance, type Instance } from "../../dev/clerk/instance.ts";
import { startTransport, type TransportOptions } from "../../dev/clerk/transport.ts";
import { parseDelivery } from "../../src/webhook/delivery.ts";
import { newClock } from "../support/clock.ts";

type Json = Record<string, unknown>;

const listen = (instance: Instance): ClerkEvent[] => {
  const events: ClerkEvent[] = [];
  instance.onEvent((event) => events.push(event));
  return events;
};

const stateOf = (instance: Instance): unknown[] =>
  [
    instance.users,
    instance.sessions,
    instance.organizations,
    instance.memberships,
    instance.invitations,
    instance.domains,
    instance.roles,
    instance.permissions,
    instance.waitlistEntries,
    instance.subscriptionItems,
    instance.statements,
    instance.paymentAttempts,
  ].map(({ oldestFirst }) => oldestFirst);

describe("an instance", () => {
  test("has the same life again from the same seed", () => {
    const lives = [7, 7, 8].map((seed) => {
      const instance = createInstance({ seed, now: newClock() });
      const events = listen(instance);
      instance.populate(100, 10);
      instance.live(1500);
      return JSON.stringify([events, stateOf(instance)]);
    });
    expect(lives[0] === lives[1]).toBe(true);
    expect(lives[0] === lives[2]).toBe(false);
  });

  test("tells of every change by events that the mirror reads", () => {
    const instance = createInstance({ seed: 3, now: newClock() });
    const events = listen(instance);
    let before = 0;
    for (let change = 0; change < 3000; change += 1) {
      instance.live(1);
      expect(events.length).toBeGreaterThan(before);
      before = events.length;
    }
    for (const event of events) {
      const read = parseDelivery(
        { id: "msg_1", signedAt: event.timestamp },
        new TextEncoder().encode(JSON.stringify(event)),
      );
      expect(read).toMatchObject({ ok: true, value: { type: event.type, subjectId: event.data.id } });
      // A merge says nothing itself; the events of its changes do.
      if (event.type !== "user.merged") expect(read.ok && read.value.changes.length).toBeGreaterThan(0);
    }
    const types = new Set(events.map(({ type }) => type));
    for (const type of expectedTypes) expect(types, type).toContain(type);
  });

  test("gives no two events of one object the same time, unless they say the same", () => {
    const instance = createInstance({ seed: 4, now: () => 1_760_000_000_000 });
    const events = listen(instance);
    instance.live(4000);
    const said = new Map<string, string>();
    for (const { type, timestamp, data } of events) {
      const key = `${String(data.id)} ${timestamp}`;
      // What an organization shows inside a membership may change without it.
      const text = JSON.stringify({ ...data, organization: undefined, public_user_data: undefined });
      expect(said.get(key) ?? text, type).toBe(text);
      said.set(key, text);
    }
  });

  test("tells at last of each object how it is, and removes what belonged to what was deleted", () => {
    const instance = createInstance({ seed: 5, now: newClock() });
    const events = listen(instance);
    instance.live(4000);
    const last = new Map<unknown, ClerkEvent>();
    for (const event of events) last.set(event.data.id, event);
    const gone = new Set(events.filter(({ type }) => type.endsWith(".deleted")).map(({ data }) => data.id));

    for (const user of instance.users.values()) {
      if (last.get(user.id)?.type !== "user.created") expect(last.get(user.id)?.data).toEqual(user);
    }
    for (const { id, status, updated_at } of instance.paymentAttempts.values()) {
      expect(last.get(id)?.data).toMatchObject({ status, updated_at });
    }
    for (const id of gone) {
      for (const objects of [instance.users, instance.organizations, instance.memberships, instance.domains]) {
        expect(objects.has(String(id))).toBe(false);
      }
    }
    for (const { organization, public_user_data } of instance.memberships.values()) {
      expect(instance.organizations.get(organization.id)).toBe(organization);
      expect(instance.users.has(public_user_data.user_id)).toBe(true);
    }
    for (const { user_id } of instance.sessions.values()) expect(instance.users.has(user_id)).toBe(true);
    for (const one of [...instance.invitations.values(), ...instance.domains.values()]) {
      expect(instance.organizations.has(one.organization_id)).toBe(true);
    }
  });

  test("writes events in the shapes that Clerk's webhooks have", () => {
    const instance = createInstance({ seed: 6, now: newClock() });
    const events = listen(instance);
    const owner = instance.signUp();
    const organization = instance.createOrganization(owner.id);
    const membership = instance.join(organization.id, instance.signUp().id);
    const joined = { ...membership };
    instance.changeRole(membership.id, "org:admin");
    const changedAt = membership.updated_at;
    instance.leave(membership.id);
    const session = instance.signIn(owner.id);
    instance.endSession(session.id, "revoked");
    const item = instance.subscribe(owner.id);
    instance.acceptInvitation(instance.invite(organization.id, { inviterId: owner.id }).id);
    instance.deleteOrganization(organization.id);

    const dataOf = (type: string): Json => events.findLast((event) => event.type === type)?.data ?? {};
    expect(dataOf("organization.created")).toMatchObject({ members_count: 1, created_by: owner.id });
    expect(dataOf("organizationMembership.created").organization).not.toHaveProperty("private_metadata");
    expect(dataOf("organizationMembership.created").organization).not.toHaveProperty("created_by");
    expect(dataOf("organizationMembership.deleted")).toMatchObject({ id: joined.id, updated_at: changedAt });
    expect(events.find(({ type }) => type === "organizationMembership.deleted")?.timestamp).toBeGreaterThan(changedAt);
    expect(dataOf("session.revoked")).toMatchObject({
      status: "revoked",
      updated_at: session.created_at,
      user: { id: owner.id, private_metadata: owner.private_metadata },
    });
    expect(dataOf("subscriptionItem.active")).toMatchObject({ interval: "month", payer: { organization_id: "" } });
    expect(dataOf("subscriptionItem.active")).toMatchObject({
      created_at: item.created_at,
      updated_at: item.updated_at,
    });
    expect(dataOf("subscriptionItem.active")).not.toHaveProperty("plan_period");
    expect(dataOf("session.revoked")).not.toHaveProperty("tasks");
    expect(dataOf("subscriptionItem.active")).not.toHaveProperty("seats");
    expect(dataOf("subscriptionItem.active").subscription_id).toMatch(/^csub_/);
    expect(item).toMatchObject({ plan_period: "month", payer: { user_id: owner.id } });
    expect(dataOf("organizationInvitation.accepted")).toMatchObject({ status: "accepted", url: null });
    expect(dataOf("organizationInvitation.accepted").user_id).toMatch(/^user_/);
    expect(dataOf("organization.deleted")).toEqual({ object: "organization", id: organization.id, deleted: true });
    expect(events.at(-1)?.type).toBe("organization.deleted");
  });

  test("merges a user into another, as Clerk does", () => {
    let time = 1_760_000_000_000;
    // No two memberships are made in one millisecond: lists are in the order of the calls.
    const instance = createInstance({ seed: 15, now: () => (time += 1) });
    const kept = instance.signUp({ email: "kept@example.com" });
    const duplicate = instance.signUp({ email: "duplicate@example.com" });
    kept.public_metadata = { plan: "pro" };
    duplicate.public_metadata = { plan: "free", seen: 1 };
    const founder = instance.signUp();
    const [shared, other] = [instance.createOrganization(founder.id), instance.createOrganization(founder.id)];
    const own = instance.join(shared.id, kept.id);
    const doubled = instance.join(shared.id, duplicate.id);
    const moving = instance.join(other.id, duplicate.id, "org:admin");
    const before = moving.updated_at;
    const session = instance.signIn(duplicate.id);
    const events = listen(instance);

    expect(instance.mergeUsers(kept.id, duplicate.id)).toBe(kept);
    expect(kept.email_addresses.map(({ email_address }) => email_address)).toEqual([
      "kept@example.com",
      "duplicate@example.com",
    ]);
    expect(kept.primary_email_address_id).toBe(kept.email_addresses[0]?.id);
    expect(kept.public_metadata).toEqual({ plan: "pro", seen: 1 });
    expect(instance.users.has(duplicate.id)).toBe(false);
    expect(instance.sessions.has(session.id)).toBe(false);
    expect(instance.memberships.has(doubled.id)).toBe(false);
    expect(instance.memberships.of(duplicate.id)).toEqual([]);
    const moved = instance.memberships.need(moving.id);
    expect(instance.memberships.of(kept.id)).toEqual([own, moved]);
    expect(moved).toMatchObject({ role: "org:admin", public_user_data: { user_id: kept.id } });
    expect(moved.created_at).toBe(moving.created_at);
    expect(moved.updated_at).toBeGreaterThan(before);
    expect(events.map(({ type, data }) => [type, data.id])).toEqual([
      ["organizationMembership.deleted", doubled.id],
      ["organizationMembership.updated", moved.id],
      ["user.updated", kept.id],
      ["user.deleted", duplicate.id],
      ["user.merged", undefined],
    ]);
    expect(() => instance.mergeUsers(kept.id, kept.id)).toThrow(/itself/);
  });

  test("is full of 100,000 users within seconds, with ties in their times", () => {
    const instance = createInstance({ seed: 9 });
    const events = listen(instance);
    const before = process.cpuUsage();
    instance.populate(100_000, 2_000);
    const { user, system } = process.cpuUsage(before);
    expect(events).toEqual([]);
    expect(instance.users.size).toBe(100_000);
    expect(new Set(instance.users.values().map(({ created_at }) => created_at)).size).toBeLessThan(50_000);
    // Two, on a machine of today. With a look at all of the others for each it were hours.
    expect((user + system) / 1_000_000).toBeLessThan(20);
  });
});

describe("the Backend API", () => {
  let instance: Instance;
  let api: BackendApi;
  let time: number;
  const secretKey = "sk_test_simulated";
  beforeEach(async () => {
    instance = createInstance({ seed: 11, now: newClock() });
    instance.populate(60, 12);
    instance.live(400);
    time = 0;
    api = await startBackendApi(instance, { secretKey, rateLimitClock: () => time });
  });
  afterEach(() => api.close());

  const request = (path: string, authorization = `Bearer ${secretKey}`) =>
    fetch(`${api.url}${path}`, authorization === "" ? {} : { headers: { authorization } });
  const get = async (path: string): Promise<{ status: number; body: unknown }> => {
    const response = await request(path);
    return { status: response.status, body: await response.json() };
  };
  const codeOf = (body: unknown) => (body as { errors: { code: string }[] }).errors[0]?.code;

  test("serves lists and single objects with all that its OpenAPI requires", async () => {
    const [user] = instance.users.keys();
    const item = instance.subscribe(user ?? "");
    const session = instance.signIn(user ?? "");
    const organization = instance.createOrganization(user ?? "");
    const invitation = instance.invite(organization.id);
    instance.addDomain(organization.id);
    instance.subscribe(organization.id);
    const [role] = instance.roles.keys();
    const [permission] = instance.permissions.keys();
    const [statement] = instance.statements.oldestFirst.slice(-1);

    const bare: [string, string][] = [
      ["/users?limit=500", required.user],
      [`/sessions?user_id=${user}&limit=500`, required.session],
    ];
    const enveloped: [string, string][] = [
      ["/organizations?limit=500", required.organization],
      [`/organizations/${organization.id}/memberships`, required.membership],
      [`/organizations/${organization.id}/domains`, required.domain],
      ["/organization_memberships?limit=500", required.membership],
      ["/organization_invitations?limit=500", `${required.invitation} public_organization_data`],
      ["/organization_domains?limit=500", required.domain],
      ["/organization_roles", required.role],
      ["/organization_permissions", required.permission],
      ["/waitlist_entries", required.waitlistEntry],
      ["/billing/subscription_items?limit=500&include_free=true", required.subscriptionItem],
      [`/sessions?client_id=${session.client_id}&paginated=true`, required.session],
      ["/billing/subscription_items?paginated=false", required.subscriptionItem],
      ["/billing/statements?paginated=true&limit=500&offset=1", required.statement],
      [`/billing/statements/${statement?.id}/payment_attempts?paginated=true`, required.paymentAttempt],
    ];
    const single: [string, string][] = [
      ["/instance", "object id environment_type allowed_origins workspace_id"],
      [`/users/${user}`, required.user],
      [`/users/${user}/billing/subscription`, required.subscription],
      [`/organizations/${organization.id}`, required.organization],
      [`/organizations/${organization.slug}`, required.organization],
      [`/organizations/${organization.id}/billing/subscription`, required.subscription],
      [`/organizations/${organization.id}/invitations/${invitation.id}`, required.invitation],
      [`/organization_roles/${role}`, required.role],
      [`/organization_permissions/${permission}`, required.permission],
      [`/sessions/${session.id}`, required.session],
      [`/billing/statements/${statement?.id}`, required.statement],
    ];
    const expectFields = (path: string, object: Json, fields: string) => {
      for (const field of fields.split(/\s+/)) expect(object[field], `${field} of ${path}`).not.toBeUndefined();
    };
    for (const [path, fields] of bare) {
      const list = (await get(path)).body as Json[];
      expect(list.length, path).toBeGreaterThan(0);
      for (const object of list) expectFields(path, object, fields);
    }
    for (const [path, fields] of enveloped) {
      const { data, total_count } = (await get(path)).body as { data: Json[]; total_count: number };
      expect(data.length, path).toBeGreaterThan(0);
      expect(total_count, path).toBeGreaterThanOrEqual(data.length);
      for (const object of data) expectFields(path, object, fields);
    }
    for (const [path, fields] of single) {
      const { status, body } = await get(path);
      expect(status, path).toBe(200);
      expectFields(path, body as Json, fields);
    }
    expect((await get(`/users/${user}/billing/subscription`)).body).toMatchObject({
      subscription_items: [{ id: item.id, created_at: item.created_at }],
    });
    expect((await get(`/users/${user}/billing/subscription`)).body).not.toHaveProperty("payer");
    expect((await get("/billing/statements?limit=1")).body).toMatchObject({
      total_count: instance.statements.size,
      data: [
        { id: statement?.id, timestamp: statement?.created_at, groups: [{ items: [{ statement_id: statement?.id }] }] },
      ],
    });
  });

  test("names no primary address that is not in the list", () => {
    for (const { primary_email_address_id, email_addresses } of instance.users.values()) {
      const ids: (string | null)[] = email_addresses.map(({ id }) => id);
      expect(ids.length === 0 ? [null] : ids).toContain(primary_email_address_id);
    }
  });

  test("counts members only when it is asked to", async () => {
    const [organization] = instance.organizations.values();
    const path = `/organizations/${organization?.id}`;
    expect((await get(path)).body).not.toHaveProperty("members_count");
    const members = instance.memberships.of(organization?.id ?? "").length;
    expect((await get(`${path}?include_members_count=true`)).body).toHaveProperty("members_count", members);
  });

  test("lists the newest first, or in the order that is asked for, and by ids", async () => {
    const ids = async (path: string) => ((await get(path)).body as { id: string }[]).map(({ id }) => id);
    const newest = instance.users.oldestFirst.map(({ id }) => id).toReversed();
    expect(await ids("/users?limit=500")).toEqual(newest);
    expect(await ids("/users")).toEqual(newest.slice(0, 10));
    expect(await ids("/users?limit=7&offset=5")).toEqual(newest.slice(5, 12));
    expect(await ids("/users?limit=500&order_by=%2Bcreated_at")).toEqual(newest.toReversed());
    const updated = ((await get("/users?limit=500&order_by=-updated_at")).body as { updated_at: number }[]).map(
      ({ updated_at }) => updated_at,
    );
    expect(updated).toEqual(updated.toSorted((a, b) => b - a));
    const [first, second, third] = newest;
    expect(await ids(`/users?user_id=${third}&user_id=${first}&user_id=user_nobody`)).toEqual([first, third]);
    expect(await ids(`/users?limit=2&user_id=-${first}`)).toEqual([second, third]);
  });

  test("pages by a cursor past ties, while users come and go, and leaves nobody out", async () => {
    for (const direction of ["-", "%2B"]) {
      const stay = new Set(instance.users.keys());
      const seen: string[] = [];
      let cursor = "";
      for (;;) {
        const path = `/users?limit=3&order_by=${direction}created_at${cursor}`;
        const page = ((await get(path)).body as { id: string }[]).map(({ id }) => id);
        seen.push(...page);
        const last = page.at(-1);
        if (last === undefined || page.length < 3) break;
        cursor = `&starting_after=${last}`;
        instance.signUp();
        const leaving = instance.users.oldestFirst[seen.length % instance.users.size];
        if (leaving !== undefined && leaving.id !== last && seen.length < 60) {
          instance.deleteUser(leaving.id);
          stay.delete(leaving.id);
        }
      }
      for (const id of stay) expect(seen).toContain(id);
      expect(new Set(seen).size).toBe(seen.length);
    }
  });

  test("counts users, also those of a time", async () => {
    const count = async (query: string) => ((await get(`/users/count${query}`)).body as Json).total_count;
    const all = instance.users.oldestFirst;
    const tied = all.find(({ created_at }, index) => all[index + 1]?.created_at === created_at);
    const at = tied?.created_at ?? 0;
    const before = all.filter(({ created_at }) => created_at < at).length;
    const after = all.filter(({ created_at }) => created_at > at).length;
    expect(all.length - before - after).toBeGreaterThan(1);
    expect(await count("")).toBe(all.length);
    expect(await count(`?created_at_before=${at}`)).toBe(before);
    expect(await count(`?created_at_after=${at}`)).toBe(after);
    expect(await count(`?created_at_after=${at - 1}&created_at_before=${at + 1}`)).toBe(all.length - before - after);
    expect(await count(`?created_at_after=${at}&created_at_before=${at}`)).toBe(0);
  });

  test("lists sessions with a count only when it is asked to", async () => {
    const [user] = instance.users.keys();
    for (let sessions = 0; sessions < 3; sessions += 1) instance.signIn(user ?? "");
    const all = instance.sessions.of(user ?? "").toReversed();
    const path = `/sessions?user_id=${user}&limit=2`;
    for (const query of ["", "&paginated=false"]) expect((await get(path + query)).body).toEqual(all.slice(0, 2));
    expect((await get(`${path}&paginated=true`)).body).toEqual({ data: all.slice(0, 2), total_count: all.length });
    expect((await get(`${path}&paginated=yes`)).status).toBe(422);
  });

  test("lists all subscription items or only those that are paid, and waitlist entries by id or address", async () => {
    const entry = instance.joinWaitlist("someone@example.com");
    for (const sought of [entry.id, "someone@example.com"]) {
      expect((await get(`/waitlist_entries?query=${sought}`)).body).toMatchObject({ total_count: 1, data: [entry] });
    }
    const paid = instance.subscriptionItems.values().filter(({ plan }) => plan.fee.amount > 0);
    expect((await get("/billing/subscription_items")).body).toHaveProperty("total_count", paid.toArray().length);
  });

  test("refuses as Clerk does, in the form of Clerk's errors", async () => {
    const [organization] = instance.organizations.keys();
    const [user] = instance.users.keys();
    for (const authorization of ["", "Bearer sk_wrong", secretKey]) {
      const response = await request("/users", authorization);
      expect(response.status).toBe(401);
      expect((await response.json()) as Json).toMatchObject({
        errors: [
          {
            code: expect.stringMatching(/./),
            message: expect.stringMatching(/./),
            long_message: expect.stringMatching(/./),
          },
        ],
      });
    }
    for (const path of [
      "/users/user_nobody",
      "/organizations/org_nobody",
      "/organizations/org_nobody/memberships",
      "/users/user_nobody/billing/subscription",
      `/organizations/${organization}/invitations/orginv_none`,
      "/sessions/sess_none",
      "/organization_roles/role_none",
      "/billing/statements/stmt_none",
      "/billing/statements/stmt_none/payment_attempts",
      "/nothing",
    ]) {
      const { status, body } = await get(path);
      expect([status, codeOf(body)], path).toEqual([404, "resource_not_found"]);
    }
    for (const path of [
      "/users?limit=501",
      "/users?limit=0",
      "/users?limit=ten",
      "/users?offset=-1",
      "/users?order_by=shoe_size",
      "/users?starting_after=user_nobody",
      `/users?starting_after=${user}&offset=1`,
      `/users?starting_after=${user}&order_by=-updated_at`,
      `/users?${"user_id=user_1&".repeat(101)}`,
      "/users?name_query=ada",
      "/users/count?created_at_before=yesterday",
      "/organization_invitations?status=lost",
      "/sessions",
    ]) {
      expect((await get(path)).status, path).toBe(422);
    }
    expect((await get(`/users?starting_after=${user}&offset=0`)).status).toBe(200);
  });

  test("limits the rate, and says when to come again", async () => {
    api.rateLimit = { requests: 3, seconds: 1 };
    const statuses = [];
    for (let n = 0; n < 4; n += 1) statuses.push(await request("/instance"));
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(statuses[3]?.headers.get("retry-after")).toBe("1");
    expect(codeOf(await statuses[3]?.json())).toBe("too_many_requests");
    time += 999;
    expect((await request("/instance")).status).toBe(429);
    time += 1;
    expect((await request("/instance")).status).toBe(200);
  });

  test("fails in every way that it is told to, and counts", async () => {
    const paths: [string, number][] = [];
    const outcomes = ["none", "server-error", "rate-limited", "html", "cut-off", "destroyed", "hang"] as const;
    api.fault = (path, n) => {
      paths.push([path, n]);
      return outcomes[n - 1] ?? "none";
    };
    const path = "/users?limit=500";
    expect((await request(path)).status).toBe(200);
    const broken = await request(path);
    expect([broken.status, codeOf(await broken.json())]).toEqual([500, "internal_clerk_error"]);
    const limited = await request(path);
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "1"]);
    const html = await request(path);
    expect([html.status, html.headers.get("content-type")]).toEqual([502, "text/html"]);
    const cutOff = await request(path);
    expect(cutOff.status).toBe(200);
    await expect(cutOff.text()).rejects.toThrow();
    await expect(request(path)).rejects.toThrow();
    const headers = { authorization: `Bearer ${secretKey}` };
    const leaving = new AbortController();
    const hanging = fetch(`${api.url}${path}`, { headers, signal: leaving.signal });
    await expect.poll(() => api.requests).toBe(7);
    leaving.abort();
    await expect(hanging).rejects.toThrow(/abort/);
    expect((await request(path)).status).toBe(200);
    expect(paths).toEqual(Array.from({ length: 8 }, (_, index) => [`/v1${path}`, index + 1]));
    expect(api.requests).toBe(8);
  });

  test("dates every answer by the instance's clock, in whole seconds", async () => {
    const faults = ["none", "server-error", "rate-limited", "html", "empty"] as const;
    for (const fault of faults) {
      api.fault = () => fault;
      const before = instance.now();
      const response = await request("/instance");
      const date = response.headers.get("date") ?? "";
      expect(date).toBe(new Date(date).toUTCString());
      expect(Date.parse(date), fault).toBeGreaterThan(before - 1000);
      expect(Date.parse(date), fault).toBeLessThanOrEqual(instance.now());
    }
    expect((await request("/instance", "")).headers.get("date")).toMatch(/ 2025 /);
  });

  test("hides objects, with what belongs to them, as if they were deleted", async () => {
    const owner = instance.signUp();
    const organization = instance.createOrganization(owner.id);
    const hidden = instance.signUp();
    const membership = instance.join(organization.id, hidden.id);
    const session = instance.signIn(hidden.id);
    const item = instance.subscribe(hidden.id);
    const idsOf = async (path: string) => {
      const { body } = await get(path);
      return ((body as { data?: Json[] }).data ?? (body as Json[])).map(({ id }) => id);
    };
    const questions = [`/users/${hidden.id}`, `/sessions/${session.id}`, `/users/${hidden.id}/billing/subscription`];
    const lists: [string, string][] = [
      ["/users?limit=500", hidden.id],
      [`/users?user_id=${hidden.id}`, hidden.id],
      ["/organization_memberships?limit=500", membership.id],
      [`/organizations/${organization.id}/memberships`, membership.id],
      [`/sessions?user_id=${hidden.id}`, session.id],
    ];
    const counted = `/organizations/${organization.id}?include_members_count=true`;
    const before = stateOf(instance).map((list) => JSON.stringify(list));
    for (const isHidden of [false, true]) {
      api.hides = isHidden ? (id) => id === hidden.id : undefined;
      for (const path of questions) expect((await get(path)).status, path).toBe(isHidden ? 404 : 200);
      for (const [path, id] of lists) expect((await idsOf(path)).includes(id), path).toBe(!isHidden);
      const missing = isHidden ? 1 : 0;
      expect((await get("/users/count")).body).toMatchObject({ total_count: instance.users.size - missing });
      expect((await get(`/users/count?created_at_after=${hidden.created_at - 1}`)).body).toMatchObject({
        total_count: 1 - missing,
      });
      expect((await get(counted)).body).toMatchObject({ members_count: 2 - missing });
      expect((await get("/organization_memberships")).body).toMatchObject({
        total_count: instance.memberships.size - missing,
      });
      expect((await get(`/users?starting_after=${hidden.id}`)).status).toBe(isHidden ? 422 : 200);
      // It stays when its payer is deleted.
      expect(await idsOf("/billing/subscription_items")).toContain(item.id);
    }
    expect(stateOf(instance).map((list) => JSON.stringify(list))).toEqual(before);

    const domain = instance.addDomain(organization.id);
    api.hides = (id) => id === organization.id;
    expect((await get(`/organizations/${organization.slug}`)).status).toBe(404);
    expect(await idsOf("/organization_domains?limit=500")).not.toContain(domain.id);
    expect(await idsOf("/organization_memberships?limit=500")).not.toContain(membership.id);
  });

  test("answers as if there were nothing, with the true count or with none", async () => {
    const user = instance.signUp();
    const organization = instance.createOrganization(user.id);
    instance.signIn(user.id);
    instance.subscribe(user.id);
    const paths = {
      list: "/organizations",
      bare: `/sessions?user_id=${user.id}`,
      members: `/organizations/${organization.id}/memberships`,
      one: `/users/${user.id}`,
      none: "/users/user_nobody",
      items: `/users/${user.id}/billing/subscription`,
      count: "/users/count",
      refused: "/sessions",
    };
    const answers = async () =>
      Object.fromEntries(await Promise.all(Object.entries(paths).map(async ([name, path]) => [name, await get(path)])));
    const ok = (body: unknown) => ({ status: 200, body });
    const nothing = ok({ data: [], total_count: 0 });
    const always = {
      bare: ok([]),
      one: nothing,
      none: nothing,
      items: { status: 200, body: { object: "commerce_subscription", subscription_items: [] } },
      refused: { status: 422 },
    };
    api.fault = () => "empty";
    expect(await answers()).toMatchObject({
      ...always,
      list: nothing,
      members: nothing,
      count: ok({ object: "total_count", total_count: 0 }),
    });
    api.fault = (path) => (path.startsWith("/v1/waitlist") ? "none" : "empty-but-counted");
    expect(await answers()).toMatchObject({
      ...always,
      list: ok({ data: [], total_count: instance.organizations.size }),
      members: ok({ data: [], total_count: 1 }),
      count: ok({ object: "total_count", total_count: instance.users.size }),
    });
    const entry = instance.joinWaitlist();
    expect((await get("/waitlist_entries?limit=1")).body).toMatchObject({ data: [entry] });
  });

  test("answers late, with how things were when the request came", async () => {
    api.latency = 1;
    let open: (() => void) | undefined;
    api.gate = () => new Promise((resolve) => (open = resolve));
    const answered = request(`/users?limit=1`);
    const [newest] = instance.users.oldestFirst.slice(-1);
    await expect.poll(() => api.requests).toBe(1);
    instance.signUp();
    await expect.poll(() => open).toBeDefined();
    open?.();
    const page = (await (await answered).json()) as Json[];
    expect(page.map(({ id }) => id)).toEqual([newest?.id]);
  });

  test("pages 100,000 users without a look at all of them", async () => {
    instance.populate(100_000, 0);
    const all = instance.users.oldestFirst;
    let looks = 0;
    const watched = new Proxy(all, {
      get: (list, key): unknown => {
        if (typeof key === "string" && /^\d/.test(key)) looks += 1;
        return Reflect.get(list, key);
      },
    });
    Object.defineProperty(instance.users, "oldestFirst", { value: watched });
    for (const path of [
      "/users?limit=10",
      "/users?limit=10&offset=90000",
      `/users?limit=10&starting_after=${all[50_000]?.id}`,
    ]) {
      looks = 0;
      expect((await get(path)).body).toHaveLength(10);
      expect(looks).toBeGreaterThanOrEqual(10);
      expect(looks).toBeLessThan(100);
    }
    await get("/users?limit=10&order_by=email_address");
    expect(looks).toBeGreaterThanOrEqual(100_000);
  });
});

describe("the transport", () => {
  const secret = "whsec_c2ltdWxhdGVkLWNsZXJrLXNlY3JldC0xMjM0";
  const deliver = async (changes: number, options: Partial<TransportOptions> & Pick<TransportOptions, "send">) => {
    const instance = createInstance({ seed: 21, now: newClock() });
    const events = listen(instance);
    const transport = startTransport({ instance, secret, seed: 22, timeScale: 0, ...options });
    instance.live(changes);
    await transport.drained();
    return { events, counts: transport.counts, transport, instance };
  };
  const idOf = ({ headers }: Delivery) => headers["svix-id"] ?? "";

  test("delivers each event once, signed, where nothing fails", async () => {
    const bodies = new Map<string, string>();
    const { events, counts } = await deliver(300, {
      send: async (delivery) => {
        new Webhook(secret).verify(delivery.body, delivery.headers);
        bodies.set(idOf(delivery), delivery.body);
        return { status: 204 };
      },
    });
    expect([...bodies.values()]).toEqual(events.map((event) => JSON.stringify(event)));
    const { length } = events;
    expect(counts).toEqual({ sent: length, delivered: length, dropped: 0, doubled: 0, retried: 0, failed: 0 });
  });

  test("tries again until it is answered with 2xx, under one id, and loses nothing", async () => {
    const attempts = new Map<string, number>();
    const failures = new Map<string, number>();
    const delivered = new Set<string>();
    const { events, counts } = await deliver(300, {
      reorder: true,
      timeScale: 1e-6,
      send: async (delivery) => {
        const id = idOf(delivery);
        const attempt = (attempts.get(id) ?? 0) + 1;
        attempts.set(id, attempt);
        // Every eighth message fails as often as one can without being lost.
        const left = failures.get(id) ?? failures.size % 8;
        failures.set(id, left - 1);
        if (left > 0 && left % 3 === 0) throw new TypeError("fetch failed");
        if (left > 0) return { status: left % 3 === 1 ? 500 : 302 };
        delivered.add(delivery.body);
        return { status: 200 };
      },
    });
    const sent = new Set(events.map((event) => JSON.stringify(event)));
    expect([delivered.size, delivered.difference(sent).size]).toEqual([sent.size, 0]);
    expect(attempts.size).toBe(events.length);
    expect(Math.max(...attempts.values())).toBe(8);
    const retried = attempts.values().reduce((sum, count) => sum + count - 1, 0);
    expect(counts).toMatchObject({ sent: events.length, delivered: events.length, failed: 0, retried });
  });

  test("gives up after eight attempts, at Svix's times", async () => {
    const times: number[] = [];
    const instance = createInstance({ seed: 1, now: newClock() });
    const transport = startTransport({
      instance,
      secret,
      seed: 1,
      timeScale: 1e-5,
      send: async () => {
        times.push(performance.now());
        return { status: 503 };
      },
    });
    instance.signUp();
    await transport.drained();
    expect(transport.counts).toMatchObject({ sent: 1, delivered: 0, retried: 7, failed: 1 });
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    for (const [index, gap] of [0.05, 3, 18, 72, 180, 360, 360].entries()) {
      expect(gaps[index]).toBeGreaterThan(gap - 1.5);
    }
  });

  test("drops and doubles as many as it is told to, the same ones from the same seed", async () => {
    const run = async () => {
      const ids: string[] = [];
      const { events, counts } = await deliver(2000, {
        drop: 0.1,
        double: 0.2,
        reorder: true,
        send: async (delivery) => {
          ids.push(idOf(delivery));
          return { status: 200 };
        },
      });
      return { ids, events, counts };
    };
    const { ids, events, counts } = await run();
    expect(counts.sent + counts.dropped).toBe(events.length);
    expect(counts.dropped / events.length).toBeGreaterThan(0.07);
    expect(counts.dropped / events.length).toBeLessThan(0.13);
    expect(counts.doubled / counts.sent).toBeGreaterThan(0.16);
    expect(counts.doubled / counts.sent).toBeLessThan(0.24);
    expect(ids.length).toBe(counts.sent + counts.doubled);
    expect(counts.delivered).toBe(ids.length);
    expect(new Set(ids).size).toBe(counts.sent);
    expect((await run()).ids.toSorted()).toEqual(ids.toSorted());
  });

  test("reorders only when it is told to", async () => {
    const inOrder = async (reorder: boolean) => {
      const bodies: string[] = [];
      const send = async ({ body }: Delivery) => {
        bodies.push(body);
        return { status: 200 };
      };
      const { events } = await deliver(200, { reorder, send });
      const sent = events.map((event) => JSON.stringify(event));
      expect(bodies.toSorted()).toEqual(sent.toSorted());
      return bodies.join("") === sent.join("");
    };
    expect([await inOrder(false), await inOrder(true)]).toEqual([true, false]);
  });

  test("keeps to its concurrency, and ends an attempt that is not answered", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const active = new Set<number>();
    let most = 0;
    let attempts = 0;
    const { counts } = await deliver(50, {
      concurrency: 3,
      attemptTimeout: 500,
      retryDelays: [0],
      send: async (_, signal) => {
        attempts += 1;
        const isTenth = attempts === 10;
        const own = attempts;
        active.add(own);
        most = Math.max(most, active.size);
        await new Promise(setImmediate);
        if (isTenth) {
          // The others go on beside it. When it is alone, its time passes.
          while (active.size > 1) await new Promise(setImmediate);
          vi.advanceTimersByTime(499);
          expect(signal.aborted).toBe(false);
          vi.advanceTimersByTime(1);
          expect(signal.aborted).toBe(true);
        }
        active.delete(own);
        return { status: 200 };
      },
    });
    vi.useRealTimers();
    expect(most).toBe(3);
    expect(counts.failed).toBe(1);
    expect(counts.delivered).toBe(counts.sent - 1);
  });

  test("makes no attempt after it was stopped", async () => {
    let attempts = 0;
    const instance = createInstance({ seed: 1, now: newClock() });
    const send = async () => {
      attempts += 1;
      return { status: 500 };
    };
    const transport = startTransport({ instance, secret, seed: 1, send });
    instance.live(100);
    await transport.stop();
    const then = attempts;
    instance.live(10);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(attempts).toBe(then);
  });
});

/** The rarest are left out. */
const expectedTypes = `user.created user.updated user.deleted session.created session.ended session.removed
  session.revoked organization.created organization.updated organization.deleted organizationMembership.created
  organizationMembership.updated organizationMembership.deleted organizationInvitation.created
  organizationInvitation.accepted organizationInvitation.revoked organizationDomain.created
  organizationDomain.updated organizationDomain.deleted role.created role.updated permission.created
  waitlistEntry.created waitlistEntry.updated subscription.created subscriptionItem.created subscriptionItem.active
  subscriptionItem.canceled subscriptionItem.updated subscriptionItem.ended user.merged`.split(/\s+/);

/** What the OpenAPI of Clerk's Backend API requires, and what the mirror keeps besides. */
const required = {
  user: `id object external_id primary_email_address_id primary_phone_number_id primary_web3_wallet_id username
    first_name last_name has_image public_metadata email_addresses phone_numbers web3_wallets passkeys
    password_enabled two_factor_enabled totp_enabled backup_code_enabled mfa_enabled_at mfa_disabled_at
    external_accounts saml_accounts enterprise_accounts last_sign_in_at banned locked lockout_expires_in_seconds
    verification_attempts_remaining updated_at created_at delete_self_enabled create_organization_enabled
    last_active_at legal_accepted_at image_url locale private_metadata unsafe_metadata`,
  session: `object id user_id client_id status last_active_at expire_at abandon_at updated_at created_at actor
    latest_activity last_active_organization_id`,
  organization: `object id name slug has_image max_allowed_memberships admin_delete_enabled public_metadata created_at
    updated_at image_url private_metadata created_by role_set_key`,
  membership: `id object role permissions public_metadata organization created_at updated_at role_name
    private_metadata public_user_data`,
  invitation: `object id email_address role role_name inviter_id public_inviter_data public_metadata url expires_at
    created_at updated_at organization_id status private_metadata`,
  domain: `object id organization_id name enrollment_mode affiliation_email_address affiliation_verification
    ownership_verification verification total_pending_invitations total_pending_suggestions created_at updated_at`,
  role: "object id name key description is_creator_eligible permissions created_at updated_at",
  permission: "object id name key description type created_at updated_at",
  waitlistEntry: "object id email_address status created_at updated_at is_locked invitation",
  subscriptionItem: `object id instance_id status plan_id plan_period payer_id is_free_trial period_start period_end
    canceled_at past_due_at ended_at plan payer created_at updated_at`,
  statement: "object id instance_id timestamp payer status totals groups",
  paymentAttempt: `object id payment_id instance_id charge_type payee_id payee payer_id payer amount payment_method_id
    payment_method statement_id gateway_external_id gateway_external_url status paid_at failed_at created_at updated_at
    totals`,
  /** Of the OpenAPI for webhooks. */
  paymentAttemptEvent: `id instance_id payment_id invoice_id statement_id gateway_external_id status created_at
    updated_at paid_at failed_at failed_reason billing_date charge_type payee payer totals payment_source
    subscription_items`,
  subscription: "object id instance_id status payer_id created_at updated_at active_at past_due_at subscription_items",
};
