import { styleText } from "node:util";
import { log } from "@clack/prompts";
import { CommandError, explain } from "../command-error.ts";
import { Cancelled } from "./ask.ts";
import type { Session, StepName } from "./session.ts";

/**
 * A step of setup. Each may be run again at any time: it finds what is done already.
 *
 *     run ─▶ done | already | skipped ─▶ the next step
 *      ▲
 *      └──── failed ─▶ in a terminal: try again, skip, or end; else: end
 */
export type Step = {
  name: StepName;
  title: string;
  /** What it will do. */
  plan: string;
  /** @param isAgain whether it has failed before, and is tried again */
  run(session: Session, isAgain: boolean): Promise<Outcome>;
};

export type Outcome =
  | { kind: "done"; text: string }
  | { kind: "already"; text: string }
  | { kind: "skipped"; text: string }
  | { kind: "failed"; text: string; next: string };

export const done = (text: string): Outcome => ({ kind: "done", text });
export const already = (text: string): Outcome => ({ kind: "already", text });
export const skipped = (text: string): Outcome => ({ kind: "skipped", text });
/** @param next what to do about it */
export const failed = (text: string, next: string): Outcome => ({ kind: "failed", text, next });

/** How all steps ended: `isStopped` if one failed and nothing after it was run. */
export type Ended = { isStopped: boolean; outcomes: ReadonlyMap<StepName, Outcome> };

/** Runs the steps in their order. @throws Cancelled at Ctrl-C */
export const runSteps = async (session: Session, steps: readonly Step[]): Promise<Ended> => {
  const outcomes = new Map<StepName, Outcome>();
  for (const [index, step] of steps.entries()) {
    const { name, title, plan } = step;
    log.step(`${styleText("bold", `${index + 1}/${steps.length} ${title}`)}\n${plan}`);
    if (session.skips.has(name)) {
      outcomes.set(name, skipped("Skipped, as --skip says."));
      log.info("Skipped, as --skip says.");
      continue;
    }
    let isAgain = false;
    for (;;) {
      const outcome = await attempt(session, step, isAgain);
      // Ctrl-C during a command that the step runs: what looks like a failure is a consequence.
      if (session.life.isEnding()) throw new Cancelled();
      outcomes.set(name, outcome);
      show(outcome);
      if (outcome.kind !== "failed") break;
      if (!session.ask.isTerminal) return { isStopped: true, outcomes };
      const next = await session.askAnyway.choose(`What now?`, [
        { value: "again", label: "Try again" },
        { value: "skip", label: "Skip this step" },
        { value: "end", label: "End setup: run it again later, and it goes on here" },
      ]);
      if (next === "end") return { isStopped: true, outcomes };
      if (next === "skip") break;
      isAgain = true;
    }
  }
  return { isStopped: false, outcomes };
};

const attempt = async (session: Session, step: Step, isAgain: boolean): Promise<Outcome> => {
  try {
    return await step.run(session, isAgain);
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    const [text = "", ...rest] = explain(error).split("\n");
    return failed(text, rest.join("\n") || (error instanceof CommandError ? "" : "Mend that, then try again."));
  }
};

const show = (outcome: Outcome): void => {
  switch (outcome.kind) {
    case "done":
      return log.success(outcome.text);
    case "already":
      return log.success(outcome.text);
    case "skipped":
      return log.info(outcome.text);
    case "failed":
      return log.error([outcome.text, ...(outcome.next === "" ? [] : [`→ ${outcome.next}`])].join("\n"));
  }
};
