const ofBrokenConnection = [
  /^(uncaught exception; )?exception = .*: disconnected: /,
  /^uncaught exception; source = .*Network connection lost\.$/,
  /^stack: /,
  /^$/,
];

/**
 * Keeps back what workerd says of connections that break. Here thousands of them do, on purpose, and what the Worker makes
 * of that is what the tests look at.
 *
 * @returns what ends it
 */
export const hushBrokenConnections = (): (() => void) => {
  const { write } = process.stderr;
  process.stderr.write = ((...given: Parameters<typeof write>): boolean => {
    const [text] = given;
    const isHushed =
      typeof text === "string" && text.split("\n").every((line) => ofBrokenConnection.some((form) => form.test(line)));
    return isHushed || write.apply(process.stderr, given);
  }) as typeof write;
  return () => (process.stderr.write = write);
};
