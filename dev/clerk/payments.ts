import { type Account, ownerOf, type SubscriptionItem } from "./billing-objects.ts";
import { attemptInEvents, payee, type PaymentAttempt, totalsOf } from "./payment-objects.ts";
import type { State } from "./state.ts";

const accountOf = (state: State, item: SubscriptionItem): Account => {
  const account = state.accounts.get(ownerOf(item.payer));
  if (account === undefined) throw new Error(`nobody pays for ${item.id}`);
  return account;
};

/** Adds a statement of an item's period, with an attempt to have it paid that is pending, without events. */
const bill = (
  state: State,
  item: SubscriptionItem,
  charge_type: PaymentAttempt["charge_type"],
  at: number,
): PaymentAttempt => {
  const { payer, method } = accountOf(state, item);
  const totals = totalsOf(item);
  const statement = state.statements.add({
    object: "commerce_statement",
    id: state.newId("stmt"),
    instance_id: state.id,
    created_at: at,
    payer,
    status: "open",
    totals,
  });
  return state.paymentAttempts.add({
    object: "commerce_payment",
    id: state.newId("pa"),
    payment_id: state.newId("cpa"),
    instance_id: state.id,
    charge_type,
    payee_id: payee.id,
    payee,
    payer_id: payer.id,
    payer,
    subscription_item_id: item.id,
    subscription_item: item,
    amount: totals.grand_total,
    totals,
    payment_method_id: method.id,
    payment_method: method,
    statement_id: statement.id,
    gateway_external_id: state.newId("pi"),
    gateway_external_url: null,
    status: "pending",
    paid_at: null,
    failed_at: null,
    created_at: at,
    updated_at: at,
  });
};

const settle = (state: State, attempt: PaymentAttempt, at: number): void => {
  attempt.status = "paid";
  attempt.paid_at = at;
  state.statements.need(attempt.statement_id).status = "closed";
};

/** Adds a statement of an item's period that was paid at once, without events. */
export const addPayment = (state: State, item: SubscriptionItem, at: number): void =>
  settle(state, bill(state, item, "checkout", at), at);

/**
 * Bills an item's period, and tells of the payment: it is pending, and then paid. Some fail first. Nothing happens if
 * the plan is free.
 */
export const pay = (state: State, item: SubscriptionItem, charge: PaymentAttempt["charge_type"]): void => {
  if (item.plan.fee.amount === 0) return;
  const attempt = bill(state, item, charge, state.now());
  const subscriptionId = accountOf(state, item).subscription.id;
  const emit = (type: "created" | "updated"): void =>
    state.emit(`paymentAttempt.${type}`, attemptInEvents(attempt, subscriptionId), attempt.updated_at);

  emit("created");
  if (state.random.chance(0.2)) {
    attempt.status = "failed";
    attempt.failed_at = state.touch(attempt);
    emit("updated");
  }
  settle(state, attempt, state.touch(attempt));
  emit("updated");
};

/** The payer's latest payment, if there is one. */
export const latestPayment = (state: State, { payer }: Account): PaymentAttempt | undefined =>
  state.paymentAttempts.of(payer.id).at(-1);
