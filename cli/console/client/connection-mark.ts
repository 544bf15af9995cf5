import { type ComponentChild, h } from "preact";
import { html } from "htm/preact";
import type { Connection } from "./live.ts";
import { type Tone, mark } from "./text.ts";

const marks: Readonly<Record<Connection, [tone: Tone, text: string]>> = {
  connecting: ["plain", "Connecting…"],
  live: ["good", "Live"],
  lost: ["bad", "Connection lost, reconnecting…"],
};

const Mark = ({ use }: { use: () => Connection }) => {
  const connection = use();
  return html`<span role="status" data-connection=${connection}>${mark(...marks[connection])}</span>`;
};

/** Whether what the page shows is what is. */
export const connectionMark = (use: () => Connection): ComponentChild => h(Mark, { use });
