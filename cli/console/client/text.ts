/** Small pieces of text. What comes from outside is only ever text, whatever it is made of. */
import { useEffect, useState } from "preact/hooks";
import { type ComponentChild, type VNode, h } from "preact";
import { html } from "htm/preact";
import { ago, clock, shortened } from "./formats.ts";

/** A name or an address, which may be long and may be written from right to left. */
export const name = (text: string): VNode => html`<bdi class="name" title=${text}>${text}</bdi>`;

export const id = (text: string): VNode => html`<code class="id" title=${text}>${shortened(text)}</code>`;

export const muted = (text: ComponentChild): VNode => html`<span class="muted">${text}</span>`;

/** Where there is no value. */
export const none = (): VNode => html`<span class="muted" aria-label="none">–</span>`;

export type Tone = "good" | "bad" | "warn" | "plain";

/** A word with a dot, since colour alone does not tell everybody something. */
export const mark = (tone: Tone, text: ComponentChild): VNode => html`<span class="mark ${tone}">${text}</span>`;

/** Why a list is empty, and what to do. */
export const empty = (text: ComponentChild): VNode => html`<p class="empty">${text}</p>`;

/** A part that is not known, and what to do. */
export const failure = (text: string): VNode => html`<p class="failure">${text}</p>`;

export const waiting = (): VNode => html`<p class="empty" data-waiting>…</p>`;

const Ago = ({ at }: { at: number }): VNode => {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const ticking = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(ticking);
  }, []);
  return html`<time title=${clock(at)}>${ago(at, Math.max(now, at))}</time>`;
};

/** How long ago that was; it goes on counting. */
export const since = (at: number): ComponentChild => h(Ago, { at });
