import { setTimeout as sleep } from "node:timers/promises";
import type { Send } from "../../cli/console/serve.ts";
import { explain } from "../../cli/command-error.ts";
import { isShownTable, readCopyPage } from "./copy-page.ts";
import { organizationsOf, peopleOf } from "./people.ts";
import type { Copy, LocalMessages, View } from "./protocol.ts";
import type { World } from "./world.ts";

/** What one open page is told, as it looks at the world. */

/** Milliseconds between two looks: many changes may come in one. */
const pause = 100;

/** The chart moves on though nothing happens. */
const longestPause = 1000;

export const viewOf = (query: URLSearchParams): View => ({
  find: (query.get("find") ?? "").slice(0, 200),
  people: pageIn(query, "people"),
  organizations: pageIn(query, "organizations"),
  table: query.get("table") ?? "",
  page: pageIn(query, "page"),
});

const pageIn = (query: URLSearchParams, name: string): number => {
  const text = query.get(name) ?? "";
  return /^\d{1,6}$/.test(text) ? Number(text) : 0;
};

export const feedOf =
  (world: World) =>
  async (query: URLSearchParams, send: Send, signal: AbortSignal): Promise<void> => {
    const view = viewOf(query);
    const table = isShownTable(view.table) ? view.table : "users";
    const tell = <Name extends keyof LocalMessages>(name: Name, data: LocalMessages[Name]): void => send(name, data);

    let copy: Copy | undefined;
    let version = -1;
    const tellOfCopy = async (): Promise<void> => {
      const tables = world.watch.tables();
      if (version !== world.watch.version || copy === undefined) {
        const seen = world.watch.version;
        const { living, deleted } = tables.find((one) => one.table === table) ?? { living: 0, deleted: 0 };
        copy = { tables, ...(await readCopyPage(world.reader, table, view.page, living + deleted)) };
        version = seen;
      }
      tell("copy", copy);
    };

    while (!signal.aborted) {
      const { instance } = world;
      tell("world", world.places());
      tell("people", peopleOf(instance, view.find, view.people));
      tell("organizations", organizationsOf(instance, view.organizations));
      tell("deliveries", world.deliveries());
      tell("chart", world.chart());
      tell("chaos", { ...world.chaos });
      tell("run", world.reconciler.run());
      tell("verdict", world.watch.verdict());
      const outbox = world.watch.outbox();
      tell("outbox", "failure" in outbox ? outbox : { ...outbox, told: world.told() });
      await tellOfCopy().catch((error: unknown) => tell("copy", { failure: explain(error) }));
      await sleep(pause, undefined, { signal }).catch(() => {});
      await world.changes.next(signal, longestPause);
    }
  };
