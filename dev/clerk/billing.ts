import {
  type Account,
  itemInEvents,
  ownerOf,
  type Payer,
  type Plan,
  plans,
  seatsOf,
  type SubscriptionItem,
  subscriptionInEvents,
} from "./billing-objects.ts";
import { latestPayment, pay } from "./payments.ts";
import type { State } from "./state.ts";

const dayMilliseconds = 86_400_000;

export type SubscribeOptions = { plan?: Plan; interval?: "month" | "annual" };

/** Changes of subscriptions. A period that is not free is paid for, with a statement and a payment attempt. */
export type BillingChanges = {
  /** Subscribes a user or an organization to a plan (default: a random paid one). Its previous item ends. */
  subscribe(payerId: string, options?: SubscribeOptions): SubscriptionItem;
  /** The item runs until its period is over. */
  cancelSubscription(itemId: string): SubscriptionItem;
  /** The item is over. */
  endSubscription(itemId: string): SubscriptionItem;
  /** The next period of an item begins. */
  renewSubscription(itemId: string): SubscriptionItem;
};

/** Opens the first account of a user or an organization. */
const openAccount = (state: State, payerId: string, at: number): Account => {
  const organization = state.organizations.get(payerId);
  const user = organization === undefined ? state.users.need(payerId) : undefined;
  const payer: Payer = {
    object: "commerce_payer",
    id: state.newId("cpayer"),
    instance_id: state.id,
    user_id: user?.id ?? null,
    first_name: user?.first_name ?? null,
    last_name: user?.last_name ?? null,
    email: user?.email_addresses.find(({ id }) => id === user.primary_email_address_id)?.email_address ?? null,
    organization_id: organization?.id ?? null,
    organization_name: organization?.name ?? null,
    image_url: organization?.image_url ?? user?.image_url ?? "",
    created_at: at,
    updated_at: at,
  };
  const account: Account = {
    payer,
    method: {
      object: "commerce_payment_method",
      id: state.newId("cpm"),
      payer_id: payer.id,
      payment_type: "card",
      gateway: "stripe",
      gateway_external_id: state.newId("pm"),
      gateway_external_account_id: null,
      last4: "4242",
      status: "active",
      card_type: "visa",
    },
    subscription: {
      object: "commerce_subscription",
      id: state.newId("csub"),
      instance_id: state.id,
      status: "active",
      payer_id: payer.id,
      active_at: at,
      past_due_at: null,
      eligible_for_free_trial: false,
      created_at: at,
      updated_at: at,
    },
  };
  state.accounts.set(payerId, account);
  return account;
};

/** Adds an item without an event, and opens the account if there is none. */
export const addItem = (
  state: State,
  payerId: string,
  at: number,
  { plan, interval = "month" }: SubscribeOptions = {},
): SubscriptionItem => {
  const { payer } = state.accounts.get(payerId) ?? openAccount(state, payerId, at);
  const isOrganization = payer.organization_id !== null;
  const bought = plan ?? state.random.pick(plans[isOrganization ? "org" : "user"].slice(1));
  return state.subscriptionItems.add({
    object: "commerce_subscription_item",
    id: state.newId("csub_item"),
    instance_id: state.id,
    status: "active",
    plan_id: bought.id,
    plan: bought,
    plan_period: interval,
    payer_id: payer.id,
    payer,
    is_free_trial: false,
    period_start: at,
    period_end: bought.is_recurring ? at + (interval === "month" ? 30 : 365) * dayMilliseconds : null,
    canceled_at: null,
    past_due_at: null,
    ended_at: null,
    seats: isOrganization ? seatsOf(5 + state.random.below(45)) : null,
    created_at: at,
    updated_at: at,
  });
};

type Items = { of(payerId: string): readonly SubscriptionItem[] };

/** The items of a payer's subscription. */
export const itemsOf = ({ subscriptionItems }: { subscriptionItems: Items }, payerId: string): SubscriptionItem[] =>
  subscriptionItems.of(payerId).filter((item) => item.status !== "ended");

export const billingChanges = (state: State): BillingChanges => {
  const emitItem = (type: string, item: SubscriptionItem): void => {
    const subscriptionId = state.accounts.get(ownerOf(item.payer))?.subscription.id ?? "";
    state.emit(`subscriptionItem.${type}`, itemInEvents(item, subscriptionId), item.updated_at);
  };
  const emitSubscription = (type: string, payerId: string): void => {
    const account = state.accounts.get(payerId);
    if (account === undefined) return;
    const data = subscriptionInEvents(account, itemsOf(state, payerId), latestPayment(state, account)?.id ?? null);
    state.emit(`subscription.${type}`, data, account.subscription.updated_at);
  };
  const end = (item: SubscriptionItem): SubscriptionItem => {
    item.status = "ended";
    item.ended_at = state.touch(item);
    emitItem("ended", item);
    return item;
  };

  return {
    subscribe: (payerId, options) => {
      const isFirst = !state.accounts.has(payerId);
      const before = itemsOf(state, payerId);
      const item = addItem(state, payerId, state.now(), options);
      for (const earlier of before) end(earlier);
      emitItem("created", item);
      emitItem("active", item);
      pay(state, item, "checkout");
      const account = state.accounts.get(payerId);
      if (account !== undefined && !isFirst) state.touch(account.subscription);
      emitSubscription(isFirst ? "created" : "updated", payerId);
      return item;
    },
    cancelSubscription: (itemId) => {
      const item = state.subscriptionItems.need(itemId);
      item.status = "canceled";
      item.canceled_at = state.touch(item);
      emitItem("canceled", item);
      return item;
    },
    endSubscription: (itemId) => end(state.subscriptionItems.need(itemId)),
    renewSubscription: (itemId) => {
      const item = state.subscriptionItems.need(itemId);
      const length = (item.period_end ?? item.period_start) - item.period_start;
      state.touch(item);
      item.period_start += length;
      item.period_end = length > 0 ? item.period_start + length : null;
      emitItem("updated", item);
      pay(state, item, "recurring");
      return item;
    },
  };
};
