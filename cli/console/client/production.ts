/** The page of `npm run console`: it only shows, and has nothing that changes anything. */
import { type VNode, h, render } from "preact";
import { html } from "htm/preact";
import type { ProductionMessages } from "../protocol.ts";
import { chartOf } from "./chart.ts";
import { connectionMark } from "./connection-mark.ts";
import { number, span } from "./formats.ts";
import { reasonsOf } from "./health.ts";
import { ledgerOf } from "./ledger.ts";
import { connect } from "./live.ts";
import { outboxOf } from "./outbox.ts";
import { known, panel } from "./panel.ts";
import { reconciliationsOf } from "./reconciliations.ts";
import { sizesOf } from "./sizes.ts";
import { mark, muted, name, since } from "./text.ts";

const { ask, useConnection, useTold } = connect<ProductionMessages>({
  database: true,
  health: true,
  chart: true,
  ledger: true,
  tables: true,
  reconciliations: true,
  outbox: true,
});

const Database = (): VNode => {
  const database = useTold("database");
  if (database === undefined) return muted("…");
  if ("failure" in database) return mark("bad", database.failure);
  return html`<span>${name(database.name)} ${muted(`answers in ${span(database.answers)}`)}</span>`;
};

const Verdict = (): VNode => {
  const health = useTold("health");
  const [tone, text] =
    health === undefined
      ? (["plain", "Checking…"] as const)
      : "failure" in health
        ? (["bad", "Not known"] as const)
        : health.isHealthy
          ? (["good", "Healthy"] as const)
          : ([
              "bad",
              health.reasons.length === 1 ? "1 reason to act" : `${health.reasons.length} reasons to act`,
            ] as const);
  const isHealthy = health !== undefined && !("failure" in health) && health.isHealthy;
  return html`<span class="verdict ${tone}" role="status" data-healthy=${String(isHealthy)}>${text}</span>`;
};

const Health = (): VNode => {
  const health = useTold("health");
  const checked = health === undefined || "failure" in health ? null : html`checked ${since(health.checkedAt)}`;
  return panel("health", "Health", checked, known(health, reasonsOf));
};

const Ledger = (): VNode => panel("ledger", "Deliveries", "last 24 hours", known(useTold("ledger"), ledgerOf));

const Lag = (): VNode => panel("lag", "Lag and rate", null, known(useTold("chart"), chartOf));

const Tables = (): VNode => {
  const tables = useTold("tables");
  const total = Array.isArray(tables) ? `about ${number(tables.reduce((sum, { rows }) => sum + rows, 0))} rows` : null;
  return panel("tables", "Tables", total, known(tables, sizesOf));
};

const Runs = (): VNode =>
  panel("reconciliations", "Reconciliations", null, known(useTold("reconciliations"), reconciliationsOf));

const Changes = (): VNode => panel("outbox", "Outbox", null, known(useTold("outbox"), outboxOf));

const Page = (): VNode => html`
  <header class="top">
    <h1>clerk-mirror</h1>
    <div class="where">${h(Database, {})}</div>
    ${connectionMark(useConnection)} ${h(Verdict, {})}
  </header>
  <main class="production">
    <div class="column">${h(Health, {})} ${h(Lag, {})} ${h(Ledger, {})} ${h(Changes, {})}</div>
    <div class="column">${h(Tables, {})} ${h(Runs, {})}</div>
  </main>
`;

ask(new URLSearchParams());
const place = document.getElementById("page");
if (place !== null) render(h(Page, {}), place);
