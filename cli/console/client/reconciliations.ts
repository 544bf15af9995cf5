import type { ComponentChild, VNode } from "preact";
import { html } from "htm/preact";
import type { Reconciliations } from "../protocol.ts";
import { amount, clock, number, span } from "./formats.ts";
import { type Column, table } from "./table.ts";
import { empty, mark, none } from "./text.ts";

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

const counted = (title: string, of: (result: Result) => number): Column<Result> => ({
  title,
  isNumber: true,
  cell: (result) => (of(result) === 0 ? none() : number(of(result))),
});

const columns: readonly Column<Result>[] = [
  { title: "Table", cell: (result) => html`<code>${result.table}</code>` },
  counted("Checked", ({ checked }) => checked),
  counted("Missing", ({ missing }) => missing),
  counted("Stale", ({ stale }) => stale),
  counted("Extra", ({ extra }) => extra),
  counted("Repaired", ({ repaired }) => repaired),
  counted("Held", ({ held }) => held),
];
