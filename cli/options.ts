import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { type AsJson, sayFailure } from "./failure.ts";

/** The exit code of a command with invalid options. */
export const usageError = 2;

type Parsed<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options & { help: { type: "boolean" } }; allowPositionals: boolean }>
>;

/**
 * Reads a command's options. `--help` prints the help and exits with 0; an unknown option exits with 2.
 *
 * @param positionals whether to allow arguments that are not options
 * @param asJson what `--json` prints if an option is wrong
 */
export const readOptions = <const Options extends ParseArgsOptionsConfig>(
  help: string,
  options: Options,
  positionals = false,
  asJson?: AsJson,
): Parsed<Options> => {
  try {
    const parsed: Parsed<Options> = parseArgs({
      options: { ...options, help: { type: "boolean" } },
      allowPositionals: positionals,
    });
    if ("help" in parsed.values && parsed.values.help === true) {
      console.log(help);
      return process.exit(0);
    }
    return parsed;
  } catch (error) {
    return misused(`${wrongOption(error)}\n\n${help}`, asJson);
  }
};

/** What is wrong, without what was given: it may be a connection string that stands in the wrong place. */
const wrongOption = (error: unknown): string => {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  const option = /'(--?[a-z-]+)/.exec(message)?.[1];
  if (code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL") return "This command takes options only.";
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") return `There is no option ${option ?? "of that name"}.`;
  return `The value of ${option ?? "an option"} is missing, or it takes none.`;
};

/** Prints what is wrong with a command's options, and exits with 2. */
export const misused = (message: string, asJson?: AsJson): never => {
  // The help behind it is for a person.
  sayFailure(message.split("\n", 1)[0] ?? "", message, asJson);
  return process.exit(usageError);
};

/** A port that was given as an option. */
export const portOf = (option: string, text: string): number => {
  const port = Number(text);
  return /^[0-9]{1,5}$/.test(text) && port >= 1 && port <= 65_535
    ? port
    : misused(`--${option} must be a whole number from 1 to 65535`);
};
