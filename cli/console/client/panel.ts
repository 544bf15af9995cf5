import type { ComponentChild, VNode } from "preact";
import { html } from "htm/preact";
import type { Unknown } from "../protocol.ts";
import { failure, waiting } from "./text.ts";

/**
 * A titled part of the page.
 *
 * @param at what its heading is called in the document: one of the page's own words
 * @param aside what stands at the other end of the heading's line
 */
export const panel = (at: string, title: string, aside: ComponentChild, ...children: ComponentChild[]): VNode => html`
  <section class="panel" id=${at} aria-labelledby=${`${at}-title`}>
    <header>
      <h2 id=${`${at}-title`}>${title}</h2>
      <div class="aside">${aside}</div>
    </header>
    ${children}
  </section>
`;

/** A message's part, or why there is none. */
export const known = <Part extends object>(
  part: Part | Unknown | undefined,
  show: (part: Part) => ComponentChild,
): ComponentChild => {
  if (part === undefined) return waiting();
  return "failure" in part ? failure(part.failure) : show(part);
};

/** Numbers with what they are of. */
export const figures = (list: readonly (readonly [label: string, value: ComponentChild])[]): VNode => html`
  <dl class="figures">
    ${list.map(
      ([label, value]) =>
        html`<div key=${label}>
          <dt>${label}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>
`;
