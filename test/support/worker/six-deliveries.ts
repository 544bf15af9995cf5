import { deletion, epoch, event, sessionData, userData } from "./clerk.ts";
import { membershipData, organizationData } from "./fixtures.ts";
import type { Delivered } from "./fold.ts";

/** Six deliveries. Every id in them ends in `_` and the number of the order in which they are sent. */
type History = (order: string) => Delivered[];

const delivery = (id: string, type: string, data: Record<string, unknown>, at: number): Delivered => ({
  id,
  event: event(type, data, at) as unknown as Delivered["event"],
});
const whole = (n: string, name: string, updated_at: number | undefined) =>
  userData({ id: `user_${n}`, first_name: name, updated_at });
const fragment = (n: string, name: string, updated_at: number) => ({
  ...whole(n, name, updated_at),
  email_addresses: [],
});
const session = (n: string, user: unknown, fields: Record<string, unknown> = {}) =>
  sessionData(user, { id: `sess_${n}`, user_id: `user_${n}`, ...fields });
const organization = (n: string, name: string, updated_at: number) => ({
  ...organizationData,
  id: `org_${n}`,
  name,
  updated_at,
});
const membership = (n: string, member: string, embedded: Record<string, unknown>, updated_at: number) => ({
  ...membershipData,
  id: `${member}_${n}`,
  organization: { ...embedded, id: `org_${n}` },
  public_user_data: { user_id: `user_${n}` },
  updated_at,
});

const memberOf = (n: string, user_id: string | undefined, updated_at: number) => ({
  ...membership(n, "orgmem", { name: "Acme" }, updated_at),
  public_user_data: user_id === undefined ? null : { user_id },
});

const day = 24 * 60 * 60 * 1000;
const year2200 = Date.UTC(2200, 0);

/** What Clerk sends when two users become one. What goes over to the one who stays is said before the other's end. */
const merger =
  (stays: string, goes: string): History =>
  (n) => [
    delivery(`a_${n}`, "organizationMembership.created", memberOf(n, `${goes}_${n}`, epoch), epoch),
    delivery(`b_${n}`, "organizationMembership.updated", memberOf(n, `${stays}_${n}`, epoch + 5), epoch + 5),
    delivery(`c_${n}`, "user.deleted", deletion(`${goes}_${n}`), epoch + 6),
    delivery(
      `d_${n}`,
      "user.updated",
      userData({ id: `${stays}_${n}`, first_name: "Both", updated_at: epoch + 6 }),
      epoch + 6,
    ),
    delivery(`e_${n}`, "user.merged", { object: "user", id: `${stays}_${n}` }, epoch + 7),
    delivery(`f_${n}`, "session.created", session(n, null, { user_id: `${goes}_${n}` }), epoch + 1),
  ];

