import { tableNames } from "../worker/fold.ts";
import { play, type Played } from "./journal.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** Lets a day pass in a copy: all that it has noted of times is a day older. */
export const dayPasses = async ({ query, clock }: Pick<SimulatedWorld, "query" | "clock">): Promise<void> => {
  const day = "interval '1 day'";
  clock.pass(86_400_000);
  for (const table of tableNames) await query(`update clerk.${table} set synced_at = synced_at - ${day}`);
  await query(`update clerk.absences set since = since - ${day}, deleted_at = deleted_at - ${day}`);
};

/** Two runs with a day between them: the second deletes what both missed. */
export const playTwice = async (world: SimulatedWorld, [one, two] = ["one", "two"]): Promise<Played> => {
  await play(world, one ?? "");
  await dayPasses(world);
  return play(world, two ?? "");
};
