/**
 * How many calls to Postgres merged so many messages of a queue, as the Worker's log tells; undefined while it does not
 * tell of all of them yet, since messages are rows before they are in the log.
 */
export const callsIn = (log: readonly string[], messages: number): number | undefined => {
  const lines = log
    .flatMap((text) => /\{"job":"queue".*\}/.exec(text)?.[0] ?? [])
    .map((line) => JSON.parse(line) as { messages: number; retried: number; calls: number });
  const merged = lines.reduce((sum, line) => sum + line.messages - line.retried, 0);
  return merged < messages ? undefined : lines.reduce((sum, line) => sum + line.calls, 0);
};
