import { prune } from "./ledger.ts";
import type { Bindings } from "./settings.ts";
import { createWebhook } from "./webhook.ts";

const webhook = createWebhook();

export default {
  fetch: webhook.fetch,
  scheduled: async (_controller, bindings) => {
    await prune(bindings);
  },
} satisfies ExportedHandler<Bindings>;
