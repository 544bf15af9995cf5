import { common, entity } from "./entity.ts";
import { payer } from "./payer.ts";

export const subscriptionItem = entity({
  table: "subscription_items",
  events: [
    "subscriptionItem.created",
    "subscriptionItem.updated",
    "subscriptionItem.active",
    "subscriptionItem.canceled",
    "subscriptionItem.upcoming",
    "subscriptionItem.ended",
    "subscriptionItem.abandoned",
    "subscriptionItem.incomplete",
    "subscriptionItem.pastDue",
    "subscriptionItem.past_due", // its older spelling
    "subscriptionItem.freeTrialEnding",
  ],
  keeps: ["subscription_id", "user_id", "organization_id"],
  row: (data, observation) => ({
    ...common(data, observation),
    subscription_id: data.text("subscription_id") || null,
    ...payer(data),
    status: data.text("status"),
    // The Backend API and the types of @clerk/backend say `plan_period`.
    interval: data.text("interval") ?? data.text("plan_period"),
    period_start: data.time("period_start"),
    period_end: data.time("period_end"),
    is_free_trial: data.flag("is_free_trial"),
    plan_id: data.text("plan_id"),
    plan: data.json("plan"),
    seats: data.json("seats"),
  }),
});
