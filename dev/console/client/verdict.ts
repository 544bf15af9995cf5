/** Whether the copy is equal to Clerk, always in sight, and what makes it so. */
import { useState } from "preact/hooks";
import { type ComponentChild, h } from "preact";
import { html } from "htm/preact";
import { amount, number } from "../../../cli/console/client/formats.ts";
import { table } from "../../../cli/console/client/table.ts";
import { id, none } from "../../../cli/console/client/text.ts";
import type { Difference, Verdict } from "../protocol.ts";
import { button } from "./button.ts";
import { useTold } from "./live.ts";
import { runOf } from "./run.ts";

export const VerdictBar = (): ComponentChild => {
  const verdict = useTold("verdict");
  const run = useTold("run");
  const [isOpen, setOpen] = useState(false);
  const which = verdict === undefined || "failure" in verdict ? [] : verdict.which;
  return html`<div class="bar">
    <div class="line">
      ${said(verdict)}
      ${
        which.length === 0
          ? null
          : html`<button
              type="button"
              aria-expanded=${isOpen}
              aria-controls="differences"
              onClick=${() => setOpen(!isOpen)}
            >
              Which
            </button>`
      }
      <span class="room"></span>
      ${button("reconcile", {}, { title: "Reconcile", look: "primary", isBusy: run?.state === "running" })}
    </div>
    <div id="differences" hidden=${!isOpen || which.length === 0}>${differences(verdict)}</div>
    ${run === undefined ? null : h(runOf, { run })}
  </div>`;
};

const said = (verdict: Verdict | { failure: string } | undefined): ComponentChild => {
  const [tone, text, isEqual] =
    verdict === undefined
      ? ["plain", "Comparing…", "unknown"]
      : "failure" in verdict
        ? ["warn", verdict.failure, "unknown"]
        : verdict.isEqual
          ? ["good", `Equal to Clerk: ${amount(verdict.rows, "row")}`, "true"]
          : ["bad", `${number(verdict.differ)} of ${amount(verdict.rows, "row")} differ`, "false"];
  return html`<p class="verdict ${tone}" role="status" aria-label="Verdict" data-equal=${isEqual}>${text}</p>`;
};

const differences = (verdict: Verdict | { failure: string } | undefined): ComponentChild => {
  if (verdict === undefined || "failure" in verdict || verdict.which.length === 0) return null;
  const rest = verdict.differ - verdict.which.length;
  return [
    table(
      "Rows that differ",
      [
        { title: "Table", cell: (one: Difference) => html`<code>${one.table}</code>` },
        { title: "Id", cell: (one) => id(one.id) },
        { title: "What", cell: ({ what }) => what },
        { title: "Columns", cell: ({ columns }) => (columns.length === 0 ? none() : columns.join(", ")) },
      ],
      verdict.which,
      (one) => `${one.table} ${one.id}`,
    ),
    rest > 0 ? html`<p class="empty">and ${amount(rest, "more row")}</p>` : null,
  ];
};
