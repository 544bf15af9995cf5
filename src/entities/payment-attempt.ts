import { common, entity } from "./entity.ts";
import type { Fields } from "./fields.ts";
import { payer } from "./payer.ts";

export const paymentAttempt = entity({
  table: "payment_attempts",
  events: ["paymentAttempt.created", "paymentAttempt.updated"],
  row: (data, observation) => {
    const total =
      data.inside("totals", (totals) => totals.inside("grand_total", money)) ?? data.inside("amount", money);
    return {
      ...common(data, observation),
      payment_id: data.text("payment_id"),
      statement_id: data.text("statement_id"),
      ...payer(data),
      gateway_external_id: data.text("gateway_external_id"),
      status: data.text("status"),
      charge_type: data.text("charge_type"),
      paid_at: data.time("paid_at"),
      failed_at: data.time("failed_at"),
      amount: total?.amount,
      currency: total?.currency,
    };
  },
});

/** In the currency's smallest unit. */
const money = (inside: Fields) => ({ amount: inside.integer("amount"), currency: inside.text("currency") });
