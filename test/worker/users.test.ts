import { describe, expect, test } from "vitest";
import { deletion, epoch, event, sessionData, userData } from "../support/worker/clerk.ts";
import { newWorld } from "../support/worker/world.ts";

describe("a user's events", () => {
  test("say when the row was written, and leave a line in the ledger without the payload", async () => {
    const world = await newWorld();
    const [[before = null] = []] = await world.query("select clock_timestamp()");
    await world.deliver("msg_1", event("user.created", userData(), epoch + 9));
    expect(
      await world.query("select synced_at between $1::timestamptz and clock_timestamp() from clerk.users", [before]),
    ).toEqual([["t"]]);
    expect(await world.ledger()).toEqual([
      {
        id: "msg_1",
        type: "user.created",
        subject_id: "user_1",
        instance_id: "ins_1",
        occurred_at: "2025-10-09T08:53:20.009+00:00",
        attempts: 1,
        outcome: "applied",
      },
    ]);
  });

  const shapes: [string, Record<string, unknown>, Record<string, unknown>][] = [
    [
      "without an email address",
      { email_addresses: [], primary_email_address_id: null },
      { email: null, email_verified: null, email_addresses: [] },
    ],
    [
      "with a primary address that its list does not have",
      { primary_email_address_id: "idn_gone" },
      { email: null, email_verified: null, phone: "+12025550100" },
    ],
    [
      "with only a phone",
      {
        email_addresses: [],
        primary_email_address_id: null,
        username: null,
        first_name: null,
        last_name: null,
      },
      { email: null, phone: "+12025550100", phone_verified: false, name: null },
    ],
    ["without names", { first_name: null, last_name: null }, { first_name: null, last_name: null, name: null }],
    ["with a last name alone", { first_name: null }, { name: "Hopper" }],
    [
      "with stray spaces in the name",
      { first_name: " Grace ", last_name: "  Brewster  Hopper" },
      { first_name: " Grace ", name: "Grace Brewster Hopper" },
    ],
    ["with a name of spaces", { first_name: " ", last_name: "" }, { first_name: " ", last_name: "", name: null }],
    [
      "with an address that nobody has verified",
      { primary_email_address_id: "idn_first" },
      { email: "old@example.com", email_verified: false },
    ],
    [
      "with null metadata",
      { private_metadata: null, public_metadata: null },
      { private_metadata: null, public_metadata: null },
    ],
  ];
  test.for(shapes)("store a user %s", async ([, fields, expected]) => {
    const world = await newWorld();
    expect(await world.deliver("msg_1", event("user.created", userData(fields)))).toMatchObject({ status: 200 });
    expect((await world.users()).user_1).toMatchObject(expected);
  });

  test("store a user of whom Clerk says only the id", async () => {
    const world = await newWorld();
    expect(await world.deliver("msg_1", event("user.created", { id: "user_1" }))).toMatchObject({ status: 200 });
    const row = (await world.users()).user_1;
    const { id, version, deleted, ...rest } = row as Record<string, unknown>;
    expect({ id, version, deleted }).toEqual({ id: "user_1", version: `1${epoch}${epoch}msg_1`, deleted: false });
    expect(Object.values(rest).every((value) => value === null)).toBe(true);
    expect(Object.keys(rest)).toHaveLength(39);
  });

  test("take the envelope's time in seconds, as Clerk's examples have it", async () => {
    const world = await newWorld();
    await world.deliver("msg_1", event("user.created", userData(), epoch / 1000));
    expect(await world.ledger()).toMatchObject([{ occurred_at: "2025-10-09T08:53:20+00:00" }]);
    expect(await world.users()).toMatchObject({ user_1: { version: `1${epoch + 5}${epoch}msg_1` } });
  });

  test("store what Postgres refuses as U+FFFD, in text and in JSON", async () => {
    const world = await newWorld();
    const fields = {
      first_name: "a\u0000b",
      last_name: "\ud83d",
      public_metadata: { "k\u0000": "\udc00\\u0000", pair: "😀", control: "\u0001", backslash: "\\ud83d" },
    };
    expect(await world.deliver("msg_1", event("user.created", userData(fields)))).toMatchObject({ status: 200 });
    expect((await world.users()).user_1).toMatchObject({
      first_name: "a\ufffdb",
      last_name: "\ufffd",
      name: "a\ufffdb \ufffd",
      public_metadata: { "k\ufffd": "\ufffd\\u0000", pair: "😀", control: "\u0001", backslash: "\\ud83d" },
    });
  });

  test("leave nothing of a deleted user but its id", async () => {
    const world = await newWorld();
    await world.deliver("msg_1", event("user.created", userData()));
    expect(await world.deliver("msg_2", event("user.deleted", deletion("user_1"), epoch + 10))).toMatchObject({
      body: { outcome: "applied" },
    });
    const { id, deleted, version, ...rest } = (await world.users()).user_1 as Record<string, unknown>;
    expect({ id, deleted, version }).toEqual({ id: "user_1", deleted: true, version: "2" });
    expect(Object.values(rest).every((value) => value === null)).toBe(true);
  });

  test("keep a deleted user deleted when an update arrives, and when the delete came first", async () => {
    const world = await newWorld();
    expect(await world.deliver("msg_1", event("user.deleted", deletion("user_1")))).toMatchObject({
      body: { outcome: "applied" },
    });
    const late = event("user.updated", userData({ updated_at: epoch + 99_999 }), epoch + 99_999);
    expect(await world.deliver("msg_2", late)).toMatchObject({ status: 200, body: { outcome: "stale" } });
    expect(await world.users()).toMatchObject({ user_1: { email: null, deleted: true } });
    expect(await world.deliver("msg_3", event("user.deleted", deletion("user_1")))).toMatchObject({
      body: { outcome: "stale" },
    });
  });

  test("fill a row that an app inserted by its id alone", async () => {
    const world = await newWorld();
    await world.query("create table orders (id int primary key, user_id text references clerk.users (id))");
    await world.query("insert into clerk.users (id) values ('user_1')");
    await world.query("insert into orders values (1, 'user_1')");
    expect(await world.query("select synced_at from clerk.users")).toEqual([[null]]);
    expect(await world.deliver("msg_1", event("user.created", userData()))).toMatchObject({
      body: { outcome: "applied" },
    });
    await world.deliver("msg_2", event("user.deleted", deletion("user_1")));
    expect(
      await world.query("select user_id, deleted_at is not null from orders join clerk.users u on u.id = user_id"),
    ).toEqual([["user_1", "t"]]);
  });
});

