import { type Changes, changesOf } from "./changes.ts";
import { lifeOf } from "./life.ts";
import { populate } from "./population.ts";
import { addBuiltInRoles } from "./role-changes.ts";
import { restore, type Snapshot, snapshotOf } from "./snapshot.ts";
import { createState, type InstanceOptions } from "./state.ts";

export type { InstanceOptions, Listener } from "./state.ts";

/**
 * A Clerk instance in memory. Its people are invented, with addresses at example.com. A change changes its objects,
 * which have the shape of the Backend API, and emits events, which have the shape of Clerk's webhooks.
 *
 * The same seed, clock and calls make the same history, ids included.
 */
export type Instance = Changes & {
  /** Makes this many random changes. Each emits one event or more. */
  live(changes: number): void;
  /** Fills the instance with a past, without events. */
  populate(users: number, organizations: number): void;
  /** All that it holds, for an instance that goes on with it. */
  snapshot(): Buffer;
};

/** @param snapshot of an instance that this one goes on from, with its id. Give another seed than it had */
export const createInstance = (options: InstanceOptions, snapshot?: Snapshot): Instance => {
  const state = createState(snapshot === undefined ? options : { ...options, id: snapshot.id }, snapshot?.counted);
  if (snapshot === undefined) addBuiltInRoles(state, state.now());
  else restore(state, snapshot);
  const changes = changesOf(state);
  let makeChange: (() => void) | undefined;
  return {
    ...changes,
    live: (count) => {
      makeChange ??= lifeOf(changes);
      for (let change = 0; change < count; change += 1) makeChange();
    },
    populate: (users, organizations) => populate(state, users, organizations),
    snapshot: () => snapshotOf(state),
  };
};
