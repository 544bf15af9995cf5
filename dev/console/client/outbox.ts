import type { ComponentChild } from "preact";
import { html } from "htm/preact";
import { clock, number } from "../../../cli/console/client/formats.ts";
import { outboxOf } from "../../../cli/console/client/outbox.ts";
import { known, panel } from "../../../cli/console/client/panel.ts";
import { table } from "../../../cli/console/client/table.ts";
import { empty, id } from "../../../cli/console/client/text.ts";
import type { Told } from "../protocol.ts";
import { button } from "./button.ts";
import { useTold } from "./live.ts";

/** What waits for the app, and what it was told. */
export const OutboxPanel = (): ComponentChild =>
  panel(
    "outbox",
    "Outbox",
    button("tell", {}, { title: "Tell now" }),
    known(
      useTold("outbox"),
      (outbox) =>
        html`<div class="halves">
          <div>${outboxOf(outbox)}</div>
          <div>
            <h3>What the app was told</h3>
            ${
              outbox.told.length === 0
                ? empty("Nothing yet. A change is told within a minute, or with Tell now.")
                : toldOf(outbox.told)
            }
          </div>
        </div>`,
    ),
  );

const toldOf = (told: Told): ComponentChild =>
  table(
    "What the app was told",
    [
      { title: "At", cell: ({ at }: Told[number]) => clock(at) },
      { title: "Table", cell: (one) => one.table },
      { title: "Id", cell: (one) => id(one.id) },
      { title: "Change", cell: ({ kind }) => kind },
      { title: "Source", cell: ({ source }) => source },
      { title: "Attempt", isNumber: true, cell: ({ attempt }) => number(attempt) },
    ],
    told,
    (one) => `${one.at} ${one.table} ${one.id} ${one.attempt}`,
  );
