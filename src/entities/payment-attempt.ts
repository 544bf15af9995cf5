import { common, entity } from "./entity.ts";
import { payer } from "./payer.ts";

export const paymentAttempt = entity({
  table: "payment_attempts",
  events: ["paymentAttempt.created", "paymentAttempt.updated"],
  row: (data, observation) => ({
    ...common(data, observation),
    payment_id: data.text("payment_id"),
    statement_id: data.text("statement_id"),
    ...payer(data),
    gateway_external_id: data.text("gateway_external_id"),
    status: data.text("status"),
    charge_type: data.text("charge_type"),
    billing_date: data.time("billing_date"),
    paid_at: data.time("paid_at"),
    failed_at: data.time("failed_at"),
    failed_reason: data.json("failed_reason"),
    totals: data.json("totals"),
  }),
});
