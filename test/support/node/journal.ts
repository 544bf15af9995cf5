import type { Result } from "../../../src/result.ts";
import { type Ended, type Params, runWorkflow, type Steps } from "../../../src/sync/workflow.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** An isolate that was ended. */
export class Killed extends Error {}

/** The steps that a workflow has taken, as Cloudflare keeps them for an instance. */
export type Journal = Map<string, string>;

/**
 * Keeps steps in a journal, as JSON. A step that is in it is not taken again.
 *
 * @param isKilled whether the isolate ends at a step, before it is taken or before its result is kept
 */
export const journalled = (
  journal: Journal,
  isKilled: (name: string, when: "before" | "after") => boolean,
  slept: (milliseconds: number) => void = () => {},
): Steps => ({
  do: async (name, _config, run) => {
    const kept = journal.get(name);
    if (kept !== undefined) return JSON.parse(kept) as Awaited<ReturnType<typeof run>>;
    if (isKilled(name, "before")) throw new Killed(name);
    const result = JSON.stringify(await run());
    if (isKilled(name, "after")) throw new Killed(name);
    journal.set(name, result);
    return JSON.parse(result) as Awaited<ReturnType<typeof run>>;
  },
  sleep: async (name, milliseconds) => {
    if (journal.has(name)) return;
    slept(milliseconds);
    journal.set(name, "null");
  },
});

export type Played = {
  ended: Result<Ended>;
  /** How many instances of the workflow were needed. */
  instances: number;
  /** Every step's name, with its instance. */
  steps: string[];
  slept: number[];
};

/**
 * Plays a workflow to its end, with its successors: a killed instance is started again with its journal.
 *
 * @param isKilled is asked at every step that is taken; each step is killed at most once
 */
export const play = async (
  { services, settings, clock }: SimulatedWorld,
  id: string,
  params: Params = {},
  isKilled: (step: string, when: "before" | "after") => boolean = () => false,
): Promise<Played> => {
  clock.pass(2000);
  const waiting: [string, Params][] = [[id, params]];
  const started = new Set([id]);
  const killed = new Set<string>();
  const played: Played = { ended: { ok: true, value: "done" }, instances: 0, steps: [], slept: [] };
  for (let instance = waiting.shift(); instance !== undefined; instance = waiting.shift()) {
    const [instanceId, given] = instance;
    played.instances += 1;
    const journal: Journal = new Map();
    const steps = journalled(
      journal,
      (name, when) => {
        const step = `${instanceId} ${name}`;
        if (when === "before") played.steps.push(step);
        if (killed.has(step) || !isKilled(step, when)) return false;
        killed.add(step);
        return true;
      },
      (milliseconds) => played.slept.push(milliseconds),
    );
    for (;;) {
      try {
        played.ended = await runWorkflow(steps, {
          instanceId,
          params: JSON.parse(JSON.stringify(given)) as Params,
          services,
          settings,
          start: async (successor, next) => {
            if (started.has(successor)) return;
            started.add(successor);
            waiting.push([successor, next]);
          },
        });
        break;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
    }
  }
  return played;
};
