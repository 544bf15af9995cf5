import { epoch } from "./clerk.ts";
import type { Random } from "./random.ts";

/** Clerk's objects with random fields and in all of its unusual forms. */
type Json = Record<string, unknown>;

/** What a child belongs to. A child that leaves one of them out has it undefined. */
export type Owners = { user_id: string | undefined; organization_id: string | undefined };

export const day = 24 * 60 * 60 * 1000;

/** @param now the history's clock, in milliseconds since 1970 */
export const randomObjects = (random: Random, now: () => number) => {
  const word = () =>
    random
      .pick(["Ada", "Bo", "", " Cy", "Di Eve", "null", "Zoë", "\u0000", "\ud800"])
      .toWellFormed()
      .replaceAll("\u0000", "");
  const metadata = () => random.pick([{}, { a: 1 }, { s: word(), n: [1, null, { d: true }] }]);

  /**
   * Mostly about now. Some objects have none, some are old, and some were written by a clock that is ahead: by centuries,
   * or by about as much as is believed.
   */
  const updatedAt = (): number | undefined => {
    const draw = random.below(100);
    if (draw < 10) return undefined;
    if (draw < 14) return epoch - 400 * day;
    if (draw < 18) return Date.UTC(2200, 0);
    if (draw < 24) return now() + day + random.pick([-1000, -1, 0, 1, 2, 3, 1000]);
    return now() + random.pick([0, 0, 0, -1, -2]);
  };
  const times = () => ({ created_at: epoch, updated_at: updatedAt() });

  const user = (id: string): Json => {
    const emails = random.pick([
      [],
      [{ id: "idn_1", email_address: `${id}@example.com`, verification: random.pick([null, { status: "verified" }]) }],
    ]);
    return {
      id,
      first_name: random.pick([null, word()]),
      last_name: random.pick([undefined, null, word()]),
      primary_email_address_id: random.pick([null, "idn_1"]),
      email_addresses: random.pick([emails, undefined]),
      phone_numbers: [],
      passkeys: random.pick([undefined, [], [{ id: "idn_2" }]]),
      banned: random.chance(0.5),
      create_organizations_limit: random.pick([undefined, null, 0, 3]),
      mfa_enabled_at: random.pick([undefined, null, now()]),
      public_metadata: metadata(),
      private_metadata: metadata(),
      ...times(),
    };
  };

  const embeddedUser = (id: string): Json | null =>
    random.pick([null, user(id), user(id), { ...user(id), private_metadata: undefined }, { id, username: word() }]);

  const organization = (id: string, created_by: string): Json => ({
    id,
    name: word(),
    slug: word(),
    created_by,
    last_active_at: random.pick([undefined, null, now()]),
    public_metadata: metadata(),
    private_metadata: metadata(),
    ...times(),
  });

  const embeddedOrganization = (id: string, created_by: string): Json => {
    const whole = organization(id, created_by);
    return random.pick([
      whole,
      { ...whole, private_metadata: undefined, created_by: undefined },
      { ...whole, private_metadata: undefined },
      { ...whole, created_by: undefined },
      { id },
    ]);
  };

  /** When it ends, a session often keeps its `updated_at`. */
  const session = (id: string, { user_id }: Owners, embedded: Json | null): Json => ({
    id,
    user_id,
    status: random.pick(["active", "ended"]),
    user: embedded,
    latest_activity: random.pick([undefined, null, { ip_address: "192.0.2.9" }]),
    created_at: epoch,
    updated_at: random.pick([epoch, epoch, updatedAt()]),
  });

  const membership = (id: string, { user_id }: Owners, embedded: Json | null | undefined): Json => ({
    id,
    role: random.pick(["org:admin", "org:member"]),
    permissions: random.pick([[], ["org:x"]]),
    public_metadata: metadata(),
    organization: embedded,
    public_user_data:
      user_id === undefined
        ? random.pick([undefined, null, {}])
        : random.pick([{ user_id, identifier: "x" }, { user_id }]),
    ...times(),
  });

  const invitation = (id: string, { organization_id, user_id }: Owners, verb: string): Json => ({
    id,
    organization_id,
    email_address: `${id}@example.com`,
    url: "https://clerk.example/ticket",
    role: "org:member",
    status: verb === "created" ? random.pick(["pending", undefined]) : verb,
    // Who accepted it, which is not mirrored.
    user_id: verb === "accepted" ? user_id : undefined,
    public_metadata: metadata(),
    ...times(),
  });

  const domain = (id: string, { organization_id }: Owners): Json => ({
    id,
    organization_id,
    name: word(),
    verification: random.pick([null, { status: "verified" }]),
    ...times(),
  });

  const role = (id: string): Json => ({ id, name: word(), key: "org:x", permissions: [], ...times() });

  const waitlistEntry = (id: string): Json => ({
    id,
    email_address: "w@example.com",
    status: word(),
    updated_at: updatedAt(),
  });

  /** Clerk writes an empty string for who does not pay. */
  const payer = ({ user_id, organization_id }: Owners): Json | undefined =>
    random.pick([
      undefined,
      { id: "cpayer_1", email: "payer@example.com", user_id, organization_id: "" },
      { id: "cpayer_1", organization_id },
    ]);

  const subscription = (id: string, owners: Owners): Json => ({
    id,
    status: word(),
    payer: payer(owners),
    ...times(),
  });

  const subscriptionItem = (id: string, owners: Owners): Json => ({
    id,
    status: word(),
    payer: payer(owners),
    plan: random.pick([undefined, null, {}, { id: "cplan_1", name: word(), slug: "pro" }]),
    seats: random.pick([undefined, null, {}, { quantity: random.below(9) }]),
    ...random.pick([{ interval: "month" }, { plan_period: "annual" }]),
    ...random.pick([{}, times()]),
  });

  const paymentAttempt = (id: string, owners: Owners): Json => ({
    id,
    status: word(),
    payer: payer(owners),
    totals: random.pick([undefined, {}, { grand_total: { amount: 5_000_000_000, currency: "USD" } }]),
    amount: random.pick([undefined, { amount: random.below(99), currency: "EUR" }]),
    updated_at: updatedAt(),
  });

  return {
    word,
    updatedAt,
    user,
    embeddedUser,
    organization,
    embeddedOrganization,
    session,
    membership,
    invitation,
    domain,
    role,
    waitlistEntry,
    subscription,
    subscriptionItem,
    paymentAttempt,
  };
};
