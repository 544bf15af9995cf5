import type { ComponentChild } from "preact";
import { html } from "htm/preact";
import type { Outbox } from "../protocol.ts";
import { clock, number } from "./formats.ts";
import { figures } from "./panel.ts";
import { table } from "./table.ts";
import { empty, id, mark, none, since } from "./text.ts";

/** The changes that the app has not taken yet. */
export const outboxOf = ({ isBound, tables, waiting, oldestAt, changes }: Outbox): ComponentChild => {
  if (!isBound && waiting === 0) {
    return empty("No app is told of changes. To tell yours, see docs/outbox.md.");
  }
  return [
    figures([
      ["Waiting", number(waiting)],
      ["Oldest", oldestAt === null ? none() : since(oldestAt)],
      ["App", isBound ? mark("good", "set") : mark("bad", "not set")],
    ]),
    tables.length === 0 ? null : html`<p class="note">Told of ${tables.join(", ")}</p>`,
    changes.length === 0
      ? empty("Nothing waits: the app has taken every change.")
      : table(
          "Changes that wait",
          [
            { title: "Since", cell: ({ firstAt }) => clock(firstAt) },
            { title: "Table", cell: (change) => change.table },
            { title: "Id", cell: (change) => id(change.id) },
            { title: "Change", cell: ({ kind }) => kind },
            { title: "Failure", cell: (change) => (change.failure === null ? none() : mark("bad", change.failure)) },
            { title: "Attempts", isNumber: true, cell: ({ attempts }) => number(attempts) },
            { title: "Next", cell: ({ dueAt }) => clock(dueAt) },
            { title: "Source", cell: ({ source }) => source },
          ],
          changes,
          (change) => `${change.table} ${change.id}`,
        ),
  ];
};
