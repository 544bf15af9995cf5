import type { VNode } from "preact";
import { html } from "htm/preact";

export type Tab = { key: string; title: string; count?: string };

const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };

/** The heads of tabs. One of them is a stop of the Tab key; the arrows go on from there. */
export const tabs = (label: string, list: readonly Tab[], chosen: string, choose: (key: string) => void): VNode => {
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = steps[event.key];
    const next = list.at((list.findIndex(({ key }) => key === chosen) + (step ?? 0)) % list.length);
    if (step === undefined || next === undefined) return;
    event.preventDefault();
    choose(next.key);
    document.getElementById(`tab-${next.key}`)?.focus();
  };
  return html`
    <div class="tabs" role="tablist" aria-label=${label} onKeyDown=${onKeyDown}>
      ${list.map(
        ({ key, title, count }) =>
          html`<button
            key=${key}
            type="button"
            role="tab"
            id=${`tab-${key}`}
            aria-controls=${`tabpanel-${key}`}
            aria-selected=${key === chosen}
            tabindex=${key === chosen ? 0 : -1}
            onClick=${() => choose(key)}
          >
            ${title} ${count === undefined ? null : html`<span class="count">${count}</span>`}
          </button>`,
      )}
    </div>
  `;
};
