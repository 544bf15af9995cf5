import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

/** The exit code of a command with invalid options. */
export const usageError = 2;

type Parsed<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options & { help: { type: "boolean" } }; allowPositionals: boolean }>
>;

/**
 * Reads a command's options. `--help` prints the help and exits with 0; an unknown option exits with 2.
 *
 * @param positionals whether to allow arguments that are not options
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

/** Prints what is wrong with a command's options, and exits with 2. */
export const misused = (message: string): never => {
  console.error(message);
  return process.exit(usageError);
};
