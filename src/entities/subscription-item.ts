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
  row: (data, observation) => ({
    ...common(data, observation),
    ...payer(data),
    status: data.text("status"),
    // The Backend API and the types of @clerk/backend say `plan_period`.
    interval: data.text("interval") ?? data.text("plan_period"),
    period_start: data.time("period_start"),
    period_end: data.time("period_end"),
    is_free_trial: data.flag("is_free_trial"),
    plan_id: data.text("plan_id"),
    plan_name: data.inside("plan", (plan) => plan.text("name")),
    plan_slug: data.inside("plan", (plan) => plan.text("slug")),
    seats: data.inside("seats", (seats) => seats.integer("quantity")),
  }),
});
