import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

/** How a command ends that was called wrongly. */
export const usageError = 2;

type Parsed<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options & { help: { type: "boolean" } }; allowPositionals: boolean }>
>;

/**
 * Reads a command's options. `--help` prints the help and ends with 0; an option that there is not ends with 2.
 *
 * @param positionals whether words that are no options are allowed
 */
export const readOptions = <const Options extends ParseArgsOptionsConfig>(
  help: string,
  options: Options,
  positionals = false,
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
    return misused(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
  }
};

/** Says what is wrong with how a command was called, and ends. */
export const misused = (message: string): never => {
  console.error(message);
  return process.exit(usageError);
};
