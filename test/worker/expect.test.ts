import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { event, userData } from "../support/worker/clerk.ts";
import { logged } from "../support/worker/logged.ts";
import { newWorld, type World } from "../support/worker/world.ts";

/** `clerk.expect_user` and `clerk.expect_organization`, for an app that inserts before Clerk's event has arrived. */

let world: World;
beforeAll(async () => {
  world = await newWorld();
});
beforeEach(() => world.empty());

const expectUser = async (id: string | null) =>
  (await world.queryAs("clerk_app", "select clerk.expect_user($1)", [id])).flat()[0];
const expectOrganization = async (id: string | null) =>
  (await world.queryAs("clerk_app", "select clerk.expect_organization($1)", [id])).flat()[0];

describe("an id that is expected", () => {
  test("is a row with nothing but the id, however often it is expected", async () => {
    expect(await expectUser("user_1")).toBe("expected");
    const before = await world.dump();
    expect(await expectUser("user_1")).toBe("expected");
    expect(await expectOrganization("org_1")).toBe("expected");
    expect((await world.dump()).filter(([table]) => table === "users")).toEqual(before);
    const { users, organizations } = await world.copy();
    for (const row of [users?.user_1, organizations?.org_1]) {
      const { id: _, version, deleted, ...rest } = row ?? {};
      expect({ version, deleted }).toEqual({ version: "0", deleted: false });
      expect(new Set(Object.values(rest))).toEqual(new Set([null]));
    }
  });

  test("is filled by Clerk's event, by the first as by any, and is then present", async () => {
    const first = event("user.created", userData());
    await world.deliver("msg_1", first);
    const alone = await world.users();
    await world.empty();
    const [id = ""] = Object.keys(alone);
    expect(await expectUser(id)).toBe("expected");
    await world.deliver("msg_1", first);
    expect(await world.users()).toEqual(alone);
    expect(await expectUser(id)).toBe("present");
    expect(await world.users()).toEqual(alone);
  });

  test("stays deleted if Clerk has told so, before or after", async () => {
    const gone = { type: "user.deleted", data: { id: "user_1", object: "user", deleted: true }, timestamp: Date.now() };
    await expectUser("user_1");
    await world.deliver("msg_1", gone);
    const after = await world.users();
    expect(await expectUser("user_1")).toBe("deleted");
    expect(await world.users()).toEqual(after);
    await world.empty();
    await world.deliver("msg_1", gone);
    expect(await expectUser("user_1")).toBe("deleted");
    expect(await world.users()).toEqual(after);
  });

  test("of which a fragment is known is present, and an older or newer event still counts", async () => {
    const session = {
      ...event("session.created", {
        id: "sess_1",
        object: "session",
        user_id: "user_1",
        status: "active",
        updated_at: 1_700_000_000_000,
        user: { id: "user_1", object: "user", first_name: "Grace" },
      }),
    };
    await expectUser("user_1");
    expect(await world.deliver("msg_1", session)).toMatchObject({ status: 200 });
    expect(await expectUser("user_1")).toBe("present");
  });
});

test("an app that is told hears of an expected user once, as created", async () => {
  await expectUser("user_1");
  expect(await world.query("select * from clerk.outbox")).toEqual([]);
  const notify = JSON.stringify({ source: "event", tables: ["users"], since: null });
  const changes = JSON.stringify({ users: [{ id: "user_1", version: "1" }] });
  await world.queryAs("clerk_mirror", "select clerk.merge_1($1::jsonb, '[]'::jsonb, $2::jsonb)", [changes, notify]);
  expect(await world.query("select id, kind from clerk.outbox")).toEqual([["user_1", "created"]]);
  await world.query("truncate clerk.outbox");
});

describe("the form of an id", () => {
  test.for([
    null,
    "",
    "user_",
    "user",
    "org_1",
    "user_é",
    "user_1 ",
    "user_1\n",
    " user_1",
    "user_1'",
    `user_${"a".repeat(124)}`,
  ])("that is not a user's is refused, with a word on what one is: %j", async (id) => {
    await expect(expectUser(id)).rejects.toThrow(/^(Error: )?22023 clerk\.expect_user takes the id of a user/);
    expect(await world.users()).toEqual({});
  });

  test.for(["user_1", "user_29w83sxmDNGwOuEthce5gg56FcC", "user_a-b_c", `user_${"a".repeat(123)}`])(
    "is that of src/json.ts: %s",
    async (id) => {
      expect(await expectUser(id)).toBe("expected");
    },
  );

  test("of an organization has its own prefix", async () => {
    expect(await expectOrganization("org_29w9IfBrPmcpi0IeBVaKtA7R94W")).toBe("expected");
    await expect(expectOrganization("user_1")).rejects.toThrow(/22023 clerk\.expect_organization/);
  });
});

test("a table of the copy's that is missing is still told with the command that makes it", async () => {
  const own = await newWorld();
  await own.query("alter table clerk.roles rename to away");
  const lines = await logged(async () => {
    const data = { id: "role_1", object: "role", name: "Admin", key: "org:admin", updated_at: 1_700_000_000_000 };
    expect(await own.deliver("msg_1", event("role.created", data))).toMatchObject({ status: 500 });
  });
  expect(lines.join()).toContain("npm run db:migrate");
});

test.for(["with space", "o'neil", "a".repeat(70)])(
  "a relation whose name is not a plain identifier is not told: %s",
  async (name) => {
    const own = await newWorld();
    await own.query(
      `create function public.audit() returns trigger language plpgsql as $$ begin insert into "${name}" values (1); return new; end $$`,
    );
    await own.query("create trigger audit after insert on clerk.users for each row execute function public.audit()");
    const lines = await logged(async () => {
      expect(await own.deliver("msg_1", event("user.created", userData()))).toMatchObject({ status: 500 });
    });
    if (name.length <= 63) expect(lines.join()).not.toContain(name);
  },
);

test("an unqualified name in an owner's trigger is named in the log, not told as missing tables, and Svix tries again", async () => {
  await world.query(
    "create function public.audit_users() returns trigger language plpgsql as $$ begin insert into audit values (new.id); return new; end $$",
  );
  await world.query(
    "create trigger audit after insert on clerk.users for each row execute function public.audit_users()",
  );
  try {
    const lines = await logged(async () => {
      const answer = await world.deliver("msg_1", event("user.created", userData()));
      expect(answer).toMatchObject({ status: 500, body: { error: "misconfigured", setting: "DATABASE_URL" } });
    });
    expect(lines.join()).toContain("names the relation audit, which does not exist; write it with its schema");
    expect(lines.join()).not.toContain("db:migrate");
    expect(await world.dump()).toEqual([]);
    await world.query("create table public.audit (id text)");
    await world.query("alter function public.audit_users() set search_path = public");
    expect(await world.deliver("msg_1", event("user.created", userData()))).toMatchObject({ status: 200 });
  } finally {
    await world.query("drop trigger audit on clerk.users");
  }
});
