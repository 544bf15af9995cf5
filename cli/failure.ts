/** How a command says that it could not do its work. */

/** Whether one line of JSON is wanted: known before the options are read, since these may be what is wrong. */
const isJson = process.argv.includes("--json");

/** The one line of JSON of a command that failed, where it has no other. */
export type AsJson = (message: string) => object;

/** Prints a failure to stderr, for a person, and with `--json` to stdout too, so that each end leaves one document there. */
export const sayFailure = (message: string, printed = message, asJson: AsJson = (error) => ({ error })): void => {
  console.error(printed);
  if (isJson) console.log(JSON.stringify(asJson(message)));
};
