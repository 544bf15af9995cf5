import type { ComponentChild, VNode } from "preact";
import { html } from "htm/preact";
import type { Ledger } from "../protocol.ts";
import { clock, number, span } from "./formats.ts";
import { figures } from "./panel.ts";
import { table } from "./table.ts";
import { empty, id, muted, none, since } from "./text.ts";

/** The deliveries of the last 24 hours, and those that are still refused. */
export const ledgerOf = ({ total, lastAt, outcomes, lag, types, refused }: Ledger): ComponentChild => [
  figures([
    ["Deliveries", number(total)],
    ["Last", lastAt === null ? none() : since(lastAt)],
    ...outcomes.map(({ outcome, deliveries }): [string, string] => [outcome, number(deliveries)]),
  ]),
  html`<h3>Lag of the last hour ${muted("from Clerk's change to the commit")}</h3>`,
  lag === null
    ? empty("Nothing was delivered in the last hour.")
    : figures([
        ["Median", span(lag.median)],
        ["95 %", span(lag.p95)],
        ["99 %", span(lag.p99)],
        ["Longest", span(lag.longest)],
      ]),
  html`<h3>By type</h3>`,
  types.length === 0 ? noDelivery : typesOf(types),
  html`<h3>Refused ${muted("and not committed since")}</h3>`,
  refused.length === 0 ? empty("No delivery is refused.") : refusedOf(refused),
];

const noDelivery = empty(
  "Nothing was delivered in 24 hours. Clerk's dashboard, Webhooks, shows whether it sends: its endpoint has to be the Worker's address with /api/webhook.",
);

const typesOf = (types: Ledger["types"]): VNode =>
  table(
    "Deliveries by type",
    [
      { title: "Type", cell: ({ type }) => html`<code>${type}</code>` },
      { title: "Deliveries", isNumber: true, cell: ({ deliveries }) => number(deliveries) },
      { title: "Applied", isNumber: true, cell: ({ applied }) => number(applied) },
      { title: "Stale", isNumber: true, cell: ({ stale }) => number(stale) },
      { title: "Ignored", isNumber: true, cell: ({ ignored }) => number(ignored) },
      { title: "Median lag", isNumber: true, cell: ({ medianLag }) => span(medianLag) },
    ],
    types,
    ({ type }) => type,
  );

const refusedOf = (refused: Ledger["refused"]): VNode =>
  table(
    "Refused deliveries",
    [
      { title: "Last", cell: ({ lastAt }) => clock(lastAt) },
      { title: "Delivery", cell: (delivery) => id(delivery.id) },
      { title: "Type", cell: ({ type }) => (type === null ? none() : html`<code>${type}</code>`) },
      { title: "Attempts", isNumber: true, cell: ({ attempts }) => number(attempts) },
      { title: "Reason", isWide: true, cell: ({ reason }) => reason },
    ],
    refused,
    (delivery) => delivery.id,
  );
