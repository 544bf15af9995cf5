import type { ComponentChild } from "preact";
import { html } from "htm/preact";
import type { TableSizes } from "../protocol.ts";
import { bytes, number } from "./formats.ts";
import { table } from "./table.ts";
import { empty } from "./text.ts";

/** The copy's tables with what Postgres estimates of their rows. */
export const sizesOf = (sizes: TableSizes): ComponentChild =>
  sizes.length === 0
    ? empty("The schema has no tables. Create them: npm run db:migrate")
    : table(
        "Sizes of the tables",
        [
          { title: "Table", cell: (size) => html`<code>${size.table}</code>` },
          { title: "Rows", isNumber: true, cell: ({ rows }) => number(rows) },
          { title: "Size", isNumber: true, cell: (size) => bytes(size.bytes) },
        ],
        sizes,
        (size) => size.table,
      );
