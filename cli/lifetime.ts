import { setTimeout } from "node:timers/promises";

/** How long a part may take to end. A first start of PGlite takes some seconds. */
const patienceMilliseconds = 10_000;

/** Something that was started and has to be ended. */
export type Part = { close(): Promise<unknown> };

export type Lifetime = {
  /** Waits for a part to start. One that is still starting when the end comes is waited for, and then ended. */
  start<Started extends Part>(starting: Promise<Started>): Promise<Started>;
  /** Ends every part, the last first, and then the process. Only the first call counts. */
  end(code: number): Promise<never>;
  isEnding(): boolean;
};

/** Ties what a command starts to the command: Ctrl-C, or any other end, is the end of all of it. */
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

  // The codes of a shell for a command that a signal has ended.
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

/** Runs a command's main function and ends with the code that it gives, or with 1 and what it throws. */
export const run = async (main: (life: Lifetime) => Promise<number>): Promise<never> => {
  const life = lifetime();
  return life.end(
    await main(life).catch((error: unknown) => {
      // What fails because everything is being ended is no news.
      if (!life.isEnding()) console.error(error instanceof Error ? error.message : String(error));
      return 1;
    }),
  );
};
