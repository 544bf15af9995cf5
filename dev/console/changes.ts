/** Wakes those who wait for a change of anything. */
export type Changes = {
  tell(): void;
  /** Settles at the next change since this caller's last call, after so many milliseconds, or when the signal aborts. */
  next(signal: AbortSignal, milliseconds: number): Promise<void>;
};

export const createChanges = (): Changes => {
  let version = 0;
  /** What each waiting page has seen, by its signal. */
  const seen = new WeakMap<AbortSignal, number>();
  const waiting = new Set<() => void>();
  return {
    tell: () => {
      version += 1;
      for (const wake of waiting) wake();
    },
    next: (signal, milliseconds) =>
      new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          seen.set(signal, version);
          resolve();
        };
        const timer = setTimeout(wake, milliseconds);
        waiting.add(wake);
        signal.addEventListener("abort", wake);
        if (signal.aborted || (seen.get(signal) ?? version) !== version) wake();
      }),
  };
};
