import type { VNode } from "preact";
import { html } from "htm/preact";
import { number } from "./formats.ts";

/**
 * The way through a list of pages, which are counted from 0. Nothing if there is only one.
 *
 * @param of what is paged
 */
export const pager = (of: string, { page, pages }: { page: number; pages: number }, go: (page: number) => void) => {
  if (pages <= 1) return null;
  const step = (to: number, title: string, sign: string): VNode => {
    const isPossible = to >= 0 && to < pages;
    return html`<button
      type="button"
      class="quiet"
      aria-label=${`${title} page of ${of}`}
      aria-disabled=${!isPossible}
      onClick=${() => isPossible && go(to)}
    >
      ${sign}
    </button>`;
  };
  return html`<nav class="pager" aria-label=${`Pages of ${of}`}>
    ${step(page - 1, "Previous", "←")}
    <span>${number(page + 1)} of ${number(pages)}</span>
    ${step(page + 1, "Next", "→")}
  </nav>`;
};
