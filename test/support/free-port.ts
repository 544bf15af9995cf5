import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * A port that nothing listens at, for a program that starts later. Not one of those that the operating system gives to
 * connections: it would give it away in between.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(12_000, 30_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer()
        .once("error", () => resolve(false))
        .listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
};
