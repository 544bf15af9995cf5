/**
 * Clerk's billing objects in the shape of its Backend API, and in that of its events, which differs. All times are in
 * milliseconds since 1970.
 *
 * Source: Clerk's OpenAPI for the Backend API, and for webhooks.
 */
export type Money = { amount: number; amount_formatted: string; currency: string; currency_symbol: string };

export type Plan = {
  object: "commerce_plan";
  readonly id: string;
  name: string;
  readonly fee: Money;
  annual_monthly_fee: Money | null;
  annual_fee: Money | null;
  description: string | null;
  product_id: string;
  is_default: boolean;
  is_recurring: boolean;
  publicly_visible: boolean;
  has_base_fee: boolean;
  for_payer_type: "user" | "org";
  slug: string;
  avatar_url: string | null;
  features: [];
  free_trial_enabled: boolean;
  free_trial_days: number | null;
};

export type Payer = {
  object: "commerce_payer";
  readonly id: string;
  instance_id: string;
  readonly user_id: string | null;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  readonly organization_id: string | null;
  organization_name: string | null;
  image_url: string;
  created_at: number;
  updated_at: number;
};

/** How many seats an organization has bought. The plans here charge nothing for them. */
export type Seats = {
  quantity: number | null;
  tiers: { quantity: number | null; fee_per_block: Money; total: Money }[];
};

export type SubscriptionItem = {
  object: "commerce_subscription_item";
  readonly id: string;
  instance_id: string;
  status: "active" | "canceled" | "ended";
  plan_id: string;
  readonly plan: Plan;
  plan_period: "month" | "annual";
  payer_id: string;
  readonly payer: Payer;
  is_free_trial: boolean;
  period_start: number;
  period_end: number | null;
  canceled_at: number | null;
  past_due_at: number | null;
  ended_at: number | null;
  seats: Seats | null;
  readonly created_at: number;
  updated_at: number;
};

/** Without the `subscription_items` that the API lists inside. */
export type Subscription = {
  object: "commerce_subscription";
  readonly id: string;
  instance_id: string;
  status: "active" | "canceled";
  payer_id: string;
  active_at: number | null;
  past_due_at: number | null;
  eligible_for_free_trial: boolean;
  readonly created_at: number;
  updated_at: number;
};

export type PaymentMethod = {
  object: "commerce_payment_method";
  readonly id: string;
  payer_id: string;
  payment_type: "card";
  gateway: "stripe";
  gateway_external_id: string;
  gateway_external_account_id: string | null;
  last4: string;
  status: "active";
  card_type: string;
};

/** The account of a user or an organization that pays. */
export type Account = { readonly payer: Payer; readonly subscription: Subscription; readonly method: PaymentMethod };

/** Whose account it is: the id of a user or of an organization. It may have been deleted since. */
export const ownerOf = ({ user_id, organization_id }: Payer): string => user_id ?? organization_id ?? "";

export const dollars = (cents: number): Money => ({
  amount: cents,
  amount_formatted: (cents / 100).toFixed(2),
  currency: "USD",
  currency_symbol: "$",
});

const plan = (slug: string, name: string, for_payer_type: "user" | "org", cents: number): Plan => ({
  object: "commerce_plan",
  id: `cplan_simulated_${slug}`,
  name,
  fee: dollars(cents),
  annual_monthly_fee: dollars(cents),
  annual_fee: dollars(12 * cents),
  description: null,
  product_id: "cprod_simulated",
  is_default: cents === 0,
  is_recurring: cents > 0,
  publicly_visible: true,
  has_base_fee: cents > 0,
  for_payer_type,
  slug,
  avatar_url: null,
  features: [],
  free_trial_enabled: false,
  free_trial_days: null,
});

export const seatsOf = (quantity: number): Seats => ({
  quantity,
  tiers: [{ quantity, fee_per_block: dollars(0), total: dollars(0) }],
});

/** The plans for each kind of payer, the free one first. */
export const plans: Record<"user" | "org", readonly [Plan, ...Plan[]]> = {
  user: [plan("free_user", "Free", "user", 0), plan("pro", "Pro", "user", 900)],
  org: [plan("free_org", "Free", "org", 0), plan("team", "Team", "org", 4900), plan("scale", "Scale", "org", 19900)],
};

/** Events have an empty string as the id of the one who does not pay. */
export const payerInEvents = (payer: Payer) => ({
  object: payer.object,
  id: payer.id,
  user_id: payer.user_id ?? "",
  first_name: payer.first_name ?? "",
  last_name: payer.last_name ?? "",
  email: payer.email ?? "",
  organization_id: payer.organization_id ?? "",
  organization_name: payer.organization_name ?? "",
  image_url: payer.image_url,
  created_at: payer.created_at,
  updated_at: payer.updated_at,
});

/** What all events say of an item: `interval` is the API's `plan_period`, and the plan has fewer fields. */
export const itemFields = (item: SubscriptionItem) => ({
  object: item.object,
  id: item.id,
  status: item.status,
  created_at: item.created_at,
  updated_at: item.updated_at,
  period_start: item.period_start,
  period_end: item.period_end,
  interval: item.plan_period,
  plan_id: item.plan_id,
  plan: {
    id: item.plan.id,
    slug: item.plan.slug,
    name: item.plan.name,
    is_recurring: item.plan.is_recurring,
    amount: item.plan.fee.amount,
    currency: item.plan.fee.currency,
  },
});

/** Of the seats, events have only the quantity. */
const ownFields = (item: SubscriptionItem) => ({
  ...itemFields(item),
  is_free_trial: item.is_free_trial,
  ...(item.seats === null ? {} : { seats: { quantity: item.seats.quantity } }),
});

/** An item in the shape of its own events. */
export const itemInEvents = (item: SubscriptionItem, subscription_id: string) => ({
  ...ownFields(item),
  payer: payerInEvents(item.payer),
  subscription_id,
});

/** Without the payer and the subscription, which the event around the item says. */
const itemInSubscription = (item: SubscriptionItem) => ({ ...ownFields(item), payer: null, subscription_id: null });

export const subscriptionInEvents = (
  { subscription, payer, method }: Account,
  items: readonly SubscriptionItem[],
  latest_payment_id: string | null,
) => ({
  object: subscription.object,
  id: subscription.id,
  status: subscription.status,
  active_at: subscription.active_at,
  canceled_at: null,
  ended_at: null,
  past_due_at: subscription.past_due_at,
  created_at: subscription.created_at,
  updated_at: subscription.updated_at,
  latest_payment_id,
  payer_id: payer.id,
  payer: payerInEvents(payer),
  payment_source_id: method.id,
  items: items.map(itemInSubscription),
});