export const histories: [string, History][] = [
  [
    "updates, two of them with one updated_at and one timestamp, and sign-ins",
    (n) => [
      delivery(`a_${n}`, "user.created", whole(n, "A", epoch), epoch),
      delivery(`b_${n}`, "user.updated", whole(n, "B", epoch + 10), epoch + 10),
      delivery(`c_${n}`, "user.updated", whole(n, "C", epoch + 10), epoch + 10),
      delivery(`d_${n}`, "user.updated", whole(n, "D", epoch + 10), epoch + 9),
      delivery(`e_${n}`, "session.created", session(n, fragment(n, "E", epoch + 99)), epoch + 99),
      delivery(`f_${n}`, "session.ended", session(n, whole(n, "F", epoch + 5), { status: "ended" }), epoch + 50),
    ],
  ],
  [
    "fragments alone, some without updated_at",
    (n) => [
      delivery(`a_${n}`, "session.created", session(n, fragment(n, "A", epoch + 3)), epoch),
      delivery(`b_${n}`, "session.ended", session(n, { id: `user_${n}`, first_name: "B" }), epoch + 2),
      delivery(`c_${n}`, "session.removed", session(n, { id: `user_${n}`, first_name: "C" }), epoch + 4),
      delivery(`d_${n}`, "session.revoked", session(n, { id: `user_${n}`, first_name: "D" }), epoch + 4),
      delivery(`e_${n}`, "session.pending", session(n, null), epoch + 5),
      delivery(`f_${n}`, "session.created", session(n, fragment(n, "F", epoch + 3)), epoch + 1),
    ],
  ],
  [
    "a delete among updates and sign-ins",
    (n) => [
      delivery(`a_${n}`, "user.created", whole(n, "A", epoch), epoch),
      delivery(`b_${n}`, "user.deleted", deletion(`user_${n}`), epoch + 5),
      delivery(`c_${n}`, "user.updated", whole(n, "C", epoch + 4), epoch + 4),
      delivery(`d_${n}`, "session.removed", session(n, whole(n, "D", epoch + 6)), epoch + 6),
      delivery(`e_${n}`, "session.ended", session(n, fragment(n, "E", epoch + 7)), epoch + 7),
      delivery(`f_${n}`, "user.deleted", deletion(`user_${n}`), epoch + 5),
    ],
  ],
  [
    "an organization, its members, one who left and joined again, and its end",
    (n) => [
      delivery(`a_${n}`, "organization.created", organization(n, "A", epoch), epoch),
      delivery(
        `b_${n}`,
        "organizationMembership.created",
        membership(n, "orgmem", { name: "B", updated_at: epoch + 9 }, epoch),
        epoch + 1,
      ),
      delivery(`c_${n}`, "organizationMembership.deleted", membership(n, "orgmem", { name: "C" }, epoch), epoch + 2),
      delivery(
        `d_${n}`,
        "organizationMembership.created",
        membership(n, "orgmem2", organization(n, "D", epoch + 3), epoch + 3),
        epoch + 3,
      ),
      delivery(
        `e_${n}`,
        "organizationDomain.created",
        { id: `orgdmn_${n}`, organization_id: `org_${n}`, name: "x.example" },
        epoch + 4,
      ),
      delivery(`f_${n}`, "organization.deleted", { object: "organization", id: `org_${n}`, deleted: true }, epoch + 5),
    ],
  ],
  [
    "a payer that only some events name, and an invitation that is accepted",
    (n) => [
      delivery(
        `a_${n}`,
        "subscriptionItem.created",
        { id: `csi_${n}`, status: "a", payer: { user_id: `user_${n}` }, updated_at: epoch },
        epoch,
      ),
      delivery(
        `b_${n}`,
        "subscriptionItem.updated",
        { id: `csi_${n}`, status: "b", payer: { user_id: `user2_${n}` } },
        epoch + 1,
      ),
      delivery(`c_${n}`, "subscriptionItem.active", { id: `csi_${n}`, status: "c" }, epoch + 1),
      delivery(
        `d_${n}`,
        "organizationInvitation.created",
        {
          id: `orginv_${n}`,
          organization_id: `org_${n}`,
          status: "pending",
          email_address: "a@example.com",
          updated_at: epoch,
        },
        epoch,
      ),
      delivery(
        `e_${n}`,
        "organizationInvitation.accepted",
        {
          id: `orginv_${n}`,
          organization_id: `org_${n}`,
          status: "accepted",
          email_address: "a@example.com",
          user_id: `user_${n}`,
          updated_at: epoch,
        },
        epoch + 1,
      ),
      delivery(
        `f_${n}`,
        "organizationInvitation.revoked",
        {
          id: `orginv_${n}`,
          organization_id: `org_${n}`,
          status: "revoked",
          email_address: "a@example.com",
          updated_at: epoch,
        },
        epoch + 1,
      ),
    ],
  ],
  [
    "owners' ends, and children that do not always name them",
    (n) => [
      delivery(`a_${n}`, "session.created", session(n, whole(n, "A", epoch)), epoch),
      delivery(`b_${n}`, "session.ended", session(n, null, { user_id: undefined, status: "ended" }), epoch + 3),
      delivery(`c_${n}`, "user.deleted", deletion(`user_${n}`), epoch + 2),
      delivery(
        `d_${n}`,
        "organizationInvitation.created",
        { id: `orginv_${n}`, organization_id: `org_${n}`, status: "pending", email_address: "a@example.com" },
        epoch,
      ),
      delivery(
        `e_${n}`,
        "organizationInvitation.created",
        { id: `orginv_${n}`, status: "pending", email_address: "b@example.com" },
        epoch + 3,
      ),
      delivery(`f_${n}`, "organization.deleted", { object: "organization", id: `org_${n}`, deleted: true }, epoch + 2),
    ],
  ],
  ["two users who become one, the one who stays with the smaller id", merger("user1", "user2")],
  ["two users who become one, the one who stays with the greater id", merger("user2", "user1")],
  [
    "a session and a membership under two users each, of whom one is deleted",
    (n) => [
      delivery(`a_${n}`, "session.created", session(n, null, { user_id: `user1_${n}` }), epoch),
      delivery(
        `b_${n}`,
        "session.ended",
        session(n, null, { user_id: `user2_${n}`, updated_at: epoch + 3, status: "ended" }),
        epoch + 3,
      ),
      delivery(`c_${n}`, "organizationMembership.created", memberOf(n, `user2_${n}`, epoch), epoch),
      delivery(`d_${n}`, "organizationMembership.updated", memberOf(n, `user1_${n}`, epoch + 4), epoch + 4),
      delivery(`e_${n}`, "user.deleted", deletion(`user2_${n}`), epoch + 2),
      // Who leaves out its user is a fragment, however new.
      delivery(`f_${n}`, "organizationMembership.updated", memberOf(n, undefined, epoch + 9), epoch + 9),
    ],
  ],
  [
    "clocks that are centuries ahead, and one that is just under a day ahead",
    (n) => [
      delivery(`a_${n}`, "user.created", whole(n, "A", epoch), epoch),
      delivery(`b_${n}`, "user.updated", whole(n, "B", year2200), epoch + 1000),
      delivery(`c_${n}`, "user.updated", whole(n, "C", epoch + 2000), epoch + 2000),
      delivery(
        `d_${n}`,
        "session.created",
        session(n, whole(n, "D", year2200), { updated_at: year2200 }),
        epoch + 1500,
      ),
      delivery(`e_${n}`, "session.ended", session(n, null, { updated_at: epoch + 3000 }), epoch + 3000),
      delivery(
        `f_${n}`,
        "session.removed",
        session(n, fragment(n, "F", year2200), { updated_at: epoch + day - 1 }),
        epoch,
      ),
    ],
  ],
];

export const orders = <T>(items: T[]): T[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
