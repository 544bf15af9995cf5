import { CommandError } from "../command-error.ts";
import type { Lifetime } from "../lifetime.ts";
import { portOf } from "../options.ts";
import { type ConsolePage, serveConsole } from "./serve.ts";

/** Serves a page for as long as the command runs. @throws what to do if the port is taken */
export const serveOn = async (life: Lifetime, port: string, page: ConsolePage): Promise<{ url: string }> => {
  const number = portOf("port", port);
  try {
    return await life.start(serveConsole(page, number));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE")
      throw new CommandError(`Port ${number} is in use. Give another --port.`);
    throw error;
  }
};
