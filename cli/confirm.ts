import { createInterface } from "node:readline/promises";
import { CommandError } from "./command-error.ts";

/**
 * Asks the person at the terminal.
 *
 * @throws unless the answer is yes, or if nobody can be asked
 */
export const confirm = async (question: string, isAgreed: boolean): Promise<void> => {
  if (isAgreed) return;
  if (!process.stdin.isTTY) throw new CommandError(`${question}\nNobody can be asked here: give --yes if it is right.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError("Nothing was done.");
  } catch (error) {
    // Ctrl-C or Ctrl-D at the question.
    throw error instanceof CommandError ? error : new CommandError("\nNothing was done.");
  } finally {
    terminal.close();
  }
};
