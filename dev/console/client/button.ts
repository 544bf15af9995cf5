import { useState } from "preact/hooks";
import { type ComponentChild, h } from "preact";
import { html } from "htm/preact";
import type { Actions } from "../protocol.ts";
import { act } from "./act.ts";

type ButtonProps = {
  title: ComponentChild;
  /** Its whole name, if the title says less than who cannot see its place needs. */
  label?: string;
  look?: "primary" | "danger" | "quiet" | "chip";
  /** Whether what it does is being done for another reason. */
  isBusy?: boolean;
};

const Button = ({ title, label, look, isBusy, run }: ButtonProps & { run: () => Promise<unknown> }) => {
  const [isRunning, setRunning] = useState(false);
  const isResting = isRunning || isBusy === true;
  const onClick = async (): Promise<void> => {
    if (isResting) return;
    setRunning(true);
    await run();
    setRunning(false);
  };
  // Not `disabled`, which would take the focus away from who uses the keyboard.
  return html`<button
    type="button"
    class=${look ?? ""}
    aria-label=${label}
    title=${label}
    aria-disabled=${isResting}
    onClick=${onClick}
  >
    ${title}
  </button>`;
};

/** A button that does one thing, once at a time. */
export const button = <Name extends keyof Actions>(
  name: Name,
  body: Actions[Name],
  props: ButtonProps,
): ComponentChild => h(Button, { ...props, run: () => act(name, body) });
