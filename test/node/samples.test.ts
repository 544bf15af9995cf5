import { expect, test } from "vitest";
import { Fields } from "../../src/entities/fields.ts";
import { entities } from "../../src/entities/index.ts";
import { samples } from "../../src/entities/samples.ts";
import { play } from "../support/node/journal.ts";
import { everything, livingRows, realityOf } from "../support/node/reality.ts";
import { type SimulatedWorld, simulatedWorlds } from "../support/node/simulated-world.ts";

/** Samples of Clerk's dashboard in a copy, from before they were told from events. */

const newWorld = simulatedWorlds();

const withSamples = async (): Promise<SimulatedWorld> => {
  const world = await newWorld();
  world.instance.populate(10, 3);
  const at = 1_716_883_200_000;
  const changes = samples.map(({ table, id }) => ({
    table,
    row: entities[table].row(new Fields({ id, updated_at: at, created_at: at }), { at, id: "msg_sample" }),
  }));
  const line = {
    id: "msg_sample",
    type: "user.created",
    subject_id: "user_2g7np7Hrk0SN6kj5EDMLDaKNL0S",
    instance_id: "ins_2g7np7Hrk0SN6kj5EDMLDaKNL0S",
    occurred_at: at,
    subject: "users:user_2g7np7Hrk0SN6kj5EDMLDaKNL0S",
    otherwise: "stale" as const,
  };
  expect(await world.services.merge(changes, [line])).toMatchObject({ ok: true, value: [{ outcome: "applied" }] });
  return world;
};

const sampleRows = async ({ url }: SimulatedWorld): Promise<string[]> =>
  Object.values(await livingRows(url, everything))
    .flatMap((rows) => Object.keys(rows))
    .filter((id) => id.endsWith("_2g7np7Hrk0SN6kj5EDMLDaKNL0S"));

test.for(["backfill", "reconcile"] as const)("the first %s begins, and deletes them", async (kind) => {
  const world = await withSamples();
  expect(await sampleRows(world)).toHaveLength(samples.length);
  expect((await play(world, "dry", { kind, isDry: true })).ended).toEqual({ ok: true, value: "done" });
  expect(await sampleRows(world)).toHaveLength(samples.length);
  expect((await play(world, "run", { kind })).ended).toEqual({ ok: true, value: "done" });
  expect(await sampleRows(world)).toEqual([]);
  const { sessions: _, ...rest } = realityOf(world.instance);
  expect(await livingRows(world.url)).toMatchObject(rest);
});
