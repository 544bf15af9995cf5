import type { ComponentChild, VNode } from "preact";
import { html } from "htm/preact";
import type { Reconciliations } from "../protocol.ts";
import { amount, clock, number, span } from "./formats.ts";
import { type Column, table } from "./table.ts";
import { empty, mark, muted } from "./text.ts";

type Run = Reconciliations[number];
type Result = Run["tables"][number];

/** The latest runs. The newest is open. */
export const reconciliationsOf = (runs: Reconciliations): ComponentChild =>
  runs.length === 0
    ? empty("Clerk's lists were never compared with the copy. Do it: npm run reconcile")
    : runs.map((run, index) => runOf(run, index === 0));

const runOf = ({ run, kind, startedAt, finishedAt, tables }: Run, isOpen: boolean): VNode => {
  const checked = tables.reduce((sum, result) => sum + result.checked, 0);
  const found = tables.reduce((sum, { missing, stale, extra }) => sum + missing + stale + extra, 0);
  return html`<details key=${run} class="run" data-id=${run} open=${isOpen}>
    <summary>
      <span>${kind === "backfill" ? "Backfill" : "Reconciliation"}</span>
      ${found === 0 ? mark("good", "nothing to repair") : mark("warn", `${amount(found, "difference")} found`)}
      <span class="muted">${clock(finishedAt)}, ${amount(checked, "object")} in ${span(finishedAt - startedAt)}</span>
    </summary>
    ${tables.map((result) => noteOf(result))} ${table(`Results of ${run}`, columns, tables, (result) => result.table)}
  </details>`;
};

const noteOf = ({ table: of, note }: Result): ComponentChild =>
  note === null ? null : html`<p key=${of} class="note"><code>${of}</code> ${note}</p>`;

/** In words, since most of these are nothing, and a column for each would be wider than the panel. */
const foundIn = ({ missing, stale, extra, repaired, restored, held, erasedHere }: Result): string =>
  (
    [
      [missing, "missing"],
      [stale, "stale"],
      [extra, "extra"],
      [repaired, "repaired"],
      [restored, "restored"],
      [held, "held"],
      [erasedHere, "erased here"],
    ] as const
  )
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${number(count)} ${what}`)
    .join(", ");

const columns: readonly Column<Result>[] = [
  { title: "Table", cell: (result) => html`<code>${result.table}</code>` },
  { title: "Checked", isNumber: true, cell: ({ checked }) => number(checked) },
  { title: "Found and done", isWide: true, cell: (result) => foundIn(result) || muted("nothing") },
];
