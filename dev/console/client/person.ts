/** One person of the simulated Clerk, with what can happen to them. */
import type { ComponentChild } from "preact";
import { html } from "htm/preact";
import { amount } from "../../../cli/console/client/formats.ts";
import { id, muted, name } from "../../../cli/console/client/text.ts";
import type { Organization, Person } from "../protocol.ts";
import { act } from "./act.ts";
import { button } from "./button.ts";
import { form } from "./form.ts";

export const nameOf = ({ firstName, lastName, email, id: own }: Person): string =>
  `${firstName} ${lastName}`.trim() || email || own;

/** What is open below a person. */
export type Opened = "actions" | "rename" | "join" | "organization";

export type Handlers = {
  opened: Opened | undefined;
  open: (next: Opened | undefined) => void;
  isSelected: boolean;
  select: () => void;
  organizations: readonly Organization[];
};

export const personOf = (person: Person, handlers: Handlers): ComponentChild => {
  const { opened, open, isSelected, select } = handlers;
  const who = nameOf(person);
  return html`<li key=${person.id} data-id=${person.id} class=${opened === undefined ? "" : "open"}>
    <div class="line">
      <input type="checkbox" aria-label=${`Select ${who} to merge`} checked=${isSelected} onChange=${select} />
      <button
        type="button"
        class="row"
        aria-expanded=${opened !== undefined}
        onClick=${() => open(opened === undefined ? "actions" : undefined)}
      >
        ${name(who)}
        <span class="muted email">${person.email ?? "no address"}</span>
        ${person.sessions > 0 ? html`<span class="tag" title=${amount(person.sessions, "active session")}>signed in</span>` : null}
        ${
          person.memberships.length > 0
            ? html`<span class="tag" title=${amount(person.memberships.length, "organization")}>
                ${person.memberships.length} ${person.memberships.length === 1 ? "org" : "orgs"}
              </span>`
            : null
        }
      </button>
    </div>
    ${opened === undefined ? null : below(person, handlers, opened)}
  </li>`;
};

const below = (person: Person, handlers: Handlers, opened: Opened): ComponentChild => html`
  <div class="below" role="group" aria-label=${`Actions for ${nameOf(person)}`}>
    <p class="facts">
      ${id(person.id)} ${muted(amount(person.addresses, "address", "addresses"))}
      ${muted(amount(person.sessions, "session"))}
    </p>
    ${
      person.memberships.length === 0
        ? null
        : html`<p class="chips">
            ${person.memberships.map(
              (membership) =>
                html`<span class="tag" key=${membership.id} data-membership=${membership.id}>
                  ${name(membership.organization)}
                  ${button(
                    "leave",
                    { membership: membership.id },
                    { title: "✕", label: `Leave ${membership.organization}`, look: "chip" },
                  )}
                </span>`,
            )}
          </p>`
    }
    ${opened === "actions" ? actionsOf(person, handlers) : formOf(person, handlers, opened)}
  </div>
`;

const actionsOf = ({ id: user, sessions }: Person, { open }: Handlers): ComponentChild => html`
  <div class="buttons">
    <button type="button" onClick=${() => open("rename")}>Rename</button>
    ${button("changeAddress", { user }, { title: "Change address" })}
    ${button("signIn", { user }, { title: "Sign in" })}
    ${sessions === 0 ? null : button("signOut", { user }, { title: "Sign out" })}
    <button type="button" onClick=${() => open("join")}>Join</button>
    <button type="button" onClick=${() => open("organization")}>New organization</button>
    ${button("deleteUser", { user }, { title: "Delete", look: "danger" })}
  </div>
`;

const formOf = (person: Person, { open, organizations }: Handlers, opened: Opened): ComponentChild => {
  const user = person.id;
  const cancel = (): void => open("actions");
  const close = (isDone: boolean): boolean => {
    if (isDone) cancel();
    return isDone;
  };
  if (opened === "rename") {
    return form({
      label: `Rename ${nameOf(person)}`,
      fields: [
        { name: "firstName", label: "First name", value: person.firstName },
        { name: "lastName", label: "Last name", value: person.lastName },
      ],
      submit: "Rename",
      run: async ({ firstName = "", lastName = "" }) => close(await act("rename", { user, firstName, lastName })),
      cancel,
    });
  }
  if (opened === "organization") {
    return form({
      label: `New organization of ${nameOf(person)}`,
      fields: [{ name: "name", label: "Name", placeholder: "invented if empty" }],
      submit: "Create",
      run: async ({ name: called = "" }) =>
        close(await act("createOrganization", called === "" ? { user } : { user, name: called })),
      cancel,
    });
  }
  if (organizations.length === 0) {
    return html`<p class="empty">There is no organization on the page of the tab Organizations. Make one first.</p>
      <div class="buttons"><button type="button" onClick=${() => open("organization")}>New organization</button></div>`;
  }
  return form({
    label: `${nameOf(person)} joins an organization`,
    fields: [
      {
        name: "organization",
        label: "Organization",
        options: organizations.map((one) => ({ value: one.id, title: one.name })),
      },
    ],
    submit: "Join",
    run: async ({ organization = "" }) => close(await act("join", { user, organization })),
    cancel,
  });
};
