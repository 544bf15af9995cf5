import { common, entity } from "./entity.ts";
import { payer } from "./payer.ts";

export const subscription = entity({
  table: "subscriptions",
  events: [
    "subscription.created",
    "subscription.updated",
    "subscription.active",
    "subscription.pastDue",
    "subscription.past_due", // its older spelling
  ],
  row: (data, observation) => ({
    ...common(data, observation),
    ...payer(data),
    payer_id: data.text("payer_id"),
    status: data.text("status"),
    active_at: data.time("active_at"),
    past_due_at: data.time("past_due_at"),
    canceled_at: data.time("canceled_at"),
    ended_at: data.time("ended_at"),
    latest_payment_id: data.text("latest_payment_id"),
    payment_source_id: data.text("payment_source_id"),
  }),
});
