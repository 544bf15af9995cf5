/**
 * Ctrl-C, as a signal for the run. Import this before anything else, so that Ctrl-C works while the rest loads.
 */
const controller = new AbortController();

const abort = () => controller.abort(new Error("interrupted"));

process.on("SIGINT", abort).on("SIGTERM", abort);

export const interrupted = controller.signal;
