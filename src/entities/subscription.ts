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
  }),
});
