import {
  dollars,
  itemFields,
  type Money,
  type Payer,
  payerInEvents,
  type PaymentMethod,
  type SubscriptionItem,
} from "./billing-objects.ts";

/**
 * Clerk's statements and payment attempts in the shape of its Backend API, and in that of its events, which differs. All
 * times are in milliseconds since 1970.
 *
 * Source: Clerk's OpenAPI for the Backend API, and for webhooks.
 */
export type Totals = { subtotal: Money; base_fee: Money; tax_total: Money; grand_total: Money };

export type PaymentAttempt = {
  object: "commerce_payment";
  readonly id: string;
  payment_id: string;
  instance_id: string;
  charge_type: "checkout" | "recurring";
  payee_id: string;
  payee: { id: string; gateway_type: string; gateway_external_id: string; gateway_status: string };
  readonly payer_id: string;
  payer: Payer;
  subscription_item_id: string;
  subscription_item: SubscriptionItem;
  /** The grand total. */
  amount: Money;
  totals: Totals;
  payment_method_id: string;
  payment_method: PaymentMethod;
  readonly statement_id: string;
  gateway_external_id: string;
  gateway_external_url: string | null;
  status: "pending" | "paid" | "failed";
  paid_at: number | null;
  failed_at: number | null;
  readonly created_at: number;
  updated_at: number;
};

/** A statement. The API shows its `created_at` as `timestamp`, and its payment attempts inside. */
export type Statement = {
  object: "commerce_statement";
  readonly id: string;
  instance_id: string;
  readonly created_at: number;
  payer: Payer;
  status: "open" | "closed";
  totals: Totals;
};

/** The one who is paid: the owner of the instance. */
export const payee = {
  id: "cpayee_simulated",
  gateway_type: "stripe",
  gateway_external_id: "acct_simulated",
  gateway_status: "active",
};

/** What a period of the item costs, with a tax of a tenth. */
export const totalsOf = ({ plan, plan_period }: SubscriptionItem): Totals => {
  const fee = (plan_period === "annual" ? plan.annual_fee : null) ?? plan.fee;
  const tax = Math.round(fee.amount / 10);
  return { subtotal: fee, base_fee: fee, tax_total: dollars(tax), grand_total: dollars(fee.amount + tax) };
};

export const statementInApi = ({ created_at, ...statement }: Statement, attempts: readonly PaymentAttempt[]) => ({
  ...statement,
  timestamp: created_at,
  groups: [{ object: "commerce_statement_group", timestamp: created_at, items: attempts }],
});

/** The plan's amount is here that of the period, and not of a month. */
const itemInPayment = (item: SubscriptionItem, { base_fee }: Totals, subscription_id: string) => {
  const { plan, ...fields } = itemFields(item);
  return {
    ...fields,
    plan: { ...plan, amount: base_fee.amount },
    payer: payerInEvents(item.payer),
    subscription_id,
  };
};

/** An attempt in the shape of its events, which say why it failed, and do not have the API's `amount`. */
export const attemptInEvents = (attempt: PaymentAttempt, subscriptionId: string) => ({
  id: attempt.id,
  instance_id: attempt.instance_id,
  payment_id: attempt.payment_id,
  invoice_id: attempt.statement_id, // deprecated: statements took the place of invoices
  statement_id: attempt.statement_id,
  gateway_external_id: attempt.gateway_external_id,
  status: attempt.status,
  created_at: attempt.created_at,
  updated_at: attempt.updated_at,
  paid_at: attempt.paid_at,
  failed_at: attempt.failed_at,
  failed_reason: attempt.failed_at === null ? null : { code: "card_declined", decline_code: "insufficient_funds" },
  billing_date: attempt.created_at,
  charge_type: attempt.charge_type,
  payee: attempt.payee,
  payer: payerInEvents(attempt.payer),
  totals: {
    subtotal: attempt.totals.subtotal,
    tax_total: attempt.totals.tax_total,
    grand_total: attempt.totals.grand_total,
  },
  payment_source: {
    id: attempt.payment_method.id,
    gateway: attempt.payment_method.gateway,
    gateway_external_id: attempt.payment_method.gateway_external_id,
    gateway_external_account_id: attempt.payment_method.gateway_external_account_id,
    payment_method: attempt.payment_method.payment_type,
    status: attempt.payment_method.status,
    card_type: attempt.payment_method.card_type,
    last4: attempt.payment_method.last4,
  },
  subscription_items: [itemInPayment(attempt.subscription_item, attempt.totals, subscriptionId)],
});
