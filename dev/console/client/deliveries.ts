import { useState } from "preact/hooks";
import type { ComponentChild } from "preact";
import { html } from "htm/preact";
import { chartOf } from "../../../cli/console/client/chart.ts";
import { amount, number } from "../../../cli/console/client/formats.ts";
import { figures, panel } from "../../../cli/console/client/panel.ts";
import { empty, waiting } from "../../../cli/console/client/text.ts";
import { deliveryOf } from "./delivery.ts";
import { useTold } from "./live.ts";

/** What the simulated Svix sends to the Worker. */
export const Deliveries = (): ComponentChild => {
  const deliveries = useTold("deliveries");
  const chart = useTold("chart");
  const [opened, setOpened] = useState<string>();
  if (deliveries === undefined) return panel("deliveries", "Deliveries", null, waiting());
  const { counts, latest } = deliveries;
  return panel(
    "deliveries",
    "Deliveries",
    html`<span data-waiting=${deliveries.waiting}>${amount(deliveries.waiting, "message")} on the way</span>`,
    figures(Object.entries(counts).map(([name, value]) => [name, number(value)])),
    chart === undefined ? null : chartOf(chart),
    html`<ul class="list" aria-label="Deliveries">
      ${latest.map((delivery) =>
        deliveryOf(delivery, delivery.id === opened, () => setOpened(delivery.id === opened ? undefined : delivery.id)),
      )}
    </ul>`,
    latest.length === 0 ? empty("Nothing was sent yet. Sign somebody up, and Clerk sends a message.") : null,
  );
};
