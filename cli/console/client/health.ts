import type { ComponentChild, VNode } from "preact";
import { html } from "htm/preact";
import type { Health, Reason } from "../protocol.ts";
import { empty } from "./text.ts";

/** What is wrong with the copy, each with the next command. */
export const reasonsOf = ({ isHealthy, reasons }: Health): ComponentChild => {
  if (reasons.length === 0) return empty(isHealthy ? "Nothing is wrong with the copy." : "No reason is given.");
  return html`<ul class="reasons">
    ${reasons.map(reasonOf)}
  </ul>`;
};

const reasonOf = ({ code, text, next }: Reason): VNode =>
  html`<li key=${code + text} data-code=${code}>
    <p>${text}</p>
    <p class="next"><span class="muted">Next</span> <code>${next}</code></p>
  </li>`;
