import { useState } from "preact/hooks";
import { type ComponentChild, h } from "preact";
import { html } from "htm/preact";
import { number } from "../../../cli/console/client/formats.ts";
import { panel } from "../../../cli/console/client/panel.ts";
import { tabs } from "../../../cli/console/client/tabs.ts";
import { useTold } from "./live.ts";
import { Organizations } from "./organizations.ts";
import { People, SignUp } from "./people.ts";

/** The simulated Clerk: the truth that the copy has to be equal to. */
export const Clerk = (): ComponentChild => {
  const people = useTold("people");
  const organizations = useTold("organizations");
  const [tab, setTab] = useState("people");
  return panel(
    "clerk",
    "Clerk (simulated)",
    null,
    h(SignUp, {}),
    tabs(
      "What Clerk has",
      [
        { key: "people", title: "People", ...counted(people) },
        { key: "organizations", title: "Organizations", ...counted(organizations) },
      ],
      tab,
      setTab,
    ),
    html`<div role="tabpanel" id=${`tabpanel-${tab}`} aria-labelledby=${`tab-${tab}`}>
      ${tab === "people" ? h(People, {}) : h(Organizations, {})}
    </div>`,
  );
};

const counted = (part: { total: number } | undefined): { count?: string } =>
  part === undefined ? {} : { count: number(part.total) };
