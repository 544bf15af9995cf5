/** The copy in Postgres, table by table. What changes lights up. */
import { useRef } from "preact/hooks";
import { type ComponentChild, h } from "preact";
import { html } from "htm/preact";
import { amount, number, shortened } from "../../../cli/console/client/formats.ts";
import { pager } from "../../../cli/console/client/pager.ts";
import { known, panel } from "../../../cli/console/client/panel.ts";
import { empty } from "../../../cli/console/client/text.ts";
import type { Copy as CopyMessage, CopyRow } from "../protocol.ts";
import { nothingSeen, seen } from "./lit.ts";
import { useTold } from "./live.ts";
import { look } from "./view.ts";

export const Copy = (): ComponentChild => {
  const copy = useTold("copy");
  return panel(
    "copy",
    "Copy",
    copy === undefined || "failure" in copy ? null : countsOf(copy),
    known(copy, (part) => h(Shown, { copy: part })),
  );
};

const countsOf = ({ tables, table: shown }: CopyMessage): ComponentChild => {
  const own = tables.find(({ table }) => table === shown);
  return own === undefined
    ? null
    : html`<span class="counts" data-living=${own.living} data-deleted=${own.deleted}>
        ${amount(own.living, "row")}, ${number(own.deleted)} deleted
      </span>`;
};

const Shown = ({ copy }: { copy: CopyMessage }) => {
  const last = useRef({ copy, seen: nothingSeen });
  if (last.current.copy !== copy || last.current.seen === nothingSeen) {
    last.current = { copy, seen: seen(last.current.seen, copy) };
  }
  const { rows } = last.current.seen;
  const label = `Rows of ${copy.table}`;
  return html`
    <label class="choice">
      <span>Table</span>
      <select onChange=${onChoose} value=${copy.table}>
        ${copy.tables.map(
          ({ table, living, deleted }) =>
            html`<option key=${table} value=${table}>
              ${table} (${number(living)}${deleted > 0 ? ` + ${number(deleted)} deleted` : ""})
            </option>`,
        )}
      </select>
    </label>
    ${
      copy.rows.length === 0
        ? empty(nothing(copy))
        : html`<div class="scroll tall" role="region" aria-label=${label} tabindex="0">
            <table class="copy">
              <thead>
                <tr>
                  ${copy.columns.map((column) => html`<th key=${column} scope="col">${column}</th>`)}
                </tr>
              </thead>
              <tbody>
                ${copy.rows.map((row) => rowOf(copy.columns, row, rows.get(row.id)?.changes ?? []))}
              </tbody>
            </table>
          </div>`
    }
    ${pager("the copy", copy, (page) => look({ page }))}
  `;
};

const onChoose = ({ currentTarget }: Event): void => {
  if (currentTarget instanceof HTMLSelectElement) look({ table: currentTarget.value, page: 0 });
};

const nothing = ({ table, total }: CopyMessage): string =>
  total > 0
    ? "This page is empty. Go back to an earlier one."
    : `Nothing is in ${table}. Something comes in when it happens in Clerk, or with Reconcile if Clerk has it already.`;

const rowOf = (columns: readonly string[], { id, isDeleted, cells }: CopyRow, changes: readonly number[]) => html`
  <tr key=${id} data-id=${id} data-deleted=${isDeleted}>
    ${columns.map((column, index) => {
      const cell = cells[index] ?? null;
      const times = changes[index] ?? 0;
      // Another key with each change: a new element's animation runs.
      return html`<td key=${`${column} ${times}`} data-column=${column} class=${times > 0 ? "lit" : ""} title=${cell}>
        ${cell === null ? html`<span class="muted" aria-label="none">–</span>` : isIdLike(cell) ? shortened(cell) : cell}
      </td>`;
    })}
  </tr>
`;

/** Clerk's ids: a word and what is random. */
const isIdLike = (cell: string): boolean => /^[a-z]+_[0-9A-Za-z]{12,}$/.test(cell);
