import { randomInt } from "node:crypto";
import { serveConsole } from "../../cli/console/serve.ts";
import { orThrow } from "../../cli/or-throw.ts";
import { servicesWith, withClerk } from "../../src/services.ts";
import { type Bindings, readSettings } from "../../src/settings.ts";
import { changeChaos } from "./chaos.ts";
import { clerkActions } from "./clerk-actions.ts";
import { feedOf } from "./feed.ts";
import type { Actions } from "./protocol.ts";
import type { WorkerVars } from "./worker-vars.ts";
import { createWorld, type World, type WorldOptions } from "./world.ts";

export { startApp } from "./app.ts";

export type ConsoleOptions = Pick<WorldOptions, "instance" | "gateway" | "app" | "workerUrl"> & {
  /** What the owner has set in wrangler.toml and .dev.vars, and what the Worker gets instead. */
  own: WorkerVars;
  vars: Bindings;
  bindings: Bindings;
};

/**
 * Serves the page of `npm run dev`, with all that it shows.
 *
 * @param port on this machine; 0 for any free one
 */
export const startConsole = async (
  { own, vars, bindings, ...given }: ConsoleOptions,
  port: number,
): Promise<{ url: string; close(): Promise<void> }> => {
  const settings = orThrow(
    readSettings({
      ...own.vars,
      ...vars,
      ...bindings,
      // Only its presence counts: changes are left for it in the outbox.
      ...(own.hasAppBinding ? { APP: { changed: async () => {} } } : {}),
    }),
  );
  const world = createWorld({
    ...given,
    services: orThrow(withClerk(servicesWith(settings))),
    connectionString: settings.databaseUrl,
    signingSecret: vars.CLERK_WEBHOOK_SIGNING_SECRET?.trim().split(/\s+/)[0] ?? "",
    toldTables: settings.app?.tables,
    // Another one for each start: messages' ids are never used twice.
    seed: randomInt(2 ** 31),
  });
  try {
    const page = await serveConsole(
      {
        title: "clerk-mirror, locally",
        entry: "dev/console/client/local.ts",
        feed: feedOf(world),
        actions: actionsOf(world),
      },
      port,
    );
    return {
      url: page.url,
      close: async () => {
        await page.close();
        await world.close();
      },
    };
  } catch (error) {
    await world.close();
    throw error;
  }
};

/** What the page may ask for. Each gives a sentence for the person if it was not done. */
export const actionsOf = (world: World): Record<keyof Actions, (body: unknown) => Promise<string | undefined>> => {
  const clerk = Object.entries(clerkActions(world.instance)).map(
    ([name, act]) => [name, async (body: unknown) => act(body)] as const,
  );
  return {
    ...(Object.fromEntries(clerk) as Record<
      keyof ReturnType<typeof clerkActions>,
      (body: unknown) => Promise<string | undefined>
    >),
    chaos: async (body) => {
      const wrong = changeChaos(world.chaos, body);
      if (wrong === undefined) world.obeyChaos();
      return wrong;
    },
    reconcile: async () => world.reconciler.start(),
    tell: () => world.tell(),
  };
};
