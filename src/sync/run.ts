import { tombstone } from "../entities/entity.ts";
import { sampleInstances, samples } from "../entities/samples.ts";
import { isObject } from "../json.ts";
import { fail, misconfigured, ok, type Result } from "../result.ts";
import { holdLease } from "./lease.ts";
import { current, type Run, type RunOptions, type State, withProgress } from "./state.ts";
import { advance, type RunServices } from "./steps.ts";

/** A run over Clerk's lists: merges what differs, and deletes what two runs of two days found Clerk no longer has. */

/** Takes the next step of a run. */
export const advanceRun = async (services: RunServices, state: State): Promise<Result<State>> => {
  if (state.run === null) {
    const begun = await begin(services, state.options);
    return begun.ok ? ok({ ...state, run: begun.value }) : begun;
  }
  const progress = current(state);
  if (progress === undefined) return ok(state);
  const advanced = await advance(services, state.run, progress);
  return advanced.ok ? ok(withProgress(state, state.run, advanced.value)) : advanced;
};

/** Begins a run. */
const begin = async (services: RunServices, options: RunOptions): Promise<Result<Run>> => {
  const known = await knownInstance(services);
  if (!known.ok) return known;
  const held = await holdLease(services.runs, options, true);
  if (!held.ok) return held;
  if (!options.isDry) {
    const cleaned = await deleteSamples(services);
    if (!cleaned.ok) return cleaned;
  }
  const { id: instanceId, now: startedAt, copied } = known.value;
  return ok({ ...options, isForeign: false, instanceId, startedAt, copied });
};

/** Asks Clerk whose key this is, and the database for its clock, and whether it is the copy of that instance. */
export const knownInstance = async ({
  clerk,
  runs,
  settings,
}: Pick<RunServices, "clerk" | "runs" | "settings">): Promise<
  Result<{ id: string; now: string; copied: Run["copied"] }>
> => {
  const answer = await clerk.get("/instance");
  if (!answer.ok) return answer;
  const { body } = answer.value;
  if (body === undefined) return fail({ kind: "clerk_rejected", status: 404 });
  const id = isObject(body) ? body.id : undefined;
  if (typeof id !== "string") return fail({ kind: "clerk_unavailable", cause: "answer" });

  const known = await runs.begin();
  if (!known.ok) return known;
  const [first] = known.value;
  if (first === undefined) return fail({ kind: "unavailable", cause: "answer" });
  const instances = first.instances.filter((instance) => !sampleInstances.has(instance));
  const { instanceId: expected } = settings;
  const isOurs = expected === undefined ? instances.length === 0 || instances.includes(id) : expected === id;
  if (!isOurs) {
    return fail(
      misconfigured(
        "CLERK_SECRET_KEY",
        expected === undefined
          ? `is the key of the instance ${id}, and the copy is of ${instances.join(", ")}; if it is right, set CLERK_INSTANCE_ID to ${id}`
          : `is the key of the instance ${id}, and CLERK_INSTANCE_ID is ${expected}`,
      ),
    );
  }
  return ok({ id, now: first.now, copied: first.copied });
};

/** A copy may have samples of Clerk's dashboard, from before they were told from events. Clerk's lists have none of them. */
const deleteSamples = async ({ runs, merge }: RunServices): Promise<Result<unknown>> => {
  const found = await runs.living(samples);
  if (!found.ok || found.value.length === 0) return found;
  return merge(
    found.value.map(({ table, id }) => ({ table, row: tombstone(id) })),
    [],
    { source: "reconcile" },
  );
};
