import { setTimeout } from "node:timers/promises";
import { explain } from "./command-error.ts";
import { sayFailure } from "./failure.ts";

/** How long a part may take to end. A first start of PGlite takes some seconds. */
const patienceMilliseconds = 10_000;

/** Something that was started and has to be ended. */
export type Part = { close(): Promise<unknown> };

export type Lifetime = {
  /** Waits for a part to start. If the command ends meanwhile, the part is closed as soon as it has started. */
  start<Started extends Part>(starting: Promise<Started>): Promise<Started>;
  /** Closes every part, the last one first, and then ends the process. Only the first call counts. */
  end(code: number): Promise<never>;
  isEnding(): boolean;
};

/** Ties what a command starts to the command: if it ends, by Ctrl-C or otherwise, everything ends. */
export const lifetime = (): Lifetime => {
  const parts: Promise<Part>[] = [];
  let ending: Promise<never> | undefined;

  const endAll = async (code: number): Promise<never> => {
    for (const starting of parts.toReversed()) {
      const closed = starting.then((part) => part.close()).catch(() => {});
      await Promise.race([closed, setTimeout(patienceMilliseconds)]);
    }
    return process.exit(code);
  };
  const end = (code: number): Promise<never> => (ending ??= endAll(code));

  // The exit codes that a shell uses for a command ended by a signal.
  process.on("SIGINT", () => void end(130));
  process.on("SIGTERM", () => void end(143));
  process.on("SIGHUP", () => void end(129));

  return {
    start: async (starting) => {
      parts.push(starting);
      const part = await starting;
      return ending === undefined ? part : ending;
    },
    end,
    isEnding: () => ending !== undefined,
  };
};

/** Runs a command's main function. Exits with the code that it returns, or prints what it throws and exits with 1. */
export const run = async (main: (life: Lifetime) => Promise<number>): Promise<never> => {
  const life = lifetime();
  return life.end(
    await main(life).catch((error: unknown) => {
      // If the command is ending, a failure is only a consequence.
      if (!life.isEnding()) sayFailure(explain(error));
      return 1;
    }),
  );
};
