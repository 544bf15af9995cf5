const ofBrokenConnection = [
  /^(uncaught exception; )?exception = .*: disconnected: /,
  /^uncaught exception; source = .*Network connection lost\.$/,
  /^stack: .*\/workerd@/,
];

/** What is left of a text that was written; undefined where nothing is and it is not to be written. */
export const withoutBrokenConnections = (text: string): string | undefined => {
  const left = text.split("\n").filter((line) => !ofBrokenConnection.some((form) => form.test(line)));
  return left.join("") === "" && text.trim() !== "" ? undefined : left.join("\n");
};

/**
 * Keeps back what workerd says of connections that break. Here thousands of them do, on purpose, and what the Worker makes
 * of that is what the tests look at. Vitest keeps the stream's `write` when it starts: this has to come before.
 */
export const hushBrokenConnections = (): void => {
  for (const stream of [process.stdout, process.stderr]) {
    const { write } = stream;
    stream.write = ((...given: Parameters<typeof write>): boolean => {
      const [text, ...others] = given;
      if (typeof text !== "string") return write.apply(stream, given);
      const left = withoutBrokenConnections(text);
      return left === undefined ? true : write.apply(stream, [left, ...others]);
    }) as typeof write;
  }
};
