import { styleText } from "node:util";
import { type CANCEL_SYMBOL, confirm, isCancel, log, password, select } from "@clack/prompts";
import { CommandError } from "../command-error.ts";

/** Ctrl-C or Escape at a question. */
export class Cancelled extends Error {}

/** Asks the person at the terminal. Without one, flags and the environment have the answers, or the question is an error. */
export type Ask = {
  isTerminal: boolean;
  /**
   * A secret, which the terminal shows as dots.
   *
   * @param missing what to say if nobody can be asked: the variable or flag that has the answer
   * @param check what is wrong with an answer, without a word of it
   * @returns undefined if the person skips it with an empty answer
   */
  secret(question: string, missing: string, check: (text: string) => string | undefined): Promise<string | undefined>;
  /** Yes or no. `--yes` is yes to all of them. */
  agree(question: string): Promise<boolean>;
  /** One of some answers. The first one is taken if nobody can be asked, and with `--yes`. */
  choose<Value extends string>(question: string, answers: readonly [Answer<Value>, ...Answer<Value>[]]): Promise<Value>;
};

export type Answer<Value> = { value: Value; label: string };

/** @param isAgreed whether `--yes` was given */
export const askAt = (isTerminal: boolean, isAgreed: boolean): Ask => ({
  isTerminal,
  secret: async (question, missing, check) => {
    if (!isTerminal) throw new CommandError(missing);
    const answer = await password({
      message: `${question} ${styleText("dim", "(not shown; Enter alone skips)")}`,
      mask: "•",
      clearOnError: true,
      validate: (text = "") => (text.trim() === "" ? undefined : check(text.trim())),
    });
    return answered(answer ?? "").trim() || undefined;
  },
  agree: async (question) => {
    if (isAgreed) return true;
    if (!isTerminal)
      throw new CommandError(`${question}\nNobody can be asked here: give --yes to agree to every step.`);
    return answered(await confirm({ message: question }));
  },
  choose: async (question, answers) => {
    if (isAgreed || !isTerminal) return answers[0].value;
    return answered(
      await select<string>({ message: question, options: [...answers], showInstructions: false }),
    ) as (typeof answers)[number]["value"];
  },
});

const answered = <Value>(answer: Value | typeof CANCEL_SYMBOL): Value => {
  if (isCancel(answer)) throw new Cancelled();
  return answer;
};

/** Tells something on the way. */
export const tell = (...lines: string[]): void => log.message(lines.join("\n"), { spacing: 0 });
