import { type ComponentChild, h } from "preact";
import { html } from "htm/preact";

export type Field = {
  name: string;
  label: string;
  value?: string;
  placeholder?: string;
  /** To choose one of, in place of writing. */
  options?: readonly { value: string; title: string }[];
};

/** One submission's values by the fields' names, without the white space around them. */
type Values = Record<string, string>;

type FormProps = {
  label: string;
  fields: readonly Field[];
  submit: string;
  /** Resolves with whether it was done: then the form is emptied. */
  run: (values: Values) => Promise<boolean>;
  cancel?: () => void;
};

const Form = ({ label, fields, submit, run, cancel }: FormProps) => {
  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement)) return;
    const values = Object.fromEntries(
      [...new FormData(form)].map(([name, value]) => [name, typeof value === "string" ? value.trim() : ""]),
    );
    if (await run(values)) form.reset();
  };
  return html`<form
    aria-label=${label}
    onSubmit=${onSubmit}
    onKeyDown=${(event: KeyboardEvent) => event.key === "Escape" && cancel?.()}
  >
    ${fields.map((field, index) => fieldOf(field, index === 0 && cancel !== undefined))}
    <button type="submit" class="primary">${submit}</button>
    ${cancel === undefined ? null : html`<button type="button" class="quiet" onClick=${cancel}>Cancel</button>`}
  </form>`;
};

/** @param isFirst of a form that the person has just opened, and wants to write into */
const fieldOf = ({ name, label, value, placeholder, options }: Field, isFirst: boolean): ComponentChild => {
  const focus = isFirst ? focused : undefined;
  return html`<label key=${name}>
    <span>${label}</span>
    ${
      options === undefined
        ? html`<input
            ref=${focus}
            name=${name}
            defaultValue=${value ?? ""}
            placeholder=${placeholder}
            autocomplete="off"
            spellcheck=${false}
          />`
        : html`<select ref=${focus} name=${name}>
            ${options.map((option) => html`<option key=${option.value} value=${option.value}>${option.title}</option>`)}
          </select>`
    }
  </label>`;
};

const focused = (element: HTMLElement | null): void => element?.focus();

export const form = (props: FormProps): ComponentChild => h(Form, props);
