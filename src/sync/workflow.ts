import { errorOf, log } from "../log.ts";
import { isTransient, ok, type Result } from "../result.ts";
import type { Settings } from "../settings.ts";
import { waitMilliseconds } from "./retry.ts";
import { advanceRun } from "./run.ts";
import { costOf, newState, nextStep, type RunOptions, type State, summaryOf } from "./state.ts";
import type { RunServices } from "./steps.ts";

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
  /** How often the next step has failed. */
  waits?: number;
};

const types: Readonly<Record<string, string>> = {
  kind: "string",
  isDry: "boolean",
  isForced: "boolean",
  hasSessions: "boolean",
  hasBilling: "boolean",
  state: "object",
  part: "number",
  waits: "number",
} satisfies Record<keyof Params, string>;

/** The name of an unknown parameter, or one with an invalid value: whoever misspells a dry run must not get a real one. */
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

/** The state after a step; null after one that only reports. */
type Stepped = Result<State | null>;

export type WorkflowOptions = {
  /** Of the instance. The run has the id of its first. */
  instanceId: string;
  params: Params;
  services: RunServices;
  /** What is read besides, if the parameters do not say, and how many requests an instance may make. */
  settings: Pick<Settings, "hasSessions" | "hasBilling" | "subrequests">;
  /** Starts another instance. One of this id that was started already is no fault. */
  start(id: string, params: Params): Promise<void>;
};

/** How an instance ended, if it did not fail: all is done, or another one goes on. */
export type Ended = "done" | "continued";

/** For what a step throws, such as a restart. What Clerk and Postgres refuse is a result, and waited for below. */
const stepConfig = {
  retries: { limit: 5, delay: "5 seconds", backoff: "exponential" },
  timeout: "5 minutes",
} as const;

/** Some hours. */
const patience = 40;

export const runWorkflow = async (steps: Steps, options: WorkflowOptions): Promise<Result<Ended>> => {
  const { instanceId, params, services } = options;
  let state = params.state ?? newState(optionsOf(options));
  let waits = params.waits ?? 0;
  // Two are for the successor, or for the end.
  let left = options.settings.subrequests - 2;

  const report = (name: string, tell: () => void | Promise<void>): Promise<Stepped> =>
    steps.do(name, stepConfig, async () => {
      await tell();
      return ok(null);
    });

  for (let number = 1; ; number += 1) {
    const name = nextStep(state);
    if (name === undefined) {
      await report("report", async () => {
        await services.runs.releaseLease(state.options.id);
        log(summaryOf(state));
      });
      return ok("done");
    }

    left -= costOf(state, services.settings.pageSize);
    // Each instance takes a step, whatever is declared: else there would be no end of instances.
    if (left < 0 && number > 1) {
      const part = (params.part ?? 1) + 1;
      await report("continue", () => options.start(`${state.options.id}-${part}`, { state, part, waits }));
      return ok("continued");
    }

    const stepped = await steps.do(`${number} ${name}`, stepConfig, () => advanceRun(services, state));
    if (stepped.ok) {
      if (stepped.value === null) throw new Error(`${instanceId}: the journal of another run`);
      state = stepped.value;
      waits = 0;
      continue;
    }
    waits += 1;
    const { failure } = stepped;
    if (!isTransient(failure) || waits > patience) {
      await report("fail", async () => {
        await services.runs.releaseLease(state.options.id);
        log({ ...summaryOf(state), ...errorOf(failure) }, "error");
      });
      return stepped;
    }
    await steps.sleep(`${number} wait`, waitMilliseconds(failure, waits));
  }
};

const optionsOf = ({ instanceId, params, settings }: WorkflowOptions): RunOptions => ({
  id: instanceId,
  kind: params.kind ?? "reconcile",
  isDry: params.isDry ?? false,
  isForced: params.isForced ?? false,
  hasSessions: params.hasSessions ?? settings.hasSessions,
  hasBilling: params.hasBilling ?? settings.hasBilling,
});
