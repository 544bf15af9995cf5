import { randomUUID } from "node:crypto";

/**
 * Clerk's events as its webhooks send them, for local work. The people are invented, with addresses at example.com.
 *
 * Source: Clerk's OpenAPI for webhooks, and the types of @clerk/backend.
 */
export type ClerkEvent = {
  type: string;
  object: "event";
  data: Record<string, unknown>;
  /** Milliseconds since 1970. */
  timestamp: number;
  instance_id: string;
  event_attributes: { http_request: { client_ip: string; user_agent: string } };
};

export const eventTypes = ["user.created", "user.updated", "user.deleted", "session.created"] as const;
export type EventType = (typeof eventTypes)[number];

/** An id in Clerk's form, for example `user_2b6c…`. */
export const clerkId = (prefix: string): string => `${prefix}_${randomUUID().replaceAll("-", "").slice(0, 27)}`;

/**
 * An event of one of the types.
 *
 * @param at milliseconds since 1970: the event's time, and the object's `updated_at` unless `fields` has one
 * @param fields of `data`, in place of the sample's own
 * @param userId of the user, or of the session's user
 */
export const sampleEvent = (
  type: EventType,
  at: number,
  fields: Record<string, unknown> = {},
  userId = clerkId("user"),
): ClerkEvent => ({
  type,
  object: "event",
  data: sampleData(type, at, userId, fields),
  timestamp: at,
  instance_id: "ins_local",
  event_attributes: { http_request: { client_ip: "192.0.2.1", user_agent: "clerk-mirror" } },
});

const sampleData = (
  type: EventType,
  at: number,
  userId: string,
  fields: Record<string, unknown>,
): Record<string, unknown> => {
  switch (type) {
    case "user.created":
    case "user.updated":
      return { ...sampleUser(at, userId), ...fields };
    case "user.deleted":
      return { object: "user", id: userId, deleted: true, ...fields };
    case "session.created":
      return { ...sampleSession(at, userId), ...fields };
  }
};

const sampleUser = (at: number, id: string) => ({
  object: "user",
  id,
  username: null,
  first_name: "Ada",
  last_name: "Example",
  image_url: "https://img.clerk.com/sample",
  has_image: false,
  primary_email_address_id: "idn_sample_email",
  primary_phone_number_id: null,
  primary_web3_wallet_id: null,
  password_enabled: true,
  two_factor_enabled: false,
  totp_enabled: false,
  backup_code_enabled: false,
  email_addresses: [
    {
      id: "idn_sample_email",
      object: "email_address",
      email_address: "ada@example.com",
      verification: {
        object: "verification_otp",
        status: "verified",
        strategy: "email_code",
        attempts: 1,
        expire_at: at + 600_000,
      },
      linked_to: [],
    },
  ],
  phone_numbers: [],
  web3_wallets: [],
  organization_memberships: null,
  external_accounts: [],
  enterprise_accounts: [],
  password_last_updated_at: null,
  public_metadata: {},
  private_metadata: {},
  unsafe_metadata: {},
  external_id: null,
  last_sign_in_at: null,
  banned: false,
  locked: false,
  deprovisioned: false,
  lockout_expires_in_seconds: null,
  verification_attempts_remaining: null,
  created_at: at,
  updated_at: at,
  last_active_at: null,
  create_organization_enabled: true,
  create_organizations_limit: null,
  delete_self_enabled: true,
  legal_accepted_at: null,
  locale: null,
  timezone: null,
});

const sampleSession = (at: number, userId: string): Record<string, unknown> => {
  const user = sampleUser(at, userId);
  return {
    object: "session",
    id: clerkId("sess"),
    user_id: user.id,
    user,
    client_id: clerkId("client"),
    actor: null,
    status: "active",
    last_active_organization_id: null,
    last_active_at: at,
    latest_activity: {
      object: "session_activity",
      id: clerkId("sess_activity"),
      device_type: "desktop",
      is_mobile: false,
      browser_name: "Firefox",
      browser_version: "140.0",
      ip_address: "192.0.2.1",
      city: "Example",
      country: "US",
    },
    expire_at: at + 7 * 86_400_000,
    abandon_at: at + 30 * 86_400_000,
    created_at: at,
    updated_at: at,
  };
};
