/** One message of the simulated Svix, and on demand every attempt at it. */
import type { ComponentChild } from "preact";
import { html } from "htm/preact";
import { amount, clock, shortened, span } from "../../../cli/console/client/formats.ts";
import { type Tone, empty, id } from "../../../cli/console/client/text.ts";
import type { Attempt, Delivery } from "../protocol.ts";

const tones: Readonly<Record<Delivery["state"], Tone>> = {
  waiting: "plain",
  delivered: "good",
  retrying: "warn",
  "given up": "bad",
  dropped: "bad",
};

export const deliveryOf = (delivery: Delivery, isOpen: boolean, toggle: () => void): ComponentChild => html`
  <li
    key=${delivery.id}
    data-id=${delivery.id}
    data-type=${delivery.type}
    data-state=${delivery.state}
    data-outcome=${delivery.outcome ?? ""}
    class=${isOpen ? "open" : ""}
  >
    <button type="button" class="row delivery" aria-expanded=${isOpen} onClick=${toggle}>
      <span class="mark ${tones[delivery.state]} state">${delivery.state}</span>
      <code class="type">${delivery.type}</code>
      <span class="number">${delivery.lag === null ? "" : span(delivery.lag)}</span>
      <time class="muted">${clock(delivery.at)}</time>
      <span class="muted second">
        <span>${delivery.subject === null ? "" : shortened(delivery.subject)}</span>
        <span>${howOf(delivery)}</span>
      </span>
    </button>
    ${isOpen ? attemptsOf(delivery) : null}
  </li>
`;

const howOf = ({ outcome, status, attempts, isDoubled }: Delivery): string =>
  [
    outcome,
    status === null ? (attempts.length > 0 ? "no answer" : null) : String(status),
    attempts.length > 1 ? amount(attempts.length, "attempt") : null,
    isDoubled ? "sent twice" : null,
  ]
    .filter((part) => part !== null)
    .join(" · ");

const attemptsOf = ({ id: message, subject, state, attempts }: Delivery): ComponentChild => html`
  <div class="below">
    <p class="facts">${id(message)} ${subject === null ? null : html`of ${id(subject)}`}</p>
    ${
      attempts.length === 0
        ? empty(state === "dropped" ? "It was lost on the way, and is not sent again." : "No attempt was made yet.")
        : html`<ol class="attempts" aria-label="Attempts">
            ${attempts.map(attemptOf)}
          </ol>`
    }
  </div>
`;

const attemptOf = ({ at, ms, status, answer }: Attempt, index: number): ComponentChild => html`
  <li key=${index} data-status=${status ?? "none"}>
    <p>
      <time>${clock(at)}</time>
      <span class="mark ${status === null || status >= 400 ? "bad" : "good"}">${status ?? "no answer"}</span>
      <span class="muted">${span(ms)}</span>
    </p>
    ${answer === "" ? null : html`<pre>${answer}</pre>`}
  </li>
`;
