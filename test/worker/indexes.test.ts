import { beforeAll, describe, expect, test } from "vitest";
import { event, userData } from "../support/worker/clerk.ts";
import { newWorld, type World } from "../support/worker/world.ts";

/** Which index serves which question, and that none refuses a row. */

let world: World;
beforeAll(async () => {
  world = await newWorld();
  await world.query(
    `insert into clerk.users (id, email, username, phone, external_id, created_at, version)
    select 'user_' || n, 'ada.' || n || '@example.com', 'ada_' || n, '+1202' || n, 'customer_' || n, now(), '1'
    from generate_series(1, 20000) as n`,
  );
  await world.query(
    `insert into clerk.deliveries (id, type, subject_id, received_at, attempts, outcome)
    select 'msg_' || n, 'user.updated', 'user_' || n % 5000, now() - n * interval '1 s', 1, 'applied'
    from generate_series(1, 20000) as n`,
  );
  await world.query("analyze clerk.users");
  await world.query("analyze clerk.deliveries");
});

const planOf = async (text: string): Promise<string> =>
  (await world.query(`explain (costs off) ${text}`)).flat().join("\n");

describe("an index serves", () => {
  const questions: [string, string][] = [
    ["users_email_index", "select * from clerk.users where email = 'ada.7@example.com'"],
    ["users_email_lower_index", "select * from clerk.users where lower(email) = lower('Ada.7@Example.com')"],
    ["users_email_lower_index", "select * from clerk.living_users where lower(email) = lower('Ada.7@Example.com')"],
    ["users_username_index", "select * from clerk.users where username = 'ada_7'"],
    ["users_phone_index", "select * from clerk.users where phone = '+12027'"],
    ["users_external_id_index", "select * from clerk.users where external_id = 'customer_7'"],
    [
      "users_created_at_index",
      "select * from clerk.living_users where created_at is not null order by created_at desc limit 20",
    ],
    [
      "deliveries_subject_id_index",
      "select * from clerk.deliveries where subject_id = 'user_7' order by received_at desc",
    ],
  ];
  test.for(questions)("%s: %s", async ([index, text]) => {
    const plan = await planOf(text);
    expect(plan).toContain(index);
    expect(plan).not.toContain("Seq Scan");
    expect((await world.query(text)).length).toBeGreaterThan(0);
  });
});

test("the database says what each of them serves", async () => {
  const indexes = await world.query(
    `select indexrelid::regclass, obj_description(indexrelid, 'pg_class') from pg_index
    where indrelid in ('clerk.users'::regclass, 'clerk.deliveries'::regclass) and not indisprimary`,
  );
  expect(indexes.length).toBeGreaterThan(7);
  for (const [name, comment] of indexes) expect(comment, String(name)).toMatch(/^(where|order by) /);
});

test("text of any length is taken, and found", async () => {
  // Random, so that it does not get shorter by compression.
  const long = (length: number) =>
    Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => "0123456789abcdef"[byte % 16]).join("");
  const email = `${long(3000)}@example.com`;
  const [username, phone, external_id] = [long(9000), long(9000), long(9000)];
  const data = userData({
    id: "user_long",
    username,
    external_id,
    email_addresses: [{ id: "idn_second", email_address: email.toUpperCase() }],
    phone_numbers: [{ id: "idn_phone", phone_number: phone }],
  });
  expect(await world.deliver("msg_long", event("user.created", data))).toMatchObject({ status: 200 });
  for (const [where, value] of [
    ["lower(email) = $1", email],
    ["email = $1", email.toUpperCase()],
    ["username = $1", username],
    ["phone = $1", phone],
    ["external_id = $1", external_id],
  ] as const)
    expect(await world.query(`select id from clerk.users where ${where}`, [value]), where).toEqual([["user_long"]]);
});

test("a sign-in touches none of them", async () => {
  const signIn = (at: number) => userData({ id: "user_hot", last_sign_in_at: at, last_active_at: at, updated_at: at });
  for (let n = 0; n < 40; n += 1) {
    const at = 1_760_000_000_000 + n;
    const type = n === 0 ? "user.created" : "user.updated";
    expect((await world.deliver(`msg_hot_${n}`, event(type, signIn(at), at))).body).toMatchObject({
      outcome: "applied",
    });
  }
  // All indexes, by Postgres's own counting: an update that stays in its page writes none.
  await expect
    .poll(async () => {
      const [row] = await world.query(
        "select n_tup_upd >= 39 and n_tup_hot_upd >= n_tup_upd * 0.5 from pg_stat_user_tables where relid = 'clerk.users'::regclass",
      );
      return row?.[0];
    })
    .toBe("t");
});
