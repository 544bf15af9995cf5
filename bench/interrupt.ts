/**
 * Ctrl-C, as a signal that the run looks at. Imported before anything else, so that none is lost while the rest loads.
 */
const controller = new AbortController();

const abort = () => controller.abort(new Error("interrupted"));

process.on("SIGINT", abort).on("SIGTERM", abort);

export const interrupted = controller.signal;
