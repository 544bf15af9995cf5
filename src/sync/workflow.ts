import { advanceRun, type Context, costOf, newState, nextStep, type RunOptions, type State, summaryOf } from "./run.ts";
import { type Failure, isTransient, waitMilliseconds } from "../failure.ts";

/**
 * A run as a Cloudflare Workflow: a step of the run is a step of the workflow, so that it goes on after the last one
 * that was finished, whatever was killed in between. An instance may make only so many requests: before they run out it
 * starts its successor, with all that is known.
 */

/** What an instance is given. All of it is optional, for a run that is triggered by hand. */
export type Params = Partial<Omit<RunOptions, "id">> & {
  /** Where the instance before this one stopped. */
  state?: State;
  /** The number of this instance, from 1. */
  part?: number;
  /** How often the step was tried in vain that is next. */
  waits?: number;
};

const types: Readonly<Record<string, string>> = {
  kind: "string",
  isDry: "boolean",
  isForced: "boolean",
  hasSessions: "boolean",
  state: "object",
  part: "number",
  waits: "number",
} satisfies Record<keyof Params, string>;

/**
 * The name of a parameter that there is not, or whose value is wrong: whoever misspells a dry run must not get a real
 * one.
 */
export const wrongParameter = (params: object): string | undefined =>
  Object.entries(params).find(
    ([name, value]) =>
      typeof value !== types[name] || (name === "kind" && value !== "backfill" && value !== "reconcile"),
  )?.[0];

/** The part of Cloudflare's `WorkflowStep` that is used. */
export type Steps = {
  do(name: string, config: typeof stepConfig, run: () => Promise<Stepped>): Promise<Stepped>;
  sleep(name: string, milliseconds: number): Promise<void>;
};
type Stepped = Awaited<ReturnType<typeof advanceRun>> | { kind: "done" };

export type WorkflowOptions = {
  /** Of the instance. The run has the id of its first. */
  instanceId: string;
  params: Params;
  context: Context;
  /** Whether users' sessions are read, where the parameters do not say. */
  hasSessions: boolean;
  /** Requests that an instance may make. */
  subrequests: number;
  /** Starts another instance. One of this id that was started already is no fault. */
  start(id: string, params: Params): Promise<void>;
};

/** How an instance ended: all is done, another one goes on, or it cannot go on. */
export type Ended = { kind: "done" } | { kind: "continued" } | Failure;

/** For what a step throws, such as a restart. What Clerk and Postgres refuse is a result, and waited for below. */
const stepConfig = {
  retries: { limit: 5, delay: "5 seconds", backoff: "exponential" },
  timeout: "5 minutes",
} as const;

/** Some hours. */
const patience = 40;

export const runWorkflow = async (steps: Steps, options: WorkflowOptions): Promise<Ended> => {
  const { instanceId, params, context } = options;
  let state = params.state ?? newState(optionsOf(options));
  let waits = params.waits ?? 0;
  // One is for the successor.
  let left = options.subrequests - 1;

  for (let number = 1; ; number += 1) {
    const name = nextStep(state);
    if (name === undefined) {
      await steps.do("report", stepConfig, async () => {
        console.log(JSON.stringify(summaryOf(state)));
        return { kind: "done" };
      });
      return { kind: "done" };
    }

    left -= costOf(state);
    if (left < 0) {
      const part = (params.part ?? 1) + 1;
      await steps.do("continue", stepConfig, async () => {
        await options.start(`${state.options.id}-${part}`, { state, part, waits });
        return { kind: "done" };
      });
      return { kind: "continued" };
    }

    const result = await steps.do(`${number} ${name}`, stepConfig, () => advanceRun(context, state));
    if (result.kind === "advanced") {
      ({ state } = result);
      waits = 0;
    } else if (result.kind === "done") {
      throw new Error(`${instanceId}: not its journal`);
    } else {
      waits += 1;
      if (!isTransient(result) || waits > patience) {
        await steps.do("fail", stepConfig, async () => {
          console.error(JSON.stringify({ ...summaryOf(state), error: result }));
          return { kind: "done" };
        });
        return result;
      }
      await steps.sleep(`${number} wait`, waitMilliseconds(result, waits));
    }
  }
};

const optionsOf = ({ instanceId, params, hasSessions }: WorkflowOptions): RunOptions => ({
  id: instanceId,
  kind: params.kind ?? "reconcile",
  isDry: params.isDry ?? false,
  isForced: params.isForced ?? false,
  hasSessions: params.hasSessions ?? hasSessions,
});
