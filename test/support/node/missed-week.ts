import { play } from "./journal.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** The copy of a world becomes complete, and then it is a week without a webhook: changes and deletes that nobody tells it. */
export const missWeek = async (world: SimulatedWorld): Promise<SimulatedWorld> => {
  world.instance.populate(60, 12);
  await play(world, "backfill", { kind: "backfill" });
  world.instance.live(300);
  for (const id of [...world.instance.users.keys()].slice(0, 3)) world.instance.deleteUser(id);
  for (const id of [...world.instance.organizations.keys()].slice(0, 2)) world.instance.deleteOrganization(id);
  return world;
};

/** The results of a run, a line a table. */
export const resultsOf = (world: SimulatedWorld, run: string) =>
  world.query<Record<string, unknown>>(
    `select table_name, checked, missing, stale, extra, repaired, restored, held, erased_here, note from clerk.reconciliations where run_id = '${run}' order by 1`,
  );
