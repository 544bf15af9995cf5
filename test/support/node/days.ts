import { execute } from "../postgres.ts";
import { tableNames } from "../worker/fold.ts";
import { play, type Played } from "./journal.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

const day = "interval '1 day'";

/** Lets a day pass in a copy: all that it has noted of times is a day older. */
export const dayPassesIn = (url: string): Promise<void> =>
  execute(
    url,
    ...tableNames.map((table) => `update clerk.${table} set synced_at = synced_at - ${day}`),
    `update clerk.absences set since = since - ${day}, first_asked_at = first_asked_at - ${day}, deleted_at = deleted_at - ${day}`,
  );

/** The same, for Clerk as well. */
export const dayPasses = async ({ url, clock }: Pick<SimulatedWorld, "url" | "clock">): Promise<void> => {
  clock.pass(86_400_000);
  await dayPassesIn(url);
};

/** Two runs with a day between them: the second deletes what both missed. */
export const playTwice = async (world: SimulatedWorld): Promise<Played> => {
  await play(world, "one");
  await dayPasses(world);
  return play(world, "two");
};
