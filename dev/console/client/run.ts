/** How far the reconciliation is, and what is said of it at its end. */
import { useEffect, useState } from "preact/hooks";
import type { ComponentChild } from "preact";
import { html } from "htm/preact";
import { number } from "../../../cli/console/client/formats.ts";
import { mark } from "../../../cli/console/client/text.ts";
import type { Run } from "../protocol.ts";

export const runOf = ({ run: { state, checked, total, lines } }: { run: Run }): ComponentChild => {
  const [isHidden, setHidden] = useState(false);
  useEffect(() => {
    if (state === "running") setHidden(false);
  }, [state]);
  if (state === "none" || isHidden) return null;
  return html`<div class="run-state" role="status" aria-label="Reconciliation" data-state=${state}>
    ${
      state === "running"
        ? html`<progress aria-label="Objects checked" value=${checked} max=${Math.max(1, total)}></progress>
            <span class="muted">${number(checked)} of ${number(total)} objects checked</span>`
        : html`${mark(state === "done" ? "good" : "bad", state === "done" ? "Reconciled" : "Reconciliation failed")}
            <ul>
              ${lines.map((line, index) => html`<li key=${index}>${line}</li>`)}
            </ul>
            <button type="button" class="quiet" aria-label="Hide the reconciliation" onClick=${() => setHidden(true)}>
              ✕
            </button>`
    }
  </div>`;
};