describe("the user inside a session's event", () => {
  test("is a whole observation where it has its key fields", async () => {
    const world = await newWorld();
    await world.deliver("msg_1", event("user.created", userData()));
    const user = userData({ first_name: "Amazing", updated_at: epoch + 6 });
    expect(await world.deliver("msg_2", event("session.created", sessionData(user), epoch + 7))).toMatchObject({
      body: { outcome: "applied" },
    });
    expect(await world.users()).toMatchObject({ user_1: { name: "Amazing Hopper" } });
    expect(await world.ledger()).toMatchObject([
      { id: "msg_1" },
      { id: "msg_2", subject_id: "sess_1", type: "session.created" },
    ]);
  });

  const fragments: [string, Record<string, unknown>][] = [
    ["it lacks private_metadata", { private_metadata: undefined }],
    ["its primary email address dangles", { email_addresses: [] }],
    ["its primary phone number dangles", { phone_numbers: undefined }],
  ];
  test.for(fragments)("fills an empty place and never overwrites where %s", async ([, fields]) => {
    const world = await newWorld();
    const fragment = userData({ ...fields, first_name: "Fragment", updated_at: epoch + 1000 });
    await world.deliver("msg_1", event("session.created", sessionData(fragment), epoch + 1000));
    expect(await world.users()).toMatchObject({ user_1: { first_name: "Fragment" } });
    const newer = userData({ ...fields, first_name: "Newer", updated_at: epoch + 1001 });
    await world.deliver("msg_2", event("session.ended", sessionData(newer), epoch + 1001));
    expect(await world.users()).toMatchObject({ user_1: { first_name: "Newer" } });

    await world.deliver("msg_3", event("user.created", userData()));
    expect(await world.users()).toMatchObject({ user_1: { first_name: "Grace" } });
    await world.deliver("msg_4", event("session.removed", sessionData(newer), epoch + 2000));
    expect(await world.users()).toMatchObject({ user_1: { first_name: "Grace", email: "grace@example.com" } });
  });

  test("may be absent: then the session is all that is mirrored", async () => {
    const world = await newWorld();
    expect(await world.deliver("msg_1", event("session.created", sessionData(null)))).toMatchObject({
      status: 200,
      body: { outcome: "applied" },
    });
    expect(await world.copy()).toMatchObject({
      users: {},
      sessions: { sess_1: { user_id: "user_1", status: "active" } },
    });
  });
});
