import { type Changes, changesOf } from "./changes.ts";
import { lifeOf } from "./life.ts";
import { populate } from "./population.ts";
import { addBuiltInRoles } from "./role-changes.ts";
import { createState, type InstanceOptions } from "./state.ts";

export type { InstanceOptions, Listener } from "./state.ts";

/**
 * A Clerk instance in memory: of nobody, with addresses at example.com. What is done to it changes its objects, which
 * are as the Backend API serves them, and tells its listeners of it by events as Clerk's webhooks send them.
 *
 * The same seed and clock, and the same calls, make the same life, ids included.
 */
export type Instance = Changes & {
  /** Makes so many changes at random. Each sends one event or more. */
  live(changes: number): void;
  /** Fills the instance with a past, of which no events tell. */
  populate(users: number, organizations: number): void;
};

export const createInstance = (options: InstanceOptions): Instance => {
  const state = createState(options);
  addBuiltInRoles(state, state.now());
  const changes = changesOf(state);
  let makeChange: (() => void) | undefined;
  return {
    ...changes,
    live: (count) => {
      makeChange ??= lifeOf(changes);
      for (let change = 0; change < count; change += 1) makeChange();
    },
    populate: (users, organizations) => populate(state, users, organizations),
  };
};
