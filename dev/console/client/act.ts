/** Asks the server to do something, and tells the person if it was not done. */
import { useEffect, useState } from "preact/hooks";
import type { ComponentChild } from "preact";
import { html } from "htm/preact";
import type { Actions } from "../protocol.ts";

let complaint: string | undefined;
let showComplaint: () => void = () => {};

const complain = (text: string | undefined): void => {
  complaint = text;
  showComplaint();
};

/** @returns whether it was done */
export const act = async <Name extends keyof Actions>(name: Name, body: Actions[Name]): Promise<boolean> => {
  const error = await asked(name, body);
  complain(error);
  return error === undefined;
};

const asked = async (name: string, body: unknown): Promise<string | undefined> => {
  try {
    const response = await fetch(`/do/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.ok) return undefined;
    const { error } = (await response.json()) as { error?: string };
    return error ?? `It failed (HTTP status ${response.status}).`;
  } catch {
    return "The console's server does not answer. Is npm run dev still running?";
  }
};

/** The sentence about what was last not done. */
export const Complaint = (): ComponentChild => {
  const [, render] = useState({});
  useEffect(() => {
    showComplaint = () => render({});
    return () => void (showComplaint = () => {});
  }, []);
  return html`<div class="complaint" role="alert" hidden=${complaint === undefined}>
    <span>${complaint}</span>
    <button type="button" class="quiet" aria-label="Close the message" onClick=${() => complain(undefined)}>✕</button>
  </div>`;
};
