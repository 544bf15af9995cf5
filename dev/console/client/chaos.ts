/** What can go wrong between Clerk, the Worker, its database and the app. */
import { useRef, useState } from "preact/hooks";
import { type ComponentChild, h } from "preact";
import { html } from "htm/preact";
import { panel } from "../../../cli/console/client/panel.ts";
import { waiting } from "../../../cli/console/client/text.ts";
import type { Chaos as ChaosMessage } from "../protocol.ts";
import { act } from "./act.ts";
import { button } from "./button.ts";
import { useTold } from "./live.ts";

type Slider = { name: "dropped" | "doubled" | "reordered" | "delayed"; title: string; unit: string; max: number };

const sliders: readonly Slider[] = [
  { name: "dropped", title: "Dropped", unit: "%", max: 100 },
  { name: "doubled", title: "Doubled", unit: "%", max: 100 },
  { name: "reordered", title: "Reordered", unit: "%", max: 100 },
  { name: "delayed", title: "Delay up to", unit: "s", max: 60 },
];

const switches = [
  { name: "isDatabaseAway", title: "Database away" },
  { name: "isSecretWrong", title: "Wrong secret" },
  { name: "isAppAway", title: "App away" },
] as const;

const calm: ChaosMessage = {
  dropped: 0,
  doubled: 0,
  reordered: 0,
  delayed: 0,
  isDatabaseAway: false,
  isSecretWrong: false,
  isAppAway: false,
};

export const Chaos = (): ComponentChild => {
  const chaos = useTold("chaos");
  if (chaos === undefined) return panel("chaos", "Chaos", null, waiting());
  return panel(
    "chaos",
    "Chaos",
    button("chaos", calm, { title: "Reset", label: "Reset chaos", look: "quiet" }),
    html`<div class="chaos">
      <div class="sliders">${sliders.map((slider) => h(SliderRow, { slider, value: chaos[slider.name] }))}</div>
      <div class="switches">
        ${switches.map(
          ({ name, title }) =>
            html`<label key=${name} class="switch">
              <input
                type="checkbox"
                role="switch"
                checked=${chaos[name]}
                onChange=${(event: Event) => turn(name, event)}
              />
              <span>${title}</span>
            </label>`,
        )}
      </div>
    </div>`,
  );
};

const turn = async (name: (typeof switches)[number]["name"], { currentTarget }: Event): Promise<void> => {
  if (!(currentTarget instanceof HTMLInputElement)) return;
  const isDone = await act("chaos", { [name]: currentTarget.checked });
  if (!isDone) currentTarget.checked = !currentTarget.checked;
};

/** A message that was on its way when the slider was let go still has the value before. */
const settledMilliseconds = 1500;

const SliderRow = ({ slider: { name, title, unit, max }, value }: { slider: Slider; value: number }) => {
  /** What it was moved to, until what the server says of it has arrived for certain. */
  const [moved, setMoved] = useState<number>();
  const settling = useRef<ReturnType<typeof setTimeout>>(undefined);
  const shown = moved ?? value;
  const valueOf = ({ currentTarget }: Event): number =>
    currentTarget instanceof HTMLInputElement ? currentTarget.valueAsNumber : value;
  const onInput = (event: Event): void => {
    clearTimeout(settling.current);
    setMoved(valueOf(event));
  };
  const onChange = async (event: Event): Promise<void> => {
    const isDone = await act("chaos", { [name]: valueOf(event) });
    clearTimeout(settling.current);
    settling.current = setTimeout(() => setMoved(undefined), isDone ? settledMilliseconds : 0);
  };
  return html`<label class="slider">
    <span>${title}</span>
    <input
      type="range"
      min="0"
      max=${max}
      value=${shown}
      aria-valuetext=${`${shown} ${unit}`}
      onInput=${onInput}
      onChange=${onChange}
    />
    <output>${shown} ${unit}</output>
  </label>`;
};
