/** What of the long lists is shown. It is in the page's address too, so that loading the page again shows the same. */
import type { View } from "../protocol.ts";
import { ask } from "./live.ts";

const read = (query: URLSearchParams): View => {
  const page = (name: string): number => Math.max(0, Math.trunc(Number(query.get(name) ?? 0)) || 0);
  return {
    find: query.get("find") ?? "",
    people: page("people"),
    organizations: page("organizations"),
    table: query.get("table") ?? "users",
    page: page("page"),
  };
};

const written = (of: View): URLSearchParams =>
  new URLSearchParams(Object.entries(of).map(([name, value]) => [name, String(value)]));

let view = read(new URLSearchParams(location.search));

/** What is looked for among people. */
export const sought = (): string => view.find;

/** Shows something else: the lists change when the answer is here. */
export const look = (change: Partial<View>): void => {
  view = { ...view, ...change };
  history.replaceState(null, "", `?${written(view).toString()}`);
  ask(written(view));
};

/** Shows what the page's address says. */
export const lookFirst = (): void => ask(written(view));
