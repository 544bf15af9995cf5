import { useState } from "preact/hooks";
import type { ComponentChild } from "preact";
import { html } from "htm/preact";
import { amount } from "../../../cli/console/client/formats.ts";
import { pager } from "../../../cli/console/client/pager.ts";
import { empty, name, waiting } from "../../../cli/console/client/text.ts";
import type { Organization } from "../protocol.ts";
import { act } from "./act.ts";
import { button } from "./button.ts";
import { form } from "./form.ts";
import { useTold } from "./live.ts";
import { look } from "./view.ts";

export const Organizations = (): ComponentChild => {
  const organizations = useTold("organizations");
  const [renamed, setRenamed] = useState<string>();
  if (organizations === undefined) return waiting();
  const rowOf = (organization: Organization): ComponentChild => html`
    <li key=${organization.id} data-id=${organization.id}>
      ${renamed === organization.id ? rename(organization, () => setRenamed(undefined)) : shown(organization, setRenamed)}
    </li>
  `;
  return html`
    <ul class="list organizations" aria-label="Organizations">
      ${organizations.rows.map(rowOf)}
    </ul>
    ${
      organizations.rows.length === 0
        ? empty("No organization yet. In the tab People, choose somebody and then New organization.")
        : null
    }
    ${pager("organizations", organizations, (page) => look({ organizations: page }))}
  `;
};

const shown = (organization: Organization, setRenamed: (id: string) => void): ComponentChild => html`
  <div class="line">
    ${name(organization.name)} <span class="muted">${amount(organization.members, "member")}</span>
    <span class="room"></span>
    <button
      type="button"
      class="quiet"
      aria-label=${`Rename ${organization.name}`}
      onClick=${() => setRenamed(organization.id)}
    >
      Rename
    </button>
    ${button(
      "deleteOrganization",
      { organization: organization.id },
      { title: "Delete", label: `Delete ${organization.name}`, look: "danger" },
    )}
  </div>
`;

const rename = ({ id: organization, name: before }: Organization, close: () => void): ComponentChild =>
  form({
    label: `Rename ${before}`,
    fields: [{ name: "name", label: "Name", value: before }],
    submit: "Rename",
    run: async ({ name: called = "" }) => {
      const isDone = await act("renameOrganization", { organization, name: called });
      if (isDone) close();
      return isDone;
    },
    cancel: close,
  });
