/** The people of the simulated Clerk: they sign up, live, are merged and leave. */
import { useRef, useState } from "preact/hooks";
import { type ComponentChild, h } from "preact";
import { html } from "htm/preact";
import { pager } from "../../../cli/console/client/pager.ts";
import { empty, name, waiting } from "../../../cli/console/client/text.ts";
import type { Paged, Person } from "../protocol.ts";
import { act } from "./act.ts";
import { button } from "./button.ts";
import { form } from "./form.ts";
import { useTold } from "./live.ts";
import { type Opened, nameOf, personOf } from "./person.ts";
import { look, sought } from "./view.ts";

/** How long nothing is written before it is looked for. */
const settledMilliseconds = 200;

const Search = (): ComponentChild => {
  const settling = useRef<ReturnType<typeof setTimeout>>(undefined);
  const onInput = ({ currentTarget }: Event): void => {
    clearTimeout(settling.current);
    const find = currentTarget instanceof HTMLInputElement ? currentTarget.value.trim() : "";
    settling.current = setTimeout(() => look({ find, people: 0 }), settledMilliseconds);
  };
  return html`<input
    type="search"
    class="search"
    aria-label="Search people"
    placeholder="Search by id, name or address"
    defaultValue=${sought()}
    autocomplete="off"
    spellcheck=${false}
    onInput=${onInput}
  />`;
};

export const SignUp = (): ComponentChild => html`
  <div class="signup">
    ${form({
      label: "Sign up",
      fields: [
        { name: "firstName", label: "First name", placeholder: "invented" },
        { name: "lastName", label: "Last name", placeholder: "invented" },
        { name: "email", label: "Email", placeholder: "invented" },
      ],
      submit: "Sign up",
      run: (values) => act("signUp", Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""))),
    })}
    <div class="buttons">
      ${button("signUpHundred", {}, { title: "100 sign-ups" })}
      ${button("live", {}, { title: "100 changes", label: "100 changes of all kinds" })}
    </div>
  </div>
`;

export const People = (): ComponentChild => {
  const people = useTold("people");
  const organizations = useTold("organizations");
  const [opened, setOpened] = useState<{ id: string; what: Opened }>();
  /** The first is kept, the second is merged into it. */
  const [selected, setSelected] = useState<readonly Person[]>([]);

  const select = (person: Person): void =>
    setSelected((before) =>
      before.some(({ id }) => id === person.id)
        ? before.filter(({ id }) => id !== person.id)
        : [...before.slice(0, 1), person],
    );

  return html`
    ${h(Search, {})} ${h(Merge, { selected, setSelected })}
    ${
      people === undefined
        ? waiting()
        : html`<ul class="list people" aria-label="People">
              ${people.rows.map((person) =>
                personOf(person, {
                  opened: opened?.id === person.id ? opened.what : undefined,
                  open: (what) => setOpened(what === undefined ? undefined : { id: person.id, what }),
                  isSelected: selected.some(({ id }) => id === person.id),
                  select: () => select(person),
                  organizations: organizations?.rows ?? [],
                }),
              )}
            </ul>
            ${people.rows.length === 0 ? nobody(people) : null}
            ${pager("people", people, (page) => look({ people: page }))}`
    }
  `;
};

const nobody = ({ total }: Paged<Person>): ComponentChild => {
  if (total > 0) return empty("This page is empty. Go back to an earlier one.");
  return empty(
    sought() === ""
      ? "Nobody has signed up yet. Sign somebody up above."
      : "Nobody matches. Clear the search to see all.",
  );
};

type MergeProps = { selected: readonly Person[]; setSelected: (next: readonly Person[]) => void };

const Merge = ({ selected, setSelected }: MergeProps): ComponentChild => {
  const [kept, duplicate] = selected;
  if (kept === undefined) return null;
  const clear = (): void => setSelected([]);
  const merge = async (): Promise<void> => {
    if (duplicate !== undefined && (await act("mergeUsers", { kept: kept.id, duplicate: duplicate.id }))) clear();
  };
  return html`<div class="merge" role="group" aria-label="Merge two people">
    ${
      duplicate === undefined
        ? html`<p>${name(nameOf(kept))} is kept. Select the duplicate that is merged into it.</p>`
        : html`<p>${name(nameOf(duplicate))} is merged into ${name(nameOf(kept))} and then deleted.</p>`
    }
    <div class="buttons">
      ${
        duplicate === undefined
          ? null
          : html`<button type="button" class="primary" onClick=${merge}>Merge</button>
              <button type="button" onClick=${() => setSelected([duplicate, kept])}>Keep the other</button>`
      }
      <button type="button" class="quiet" onClick=${clear}>Cancel</button>
    </div>
  </div>`;
};
