/** The page of `npm run dev`: a simulated Clerk, what it sends, and the copy that has to be equal to it. */
import { type ComponentChild, h, render } from "preact";
import { html } from "htm/preact";
import { connectionMark } from "../../../cli/console/client/connection-mark.ts";
import { mark, name } from "../../../cli/console/client/text.ts";
import { Complaint } from "./act.ts";
import { Chaos } from "./chaos.ts";
import { Clerk } from "./clerk.ts";
import { Copy } from "./copy.ts";
import { Deliveries } from "./deliveries.ts";
import { keepFocus } from "./keep-focus.ts";
import { useConnection, useTold } from "./live.ts";
import { OutboxPanel } from "./outbox.ts";
import { VerdictBar } from "./verdict.ts";
import { lookFirst } from "./view.ts";

const Where = (): ComponentChild => {
  const world = useTold("world");
  if (world === undefined) return null;
  return html`<dl class="where">
    <div>
      <dt>Worker</dt>
      <dd data-ready=${world.isReady}>
        ${name(world.worker)} ${world.isReady ? mark("good", "ready") : mark("warn", "starting…")}
      </dd>
    </div>
    <div>
      <dt>Postgres</dt>
      <dd>${name(world.postgres)}</dd>
    </div>
  </dl>`;
};

const Page = (): ComponentChild => html`
  <header class="top">
    <h1>${document.title}</h1>
    ${h(Where, {})} ${connectionMark(useConnection)}
  </header>
  <main>
    ${h(VerdictBar, {})}
    <div class="local">
      <div class="column">${h(Clerk, {})}</div>
      <div class="column">${h(Deliveries, {})} ${h(Chaos, {})}</div>
      <div class="column">${h(Copy, {})}</div>
    </div>
    ${h(OutboxPanel, {})}
  </main>
  ${h(Complaint, {})}
`;

lookFirst();
const place = document.getElementById("page");
if (place !== null) {
  render(h(Page, {}), place);
  keepFocus(place);
}
